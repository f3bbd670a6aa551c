"""Histories recorded before replay against today's code, or running journeys would break at the next update.

Replay does not see how long a timer sleeps, nor what an action says: the worked journeys and the equivalence
with `simulate` hold that.
"""

import base64
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory

import domain.case.calendar
import domain.policy.loading
from domain.case.calendar import WorkingCalendar
from tests.replay import changed
from tests.replay.changed import (
    WithAnotherActivityFirst,
    WithAnotherTimerFirst,
    WithSearchAttributesWrittenEachTime,
    WithTheCatchOfBefore,
)
from tests.replay.histories import (
    FOLDER,
    LARGEST,
    NoHistories,
    load,
    recorded,
    replay,
    text,
    workflow_id,
)
from workflows import beginning, ways
from workflows.child_journey import ChildJourney
from workflows.registry import WORKFLOWS

HISTORIES = recorded(FOLDER, WORKFLOWS)
DIFFERS = r"(?i)non-?determinis"


JOURNEYS = recorded(FOLDER, [ChildJourney])
TIMED_OUT = [path for path in JOURNEYS if "timeoutFailureInfo" in text(path)]
"""A local activity of these has run out of time: at their start, or at an update, a signal or a timer."""


def named(part: str) -> list[Path]:
    return [path for path in JOURNEYS if part in path.name]


def having(words: str) -> list[Path]:
    """The journeys with an event that has a text in it, payloads included."""
    return [path for path in JOURNEYS if any(words.encode() in e.SerializeToString() for e in load(path).events)]


@pytest.fixture
def other_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every offset doubled, every ladder cut: nothing of it reaches a journey that runs."""

    def spoilt(self: object, policy_id: str) -> object:
        raise AssertionError(f"a journey asked for policy {policy_id}: it must carry its own")

    monkeypatch.setattr(domain.policy.loading.Policies, "resolve", spoilt)
    monkeypatch.setattr(domain.policy.loading.Policies, "load", classmethod(lambda cls, *folders: cls({})))


@pytest.fixture
def other_holidays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every day a holiday: a journey carries those it was begun with."""

    def every_day_a_holiday(first_year: int, last_year: int) -> WorkingCalendar:
        raise AssertionError("a journey worked out bank holidays: it must carry its own")

    monkeypatch.setattr(domain.case.calendar, "england_and_wales", every_day_a_holiday)
    monkeypatch.setattr("domain.study.simulation.england_and_wales", every_day_a_holiday)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.name.split(".")[0])
@pytest.mark.usefixtures("other_policies", "other_holidays")
async def test_it_replays(path: Path) -> None:
    await replay(load(path))


def test_both_policies_and_every_turn_a_journey_can_take_are_recorded() -> None:
    histories = [json.loads(text(path)) for path in HISTORIES]
    policies = Counter(data["policy"]["id"] for history in histories for data in rulebooks(history))
    assert min(policies["ppm-procedure"], policies["quick-guide"]) > 2
    everything = json.dumps(histories)
    for kind in (
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "WORKFLOW_EXECUTION_COMPLETED",
        "WORKFLOW_EXECUTION_SIGNALED",
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "TIMER_FIRED",
        "TIMER_CANCELED",
        "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        "MARKER_RECORDED",
        "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED",
        "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED",
    ):
        assert kind in everything
    assert len(named("new-runs")) > 2
    assert named("rejected-signals")
    assert named("policy-adopted")
    assert len(named("resumed")) == 2


def test_runs_of_before_and_since_effects_are_durable_are_recorded_for_every_turn() -> None:
    of_all, durable, local_first = having(ways.ALL_OF_NOVEMBER), having(ways.DURABLE), having("core_local_activity")
    assert len({*of_all, *durable, *local_first}) == len(of_all) + len(durable) + len(local_first) == len(JOURNEYS)
    assert turns(of_all) == {"november-short", "november-people"}
    assert turns(durable) == {
        f"durable-{turn}"
        for turn in (
            *("case", "overlaps", "policy", "down", "runs", "siblings", "people", "shorter", "short"),
            *("relived", "amended"),
        )
    }


def test_a_run_that_goes_all_ways_has_one_marker() -> None:
    paths = having(ways.ALL_OF_NOVEMBER)
    patches = [text(path).count("core_patch") for path in paths]
    assert patches == [1] * len(paths)
    assert any("Iro" in text(path) for path in paths)
    assert any("CONTINUED_AS_NEW" in text(path) for path in paths)


def durable_ones() -> list[Path]:
    """The journeys whose effects are durable activities."""
    return [*having(ways.DURABLE), *having(ways.ALL_OF_NOVEMBER)]


def turns(paths: list[Path]) -> set[str]:
    """What was recorded in them."""
    return {path.name.split("--")[1].rpartition("-")[0] for path in paths}


