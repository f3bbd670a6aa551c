"""What a journey shows: search attributes, the page in the UI, answers and queries."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from domain.agenda import AgendaRow, Rag, next_due, overdue, rag
from domain.calendar import local_date
from domain.events import LONDON
from domain.journey import Journey
from domain.messages import in_words
from domain.obligations import Key
from workflows import search_attributes as sa
from workflows.messages import JourneyView, ObligationRef

STATUS_WORDS = {"due_soon": "due soon", "met_late": "met late"}
SHOWN_CLOSED = 12
"""Closed rows shown in the page; the rest are in the case record (ours: a page of years is unreadable)."""


class Shown:
    """A journey at an instant, ready to be shown."""

    def __init__(self, journey: Journey, rows: list[AgendaRow], now: datetime, rejections: int) -> None:
        self.journey = journey
        self.rows = rows
        self.now = now
        self.rejections = rejections
        facts = journey.facts
        self.plan = facts.plan() if facts else None
        self.rag: Rag = "green" if journey.ended else rag(rows, journey.policy)
        self.overdue = [] if journey.ended else overdue(rows, journey.policy)
        self.next = None if journey.ended else next_due(rows, local_date(now))

    def search_attributes(self) -> Mapping[sa.AnyKey, Any]:
        """Every search attribute's value; None where it has none."""
        facts = self.journey.facts
        status = facts.legal_status() if facts else None
        return {
            sa.STAGE: self.journey.stage,
            sa.RAG: self.rag,
            sa.NEXT_DUE: datetime.combine(self.next.due, time(12), UTC) if self.next else None,
            sa.NEXT_OBLIGATION: self.next.obligation if self.next else None,
            sa.OVERDUE: self.overdue or None,
            sa.LEGAL_STATUS: status.value if status else None,
            sa.PRIMARY_PLAN: self.plan.primary.value if self.plan else None,
            sa.POLICY: self.journey.policy.id,
            sa.TEAM: facts.entry.team if facts and facts.entry else None,
            sa.REJECTED_EVENTS: self.rejections,
        }

    def page(self, rejected: Iterable[str]) -> str:
        """The journey as Markdown: stage, rag, what is next, and the agenda as a table."""
        lines = [f"### {self.journey.child}: {_words(self.journey.stage)}, {self.rag}", ""]
        lines += [f"**Next:** {self._next_words()}", ""]
        if self.plan:
            contingency = f", contingency {_words(self.plan.contingency)}" if self.plan.contingency else ""
            lines += [f"**Plan:** {_words(self.plan.primary)}{contingency}", ""]
        lines += _table(self.rows)
        lines += [f"- Rejected: {reason}" for reason in rejected]
        lines += ["", f"Policy {self.journey.policy.id}."]
        return "\n".join(lines)

    def _next_words(self) -> str:
        if self.journey.ended:
            return "nothing; the journey has ended"
        late = [row for row in self.rows if row.status == "overdue"]
        if late:
            worst = min(late, key=lambda row: row.due)
            more = f" (and {len(late) - 1} more overdue)" if len(late) > 1 else ""
            return f"{worst.title}, overdue since {in_words(worst.due)}, {worst.clause}{more}"
        if self.next:
            return f"{self.next.title}, due {in_words(self.next.due)}, {self.next.clause}"
        return "nothing is due"

    def view(self, rejected: list[Any], change: tuple[datetime, str] | None) -> JourneyView:
        """The answer to the query `journey`."""
        facts = self.journey.facts
        values = self.search_attributes()
        return JourneyView(
            child=self.journey.child,
            stage=self.journey.stage,
            rag=self.rag,
            policy=self.journey.policy.id,
            legal_status=values[sa.LEGAL_STATUS],
            primary_plan=values[sa.PRIMARY_PLAN],
            contingency_plan=self.plan.contingency if self.plan else None,
            team=values[sa.TEAM],
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
        )

    def refs(self, keys: Iterable[Key]) -> list[ObligationRef]:
        """Occurrences by key, with their due dates."""
        dues = {o.key: o.due for o in self.journey.occurrences}
        return [ObligationRef(obligation=k[0], occurrence=k[1], due=dues[k]) for k in keys if k in dues]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _table(rows: list[AgendaRow]) -> list[str]:
    """Open rows by due date, then the latest closed ones."""
    still_open = sorted((row for row in rows if row.is_open), key=lambda row: row.due)
    closed = sorted((row for row in rows if not row.is_open), key=lambda row: row.due, reverse=True)
    head = ["| Obligation | Due | Status | Next | Clause |", "| --- | --- | --- | --- | --- |"]
    return head + [_line(row) for row in (*still_open, *closed[:SHOWN_CLOSED])]


def _line(row: AgendaRow) -> str:
    name = row.title if row.occurrence == 1 else f"{row.title} ({row.occurrence})"
    status = STATUS_WORDS.get(row.status, row.status) + (" (forecast)" if row.forecast else "")
    if row.met_on:
        status += f" on {in_words(row.met_on)}"
    following = ""
    if row.next:
        day = row.next.at.astimezone(LONDON)
        following = f"{row.next.kind} {row.next.rung}, {in_words(day.date())} to {', '.join(map(_words, row.next.to))}"
    return f"| {name} | {in_words(row.due)} | {status} | {following} | {row.clause} |"
