"""Connecting to Temporal, by temporalio's own profiles and TEMPORAL_... variables."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig


async def connect(address: str | None = None, runtime: Runtime | None = None) -> Client:
    """A client with our data converter. `address` overrides what the environment says."""
    config = ClientConfig.load_client_connect_config()
    if address:
        config["target_host"] = address
    config.setdefault("target_host", "127.0.0.1:7233")
    return await Client.connect(**config, data_converter=pydantic_data_converter, runtime=runtime)


def runtime_with_metrics(bind_address: str) -> Runtime:
    """A runtime that serves the SDK's metrics to Prometheus at an address such as 127.0.0.1:9464."""
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=bind_address)))
