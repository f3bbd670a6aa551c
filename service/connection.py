"""Connecting to Temporal, by temporalio's own profiles and TEMPORAL_... variables."""

from dataclasses import replace

from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from workflows.messages import REFUSED

DEFAULT_ADDRESS = "127.0.0.1:7233"


class PlainRefusals(DefaultFailureConverter):
    """A refusal is words for a person: it goes without the stack trace that other failures carry."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Encode a failure as usual, then take the trace off a refusal."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type == REFUSED:
            failure.stack_trace = ""


DATA_CONVERTER = replace(pydantic_data_converter, failure_converter_class=PlainRefusals)


async def connect(address: str | None = None, runtime: Runtime | None = None, *, lazy: bool = False) -> Client:
    """A client with our data converter. `address` overrides what the environment says.

    A lazy one connects when it is first used, for a program that starts while the server is down. Raises RuntimeError.
    """
    config = ClientConfig.load_client_connect_config()
    if address:
        config["target_host"] = address
    config.setdefault("target_host", DEFAULT_ADDRESS)
    return await Client.connect(**config, data_converter=DATA_CONVERTER, runtime=runtime, lazy=lazy)


def runtime_with_metrics(bind_address: str) -> Runtime:
    """A runtime that serves the SDK's metrics to Prometheus at an address such as 127.0.0.1:9464."""
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=bind_address)))
