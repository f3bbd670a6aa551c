"""How each child's case stands, worked out from the record by the rules themselves and kept there to be listed.

Beside the journeys and not by them: their messages and histories stay as small as they are, and what is worked out can
be worked out again (docs/adr/0030-caseload.md).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final, NamedTuple

import structlog

from delivery.case_now import CaseNow, Cases
from delivery.directory import plain_contact, plain_team
from delivery.holding import called_for
from delivery.people import CasePeople, case_people
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import local_date, midnight
from domain.case.words import Role
from domain.clocks.actions import action_stem
from domain.clocks.schedule import last_day_held, reminder_slots
from record.caseload import CaseloadRows, Values, WorkedOut
from record.caseload_tables import NEVER
from record.entries import KnownEvent, Terms
from record.failures import RecordUnavailable, Unreadable
from record.pasts import apart, known_of
from record.store import CaseRecord

TOGETHER: Final = 50
"""Children worked out in one go, and written in one transaction (ours: a fifth of a second)."""
Progress = Callable[[int, int], object]
log: structlog.stdlib.BoundLogger = structlog.get_logger("caseload")


def utc_now() -> datetime:
    """The real instant."""
    return datetime.now(UTC)


class RecordedCase(NamedTuple):
    """What the record keeps of a child that its case is worked out of."""

    history: Sequence[KnownEvent]
    settled: Sequence[str]
    terms: Mapping[str, Any]
    rejected: int


def recorded_cases(record: CaseRecord, children: Sequence[str]) -> dict[str, RecordedCase]:
    """The same of some children, each kind asked for once. Raises RecordUnavailable, EntryRefused."""
    histories, settled = record.histories(children), record.settled_of(children)
    terms, rejected = record.terms_of(children), record.rejections(children)
    return {
        child: RecordedCase(histories[child], settled[child], terms.get(child) or {}, rejected.get(child, 0))
        for child in children
    }


class CaseloadKeeper:
    """Brings the caseload up to date. Safe to be at work in several processes. Raises RecordUnavailable."""

    together = TOGETHER

    def __init__(self, record: CaseRecord, cases: Cases, clock: Callable[[], datetime] = utc_now) -> None:
        self._record = record
        self._cases = cases
        self._clock = clock
        self._rows = CaseloadRows(record.engine)
        self._failed: dict[str, int] = {}
        """Children whose case could not be worked out, with what had been written of them by then."""

    def follow_the_record(self) -> None:
        """Have a row for each child of the record, and those under other versions of a policy worked out again.

        And try once more who could not be: a row may have been put right since.
        """
        self._failed.clear()
        self._rows.follow_the_record(self._cases.versions())

    def renew_outdated(self, limit: int = TOGETHER) -> int:
        """Take in hand some of whom something is new, or who were last worked out on another day: how many."""
        return self._renew_before(midnight(local_date(self._clock())), limit)

    def renew_news(self, limit: int = TOGETHER) -> int:
        """Take in hand some of whom something is new, how many: for a reader, who is not to wait for midnight's."""
        return self._renew_before(None, limit)

    def rebuild(self, progress: Progress = lambda done, total: None) -> int:
        """Work out every child anew; how many."""
        self._failed.clear()
        self._rows.follow_the_record(self._cases.versions())
        children = self._record.children()
        renewed = 0
        for start in range(0, len(children), TOGETHER):
            renewed += self.renew(children[start : start + TOGETHER])
            progress(min(start + TOGETHER, len(children)), len(children))
        return renewed

    def renew(self, children: Sequence[str]) -> int:
        """Work out some children; of how many what stood was older, or as old. Who cannot be is left out of lists."""
        if not children:
            return 0
        renewed = self._rows.put(self.work_out(children))
        if failed := {child: self._failed[child] for child in children if child in self._failed}:
            self._rows.leave_out(failed, self._clock())
        return renewed

    def work_out(self, children: Sequence[str]) -> list[WorkedOut]:
        """How some children stand, to be put into the rows; without those who cannot be worked out."""
        written = self._rows.written(children)  # before the events: what comes in between is worked out once more
        there = [child for child in children if child in written]
        kept, unreadable = apart(partial(recorded_cases, self._record), there)
        worked_out = [one for child in kept for one in self._work_out(child, written[child], kept[child])]
        for child in unreadable:
            self._note_failure(child, written[child], Unreadable.__name__)
        return worked_out

    def _renew_before(self, instant: datetime | None, limit: int) -> int:
        outdated = self._rows.outdated(instant, limit + len(self._failed))
        given_up = self._given_up(self._failed.keys() & outdated)
        in_hand = [child for child in outdated if child not in given_up][:limit]
        self.renew(in_hand)
        return len(in_hand)  # those who cannot be read too: after fifty of them others may still wait

    def _given_up(self, failed: Collection[str]) -> set[str]:
        """Of those that could not be worked out the ones of whom nothing is new since."""
        written = self._rows.written(failed) if failed else {}
        return {child for child, count in written.items() if self._failed[child] == count}

    def _work_out(self, child: str, written: int, kept: RecordedCase) -> Iterator[WorkedOut]:
        """How a child stands; nothing where it cannot be worked out, which must not keep the others from it."""
        try:
            known = known_of(kept.history)
            now = max([self._clock(), *(one.known_at for one in known)])
            case = self._cases.ahead(child, known, now, kept.settled, Terms.model_validate(kept.terms))
            yield _rows_of(child, written, case, now, kept.rejected)
            self._failed.pop(child, None)
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, it is about this case alone)
            self._note_failure(child, written, type(error).__name__)

    def _note_failure(self, child: str, written: int, error: str) -> None:
        log.error("case_not_in_caseload", child=child, error=error)
        self._failed[child] = written


