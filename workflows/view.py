"""What a journey shows: search attributes, the page in the UI, answers and queries."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from activities.models import NamedKeys
from domain.agenda import AgendaRow, Rag, agenda, next_due, open_statuses, overdue, rag
from domain.case.booking import BOOKINGS
from domain.case.calendar import local_date
from domain.case.facts import Facts
from domain.case.plan_history import PlanEntry, churn, plan_history
from domain.case.siblings import left_out, siblings_of
from domain.case.words import AccountState
from domain.case.worked_out import worked_out_once
from domain.clocks.at_once import AtOnce, unexplained_breaches
from domain.clocks.dispute_words import disputes_in_words
from domain.clocks.obligations import Key
from domain.clocks.return_home import ReturnHome, return_home
from domain.clocks.wording import booked, booking_in_words, coded, in_words, short_date, spaced, stage_in_words
from domain.journey import Journey
from domain.limits import cut
from domain.visible import visible
from workflows import search_attributes as sa
from workflows.protocol import JourneyView, ObligationRef, SiblingTold, StandingBooking, UnexplainedBreach

NOBODY: Final = NamedKeys()
SHOWN_OPEN = 40
SHOWN_CLOSED = 8
SHOWN_REJECTED = 5
SHOWN_OF_A_REASON = 120
SHOWN_OF_A_REJECTION = 400
"""The latest of each that the page shows; the rest are in the case record (ours: the UI carries the page in a URL,
and a proxy before it usually takes 8 kB)."""


class Shown:
    """A journey at an instant, ready to be shown."""

    def __init__(
        self,
        journey: Journey,
        now: datetime,
        rejections: int,
        siblings_told: Sequence[SiblingTold] = (),
        named: NamedKeys = NOBODY,
    ) -> None:
        self.journey = journey
        self.now = now
        self.today = local_date(now)
        self.rejections = rejections
        self.siblings_told = list(siblings_told)
        self.named = named
        facts, still_open = journey.facts, [] if journey.ended else open_statuses(journey, now)
        self.plan = facts.plan() if facts else None
        self.rag: Rag = rag(still_open, journey.policy)
        self.overdue = overdue(still_open, journey.policy)
        self.oldest = min([row.due for row in still_open if row.status == "overdue"], default=None)
        self.next = next_due(still_open, self.today)

    def with_news(self, rejections: int, siblings_told: Sequence[SiblingTold], named: NamedKeys) -> "Shown":
        """The same journey at the same instant, with what has been kept and answered since."""
        self.rejections, self.siblings_told, self.named = rejections, list(siblings_told), named
        return self

    # What only a page or an answer shows, so that a wake need not work it out

    @worked_out_once
    def rows(self) -> list[AgendaRow]:
        return agenda(self.journey, self.now)

    @worked_out_once
    def next_row(self) -> AgendaRow | None:
        return next_due(self.rows, self.today) if self.next else None

    @worked_out_once
    def late(self) -> list[AgendaRow]:
        late = [row for row in self.rows if row.status == "overdue"]
        return sorted(late, key=lambda row: (row.obligation not in self.overdue, row.due))

    @worked_out_once
    def plans(self) -> list[PlanEntry]:
        return plan_history(self.journey.facts) if self.journey.facts else []

    @worked_out_once
    def churn(self) -> list[PlanEntry]:
        return churn(self.plans, self.today)

    @worked_out_once
    def return_home(self) -> ReturnHome | None:
        facts = self.journey.facts
        return return_home(facts, self.journey.policy, self.today) if facts else None

    @worked_out_once
    def unexplained(self) -> list[AtOnce]:
        journey = self.journey
        return unexplained_breaches(journey.policy, journey.facts, journey.calendar) if journey.facts else []

    # Search attributes, the page, and answers

    def search_attributes(self) -> Mapping[sa.AnyKey, Any]:
        """Every search attribute's value, as the server takes it; None where it has none."""
        return {
            **self._standing,
            sa.REJECTED_EVENTS: self.rejections,
            sa.SOCIAL_WORKER: sa.within(self.named.social_worker),
            sa.IRO: sa.within(self.named.iro),
            sa.OLDEST_OVERDUE: _noon(self.oldest) if self.oldest else None,
        }

    @worked_out_once
    def _standing(self) -> Mapping[sa.AnyKey, Any]:
        """Those that hang on the journey alone: they stay as they are with what is kept and answered since."""
        return {
            sa.STAGE: self.journey.stage,
            sa.RAG: self.rag,
            sa.NEXT_DUE: _noon(self.next.due) if self.next else None,
            sa.NEXT_OBLIGATION: self.next.obligation if self.next else None,
            sa.OVERDUE: sa.within(self.overdue or None),
            sa.LEGAL_STATUS: self._legal_status,
            sa.PRIMARY_PLAN: self._primary_plan,
            sa.POLICY: self.journey.policy.id,
            sa.TEAM: sa.within(self._team),
        }

    @property
    def _team(self) -> str | None:
        entry = self.journey.facts.entry if self.journey.facts else None
        return entry.team if entry else None

    @property
    def _legal_status(self) -> str | None:
        status = self.journey.facts.legal_status() if self.journey.facts else None
        return status.value if status else None

    @property
    def _primary_plan(self) -> str | None:
        return self.plan.primary.value if self.plan else None

    def page(self, rejected: Iterable[str]) -> str:
        """The journey as Markdown: the colour and what matters most, how things stand, the agenda as a table.

        It gives dates and never counts days: it stays as it is until the journey wakes next.
        """
        still_open = sorted([row for row in self.rows if row.is_open], key=attrgetter("forecast", "due"))
        closed = sorted([row for row in self.rows if not row.is_open], key=attrgetter("due"), reverse=True)
        since = f", overdue since {in_words(self.oldest)}" if self.oldest else ""
        lines = [f"## {self.rag.upper()}{since}: {_plain(self.journey.child)}", "", f"> {self._what_matters()}", ""]
        lines += [f"- **{label}:** {value}" for label, value in self._facts()]
        lines += [f"- **Unexplained:** {_unexplained(each)}" for each in self.unexplained]
        lines += [
            f"- Rejected: {_plain(cut(reason, SHOWN_OF_A_REJECTION))}" for reason in list(rejected)[-SHOWN_REJECTED:]
        ]
        lines += _table("To do", still_open[:SHOWN_OPEN], self.today)
        lines += ["", f"{len(still_open) - SHOWN_OPEN} more: `permanence status`"] * (len(still_open) > SHOWN_OPEN)
        lines += _table("Closed", closed[:SHOWN_CLOSED], self.today)
        return "\n".join(lines)

    def _what_matters(self) -> str:
        """What has been overdue longest (first of what escalates), else what is due next; and who is to do what."""
        if self.journey.ended:
            return "The journey has ended."
        if self.late:
            worst, more = self.late[0], len(self.late) - 1
            return (
                f"**Overdue, was due {in_words(worst.due)}:** {_what(worst)}. {self._booked(worst)}"
                f"{_whose(worst)}: record it, or say why it is late and what is being done."
                + (f" {more} more overdue, see below." if more else "")
            )
        if self.next_row:
            return (
                f"**Next, due {in_words(self.next_row.due)}:** {_what(self.next_row)}. "
                f"{self._booked(self.next_row)}{_whose(self.next_row)}: record it when it is done."
            )
        return "Nothing is due."

    def _booked(self, row: AgendaRow) -> str:
        return f"{_capital(booked(row.booked_for, self.today))}. " if row.booked_for else ""

    def _facts(self) -> Iterator[tuple[str, str]]:
        """How things stand, by label."""
        facts = self.journey.facts
        status = facts.legal_status() if facts else None
        yield "Stage", stage_in_words(self.journey.stage)
        if self.late and self.next_row:
            yield "Next due", f"{in_words(self.next_row.due)}, {_what(self.next_row)}"
        for booking in facts.bookings if facts else ():
            yield "Booked", booking_in_words(type(booking), booking.booked_for, self.today)
        if self.plan:
            contingency = f", contingency {spaced(self.plan.contingency)}" if self.plan.contingency else ""
            yield "Plan", spaced(self.plan.primary) + contingency + _since(self.plans)
        if self.churn:
            days = ", ".join(in_words(entry.on) for entry in self.churn)
            yield "The plan does not hold", f"changed {len(self.churn)} times within six months: {days}"
        if self.return_home:
            yield "Return home", _return_home(self.return_home)
        if facts:
            yield from disputes_in_words(facts)
        if facts and siblings_of(facts):
            yield "Brothers and sisters", _siblings(facts, self.siblings_told)
        if status:
            yield "Legal status", coded(status)
        policy = self.journey.policy
        yield "Policy", _plain(f"{policy.id}, version {policy.own_version}")
        # The page is made inside the workflow, which decides and hands over: whether anything has gone it cannot know.
        yield "Who was told", f"what is decided goes to delivery: `permanence outbox ledger {self.journey.child}`"

    def view(self, rejected: list[Any], change: tuple[datetime, str] | None, *, writing: bool) -> JourneyView:
        """The answer to the query `journey`."""
        facts = self.journey.facts
        return JourneyView(
            child=self.journey.child,
            stage=self.journey.stage,
            rag=self.rag,
            policy=self.journey.policy.id,
            policy_version=self.journey.policy.version,
            legal_status=self._legal_status,
            primary_plan=self._primary_plan,
            contingency_plan=self.plan.contingency if self.plan else None,
            team=self._team,
            entered_on=facts.entry.on if facts and facts.entry else None,
            ended_on=facts.ended_on if facts else None,
            overdue=self.overdue,
            next_obligation=self.next.obligation if self.next else None,
            next_due=self.next.due if self.next else None,
            next_change=change[1] if change else None,
            next_change_at=change[0] if change else None,
            events=len(self.journey.known),
            rejected=rejected,
            rejections=self.rejections,
            clock=self.now,
            writing=writing,
            plan_history=self.plans,
            plan_churn=[entry.on for entry in self.churn],
            return_home=self.return_home,
            disputes=[": ".join(said) for said in disputes_in_words(facts)] if facts else [],
            siblings=list(siblings_of(facts)) if facts else [],
            siblings_without_plan=list(left_out(facts)) if facts else [],
            siblings_told=self.siblings_told,
            bookings=[
                StandingBooking(type=booking.type, what=BOOKINGS[type(booking)], booked_for=booking.booked_for)
                for booking in (facts.bookings if facts else ())
            ],
            unexplained=[
                UnexplainedBreach(
                    rule=each.notice.id,
                    title=each.notice.title,
                    clause=each.notice.clause,
                    on=each.event.on,
                    event=each.event.id,
                )
                for each in self.unexplained
            ],
        )

    def refs(self, keys: Iterable[Key]) -> list[ObligationRef]:
        """Occurrences by key, with their due dates."""
        dues = {o.key: o.due for o in self.journey.occurrences}
        return [ObligationRef(obligation=k[0], occurrence=k[1], due=dues[k]) for k in keys if k in dues]


