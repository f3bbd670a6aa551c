"""Voiding an event equals never having had it, except for what was already sent, occurrence numbers and waivers.

PERMANENCE_MORE=1 tries many more journeys.
"""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import parse_event
from domain.clocks.actions import Action
from domain.study.simulation import Simulated
from tests.domain.story import CHILD, events, simulated, standing, story
from tests.domain.strategies import POLICIES, acceptable, journeys, last_day
from tests.fewer import MORE

pytestmark = pytest.mark.timeout(1800)
HOUR = timedelta(hours=1)
many = settings(
    max_examples=400 if MORE else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def voiding(event: ev.Event, all_of_them: list[ev.Event]) -> ev.Event:
    """Everything is known, then the event is voided."""
    known = max(e.known_from for e in all_of_them) + HOUR
    return parse_event(
        {
            "type": "event_voided",
            "id": "taken-back",
            "child": CHILD,
            "on": known.date().isoformat(),
            "recorded_at": known.isoformat(),
            "event": event.id,
            "reason": "recorded in error",
        }
    )


def unnumbered(row: AgendaRow) -> tuple[str, ...]:
    limits = ",".join(f"{limit.due} {limit.clause}" for limit in row.limits)
    return (row.obligation, *map(str, (row.opened_on, row.due, row.status, row.met_on, row.forecast)), limits)


def stands(one: Simulated, day: date) -> tuple[str, list[tuple[str, ...]]]:
    """The stage and the agenda, numbers aside."""
    return one.journey.stage, sorted(map(unnumbered, agenda(one.journey, end_of(day))))


def chosen(data: st.DataObject, policy: str) -> tuple[list[ev.Event], ev.Event]:
    """A journey without waivers, and one of its events without which the others could have been taken as well."""
    happened = data.draw(journeys(policy=policy))
    assume(len(happened) > 1)
    event = data.draw(st.sampled_from(happened[1:]))
    rest = [e for e in happened if e is not event]
    assume(not any(isinstance(e, ev.ObligationWaived) for e in rest))
    assume(acceptable(policy, rest) == rest)
    return happened, event


@many
@given(data=st.data(), policy=st.sampled_from(POLICIES))
def test_how_the_case_stands_is_as_if_it_had_never_been_known(data: st.DataObject, policy: str) -> None:
    happened, event = chosen(data, policy)
    end = last_day(happened)
    voided = simulated(policy, [*happened, voiding(event, happened)], str(end))[CHILD]
    never = simulated(policy, [e for e in happened if e is not event], str(end))[CHILD]
    assert stands(voided, end) == stands(never, end)


def key(action: Action) -> tuple[str, ...]:
    return (action.obligation, str(action.due), action.kind, str(action.rung))


@many
@given(data=st.data(), policy=st.sampled_from(POLICIES))
def test_what_is_told_afterwards_would_have_been_told_anyway(data: st.DataObject, policy: str) -> None:
    """Holds aside: a due date that has moved ends them."""
    happened, event = chosen(data, policy)
    assume(not any(isinstance(e, ev.EscalationAcknowledged) for e in happened))
    end = last_day(happened)
    taken_back = voiding(event, happened)
    voided = simulated(policy, [*happened, taken_back], str(end))[CHILD].actions
    never = simulated(policy, [e for e in happened if e is not event], str(end))[CHILD].actions
    dated = ("reminder", "escalation")
    before = {a.key for a in voided if a.at < taken_back.known_from}
    after = [a for a in voided if a.at >= taken_back.known_from and a.kind in dated]
    assert {key(a) for a in after} <= {key(a) for a in never}
    assert not before & {a.key for a in after}


# As an IRO would put it


def test_a_meeting_recorded_in_error_leaves_the_reminders_as_they_were_and_none_goes_twice() -> None:
    wrong = "2026-01-05 became_looked_after\n2026-01-13 ppm_held #wrong\n2026-01-14 event_voided event=wrong"
    assert standing("ppm-procedure", wrong, "2026-01-14", "initial-ppm") == ["1 due_soon (due 2026-01-19)"]
    assert [
        line.partition(" (")[0] for line in story("ppm-procedure", wrong, until="2026-01-20", about="initial-ppm")
    ] == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1 -> social_worker",
        "2026-01-16 09:00 initial-ppm/1 reminder 2 -> social_worker",
        "2026-01-20 09:00 initial-ppm/1 escalation 1 -> case_supervisor, iro, social_worker",
    ]


def test_a_back_dated_review_repairs_every_date_after_it_and_sends_nothing_again() -> None:
    late = "2026-01-05 became_looked_after\n2026-01-27 review_held recorded 2026-04-29 10:00"
    assert standing("england-statutory", late, "2026-04-28", "first-review") == ["1 overdue (due 2026-02-02)"]
    assert standing("england-statutory", late, "2026-04-29", "first-review") == ["1 met on 2026-01-27 (due 2026-02-02)"]
    assert standing("england-statutory", late, "2026-04-29", "second-review") == ["1 overdue (due 2026-04-27)"]
    sent = story("england-statutory", events(late), until="2026-05-05", since="2026-04-29")
    assert [line.partition(" ->")[0] for line in sent] == [
        "2026-04-29 10:00 second-review/1 escalation 1",
        "2026-05-05 09:00 second-review/1 escalation 2",
    ]
