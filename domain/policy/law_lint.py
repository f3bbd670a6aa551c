"""A local policy laid beside the law: on how many days of a year would the local rule alone fall later than the limit?

Nobody is told late, since the earlier date binds. But who knows the local rule alone plans by it, so an authority
should know on which days it is wrong, and by how much. The dates are worked out by the engine itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, end_of, england_and_wales
from domain.case.facts import Known
from domain.case.words import LegalStatus
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies

EARLY_OR_LATE = (-10, -5, 0, 5, 10)
"""Working days by which the review that a limit counts from is held before or after its own date (ours: two weeks
either way is what happens)."""

AGE = 8
"""Years of age at entry: an age at which every review applies (ours)."""

Held = Callable[[date], list[ev.Event]]


@dataclass(frozen=True, slots=True)
class LifeLaidOut:
    """One life laid out: the day the clock started, when the review before was held, and both dates."""

    start: date
    shift: int | None
    """Working days by which the review before was early (negative) or late; None where no review comes into it."""
    held: date | None
    occurrence: int
    local: date
    law: date

    @property
    def later(self) -> int:
        """By how many calendar days the local rule alone falls later than the law."""
        return (self.local - self.law).days


@dataclass(frozen=True, slots=True)
class Compared:
    """A local rule beside a limit of the law, over a year of starts."""

    local: str
    clause: str
    law: str
    law_clause: str
    starts: str
    """What happens on the day of the start."""
    cases: tuple[LifeLaidOut, ...]

    @property
    def later(self) -> tuple[LifeLaidOut, ...]:
        """The cases in which the local rule alone would be later."""
        return tuple(case for case in self.cases if case.later > 0)

    @property
    def dead(self) -> bool:
        """Whether the law is earlier in every case, so that the local rule never binds."""
        return bool(self.cases) and len(self.later) == len(self.cases)

    @property
    def worst(self) -> LifeLaidOut | None:
        """The case in which it would be latest."""
        return max(self.later, key=lambda case: (case.later, -case.start.toordinal()), default=None)


@dataclass(frozen=True, slots=True)
class Pair:
    """A local rule and the rule of the law that it stands beside."""

    local: str
    law: str


def beside_the_law(policies: Policies, policy_id: str, first: date) -> tuple[list[Compared], list[Pair]]:
    """Every local rule that the law has a limit for, over a year of starts from a day; and the pairs not compared.

    A pair is not compared where the law's clock starts from something no life is laid out for here.
    """
    policy = policies.resolve(policy_id)
    calendar = england_and_wales(first.year - AGE - 1, first.year + 5)
    done, left = [], []
    for pair in pairs(policies, policy):
        law = policy.obligation(pair.law)
        rule = next((r for r in (law.rule, *law.limits) if r.statutory), None) if law else None
        life = LIVES.get(rule.anchor) if rule and isinstance(rule.anchor, str) else None
        if life is None or rule is None:
            left.append(pair)
        else:
            done.append(_compare(policy, pair, life, calendar, first))
    return done, left


def pairs(policies: Policies, policy: Policy) -> Iterator[Pair]:
    """Local rules with a limit of the law: of the same id, or said to stand beside it (`stands_beside`)."""
    for obligation in policy.obligations:
        if not obligation.rule.statutory and any(row.statutory for row in obligation.limits):
            yield Pair(obligation.id, obligation.id)
    for row in policies.file(policy.id).obligation:
        if row.stands_beside:
            yield Pair(row.id, row.stands_beside)


@dataclass(frozen=True, slots=True)
class _Life:
    """How the clock of an anchor of the law is started, and which obligation's review is then held early or late."""

    starts: str
    begin: Held
    shifted: str | None = None
    """The obligation whose review is held early or late before the dates are compared; None: none is."""


def _entry(day: date, status: LegalStatus = LegalStatus.CARE_ORDER) -> ev.Event:
    born = date(day.year - AGE, day.month, min(day.day, 28))
    return ev.BecameLookedAfter(
        type="became_looked_after", id="entry", child="LINT", on=day, date_of_birth=born, legal_status=status
    )


def _order(day: date) -> ev.Event:
    return ev.PlacementOrderMade(type="placement_order_made", id="order", child="LINT", on=day)