def _noon(day: date) -> datetime:
    """A day as a search attribute has it: at noon UTC it is that day in London all year round."""
    return datetime.combine(day, time(12), UTC)


def _unexplained(breach: AtOnce) -> str:
    what = f"{_plain(breach.notice.title)}, {in_words(breach.event.on)} ({_plain(breach.notice.clause)})"
    return f"{what}. Record lateness\\_explained for {breach.notice.id}."


def _siblings(facts: Facts, siblings_told: Iterable[SiblingTold]) -> str:
    """Who they are; who was left out when they were planned for together; who could not be told of a placement."""
    said = ", ".join(map(_plain, siblings_of(facts)))
    if left_out(facts):
        said += f"; no plan of their own from the joint meeting: {', '.join(map(_plain, left_out(facts)))}"
    missed = sorted({each.child for each in siblings_told if not each.reached})
    return said + (
        f"; have no journey that could be told of the placement: {', '.join(map(_plain, missed))}" if missed else ""
    )


def _since(plans: list[PlanEntry]) -> str:
    """Since when, and what the plan was before; the whole history is in `permanence status`."""
    changes = [place for place, entry in enumerate(plans) if entry.changed]
    if not changes:
        return ""
    before = plans[changes[-1] - 1]
    return f" (since {in_words(plans[changes[-1]].on)}; before: {spaced(before.primary)})"