def _rows_of(child: str, written: int, case: CaseNow | None, now: datetime, rejected: int) -> WorkedOut:
    if case is None:
        return WorkedOut(child, written, now, {"rejected": rejected})
    ended = case.journey.ended
    steps = [] if ended else [_step(case, row) for row in case.rows if row.is_open]
    people = case_people(case.known, local_date(now))
    firm = [step for step in steps if not step["forecast"]]
    values = {
        **_about(case),
        "team": people.team,
        "team_plain": plain_team(people.team) if people.team else None,
        "earliest": min((step["due"] for step in firm), default=NEVER),
        "escalating": min((step["due"] for step in firm if step["escalates"]), default=NEVER),
        "soon_at": min((step["soon_at"] for step in firm if step["soon_at"]), default=None),
        "rejected": rejected,
        "unnamed": _unnamed(case, firm, people),
    }
    contacts = [
        {"child": child, "role": role.value, "contact": plain_contact(contact)}
        for role, contact in people.contacts.items()
    ]
    return WorkedOut(child, written, now, values, steps, contacts)


def _unnamed(case: CaseNow, firm: Iterable[Values], people: CasePeople) -> str:
    needed = called_for(case.journey.stage, (Role(step["owner"]) for step in firm))
    return " ".join(sorted(role.value for role in needed - people.contacts.keys()))


def _about(case: CaseNow) -> Values:
    facts, policy = case.facts, case.journey.policy
    plan, status = facts.plan(), facts.legal_status()
    return {
        "version": policy.version,
        "policy": policy.id,
        "period": case.journey.number,
        "stage": case.journey.stage,
        "legal_status": status.value if status else None,
        "primary_plan": plan.primary.value if plan else None,
        "contingency_plan": plan.contingency.value if plan and plan.contingency else None,
        "entered_on": facts.entry.on if facts.entry else None,
        "ended_on": facts.ended_on,
        "eighteen_on": facts.eighteenth_birthday,
    }


def _step(case: CaseNow, row: AgendaRow) -> Values:
    occurrence = case.occurrence(row)
    rule = occurrence.obligation.rule
    reminders = reminder_slots(occurrence, case.journey.calendar, amended=case.journey.policy.amended)
    explained = [said.on for said in row.said if said.kind == "explained"]
    return {
        "child": case.child,
        "obligation": row.obligation,
        "occurrence": row.occurrence,
        "title": row.title,
        "clause": row.clause,
        "owner": row.owner.value,
        "opened_on": row.opened_on,
        "due": row.due,
        "forecast": row.forecast,
        "escalates": bool(rule.ladder),
        "soon_at": reminders[0] if reminders else None,
        "booked_for": row.booked_for,
        "next_at": row.next.at if row.next else None,
        "next_kind": row.next.kind if row.next else None,
        "next_rung": row.next.rung if row.next else None,
        "next_to": [role.value for role in row.next.to] if row.next else [],
        "explained_on": max(explained, default=None),
        "held_until": held_until(case, row),
        "stem": action_stem(case.journey.number, row.obligation, row.occurrence, row.due) + "/",
    }


def held_until(case: CaseNow, row: AgendaRow) -> date | None:
    """The last day on which acknowledgements keep the ladder of an occurrence still; None where none does now."""
    occurrence, today = case.occurrence(row), local_date(case.now)
    days = [
        last_day_held(event, case.journey.calendar)
        for event in case.facts.all(ev.EscalationAcknowledged)
        if event.obligation == row.obligation and occurrence.open_on(event.on)
    ]
    return max((day for day in days if day >= today), default=None)