LIVES: Mapping[str, _Life] = {
    "became_looked_after": _Life("entry", lambda day: [_entry(day)]),
    "first_review_held": _Life("entry", lambda day: [_entry(day)], "first-review"),
    "placement_order_made": _Life(
        "placement order", lambda day: [_entry(day - timedelta(days=200)), _order(day)], "adoption-review"
    ),
    "placed_for_adoption": _Life(
        "placement for adoption",
        lambda day: [
            _entry(day - timedelta(days=300)),
            _order(day - timedelta(days=100)),
            ev.PlacedForAdoption(type="placed_for_adoption", id="placed", child="LINT", on=day),
        ],
        "placement-review",
    ),
    "care_proceedings_issued": _Life(
        "issue of proceedings",
        lambda day: [
            _entry(day),
            ev.CareProceedingsIssued(type="care_proceedings_issued", id="issued", child="LINT", on=day),
        ],
    ),
    "short_breaks_started": _Life(
        "entry into short breaks",
        lambda day: [_entry(day, LegalStatus("V4"))],
        "short-break-review",
    ),
}
"""For each anchor of the law, a life in which its clock starts on a given day."""


def _compare(policy: Policy, pair: Pair, life: _Life, calendar: WorkingCalendar, first: date) -> Compared:
    trimmed = _trimmed(policy, {pair.local, pair.law, *([life.shifted] if life.shifted else [])})
    days = [first + timedelta(days=n) for n in range((first.replace(year=first.year + 1) - first).days)]
    cases = tuple(case for day in days for case in _cases(trimmed, pair, life, calendar, day))
    local, law = policy.obligation(pair.local), policy.obligation(pair.law)
    assert local is not None
    assert law is not None
    clause = next(row.clause for row in (law.rule, *law.limits) if row.statutory)
    return Compared(pair.local, local.rule.clause, pair.law, clause, life.starts, cases)


def _trimmed(policy: Policy, wanted: set[str]) -> Policy:
    """The policy with what is wanted, and what that counts from, alone: a year of lives is quicker so."""
    known = {o.id: o for o in policy.obligations}
    waiting, kept = set(wanted) & known.keys(), set[str]()
    while waiting:
        one = known[waiting.pop()]
        kept.add(one.id)
        waiting |= set().union(*(row.references for row in (one.rule, *one.limits))) - kept
    obligations = tuple(o for o in policy.obligations if o.id in kept)
    return policy.model_copy(update={"obligations": obligations, "notices": (), "gates": ()})


def _cases(policy: Policy, pair: Pair, life: _Life, calendar: WorkingCalendar, start: date) -> Iterator[LifeLaidOut]:
    begun = life.begin(start)
    if life.shifted is None:
        yield from _dates(_lived(policy, calendar, begun), pair, start, None, None)
        return
    first = next((o for o in _lived(policy, calendar, begun) if o.obligation.id == life.shifted and o.open), None)
    for shift in EARLY_OR_LATE if first else ():
        assert first is not None
        held = max(calendar.working_days_after(first.due, shift), start)
        review = ev.ReviewHeld(type="review_held", id="review", child="LINT", on=held)
        yield from _dates(_lived(policy, calendar, [*begun, review]), pair, start, shift, held)


def _lived(policy: Policy, calendar: WorkingCalendar, events: Sequence[ev.Event]) -> list[Occurrence]:
    """The occurrences of a life, once all its events are known."""
    journey = Journey("LINT", policy, calendar)
    known = end_of(max(event.on for event in events))
    journey.remember([Known(event, known) for event in events], ())
    return journey.occurrences


def _dates(
    listed: Sequence[Occurrence], pair: Pair, start: date, shift: int | None, held: date | None
) -> Iterator[LifeLaidOut]:
    """The local date alone and the law's, of each occurrence that has both firmly."""
    laws = {o.number: o for o in listed if o.obligation.id == pair.law}
    for occurrence in (o for o in listed if o.obligation.id == pair.local):
        beside = laws.get(occurrence.number)
        local, law = _limit(occurrence, statutory=False), _limit(beside, statutory=True) if beside else None
        if local is not None and law is not None:
            yield LifeLaidOut(start, shift, held, occurrence.number, local, law)


def _limit(occurrence: Occurrence, *, statutory: bool) -> date | None:
    """The earliest firm date that the local rows, or the law's, set for an occurrence."""
    if occurrence.foreseen:
        return None
    clauses = {row.clause for row in occurrence.rows if row.statutory is statutory}
    return min((limit.due for limit in occurrence.limits if limit.clause in clauses), default=None)