def _return_home(home: ReturnHome) -> str:
    """How far it has come, and what is to be done next."""
    if home.approved_on:
        done = f"approved {in_words(home.approved_on)}"
        return done + (f", returned {in_words(home.returned_on)}" if home.returned_on else "")
    done = f"returned {in_words(home.returned_on)} without approval; " if home.returned_on else ""
    missing = f"missing: {', '.join(map(spaced, home.missing))}; " if home.missing else "all evidence is there; "
    return f"{done}{missing}may be approved by {', '.join(map(spaced, home.approvers))} ({_plain(home.clause)})"


@lru_cache(maxsize=1024)
def _plain(text: str) -> str:
    """Text that Markdown shows as it is, and no browser obeys."""
    return re.sub(r"[\\`*_\[\]<>|#~]", r"\\\g<0>", visible(text))


def _what(row: AgendaRow) -> str:
    return f"{_plain(row.title)} ({_plain(row.clause)})"


def _whose(row: AgendaRow) -> str:
    return _capital(spaced(row.owner))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _name(row: AgendaRow) -> str:
    return _plain(row.title) + (f" ({row.occurrence})" if row.occurrence > 1 else "")


@lru_cache(maxsize=1024)
def _day(day: date) -> str:
    """A date short enough for a table, on one line and apart from the next column: the UI sets no space there."""
    return short_date(day).replace(" ", "\N{NO-BREAK SPACE}")


