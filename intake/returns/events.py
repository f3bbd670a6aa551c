"""Returns into journeys: the events of every child, and every doubt. Pure: rows in, events out."""

from collections.abc import Callable, Collection, Sequence
from datetime import date

from domain.case.events import Event
from domain.clocks.rules import Policy
from intake.returns.care import Care, ReturnPeriod
from intake.returns.days import with_days
from intake.returns.doubts import Doubts
from intake.returns.merging import Child, merged
from intake.returns.reading import TableReader, ToBePlaced
from intake.returns.rows import Return, ReturnRow
from intake.sources.imported import Imported, acceptable

Progress = Callable[[int, int], None]
BETWEEN_SIGNS_OF_LIFE = 50
ADOPTED = frozenset({"E11", "E12"})


def events_of(
    returns: Sequence[Return],
    policy: Policy,
    policies: Collection[str],
    today: date,
    progress: Progress = lambda done, total: None,
) -> Imported:
    """The events of every child in the returns, under a policy, as known on a day.

    The same returns give the same events with the same ids, so that importing them again changes nothing. Nothing
    here is refused: what cannot be taken is left out and doubted.
    """
    doubts = Doubts()
    placed_table = any("PlacedAdoption" in year.tables for year in returns)
    children = merged(with_days(returns, today), TableReader(doubts, today))
    events: dict[str, list[Event]] = {}
    journeys = ended = short_breaks = 0
    for done, child in enumerate(children, 1):
        if done % BETWEEN_SIGNS_OF_LIFE == 0 or done == len(children):
            progress(done, len(children))
        periods = _periods(child, policy.id, doubts, decisions_known=placed_table)
        of_the_child = [event for period in periods for event in period.events]
        taken = _acceptable(child, of_the_child, policy, policies, today, doubts)
        journeys += len(periods)
        ended += sum(period.end is not None or period.adult_on <= today for period in periods)
        short_breaks += bool(periods) and all(period.short_breaks for period in periods)
        if taken:
            events[child.ref] = taken
    noted = sorted(doubts.noted, key=lambda d: (d.child, d.table, d.line, d.rule))
    covered = {child.ref: child.covered for child in children}
    return Imported(events, len(children), journeys, ended, short_breaks, noted, covered)


def _periods(child: Child, policy: str, doubts: Doubts, *, decisions_known: bool) -> list[ReturnPeriod]:
    if child.born is None:
        doubts.add("no-birth", child.ref, child.first_row)
        return []
    if not child.episodes:
        doubts.add("no-episode", child.ref, child.born.row)
        return []
    if child.episodes[0].decom < child.born.day:
        doubts.add("born-later", child.ref, child.episodes[0].row)
        return []
    periods = Care(child.ref, child.born.day, policy, doubts).read(child.episodes)
    _reviews(child, periods, doubts)
    _adoption(child, periods, doubts, decisions_known=decisions_known)
    return periods


def _within(periods: list[ReturnPeriod], day: date) -> ReturnPeriod | None:
    """The period of care a day falls in: on a day when one ends and the next begins, the next."""
    return next((period for period in reversed(periods) if period.holds(day)), None)


def _reviews(child: Child, periods: list[ReturnPeriod], doubts: Doubts) -> None:
    for review in child.reviews:
        period = _within(periods, review.day)
        if period is None:
            doubts.add("review-outside-care", child.ref, review.row)
            continue
        if period.short_breaks:
            doubts.add("review-in-short-breaks", child.ref, review.row)
        period.tell("review", "review_held", review.day)


def _adoption(child: Child, periods: list[ReturnPeriod], doubts: Doubts, *, decisions_known: bool) -> None:
    standing: ToBePlaced | None = None
    for decision in child.decisions:
        if standing and (standing.reversed is None or standing.reversed > decision.decided):
            doubts.add("decisions-overlap", child.ref, decision.row)
        standing = decision
        period = _decided(child, decision, periods, doubts)
        if period is not None:
            _in_order(child, decision, period, doubts)
    for match in child.matches:
        period = _within(periods, match.day)
        if period is None:
            doubts.add("decision-outside-care", child.ref, match.row, column="DATE_MATCH")
            continue
        if period.placed and match.day > period.placed:
            doubts.add("match-after-placement", child.ref, match.row)
        period.tell("match", "matched", match.day)
    if decisions_known:
        _order_without_decision(child, periods, doubts)
    if standing and standing.reversed is None:
        period = _within(periods, standing.decided)
        if period and period.end and period.reason not in ADOPTED:
            doubts.add("left-without-reversal", child.ref, standing.row)


def _decided(child: Child, decision: ToBePlaced, periods: list[ReturnPeriod], doubts: Doubts) -> ReturnPeriod | None:
    """Tell of a decision and its reversal, each in the period of care it falls in; the period of the decision."""
    period = _within(periods, decision.decided)
    if period is None:
        doubts.add("decision-outside-care", child.ref, decision.row, column="DATE_PLACED")
    else:
        period.tell("decision", "adm_decision_made", decision.decided, should_be_placed=True)
    if decision.reversed is None:
        return period
    if decision.reversed < decision.decided:
        doubts.add("reversal-before-decision", child.ref, decision.row)
        return period
    later = _within(periods, decision.reversed)
    if later is None:
        doubts.add("decision-outside-care", child.ref, decision.row, column="DATE_PLACED_CEASED")
    else:
        reason = {"note": f"reason {decision.reason}"} if decision.reason else {}
        later.tell("reversal", "adm_decision_made", decision.reversed, should_be_placed=False, **reason)
    return period


def _in_order(child: Child, decision: ToBePlaced, period: ReturnPeriod, doubts: Doubts) -> None:
    if period.ordered and decision.decided > period.ordered:
        doubts.add("decision-after-order", child.ref, decision.row)
    if period.placed and decision.decided > period.placed:
        doubts.add("decision-after-placement", child.ref, decision.row)


def _order_without_decision(child: Child, periods: list[ReturnPeriod], doubts: Doubts) -> None:
    for period in periods:
        if period.ordered and not any(e.type == "adm_decision_made" for e in period.events):
            row = next(e.row for e in child.episodes if e.decom == period.ordered)
            doubts.add("order-without-decision", child.ref, row)


def _acceptable(
    child: Child, of_the_child: list[Event], policy: Policy, policies: Collection[str], today: date, doubts: Doubts
) -> list[Event]:
    """What a journey would take of the events, by its own rules, in order of the days."""
    if not of_the_child or child.born is None:
        return []
    taken, refused = acceptable(child.ref, child.born.day, of_the_child, policy, policies, today)
    rows: dict[str, ReturnRow] = {f"{e.decom}": e.row for e in child.episodes} | {
        f"{r.day}": r.row for r in child.reviews
    }
    for refusal in refused:
        row = rows.get(refusal.event.on.isoformat(), child.first_row)
        doubts.add("refused", child.ref, row, reason=str(refusal))
    return taken
