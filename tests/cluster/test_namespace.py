"""`permanence namespace prepare`: makes it once, changes nothing again, and refuses in words what it cannot mend."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil
import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from cli.errors import FAILED
from service.connection import connect
from service.ports import HOST, is_free
from tests.cluster.conftest import PATIENCE, Here
from tests.local.programs import Ended, permanence
from tools.cluster.ports import anywhere
from tools.faults.programs import Program
from workflows import search_attributes as sa

pytestmark = [pytest.mark.server]
_numbers = count(1)
BEHIND = {"TEMPORAL_AUTH_AUTHORIZER": "default", "TEMPORAL_AUTH_CLAIM_MAPPER": "default"}
"""Whoever shows no token may do nothing, as who comes to a server of others, or to Temporal Cloud, with no right."""


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """A namespace that nobody has made yet, which clients of this test are of."""
    name = f"prepared-{os.getpid()}-{next(_numbers)}"
    monkeypatch.setenv("TEMPORAL_NAMESPACE", name)
    return name


def _prepare(here: Here, name: str, folder: Path, *arguments: str) -> Ended:
    return permanence(folder, "namespace", "prepare", *arguments, **here.settings | {"TEMPORAL_NAMESPACE": name})


async def _client(here: Here) -> Client:
    return await connect(here.settings["TEMPORAL_ADDRESS"])


def test_it_is_made_with_every_attribute_and_doing_it_again_changes_nothing(
    here: Here, name: str, tmp_path: Path
) -> None:
    first = _prepare(here, name, tmp_path, "--retention-days", "30")
    assert first.code == 0, first.err
    assert f"Made the namespace {name}; ended runs are kept for 30 days." in first.out
    assert all(key.name in first.out for key in sa.ALL)

    again = _prepare(here, name, tmp_path)
    assert again.code == 0, again.err
    assert "Made" not in again.out
    assert "Registered" not in again.out


async def test_an_attribute_of_another_kind_is_refused_with_both_kinds(here: Here, name: str, tmp_path: Path) -> None:
    client = await _client(here)
    wanted = RegisterNamespaceRequest(namespace=name)
    wanted.workflow_execution_retention_period.FromSeconds(86_400)
    await client.workflow_service.register_namespace(wanted)
    kind = IndexedValueType.INDEXED_VALUE_TYPE_INT
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=name, search_attributes={"Stage": kind}), retry=True
    )

    done = _prepare(here, name, tmp_path)

    assert done.code == FAILED
    assert "Stage is Int and must be Keyword" in done.err


@contextmanager
def a_frontend_that_asks_for_rights(here: Here, folder: Path) -> Iterator[str]:
    """One more frontend of the cluster, as the first is but for that; its address."""
    ports = anywhere()
    grpc, membership, http, metrics = (str(ports(7233)) for _ in range(4))
    first = psutil.Process(here.processes()["frontend-1"][0])
    own = {"FRONTEND_GRPC_PORT": grpc, "FRONTEND_MEMBERSHIP_PORT": membership, "FRONTEND_HTTP_PORT": http}
    given = {**first.environ(), **own, "PROMETHEUS_ENDPOINT": f"{HOST}:{metrics}", **BEHIND}
    program = Program("frontend-3", first.cmdline(), "", folder / "frontend-3.log", given)
    program.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while is_free(int(grpc)):
            assert program.lives, program.said()
            assert time.monotonic() < deadline, program.said()
            time.sleep(0.1)
        yield f"{HOST}:{grpc}"
    finally:
        program.kill()


def test_who_has_no_right_is_told_what_is_missing_and_where_it_is_made(here: Here, tmp_path: Path) -> None:
    with a_frontend_that_asks_for_rights(here, tmp_path) as address:
        settings = here.settings | {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "of-others"}

        done = permanence(tmp_path, "namespace", "prepare", **settings)

    assert done.code == FAILED
    assert "the namespace of-others is not there, or is not for this user" in done.err
    assert "Temporal Cloud" in done.err
