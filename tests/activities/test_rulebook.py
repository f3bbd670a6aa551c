from datetime import date, timedelta
from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.models import Rulebook, RulebookRequest
from activities.rulebook import RulebookActivities
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyRefused
from record.entries import RecordEntry
from record.store import CaseRecord
from tests.record.entries import KNOWN, action, entry_event, known

POLICIES = Policies.load()


def load(record: CaseRecord, policies: Policies = POLICIES, **request: Any) -> Rulebook:
    activities = RulebookActivities(policies, record, "england-statutory")
    return ActivityEnvironment().run(activities.load_rulebook, RulebookRequest(child="c1", **request))


def remember(record: CaseRecord, *events: dict[str, Any]) -> None:
    """Write events, each an hour after the one before."""
    later = [known(event, KNOWN + timedelta(hours=hour)) for hour, event in enumerate(events)]
    record.write(RecordEntry(child="c1", decided_at=KNOWN, events=later, actions=[action()], skipped=[action(rung=2)]))


def adopted(policy: str) -> dict[str, Any]:
    return {"type": "policy_adopted", "id": "adopted", "child": "c1", "on": "2026-02-01", "policy": policy}


ENDED = {
    "type": "ceased_to_be_looked_after",
    "id": "out",
    "child": "c1",
    "on": "2026-02-02",
    "reason": "E4A",
}


def test_the_policy_asked_for_is_loaded_resolved(record: CaseRecord) -> None:
    book = load(record, policy="quick-guide")

    assert book.policy == POLICIES.resolve("quick-guide")
    assert book.policies == POLICIES.ids()
    assert (book.default_policy, book.history, book.settled) == ("england-statutory", [], [])


def test_without_a_name_the_default_is_loaded(record: CaseRecord) -> None:
    assert load(record).policy.id == "england-statutory"
    assert load(record, with_history=True).policy.id == "england-statutory"


def test_the_past_comes_with_its_events_and_what_was_told(record: CaseRecord) -> None:
    remember(record, entry_event(), ENDED)
    book = load(record, with_history=True)

    assert book.history == record.history("c1")
    assert book.settled == record.settled("c1")
    assert len(book.settled) == 2


def test_a_past_that_is_to_be_relived_comes_as_the_journey_that_has_lived_it(record: CaseRecord) -> None:
    remember(record, entry_event(), ENDED)
    now = KNOWN + timedelta(days=30)
    past = load(record, with_history=True)
    relived = Journey("c1", past.policy, past.holidays.calendar())
    relived.relive([Known(parse_event(k.event), k.known_at) for k in past.history], past.settled, now)

    book = load(record, with_history=True, relive_at=now)

    assert book.lived == relived.state()
    assert (book.history, book.settled, book.before) == ([], [], [])
    assert book == past.model_copy(update={"lived": book.lived, "history": [], "settled": []})


def test_a_child_without_a_past_has_nothing_to_relive(record: CaseRecord) -> None:
    assert load(record, with_history=True, relive_at=KNOWN) == load(record, with_history=True)


def test_the_past_is_left_out_where_it_is_not_asked_for(record: CaseRecord) -> None:
    remember(record, entry_event(policy="quick-guide"))

    assert load(record) == load(record, policy="england-statutory")


@pytest.mark.parametrize(
    ("events", "policy"),
    [
        ([entry_event(policy="quick-guide")], "quick-guide"),
        ([entry_event(policy="quick-guide"), adopted("ppm-procedure")], "ppm-procedure"),
        ([entry_event(policy="quick-guide"), ENDED, entry_event(id="in-2", on="2026-03-02")], "england-statutory"),
        ([entry_event(), ENDED, entry_event(id="in-2", on="2026-03-02", policy="ppm-procedure")], "ppm-procedure"),
    ],
)
def test_the_latest_period_of_care_names_the_policy(
    record: CaseRecord, events: list[dict[str, Any]], policy: str
) -> None:
    remember(record, *({k: v for k, v in event.items() if k != "recorded_at"} for event in events))

    assert load(record, with_history=True).policy.id == policy
    assert load(record, with_history=True, policy="england-statutory").policy.id == "england-statutory"


@pytest.mark.parametrize(
    ("request_", "births", "years"),
    [
        ({}, [], (2009, 2030)),
        ({"born": date(2020, 6, 1)}, [], (2019, 2040)),
        ({}, ["2019-07-23"], (2018, 2039)),
        ({}, ["2019-07-23", "2015-07-23"], (2014, 2039)),
        ({"born": date(2021, 1, 1)}, ["2019-07-23"], (2018, 2041)),
    ],
)
def test_the_calendar_covers_every_birth_given(
    record: CaseRecord, request_: dict[str, Any], births: list[str], years: tuple[int, int]
) -> None:
    remember(record, *(entry_event(id=f"in-{n}", date_of_birth=born) for n, born in enumerate(births)))
    holidays = load(record, with_history=True, **request_).holidays

    assert (holidays.first_year, holidays.last_year) == years
    assert not holidays.calendar().is_working_day(date(2026, 12, 25))


def test_an_unknown_policy_is_refused_for_good_naming_those_known(record: CaseRecord) -> None:
    with pytest.raises(ApplicationError, match=r"'east-riding' is unknown; known: england-statutory, ") as refused:
        load(record, policy="east-riding")

    assert (refused.value.type, refused.value.non_retryable) == ("PolicyRefused", True)


def test_a_policy_whose_file_is_gone_is_refused_only_while_a_period_of_care_goes_on(record: CaseRecord) -> None:
    gone = Policies({name: POLICIES.file(name) for name in ("england-statutory", "ppm-procedure")})
    remember(record, entry_event(policy="quick-guide"))
    with pytest.raises(ApplicationError, match=r"'quick-guide' is unknown; known: england-statutory, ppm-procedure"):
        load(record, policies=gone, with_history=True)

    remember(record, ENDED)

    assert load(record, policies=gone, with_history=True, relive_at=KNOWN).policy.id == "england-statutory"


def test_an_unknown_default_stops_the_worker_from_starting(record: CaseRecord) -> None:
    with pytest.raises(PolicyRefused, match="unknown"):
        RulebookActivities(POLICIES, record, "east-riding")


async def test_a_rulebook_with_a_past_survives_the_way_to_the_workflow(record: CaseRecord) -> None:
    remember(record, entry_event(), ENDED)
    book = load(record, with_history=True)

    payloads = await pydantic_data_converter.encode([book])

    assert await pydantic_data_converter.decode(payloads, [Rulebook]) == [book]


def test_holidays_of_a_birth_year_are_worked_out_once(record: CaseRecord) -> None:
    assert load(record, born=date(2020, 6, 1)).holidays is load(record, born=date(2020, 9, 1)).holidays
