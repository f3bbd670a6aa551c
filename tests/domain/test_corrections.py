"""One batch, one act: what it takes back is gone first, and a correction stands in for what it corrects."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.agenda import agenda
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.journey import Journey
from domain.refusals import judge
from intake.bodies import read_message
from tests.domain.story import (
    CHILD,
    agenda_at,
    all_actions,
    calendar,
    events,
    london,
    policies,
    raw_events,
    refusals,
    simulated,
    standing,
)
from tests.domain.strategies import acceptable, last_day
from tests.domain.test_properties import few
from tests.fewer import MORE
from tests.random_journeys import random_journey
from workflows.parsing import parse_payload

LAW, PPM = "england-statutory", "ppm-procedure"
BEGUN = "2026-01-05 became_looked_after #in\n"
REVIEWED = BEGUN + "2026-01-23 review_held #r\n"


def judged(known: str, batch: str, at: str = "2026-02-02") -> tuple[list[str], list[str]]:
    """What a journey that knows some events takes of a batch, and what it refuses, by id: as a signal is taken."""
    journey = Journey(CHILD, policies().resolve(LAW), calendar())
    journey.remember([Known(event, event.known_from) for event in events(known)], ())
    taken, refused = judge(journey, events(batch), london(at), policies().ids())
    return sorted(e.id for e in taken), [f"{r.event.id}: {r.reason}" for r in refused]


# Entries

TWICE_IN_CARE = """
    2024-07-23 became_looked_after #first
    2024-12-24 ceased_to_be_looked_after #left reason=E4A
    2025-08-29 became_looked_after #second