@pytest.mark.parametrize("decided", [decided for _, decided in beginning.LONG_HISTORIES])
async def test_runs_that_were_longer_by_then_go_on_when_runs_are_made_shorter(
    monkeypatch: pytest.MonkeyPatch, decided: str
) -> None:
    """As if it had been decided the day after they were recorded; and, the control, without the patch."""
    had = [*having(decided), *(having(ways.ALL_OF_NOVEMBER) if decided in ways.OF_NOVEMBER else ())]
    longer = [path for path in durable_ones() if path not in had]
    lengths = [(20 if each == decided else length, each) for length, each in beginning.LONG_HISTORIES]
    monkeypatch.setattr(beginning, "LONG_HISTORIES", lengths)
    await all_replay(longer)

    monkeypatch.setattr(beginning, "LONG_HISTORY_BEFORE", 20)
    with pytest.raises(Exception, match=DIFFERS):
        await all_replay(longer)


def test_a_record_that_is_slow_locked_or_failing_at_every_kind_of_wake_is_recorded() -> None:
    assert turns(TIMED_OUT) == {"killed", "record-slow", "record-locked"}
    for kind in ("slow", "failing"):
        [path] = named(f"record-{kind}")
        retried = [e for e in load(path).events if e.HasField("activity_task_scheduled_event_attributes")]
        assert len(retried) >= 3, f"its start, an update and a timer of {path.name} were retried by the server"


def test_they_are_small_and_synthetic() -> None:
    assert sum(path.stat().st_size for path in HISTORIES) < LARGEST
    assert all(
        path.name.startswith(("child-CLA-", "child-S-", "child-R-", "child-K", "scheduled-", "standing-"))
        for path in HISTORIES
    )


# The gate itself


def test_an_empty_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(NoHistories, match="ChildJourney has no recorded history"):
        recorded(tmp_path, WORKFLOWS)


def test_a_workflow_without_a_history_fails(tmp_path: Path) -> None:
    (tmp_path / "ChildJourney").mkdir()
    with pytest.raises(NoHistories):
        recorded(tmp_path, [ChildJourney])
    shutil.copy(HISTORIES[0], tmp_path / "ChildJourney")
    assert len(recorded(tmp_path, [ChildJourney])) == 1
    with pytest.raises(NoHistories, match="ScheduledTask"):
        recorded(tmp_path, WORKFLOWS)


@pytest.mark.parametrize(
    "changed_one", [WithAnotherTimerFirst, WithAnotherActivityFirst, WithSearchAttributesWrittenEachTime]
)
async def test_a_changed_workflow_is_told(changed_one: type[ChildJourney]) -> None:
    with pytest.raises(Exception, match=DIFFERS):
        await replay(load(named("synthetic")[0]), [changed_one])


@pytest.mark.parametrize("path", TIMED_OUT, ids=lambda path: path.name.split(".")[0])
async def test_a_timeout_that_only_the_living_journey_catches_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """108 kills left journeys that no worker could wake: the catch of before stands here as it did then."""
    monkeypatch.setattr("workflows.child_journey.loaded", changed.loaded)
    with pytest.raises(Exception, match=DIFFERS):
        await replay(load(path), [WithTheCatchOfBefore])


# The journey carries its rulebook


async def all_replay(paths: list[Path]) -> None:
    for path in paths:
        await replay(load(path), sandboxed=False)


@pytest.mark.usefixtures("other_policies")
async def test_after_a_policy_file_is_edited_old_histories_replay() -> None:
    """As all others do, each alone, above: that is the whole, and this says of what."""
    await all_replay([*named("--case")[:1], *named("policy-adopted"), *named("new-runs")[:1]])


@pytest.mark.usefixtures("other_holidays")
async def test_after_a_bank_holiday_is_proclaimed_old_histories_replay() -> None:
    """As all others do, each alone, above."""
    await all_replay([*named("--case")[:1], *named("synthetic")[:1]])


@pytest.mark.parametrize(("name", "policy"), [("CLA-1001--case", "ppm-procedure"), ("durable-case", "quick-guide")])
async def test_a_journey_decides_by_the_rules_in_its_history(name: str, policy: str) -> None:
    """The control of the two above: other rules in the history itself make another journey of it."""
    path = named(name)[0]
    history = json.loads(text(path))
    assert {book["policy"]["id"] for book in rulebooks(history, change=longer_offsets)} == {policy}
    with pytest.raises(Exception, match=DIFFERS):
        await replay(WorkflowHistory.from_json(workflow_id(path), json.dumps(history)))


def longer_offsets(book: dict[str, Any]) -> None:
    for obligation in book["policy"]["obligations"]:
        for due in obligation["rule"]["due"]:
            due["offset"]["number"] *= 30


def rulebooks(history: dict[str, Any], change: Callable[[dict[str, Any]], None] | None = None) -> list[dict[str, Any]]:
    """The rulebooks that a history holds, each changed in its place if so wished."""
    books = []
    for event in history["events"]:
        local = event.get("markerRecordedEventAttributes", {}).get("details", {})
        holder = event.get("activityTaskCompletedEventAttributes", local)
        for payload in holder.get("result", {}).get("payloads", []):
            book = json.loads(base64.b64decode(payload["data"])) if "data" in payload else None
            if isinstance(book, dict) and "holidays" in book:
                books.append(book)
                if change:
                    change(book)
                    payload["data"] = base64.b64encode(json.dumps(book).encode()).decode()
    return books
