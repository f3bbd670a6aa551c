"""The state machine of periods of care: each of its arrows in a story, and what goes wrong without it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import MachineError

from domain.case import events as ev
from domain.case import periods
from domain.case.days import Span
from domain.case.periods import ALL_BUT_ENTRY, ROWS, Period, Row, machine, moves_of
from domain.case.words import LegalStatus
from domain.study.simulation import FileRefused
from tests.domain.story import simulated, standing
from tests.domain.test_refused_and_taken import an_event

PPM = "ppm-procedure"
IN_CARE = "2026-01-05 became_looked_after\n"
SHORT_BREAKS = "2026-01-05 became_looked_after legal_status=V4\n"
PRE = "2026-01-05 pre_proceedings_started\n"
ADULT_SOON = "date_of_birth=2008-02-10\n"
"""Eighteen on 10 February 2026."""
ENDINGS = (
    "adoption_order_made",
    "special_guardianship_order_made",
    "child_arrangements_order_made",
    "ceased_to_be_looked_after",
)
AGAIN = IN_CARE + "2026-02-02 ceased_to_be_looked_after\n"

Arrow = tuple[str, str, str | None]
"""What happens (`anything`: all but an entry), where that finds a child, and where it leads."""

STORIES: dict[Arrow, tuple[str, str]] = {
    ("became_looked_after", "care.before_entry", "care.in_care"): (IN_CARE, "in care from 2026-01-05"),
    ("became_looked_after", "care.before_entry", "care.short_breaks"): (SHORT_BREAKS, "short breaks from 2026-01-05"),
    ("became_looked_after", "care.pre_proceedings", "care.in_care"): (
        PRE + "2026-01-19 became_looked_after",
        "in care from 2026-01-19",
    ),
    ("became_looked_after", "care.pre_proceedings", "care.short_breaks"): (
        PRE + "2026-01-19 became_looked_after legal_status=V3",
        "short breaks from 2026-01-19",
    ),
    ("became_looked_after", "care.ended", "care.in_care"): (
        AGAIN + "2026-02-02 became_looked_after",
        "in care from 2026-01-05 to 2026-02-02, ended | in care from 2026-02-02",
    ),
    ("became_looked_after", "care.ended", "care.short_breaks"): (
        AGAIN + "2026-02-09 became_looked_after legal_status=V4",
        "in care from 2026-01-05 to 2026-02-02, ended | short breaks from 2026-02-09",
    ),
    ("pre_proceedings_started", "care.before_entry", "care.pre_proceedings"): (PRE, "pre-proceedings"),
    ("pre_proceedings_started", "care.ended", "care.pre_proceedings"): (
        AGAIN + "2026-02-09 pre_proceedings_started",
        "in care from 2026-01-05 to 2026-02-02, ended | pre-proceedings",
    ),
    ("legal_status_changed", "care.in_care", "care.short_breaks"): (
        IN_CARE + "2026-01-19 legal_status_changed legal_status=V4",
        "in care from 2026-01-05 to 2026-01-19, short breaks from 2026-01-19",
    ),
    ("legal_status_changed", "care.short_breaks", "care.in_care"): (
        SHORT_BREAKS + "2026-01-19 legal_status_changed legal_status=C2",
        "in care from 2026-01-19, short breaks from 2026-01-05 to 2026-01-19",
    ),
    ("eighteenth_birthday", "care.pre_proceedings", "care.ended"): (PRE.strip() + " " + ADULT_SOON, "ended"),
    ("eighteenth_birthday", "care.in_care", "care.ended"): (
        IN_CARE.strip() + " " + ADULT_SOON,
        "in care from 2026-01-05 to 2026-02-10, ended",
    ),
    ("eighteenth_birthday", "care.short_breaks", "care.ended"): (
        SHORT_BREAKS.strip() + " " + ADULT_SOON,
        "short breaks from 2026-01-05 to 2026-02-10, ended",
    ),
    ("event_voided", "care.before_entry", None): (
        IN_CARE.strip() + " #entry\n2026-01-06 event_voided event=entry #error\n2026-01-07 event_voided event=error",
        "in care from 2026-01-05",
    ),
    ("anything", "care.before_entry", None): (
        IN_CARE + "2025-12-15 care_proceedings_issued recorded 2026-01-06 09:00",
        "in care from 2026-01-05, in proceedings",
    ),
    ("anything", "care.pre_proceedings", None): (PRE + "2026-01-12 ppm_held", "pre-proceedings, 1 meeting"),
    ("anything", "care.in_care", None): (IN_CARE + "2026-01-12 ppm_held", "in care from 2026-01-05, 1 meeting"),
    ("anything", "care.short_breaks", None): (
        SHORT_BREAKS + "2026-01-12 ppm_held",
        "short breaks from 2026-01-05, 1 meeting",
    ),
    ("anything", "care.ended", None): (
        AGAIN + "2026-02-02 ppm_held recorded 2026-02-03 09:00\n2026-02-04 ppm_held",
        "in care from 2026-01-05 to 2026-02-02, 1 meeting, ended",
    ),
    ("placed_for_adoption", "placement.not_placed", "placement.placed_for_adoption"): (
        IN_CARE
        + "2026-01-19 placed_for_adoption\n2026-02-02 ceased_to_be_looked_after\n2026-02-09 placed_for_adoption",
        "in care from 2026-01-05 to 2026-02-02, placed from 2026-01-19, ended",
    ),
    ("adoption_placement_ended", "placement.placed_for_adoption", "placement.not_placed"): (
        IN_CARE + "2026-01-19 placed_for_adoption\n2026-01-26 adoption_placement_ended",
        "in care from 2026-01-05, placed from 2026-01-19 to 2026-01-26",
    ),
    ("placement_order_made", "authority.none", "authority.held"): (
        IN_CARE + "2026-01-19 placement_order_made\n2026-01-26 placement_consent_given",
        "in care from 2026-01-05, authority from 2026-01-19",
    ),
    ("placement_consent_given", "authority.none", "authority.held"): (
        IN_CARE + "2026-01-19 placement_consent_given",
        "in care from 2026-01-05, authority from 2026-01-19",
    ),
    ("placement_order_revoked", "authority.held", "authority.none"): (
        IN_CARE + "2026-01-19 placement_order_made\n2026-01-26 placement_order_revoked",
        "in care from 2026-01-05, authority from 2026-01-19 to 2026-01-26",
    ),
    ("placed_for_adoption", "placement.placed_for_adoption", "placement.placed_for_adoption"): (
        IN_CARE + "2026-01-19 placed_for_adoption\n2026-02-02 placed_for_adoption",
        "in care from 2026-01-05, placed from 2026-01-19 to 2026-02-02, placed from 2026-02-02",
    ),
    ("plan_changed", "permanence.reached", "permanence.not_yet"): (
        IN_CARE + "2026-01-19 returned_home\n2026-02-02 plan_changed",
        "in care from 2026-01-05, permanence from 2026-01-19 to 2026-02-02",
    ),
    ("returned_home", "permanence.not_yet", "permanence.reached"): (
        IN_CARE + "2026-01-19 returned_home\n2026-01-26 returned_home",
        "in care from 2026-01-05, permanence on 2026-01-19",
    ),
    ("review_held", "permanence.not_yet", "permanence.reached"): (
        IN_CARE + "2026-01-19 review_held\n2026-01-26 review_held long_term_placement_ratified=true",
        "in care from 2026-01-05, permanence on 2026-01-26",
    ),
}
for ending in ENDINGS:
    STORIES |= {
        (ending, "care.pre_proceedings", "care.ended"): (
            PRE + f"2026-01-19 {ending}",
            "ended" if ending == "ceased_to_be_looked_after" else "permanence on 2026-01-19, ended",
        ),
        (ending, "care.in_care", "care.ended"): (
            IN_CARE + f"2026-01-19 {ending}\n2026-01-20 review_held",
            "in care from 2026-01-05 to 2026-01-19, "
            + ("" if ending == "ceased_to_be_looked_after" else "permanence on 2026-01-19, ")
            + "ended",
        ),
        (ending, "care.short_breaks", "care.ended"): (
            SHORT_BREAKS + f"2026-01-19 {ending}",
            "short breaks from 2026-01-05 to 2026-01-19, "
            + ("" if ending == "ceased_to_be_looked_after" else "permanence on 2026-01-19, ")
            + "ended",
        ),
    }
    if ending != "ceased_to_be_looked_after":
        STORIES[(ending, "permanence.not_yet", "permanence.reached")] = STORIES[(ending, "care.in_care", "care.ended")]


def arrows(row: Row) -> list[Arrow]:
    events = ("anything",) if row.events == ALL_BUT_ENTRY else row.events
    return [(event, source, row.dest) for event in events for source in row.sources]


def without(arrow: Arrow) -> list[Row]:
    """The table with one arrow taken out."""
    event, source, _ = arrow
    rows: list[Row] = []
    for row in ROWS:
        if arrow not in arrows(row):
            rows.append(row)
            continue
        rows.append(replace(row, sources=tuple(one for one in row.sources if one != source)))
        if event != "anything":
            rows.append(replace(row, events=tuple(one for one in row.events if one != event), sources=(source,)))
    return [row for row in rows if row.sources and row.events]


def seen(text: str) -> str:
    """What is known of a child at the end of 1 April 2026, a part for each period of care."""
    try:
        journey = simulated(PPM, text, "2026-04-01")["CLA-1"].journey
    except FileRefused as refused:
        return f"refused: {refused.problems}"
    return " | ".join(", ".join(_parts(facts)) for facts in journey.periods)


def _parts(facts: Any) -> list[str]:
    stood = facts.permanent[:1] if facts.permanent and facts.permanent[0].end else []
    permanent = [f"permanence on {facts.permanence_on}"] if facts.permanence_on and not stood else []
    meetings = len(facts.all(ev.PpmHeld))
    return [
        *(["pre-proceedings"] if facts.entry is None and facts.ended_on is None else []),
        *_spans("in care", [facts.care] if facts.care else []),
        *_spans("short breaks", facts.short_breaks),
        *(["in proceedings"] if facts.in_proceedings() else []),
        *_spans("placed", facts.placements_for_adoption),
        *_spans("authority", facts.authority_to_place),
        *permanent,
        *_spans("permanence", stood),
        *([f"{meetings} meeting"] if meetings else []),
        *(["ended"] if facts.ended_on else []),
    ]


def _spans(name: str, spans: list[Span]) -> list[str]:
    return [f"{name} from {span.start}" + (f" to {span.end}" if span.end else "") for span in spans]


def test_every_arrow_has_its_story() -> None:
    assert set(STORIES) == {arrow for row in ROWS for arrow in arrows(row)}


@pytest.mark.parametrize("arrow", STORIES, ids=lambda arrow: "-".join(map(str, arrow)))
def test_without_an_arrow_its_story_goes_wrong(arrow: Arrow, monkeypatch: pytest.MonkeyPatch) -> None:
    text, said = STORIES[arrow]
    assert seen(text) == said
    monkeypatch.setattr(periods, "MOVES", moves_of(machine(without(arrow))))
    assert seen(text) != said


HAPPENINGS = st.tuples(st.sampled_from(sorted(ev.EVENT_TYPES)), st.integers(0, 2), st.sampled_from(["C2", "V4"]))


@settings(deadline=None, max_examples=60)
@given(st.lists(HAPPENINGS, max_size=25))
def test_driven_by_its_library_the_machine_goes_the_same_way(happened: list[tuple[str, int, str]]) -> None:
    child: Any = Period()
    machine(model=child)
    day = date(2026, 1, 5)
    for kind, later, status in happened:
        day += timedelta(later)
        event = an_event(kind, str(day))
        if isinstance(event, ev.BecameLookedAfter | ev.LegalStatusChanged):
            event = event.model_copy(update={"legal_status": LegalStatus(status)})
        try:
            child.trigger(kind, event)
        except MachineError:
            assert child.obstacle(event)
        child.take(event)
        assert child.state == list(child.states.values())


def test_a_legal_status_from_before_the_entry_does_not_outlast_it() -> None:
    """A child with short breaks before entry: the care order of the entry counts, and the first review is asked."""
    text = PRE + "2026-01-12 legal_status_changed legal_status=V4\n2026-01-19 became_looked_after\n"
    assert seen(text) == "in care from 2026-01-19"
    assert standing(PPM, text, "2026-01-20", "first-review") == ["1 upcoming (due 2026-02-16)"]
