"""What a journey says of its steps and periods of care, as plain lines that figures can count.

Pure, and of all periods of care: whoever has left care counts as whoever is in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from domain.case.days import Span, stretches
from domain.case.facts import Facts
from domain.case.plan_history import plan_history
from domain.case.stages import reached_on
from domain.case.words import LegalStatus
from domain.clocks.judgement import Judgements
from domain.clocks.obligations import Occurrence, Remembered, occurrences
from domain.clocks.rules import Policy, Rule
from domain.journey import Journey

Sort = Literal["review", "meeting", "other"]
Ending = Literal["met", "waived", "lapsed", ""]
HELD_REVIEWS: Final = frozenset(
    {
        "adoption_review",
        "any_review",
        "care_review",
        "first_care_review",
        "later_care_review",
        "review_from_the_28th_day",
        "review_held",
        "second_care_review",
    }
)
HELD_MEETINGS: Final = frozenset({"ppm_held", "ppm_after_the_day", "specialist_discussion_held"})
"""What meets an obligation that asks for a review, or for a planning meeting, and for nothing else."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """One occurrence of an obligation, forecasts aside: by when it was to be met by each limit, and what became of it.

    `statutory` and `local`: the day that the law, and the authority's own procedure, gave; None: it sets none.
    """

    child: str
    period: int
    obligation: str
    occurrence: int
    sort: Sort
    title: str
    owner: str
    opened_on: date
    statutory: date | None
    statutory_clause: str
    local: date | None
    local_clause: str
    extended: bool
    """The local limit was put off by somebody who may."""
    ending: Ending
    ended_on: date | None
    reason: str | None
    """Why it is or was late, as it was said last."""
    answers: tuple[date, ...]
    """The days on which somebody answered for it: explained, acknowledged, put off."""


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One period of care: under which policy, of which team, how far the child came on which day."""

    child: str
    period: int
    policy: str
    team: str | None
    entered_on: date | None
    ended_on: date | None
    stages: Mapping[str, date]
    """The day on which each stage was first reached."""
    plan_changes: tuple[date, ...]
    """The days on which the plan became another."""
    section_20: tuple[Span, ...]
    """The spans of days under section 20 (V2)."""


def step_lines(journey: Journey, policies: Mapping[int, Policy]) -> Iterator[StepLine]:
    """The steps of every period of care; `policies` has each period's by its number."""
    for facts in journey.periods:
        period, latest = journey.number_of(facts), facts is journey.facts
        record = journey.records.get(period) or Remembered()
        these = journey.occurrences if latest else occurrences(policies[period], facts, journey.calendar, record)
        judgements = Judgements(facts, these, journey.calendar)
        yield from (_step(journey.child, period, one, judgements) for one in these if not one.forecast)


def period_lines(journey: Journey, policies: Mapping[int, Policy], team: str | None) -> Iterator[PeriodLine]:
    """Every period of care; `team` is the one that the events name."""
    for facts in journey.periods:
        period = journey.number_of(facts)
        yield PeriodLine(
            child=journey.child,
            period=period,
            policy=policies[period].id,
            team=team,
            entered_on=facts.entry.on if facts.entry else None,
            ended_on=facts.ended_on,
            stages=reached_on(facts),
            plan_changes=tuple(entry.on for entry in plan_history(facts) if entry.changed),
            section_20=tuple(_under_section_20(facts)),
        )


def sort_of(rule: Rule) -> Sort:
    """Whether a rule asks for a review, for a planning meeting, or for something else."""
    met_by = {*rule.met_by}
    return "review" if met_by <= HELD_REVIEWS else "meeting" if met_by <= HELD_MEETINGS else "other"


def _step(child: str, period: int, one: Occurrence, judgements: Judgements) -> StepLine:
    said = judgements.about(one)
    lawful = {row.clause for row in one.rows if row.statutory}
    statutory = min(((limit.due, limit.clause) for limit in one.limits if limit.clause in lawful), default=None)
    own = min(((limit.due, limit.clause) for limit in one.limits if limit.clause not in lawful), default=None)
    extended = one.due > min(limit.due for limit in one.limits)
    if extended and own:
        own = (one.due, own[1])
    elif extended and statutory:  # a final order alone (CA89 s32(5))
        statutory = (one.due, statutory[1])
    return StepLine(
        child=child,
        period=period,
        obligation=one.obligation.id,
        occurrence=one.number,
        sort=sort_of(one.rule),
        title=one.obligation.rule.title,
        owner=one.obligation.rule.owner.value,
        opened_on=one.opened_on,
        statutory=statutory[0] if statutory else None,
        statutory_clause=statutory[1] if statutory else "",
        local=own[0] if own else None,
        local_clause=own[1] if own else "",
        extended=extended,
        ending="waived" if one.waived_on else "met" if one.met_on else "lapsed" if one.lapsed_on else "",
        ended_on=one.waived_on or one.met_on or one.lapsed_on,
        reason=next((each.reason for each in reversed(said) if each.kind == "explained"), None),
        answers=tuple(sorted({each.on for each in said if each.kind != "waived"})),
    )


def _under_section_20(facts: Facts) -> Iterator[Span]:
    """The spans of days under V2 within the period of care."""
    within = Span(date.min, facts.ended_on)
    for span in stretches([(day, status is LegalStatus.SECTION_20) for day, status in facts.legal_statuses]):
        if met := span.meet(within):
            yield met
