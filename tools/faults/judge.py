"""Compares what senders were told, the case record, the rules, the ledger, the mailbox and the journeys themselves."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import get_args

from sqlalchemy import select

from delivery.ledger import Attempt, Ledger
from delivery.outbox import Outbox, Queued
from delivery.references import delivery_id
from domain.case.siblings import PREFIX
from domain.journey import Journey
from intake.inbox import Inbox, Item
from record.delivery_tables import Outcome
from record.store import CaseRecord
from record.tables import OutboxRow
from record.verifying import verify
from tools.faults.mailserver import MailServer
from tools.faults.relived import Relived, relive, wakes, written_twice
from tools.faults.senders import Answered
from tools.faults.town import POLICY
from tools.faults.verdict import Verdict, Wrong

DOUBLED: dict[str, Wrong] = {
    "event": "events doubled",
    "decision": "events doubled",
    "action": "messages doubled",
}
TRUE_AT_ONCE = frozenset({"taken", "known"})


@dataclass
class Judge:
    """Judges a run when all is at rest."""

    record: CaseRecord
    verdict: Verdict
    relived: dict[str, Relived] = field(default_factory=dict)

    def judge(self, answers: Iterable[Answered], mail: MailServer) -> None:
        """Everything but the journeys themselves (tools/faults/journeys.py)."""
        self.events(list(answers))
        self.decisions()
        self.messages(mail)
        for fault in verify(self.record.engine).faults:
            self.verdict.add("differing", fault.child, f"record verify: {fault.what}")

    # Events: what was answered against the record

    def events(self, answers: list[Answered]) -> None:
        """Every event that a sender was told is taken stands in the record, once; nothing else does."""
        recorded = {child: {k.event["id"] for k in self.record.history(child)} for child in self.record.children()}
        rejected = self._rejected()
        for answer in answers:
            self.verdict.seen[f"answers by {answer.way}"] += 1
            stands = answer.event in recorded.get(answer.child, ())
            if answer.outcome in TRUE_AT_ONCE and not stands:
                self._lost(answer, "was answered as taken")
            elif answer.outcome == "told" and not stands and (answer.child, answer.event) not in rejected:
                self._lost(answer, f"was told by {answer.way}, and is neither taken nor kept as rejected")
            elif answer.outcome == "refused" and stands and not self._sent_otherwise(answer, answers):
                self.verdict.add("differing", answer.event, "was refused, and stands in the record")
        self._stored([a for a in answers if a.outcome == "stored"], recorded)
        self._beyond({answer.event for answer in answers}, recorded)

    def _lost(self, answer: Answered, how: str) -> None:
        self.verdict.add("events lost", f"{answer.child}/{answer.event}", how)

    def _sent_otherwise(self, answer: Answered, answers: list[Answered]) -> bool:
        return any(a is not answer and (a.child, a.event) == (answer.child, answer.event) for a in answers)

    def _rejected(self) -> set[tuple[str, str]]:
        rejected = set()
        for one in self.record.rejected():
            payload = one.rejected.payload
            for event in payload if isinstance(payload, list) else [payload]:
                if isinstance(event, dict):
                    rejected.add((one.child, str(event.get("id"))))
        return rejected

    def _stored(self, answers: list[Answered], recorded: dict[str, set[str]]) -> None:
        """What the intake has taken stands in the inbox, and with each child that it says has taken it."""
        items = Inbox(self.record.engine).listed(["taken", "known", "received", "pending", "rejected"])
        inbox = {(item.child, item.event_id): item for item in items}
        for answer in answers:
            item = inbox.get((answer.child, answer.event))
            if item is None:
                self._lost(answer, "was answered 202, and is not in the inbox")
            else:
                self._delivered(item, answer, recorded)

    def _delivered(self, item: Item, answer: Answered, recorded: dict[str, set[str]]) -> None:
        for each in item.deliveries:
            stands = answer.event in recorded.get(each.child, ())
            if each.state in TRUE_AT_ONCE and not stands:
                self._lost(answer, f"the inbox has it as {each.state} by {each.child}, the record does not")
            elif each.state == "received" or (each.state == "pending" and each.child in recorded):
                self.verdict.add("journeys stuck", each.child, f"{answer.event} is {each.state} in the inbox for ever")
            elif each.state == "rejected" and stands:
                self.verdict.add("differing", answer.event, "the inbox has it as rejected, and it stands in the record")

    def _beyond(self, sent: set[str], recorded: dict[str, set[str]]) -> None:
        for child, events in recorded.items():
            self.verdict.seen["events in the record"] += len(events)
            for event in events - sent:
                if not event.startswith(f"{PREFIX}:"):
                    self.verdict.add("differing", event, f"stands in the record of {child}, and nobody was answered")

    # Decisions: the record against the rules

    def decisions(self) -> None:
        """Every action that the rules decide is in the record, once, and no other."""
        for child in self.record.children():
            self.relived[child] = relive(child, wakes(self.record, child), POLICY)
            for kind, ref in written_twice(self.record, child):
                self.verdict.add(DOUBLED[kind], f"{child}/{ref}", "written twice, as the chain has it")
            for key in self.relived[child].missing:
                self.verdict.add("messages lost", f"{child}/{key}", "decided by the rules, not in the record")
            for key in self.relived[child].beyond:
                self.verdict.add("differing", f"{child}/{key}", "in the record, not decided by the rules")

    def journey(self, child: str) -> Journey | None:
        """A child's journey by the rules; None where the record has none."""
        return self.relived[child].journey if child in self.relived else None

    # Messages: the record against the outbox, the ledger and the mailbox

    def messages(self, mail: MailServer) -> None:
        """Every action that was told is on its way to each role, was sent once, and arrived once."""
        rows = Outbox(self.record.engine).rows()
        attempts = self._attempts()
        received = Counter(str(one["Message-ID"]).strip().strip("<").partition("@")[0] for one in mail.mails)
        self._all_on_their_way(rows)
        outcomes: dict[str, set[str]] = defaultdict(set)
        for attempt in attempts:
            outcomes[_about(attempt)].add(attempt.outcome)
            self._arrived(attempt, received)
        parts = self._parts()
        for row in rows:
            self.verdict.seen[f"messages {row.state}"] += 1
            about = parts.get(row.number, f"{row.child}/{row.action.key}")
            self._settled(row, outcomes[about], of_a_load=row.number in parts)
        known = {delivery_id(attempt.delivery) for attempt in attempts}
        for message, count in received.items():
            self.verdict.seen["mails"] += count
            if count > 1:
                self.verdict.add("messages doubled", message, f"the mailbox has it {count} times")
            if message not in known:
                self.verdict.add("differing", message, "the mailbox has it, and the ledger does not know it")

    def _attempts(self) -> list[Attempt]:
        ledger = Ledger(self.record.engine)
        return [attempt for outcome in get_args(Outcome) for attempt in ledger.with_outcome(outcome)]

    def _parts(self) -> dict[int, str]:
        """The rows that go in the summary of a load of histories, and of which."""
        query = select(OutboxRow.number, OutboxRow.load).where(OutboxRow.load.is_not(None))
        with self.record.engine.connect() as connection:
            return {row.number: f"load/{row.load}" for row in connection.execute(query)}

    def _all_on_their_way(self, rows: list[Queued]) -> None:
        there = Counter((row.child, row.action.key, row.role) for row in rows)
        for one in self.record.actions():
            for role in one.action.to if one.status == "sent" else ():
                if not there[one.action.child, one.action.key, role.value]:
                    self.verdict.add("messages lost", f"{one.action.child}/{one.action.key}", f"not sent to {role}")

    def _settled(self, row: Queued, outcomes: set[str], *, of_a_load: bool) -> None:
        """What the outbox says of a row is what the ledger says of its attempts.

        What a load has gathered waits until the load is over; what is no longer so then is left out of its summary.
        """
        who = f"{row.child}/{row.action.key}/{row.role}"
        if row.state in ("pending", "closed", "failed"):
            self.verdict.add("messages lost", who, f"is {row.state}: {row.why}")
        elif row.state == "superseded" and of_a_load:
            return
        elif row.state in ("sent", "uncertain", "superseded") and row.state not in outcomes:
            self.verdict.add("messages lost", who, f"is {row.state}, the ledger has {sorted(outcomes)}")

    def _arrived(self, attempt: Attempt, received: Counter[str]) -> None:
        """One that is uncertain is neither lost nor doubled: it is shown, and a person decides."""
        message = delivery_id(attempt.delivery)
        if attempt.outcome == "sent" and not received[message]:
            self.verdict.add("messages lost", message, "the ledger has it as sent, the mailbox does not have it")
        elif attempt.outcome == "begun":
            self.verdict.add("messages lost", message, "begun, and nobody has looked after it since")
        elif attempt.outcome == "uncertain":
            arrived = "arrived" if received[message] else "did not arrive"
            self.verdict.seen[f"uncertain messages that {arrived}"] += 1


def _about(attempt: Attempt) -> str:
    """What an attempt tells: a child's action, or a part of a load (`load/PART/READER/PERSON/CHANNEL`)."""
    if attempt.child is not None:
        return f"{attempt.child}/{attempt.action_key}"
    return attempt.delivery.rsplit("/", 3)[0]