"""


def test_the_entry_of_an_earlier_period_can_be_corrected() -> None:
    assert judged(TWICE_IN_CARE, "2024-07-21 became_looked_after #right corrects=first") == (["right"], [])
    both = """
        2024-07-21 became_looked_after #right corrects=first
        2024-12-20 ceased_to_be_looked_after #out corrects=left reason=E4A
    """
    assert judged(TWICE_IN_CARE, both) == (["out", "right"], [])


def test_an_entry_before_a_later_one_is_refused_while_no_ending_lies_between() -> None:
    taken, [refused] = judged(TWICE_IN_CARE, "2025-06-01 became_looked_after #early")
    assert taken == []
    assert refused.startswith("early: on: the child is already looked after from 2025-08-29")


# Batches


def test_a_voided_extension_and_a_new_one_come_together() -> None:
    extended = BEGUN + "2026-01-12 deadline_extended #x obligation=initial-ppm until=2026-01-30\n"
    shorter = "2026-01-13 event_voided event=x\n2026-01-13 deadline_extended obligation=initial-ppm until=2026-01-26"
    assert standing(PPM, extended + shorter, "2026-01-14", "initial-ppm") == ["1 upcoming (due 2026-01-26)"]
    alone = extended + "2026-01-13 deadline_extended obligation=initial-ppm until=2026-01-26"
    assert "is not after the present due date" in refusals(PPM, alone)[0]


def test_a_batch_of_an_entry_its_voiding_and_the_right_one_is_a_journey() -> None:
    at = "recorded 2026-01-09 12:00"
    whole = f"{BEGUN.strip()} {at}\n2026-01-09 event_voided event=in {at}\n2026-01-06 became_looked_after {at}\n"
    assert standing(LAW, whole + f"2026-01-07 ppm_held {at}", "2026-01-10", "first-review") == [
        "1 upcoming (due 2026-02-03)"
    ]
    early = whole.replace("2026-01-06", "2026-01-07") + f"2026-01-06 ppm_held {at}"
    assert "2026-01-06 is before the child's entry; accepted: 2026-01-07 or later" in refusals(LAW, early)[0]


def test_voiding_the_ending_resumes_the_journey_and_what_comes_with_it_is_told() -> None:
    ended = BEGUN + "2026-01-19 ceased_to_be_looked_after #end\n"
    resumed = ended + "2026-01-26 event_voided event=end\n2026-01-26 ppm_held contingency_plan=none"
    assert [a.obligation for a in all_actions(PPM, resumed, "2026-01-26") if a.kind == "breach"] == ["contingency-plan"]
    still = ended + "2026-01-19 ppm_held contingency_plan=none recorded 2026-01-26 12:00"
    assert [a.obligation for a in all_actions(PPM, still, "2026-01-26") if a.kind == "breach"] == []


# Corrections


def test_a_correction_voids_what_it_corrects_and_is_taken_at_one_instant() -> None:
    corrected = REVIEWED + "2026-01-26 review_held corrects=r recorded 2026-01-28 12:00"
    assert standing(LAW, corrected, "2026-01-29", "first-review") == ["1 met on 2026-01-26 (due 2026-02-02)"]
    assert standing(LAW, corrected, "2026-01-27", "first-review") == ["1 met on 2026-01-23 (due 2026-02-02)"]
    assert [row[:10] for row in standing(LAW, corrected, "2026-01-29", "second-review")] == ["1 upcoming"]


def test_an_entry_is_corrected_and_all_else_stays() -> None:
    entered = REVIEWED + "2026-01-06 became_looked_after corrects=in recorded 2026-01-28 12:00"
    assert standing(LAW, entered, "2026-01-29", "first-review") == ["1 met on 2026-01-23 (due 2026-02-03)"]


def test_voiding_a_correction_brings_back_what_it_corrected() -> None:
    corrected = REVIEWED + "2026-01-26 review_held #s corrects=r recorded 2026-01-28 12:00\n"
    back = corrected + "2026-01-29 event_voided event=s"
    assert standing(LAW, back, "2026-01-30", "first-review") == ["1 met on 2026-01-23 (due 2026-02-02)"]


def test_a_correction_of_a_correction_stands_in_for_both() -> None:
    twice = (
        REVIEWED
        + "2026-01-26 review_held #s corrects=r recorded 2026-01-28 12:00\n"
        + "2026-01-27 review_held #t corrects=s recorded 2026-01-29 12:00\n"
    )
    assert standing(LAW, twice, "2026-01-30", "first-review") == ["1 met on 2026-01-27 (due 2026-02-02)"]
    assert standing(LAW, twice, "2026-01-30", "subsequent-review") == []
    one_back = twice + "2026-01-30 event_voided event=t"
    assert standing(LAW, one_back, "2026-01-31", "first-review") == ["1 met on 2026-01-26 (due 2026-02-02)"]
    middle = twice + "2026-01-30 event_voided event=s"
    assert standing(LAW, middle, "2026-01-31", "first-review") == ["1 met on 2026-01-27 (due 2026-02-02)"]


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        ("2026-01-26 review_held corrects=nothing", "corrects: 'nothing' is no event of the child; accepted: the id"),
        ("2026-01-26 review_held #x corrects=x", "corrects: 'x' is no event of the child"),
        (
            "2026-01-26 review_held #x corrects=r\n2026-01-27 review_held corrects=r",
            "corrects: r is corrected by x already; accepted: x",
        ),
        (
            "2026-01-26 ppm_held corrects=in",
            "corrects: in is the child's entry, for which no ppm_held stands in; "
            "accepted: pre_proceedings_started or became_looked_after",
        ),
    ],
)
def test_a_correction_of_what_is_not_there_is_corrected_already_or_is_an_entry_is_refused(
    correction: str, said: str
) -> None:
    [refusal] = refusals(LAW, REVIEWED + correction)
    assert said in refusal


def test_a_correction_that_is_refused_leaves_what_it_would_have_corrected() -> None:
    wrong = "2025-12-01 review_held #s corrects=r"
    taken, refused = judged(REVIEWED, wrong + "\n2026-01-30 care_plan_updated #u")
    assert taken == ["u"]
    assert refused == ["s: on: 2025-12-01 is before the child's entry; accepted: 2026-01-05 or later"]


def test_a_voiding_whose_replacement_is_refused_is_not_taken_by_whoever_takes_part_of_a_batch() -> None:
    both = "2026-01-28 event_voided #v event=in\n{day} became_looked_after #new corrects=in\n2026-01-29 ppm_held #p"
    taken, refused = judged(BEGUN, both.format(day="2026-02-20"))
    assert taken == ["p"]
    assert [one.partition(":")[0] for one in refused] == ["new", "v"]
    assert "what stands in for it (corrects) was refused" in refused[1]
    assert judged(BEGUN, both.format(day="2026-01-07")) == (["new", "p", "v"], [])


def test_what_cannot_be_read_takes_back_nothing_either() -> None:
    """By signal and over HTTP the rest of a batch is taken; the voiding waits with the replacement that is no event."""
    batch: list[dict[str, Any]] = raw_events("2026-01-28 event_voided #v event=in\n2026-01-29 ppm_held #p")
    batch.append({"type": "became_looked_after", "id": "new", "child": CHILD, "on": "soon", "corrects": "in"})
    parsed = parse_payload(batch, CHILD)
    assert [event.id for event in parsed.events] == ["p"]
    assert [raw["id"] for raw, _ in parsed.problems] == ["new", "v"]
    headers = {"content-type": "application/json"}
    arrivals = read_message(headers, json.dumps(batch).encode(), "case-system", 10)
    assert [each.event and each.event.id for each in arrivals] == [None, "p", None]
    assert "what stands in for it (corrects) was refused" in str(arrivals[0].reason)


# Joint meetings

JOINT = {"A": {"primary_plan": "adoption"}, "B": {"primary_plan": "kinship_care"}}
FAMILY = "2026-01-05 became_looked_after @A\n2026-01-05 became_looked_after @B\n"


def meeting(on: str, **more: Any) -> ev.Event:
    raw = {"type": "ppm_held", "id": "m", "child": "A", "on": on, "primary_plan": "return_home", "plans": JOINT}
    return parse_event(raw | more)


def plans_of(happened: list[ev.Event], until: str) -> dict[str, list[str]]:
    """The primary plans each child has had."""
    given = simulated(PPM, happened, until)
    return {child: [step.primary.value for step in one.journey.periods[-1].plans] for child, one in given.items()}


def test_the_plan_at_the_top_is_that_of_the_child_of_the_meeting() -> None:
    happened = [*events(FAMILY), meeting("2026-01-12")]
    assert plans_of(happened, "2026-01-13") == {"A": ["return_home"], "B": ["kinship_care"]}


def test_a_correction_of_a_joint_meeting_reaches_every_child_that_it_was_for() -> None:
    alone = meeting("2026-01-12", id="n", corrects="m", plans={}, recorded_at="2026-01-14T12:00:00+00:00")
    happened = [*events(FAMILY), meeting("2026-01-12"), alone]
    assert plans_of(happened, "2026-01-15") == {"A": ["return_home"], "B": []}
    assert [r.status for r in agenda_at(PPM, happened, "2026-01-15", "initial-ppm", child="B")] == ["due_soon"]
    undone = parse_event(
        {"type": "event_voided", "id": "v", "child": "A", "on": "2026-01-15", "event": "n", "reason": "it was for both"}
    )
    assert plans_of([*happened, undone], "2026-01-16") == {"A": ["return_home"], "B": ["kinship_care"]}


def test_a_meeting_waits_for_a_child_who_has_no_journey_and_counts_from_the_entry() -> None:
    before = [*events("2026-01-05 became_looked_after @A"), meeting("2026-01-12")]
    assert plans_of(before, "2026-01-13") == {"A": ["return_home"]}
    entered_late = events("2026-01-08 became_looked_after @B recorded 2026-01-20 10:00")
    of_b = agenda_at(PPM, [*before, *entered_late], "2026-01-21", "initial-ppm", child="B")
    assert [(row.status, str(row.met_on)) for row in of_b] == [("met", "2026-01-12")]
    instants = [a.at for a in all_actions(PPM, [*before, *entered_late], "2026-01-30") if a.child == "B"]
    assert min(instants) >= london("2026-01-20", "10:00")


def test_a_meeting_from_before_a_childs_entry_belongs_to_none_of_its_periods() -> None:
    entered_later = events("2026-01-19 became_looked_after @B")
    happened = [*events("2026-01-05 became_looked_after @A"), meeting("2026-01-12"), *entered_later]
    assert plans_of(happened, "2026-01-20") == {"A": ["return_home"], "B": []}
    recorded_late = meeting("2026-01-12", recorded_at="2026-01-26T12:00:00+00:00")
    assert plans_of([happened[0], *entered_later, recorded_late], "2026-01-27") == {"A": ["return_home"], "B": []}


# Properties, over every type of event and every policy

each_policy = pytest.mark.parametrize("policy", policies().ids())
some = settings(few, max_examples=40 if MORE else 3)
NUMBERED_OR_SAID = (ev.EventVoided, ev.PolicyAdopted, *ev.ABOUT_AN_OBLIGATION)
"""What hangs on more than the facts: on the numbers given by then, or on what stood when somebody decided."""


def drawn_under(policy: str, data: st.DataObject) -> list[ev.Event]:
    return random_journey(data.draw(st.randoms(use_true_random=False)), CHILD, policy)


@each_policy
@some
@given(data=st.data())
def test_a_batch_in_any_order_of_lines_gives_the_same(policy: str, data: st.DataObject) -> None:
    """Voidings and corrections of the same batch included: refused and taken, told and shown."""
    drawn = drawn_under(policy, data)
    instant = max(e.known_from for e in drawn)
    batch = [e.model_copy(update={"recorded_at": instant}) for e in drawn]
    spare = [e for e in batch[1:] if not isinstance(e, ev.EventVoided)]
    if spare:
        wrong = data.draw(st.sampled_from(spare))
        batch.append(wrong.model_copy(update={"id": "right", "corrects": wrong.id}))
    shuffled = random.Random(data.draw(st.integers(0, 9))).sample(batch, len(batch))
    seen = []
    for lines in (batch, shuffled):
        journey = Journey(CHILD, policies().resolve(policy), calendar())
        taken, refused = judge(journey, lines, instant, policies().ids())
        decision = journey.step(instant, taken)
        shown = agenda(journey, instant)
        seen.append((sorted(e.id for e in taken), sorted(map(str, refused)), decision.actions, shown))
    assert seen[0] == seen[1]


def let_in_again(event: ev.Event, drawn: list[ev.Event]) -> bool:
    """Whether the child came in again after this ending: had it never been told, the second entry would be refused."""
    return isinstance(event, ev.ENDING_TYPES) and any(
        isinstance(each, ev.ENTRY_TYPES) and each.on >= event.on for each in drawn
    )


@each_policy
@some
@given(data=st.data())
def test_a_correction_equals_never_having_had_what_it_corrects(policy: str, data: st.DataObject) -> None:
    """But for what was sent, for numbers given, and for what a person waived of what stood then."""
    plain = [e for e in drawn_under(policy, data) if not (isinstance(e, NUMBERED_OR_SAID) or e.corrects)]
    drawn = acceptable(policy, plain)
    happened_then = [e for e in drawn if not isinstance(e, ev.ENTRY_TYPES) and not let_in_again(e, drawn)]
    assume(happened_then)
    end = end_of(last_day(drawn))
    wrong = data.draw(st.sampled_from(happened_then))
    on = wrong.on + timedelta(days=data.draw(st.sampled_from([0, 1, 9])))
    right = wrong.model_copy(update={"id": "right", "on": on, "recorded_at": end})
    shown = []
    for happened in (
        [*drawn, right.model_copy(update={"corrects": wrong.id})],
        [*(e for e in drawn if e.id != wrong.id), right],
    ):
        journey = simulated(policy, happened, str(last_day(drawn)))[CHILD].journey
        rows = [(r.obligation, r.opened_on, r.due, r.status, str(r.met_on)) for r in agenda(journey, end)]
        shown.append((sorted(rows), journey.stage, journey.ended))
    assert shown[0] == shown[1]