def _table(head: str, rows: list[AgendaRow], today: date) -> list[str]:
    if not rows:
        return []
    return ["", f"| Due | {head} | Clause |", "| --- | --- | --- |", *(_line(row, today) for row in rows)]


def _line(row: AgendaRow, today: date) -> str:
    stands = f"*{_standing(row)}*" + (f"<br>*{booked(row.booked_for, today)}*" if row.booked_for else "")
    return f"| **{_day(row.due)}**\N{EM SPACE} | {_name(row)}<br>{stands}{_said(row)} | {_plain(row.clause)} |"


def _said(row: AgendaRow) -> str:
    """What people said of it, in short: the whole is in `permanence status`."""
    said = []
    for each in row.said:
        until = f" until {_day(each.until)}" if each.until else ""
        reason = f": {_plain(' '.join(each.reason.split())[:SHOWN_OF_A_REASON])}" if each.reason else ""
        said.append(f"<br>{each.kind} {_day(each.on)}{until}{reason}")
    return "".join(said[-2:])


def _standing(row: AgendaRow) -> str:
    """How an obligation stands, and what is planned next about it."""
    said = row.status_in_words
    if row.met_on:
        return f"{said} on {_day(row.met_on)}"
    if row.next:
        to = ", ".join(map(spaced, row.next.to))
        ahead = f"{row.next.kind} {row.next.rung} {AccountState.PLANNED.value} for {_day(local_date(row.next.at))}"
        return f"{said}; {ahead}, to {to}"
    return f"{said}; silent until the date is fixed" if row.forecast else said
