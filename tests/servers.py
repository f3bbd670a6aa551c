"""The server that a test's journeys live on: an embedded one of its own, or a namespace of its own on a cluster.

`make cluster-test` starts a cluster and names it in the environment; the same tests then run there
(tools/cluster/testing.py).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from local.server import EmbeddedServer
from service.connection import connect
from service.namespace import prepare
from service.ports import own_port
from tests.replay.every_server import assert_all_replay

CLUSTER: Final = os.environ.get("PERMANENCE_TEST_SERVER")
"""The address of a cluster's frontend; None where tests have servers of their own."""
_numbers = count(1)


class AServer(Protocol):
    """What a test needs of a server."""

    @property
    def address(self) -> str: ...
    @property
    def log(self) -> Path: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class OnCluster:
    """A namespace of one's own on the cluster. Clients made meanwhile are of that namespace."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.log = folder / "temporal.log"
        self.namespace = f"test-{os.getpid()}-{next(_numbers)}"
        self._before: str | None = None

    async def __aenter__(self) -> Self:
        self._before = os.environ.get("TEMPORAL_NAMESPACE")
        os.environ["TEMPORAL_NAMESPACE"] = self.namespace
        await prepare(await connect(self.address))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await assert_all_replay(self.address, self.log.parent)
        finally:
            if self._before is None:
                del os.environ["TEMPORAL_NAMESPACE"]
            else:
                os.environ["TEMPORAL_NAMESPACE"] = self._before


def server_in(folder: Path) -> AServer:
    """A server whose time can be skipped, which keeps nothing after the test."""
    if CLUSTER is not None:
        return OnCluster(folder, CLUSTER)
    return embedded_in(folder)


def embedded_in(folder: Path) -> EmbeddedServer:
    """The same, embedded wherever the tests run."""
    return EmbeddedServer(folder, time_skipping=True, ui=False, in_memory=True, grpc_port=own_port())


@contextmanager
def no_cluster_named() -> Iterator[None]:
    """While it lasts, clients of this process are of the usual namespace of a server without TLS."""
    named = {name: value for name, value in os.environ.items() if name.startswith("TEMPORAL_")}
    for name in named:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(named)


def named_to_programs(server: AServer) -> dict[str, str]:
    """What a program of ours, as a process, is told to work with a server of the test."""
    named = {name: value for name, value in os.environ.items() if name.startswith("TEMPORAL_") and CLUSTER}
    return {**named, "TEMPORAL_ADDRESS": server.address}
