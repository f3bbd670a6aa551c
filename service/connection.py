"""Connecting to Temporal, by temporalio's own profiles and TEMPORAL_... variables."""

import asyncio
import errno
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, Interceptor, OutboundInterceptor, QueryWorkflowInput, WorkflowQueryFailedError
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import CompositePayloadConverter, DataConverter, DefaultFailureConverter, PayloadConverter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import TLSConfig

from domain.case.accepted import is_code
from service.payload_keys import KeyRing
from service.ports import NoFreePort, PortTaken, at_a_free_port
from service.sealing import Sealing
from workflows.parsing import unreadable
from workflows.protocol import JUST_MOVING, REFUSED

DEFAULT_ADDRESS = "127.0.0.1:7233"
SEALED_WORDS = "Encoded failure"
"""What stands in the place of a failure's words: the SDK's own."""

ADDRESS_IN_USE = f"(os error {errno.EADDRINUSE})"
"""How the SDK's core says that another program is at an address."""

CORES: Final = "temporalio"
"""The logger that the lines of the SDK's core go to."""

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between askings of a journey that is just moving (ours: its task has begun by then, or no worker is free)."""


CERTIFICATE: Final = "TEMPORAL_TLS_CLIENT_CERT_PATH"
CERTIFICATES_KEY: Final = "TEMPORAL_TLS_CLIENT_KEY_PATH"


class TemporalSettingsRefused(ValueError):
    """How to connect cannot be understood; the text names the setting. Waiting mends nothing."""


class PlainRefusals(DefaultFailureConverter):
    """A refusal is words for a person: it goes without the stack trace that other failures carry."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Encode a failure as usual, then take the trace off a refusal."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type == REFUSED:
            failure.stack_trace = ""


class SealedFailures(PlainRefusals):
    """A failure's own words and its trace go as a payload, so that they are sealed as every other.

    Not a refusal's: its words are for whoever sends from Temporal's UI, which shows none that are sealed, and hold
    nothing personal.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Encode a failure as usual, then take its words into a payload, in the SDK's own form."""
        super().to_failure(exception, payload_converter, failure)
        if failure.application_failure_info.type == REFUSED:
            return
        words = {"message": failure.message, "stack_trace": failure.stack_trace}
        failure.encoded_attributes.CopyFrom(payload_converter.to_payloads([words])[0])
        failure.message, failure.stack_trace = SEALED_WORDS, ""


READERS: Final = tuple(PydanticPayloadConverter().converters.values())


class UnreadablePayload(ValueError):
    """A payload is not of the form that is expected, as where another version wrote it; the text repeats none of it."""


class Tolerant(PydanticPayloadConverter):
    """Reads what nobody promised to be of a type, such as a start's arguments, whatever a sender put into it.

    What cannot be decoded would else fail the workflow task, which is retried for ever: it is then read as unreadable.
    The SDK makes one for each journey: they share what has been made ready for each type.
    """

    def __init__(self) -> None:
        """One more reader, with the same converters as every other."""
        CompositePayloadConverter.__init__(self, *READERS)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Decode as usual; of values that may be anything the unreadable ones as a note that they are."""
        hints = type_hints or [Any] * len(payloads)
        if not all(hint is Any for hint in hints):
            try:
                return super().from_payloads(payloads, type_hints)
            except ValidationError as error:  # whose own text, which is logged, has what stands in the payload
                raise UnreadablePayload(_where_wrong(error)) from None
        values: list[Any] = []
        for payload in payloads:
            try:
                values += super().from_payloads([payload])
            except Exception:  # noqa: BLE001 (whatever it is, it must not stop a journey)
                values.append(unreadable(payload))
        return values


def _where_wrong(error: ValidationError) -> str:
    """What is wrong with a payload: the model, and the places in it; of keys that are data only codes."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    places = [".".join(str(part) if is_code(str(part)) else "..." for part in one["loc"]) for one in problems]
    named = ", ".join(f"{place or 'all of it'} ({one['type']})" for place, one in zip(places, problems, strict=True))
    return f"{error.title} cannot be read: {named}"


DATA_CONVERTER = replace(
    pydantic_data_converter, payload_converter_class=Tolerant, failure_converter_class=PlainRefusals
)
"""With no key: for what nobody keeps, and for histories recorded in the clear."""


def converter(ring: KeyRing | None) -> DataConverter:
    """What turns our objects into what Temporal keeps: sealed, where there is a ring of keys."""
    if ring is None:
        return DATA_CONVERTER
    return replace(DATA_CONVERTER, payload_codec=Sealing(ring), failure_converter_class=SealedFailures)


