"""`permanence namespace prepare`: makes it once, changes nothing again, and refuses in words what it cannot mend."""

import os
from itertools import count
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from cli.errors import FAILED
from service.connection import connect
from tests.cluster.conftest import Here
from tests.local.programs import Ended, permanence
from workflows import search_attributes as sa

pytestmark = [pytest.mark.server]
_numbers = count(1)


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
