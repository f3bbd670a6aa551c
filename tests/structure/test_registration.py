"""What is written is also registered: a workflow or activity nobody registers would wait for ever."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import activities
import activities.models
import workflows
from activities.models import BACKGROUND_WORK
from domain.policy.loading import Policies
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.build import build_id, release_of
from service.connection import connect
from service.ports import own_port
from service.settings import Settings
from tests.replay.histories import type_name
from worker import build_worker
from workflows import search_attributes
from workflows.protocol import BACKGROUND, CASE_EVENTS, RECORD_EVENTS, TASK_QUEUE, WORKFLOW_TYPE
from workflows.registry import WORKFLOWS
from workflows.released import IN_RELEASE
from workflows.runner import WholeTasks


def modules(package: ModuleType) -> list[ModuleType]:
    modules = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [package, *(importlib.import_module(one.name) for one in modules)]


def defined_workflows() -> set[type]:
    classes = {one for module in modules(workflows) for _, one in inspect.getmembers(module, inspect.isclass)}
    return {one for one in classes if hasattr(one, "__temporal_workflow_definition")}


def named_activities() -> set[str]:
    """Every constant of activities.models that names an activity."""
    return {
        value
        for name, value in vars(activities.models).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }


def defined_activities() -> set[str]:
    names = set()
    for module in modules(activities):
        for _, one in inspect.getmembers(module, inspect.isclass):
            for _, method in inspect.getmembers(one, inspect.isfunction):
                definition = getattr(method, "__temporal_activity_definition", None)
                names |= {definition.name} if definition else set()
    return names


def test_every_workflow_is_in_the_registry() -> None:
    assert {*WORKFLOWS, *IN_RELEASE} == defined_workflows()
    assert len(WORKFLOWS) == len({type_name(one) for one in WORKFLOWS})
    assert [type_name(one) for one in IN_RELEASE] == [type_name(one) for one in WORKFLOWS]


def test_every_activity_has_a_name_and_every_name_an_activity() -> None:
    assert named_activities() == defined_activities()


@pytest.mark.server
async def test_the_worker_registers_them_all(tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
        settings = Settings(cached_journeys=7)
        client, policies = await connect(server.address), Policies.load()
        config = build_worker(client, record, policies, settings).config()
        in_release = build_worker(client, record, policies, Settings(build_id="one")).config()
        background = build_worker(client, record, policies, settings, queue=BACKGROUND).config()
        record.close()
    registered = {getattr(one, "__temporal_activity_definition").name for one in config["activities"]}
    assert registered == defined_activities()
    assert config["workflows"] == WORKFLOWS
    assert in_release["workflows"] == IN_RELEASE
    assert in_release["deployment_config"] == release_of("one")
    long = {getattr(one, "__temporal_activity_definition").name for one in background["activities"]}
    assert long == BACKGROUND_WORK
    assert not background["workflows"]
    assert config["task_queue"] == TASK_QUEUE
    assert config["max_cached_workflows"] == 7
    assert config["build_id"] == build_id()
    assert isinstance(config["workflow_runner"], WholeTasks)


def test_names_that_others_know_have_not_changed() -> None:
    """Contract section 7: running journeys and senders of events know these names."""
    assert (WORKFLOW_TYPE, TASK_QUEUE, BACKGROUND, RECORD_EVENTS, CASE_EVENTS) == (
        "ChildJourney",
        "permanence",
        "permanence-background",
        "record_events",
        "case_events",
    )
    assert named_activities() == {
        "drain_inbox",
        "drain_outbox",
        "load_rulebook",
        "look_over_journeys",
        "look_up_siblings",
        "prove",
        "reconcile",
        "send_digests",
        "sync",
        "write_case_record",
    }
    definition = getattr(WORKFLOWS[0], "__temporal_workflow_definition")
    assert set(definition.queries) == {"journey", "agenda", "state", "children_of", "known_events"}
    assert set(definition.updates) == {"record_events", "write_record_again"}
    assert {key.name for key in search_attributes.ALL} == {
        "LegalStatus",
        "NextDue",
        "Iro",
        "NextObligation",
        "OldestOverdue",
        "Overdue",
        "Policy",
        "PrimaryPlan",
        "Rag",
        "RejectedEvents",
        "SocialWorker",
        "Stage",
        "Team",
    }