class AsksAgain(Interceptor):
    """Asks a journey again that was just moving: what `workflows.runner` answers is for people who asked by hand."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 (the SDK's name)
        """Put the asking again before what asks."""
        return _Asking(next)


class _Asking(OutboundInterceptor):
    async def query_workflow(self, input: QueryWorkflowInput) -> Any:  # noqa: A002 (the SDK's name)
        for pause in PAUSES:
            try:
                return await super().query_workflow(input)
            except WorkflowQueryFailedError as error:
                if JUST_MOVING not in str(error):
                    raise
            await asyncio.sleep(pause)
        return await super().query_workflow(input)


async def connect(
    address: str | None = None,
    runtime: Runtime | None = None,
    *,
    ring: KeyRing | None = None,
    lazy: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Client:
    """A client with our data converter, which seals with the newest key of a ring. `address` overrides the environment.

    A lazy one connects when it is first used, for a program that starts while the server is down. `environment` stands
    in for this process's, for a server that is another's. Raises RuntimeError, TemporalSettingsRefused.
    """
    config = how_to_connect(environment)
    if address:
        config["target_host"] = address
    config.setdefault("target_host", DEFAULT_ADDRESS)
    ours: dict[str, Any] = {"data_converter": converter(ring), "interceptors": [AsksAgain()]}
    try:
        return await Client.connect(**config, **ours, runtime=runtime or runtime_without_metrics(), lazy=lazy)
    except ValueError as error:
        raise TemporalSettingsRefused(
            f"{config['target_host']!r} is no address of a Temporal server ({error}); accepted: one such as "
            "temporal.example:7233 (TEMPORAL_ADDRESS)"
        ) from None


def how_to_connect(environment: Mapping[str, str] | None = None) -> ClientConnectConfig:
    """What temporalio's profiles and variables say. Raises TemporalSettingsRefused."""
    try:
        config = ClientConfig.load_client_connect_config(override_env_vars=environment)
    except OSError as error:
        given = os.environ if environment is None else environment
        names = sorted(n for n, value in given.items() if n.startswith("TEMPORAL_") and value == error.filename)
        where = f"{' and '.join(names) or 'a profile of temporalio'}: {error.filename}"
        raise TemporalSettingsRefused(f"{where} cannot be read: {error.strerror}") from None
    except RuntimeError as error:  # a profile that is not there, a file that is no TOML: the next lines quote it
        raise TemporalSettingsRefused(
            f"TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE: {str(error).splitlines()[0]}; accepted: a profile of "
            "temporalio's configuration file, or TEMPORAL_ADDRESS and the others without one"
        ) from None
    tls = config.get("tls")
    if isinstance(tls, TLSConfig) and (tls.client_cert is None) != (tls.client_private_key is None):
        missing = CERTIFICATE if tls.client_cert is None else CERTIFICATES_KEY
        raise TemporalSettingsRefused(f"{CERTIFICATE} and {CERTIFICATES_KEY} go together: {missing} is not set")
    return config


def by_certificates() -> str:
    """What is to be said beside an address where nobody answers: nothing, but where TLS may be the cause."""
    if not how_to_connect().get("tls"):
        return ""
    return " that takes our certificate and shows one that we trust (TEMPORAL_TLS_... name both)"


def runtime_with_metrics(host: str, port: int) -> tuple[Runtime, str]:
    """A runtime that serves the SDK's metrics to Prometheus, and the address: at the port or the next that is free.

    The lines of the SDK's core go the way of every other (service/logs.py), or they would stand in a log of JSON as
    coloured text. Raises NoFreePort.
    """
    return at_a_free_port(port, partial(_runtime_with_metrics, host))


@cache
def runtime_without_metrics() -> Runtime:
    """A runtime for whoever serves none, one a process. Where no log is kept, as on a terminal, its core says nothing.

    On 29 November 2026 a command whose server's disk was full printed a hundred lines of the core's, and the one line
    of its own after them; an intake had them in its log of JSON.
    """
    logging.getLogger(CORES).addHandler(logging.NullHandler())
    return Runtime(telemetry=TelemetryConfig(logging=_forwarded()))


def _forwarded() -> LoggingConfig:
    return LoggingConfig(LoggingConfig.default.filter, forwarding=LogForwardingConfig(logging.getLogger(CORES)))


def _runtime_with_metrics(host: str, port: int) -> tuple[Runtime, str]:
    address = f"{host}:{port}"
    try:
        telemetry = TelemetryConfig(logging=_forwarded(), metrics=PrometheusConfig(bind_address=address))
        return Runtime(telemetry=telemetry), address
    except ValueError as error:
        if ADDRESS_IN_USE in str(error):
            raise PortTaken(address) from None
        raise NoFreePort(f"metrics cannot be served at {address}: {error}") from None
