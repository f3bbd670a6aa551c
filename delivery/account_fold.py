"""From what stands in the tables about one action to the lines of the account. Pure: rows in, lines out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping

from delivery.account_line import (
    MAY_HAVE_GONE,
    OF_OUTCOME,
    OF_ROW,
    PASSED_OVER_WHY,
    SAID_OTHERWISE,
    TO_COME,
    UNDER_WAY,
    WENT,
    AccountLine,
    Acknowledged,
    How,
    Tried,
)
from delivery.channels.registry import KINDS
from delivery.loads import ABOUT as OF_A_LOAD
from domain.case.words import AccountState


@dataclass(slots=True)
class ActionTold:
    """All that is known of the telling of one action."""

    row: RowMapping
    reference: str
    """What acknowledges it."""
    queued: list[RowMapping] = field(default_factory=list)
    tried: dict[str, list[RowMapping]] = field(default_factory=dict)
    """Attempts about this action alone, by delivery."""
    roles: dict[str, set[str]] = field(default_factory=dict)
    """For which roles each delivery was, beside the one that its attempts name."""
    listed: dict[str, list[RowMapping]] = field(default_factory=dict)
    """Its lines in messages of many, by delivery."""
    acknowledged: Acknowledged | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """The telling of one action, as lines: first what each delivery was, then what is left of each role."""

    action: ActionTold
    many: Mapping[str, Sequence[RowMapping]]
    """The attempts of digests and summaries, by delivery."""
    summaries: Mapping[str, datetime]

    def lines(self) -> Iterator[AccountLine]:
        if self.action.row["status"] != "sent":
            for role in self.action.row["to"] or (None,):
                yield self._line(role, AccountState.PASSED_OVER, why=PASSED_OVER_WHY)
            return
        told = [*self._by_themselves(), *self._among_many()]
        went = {line.person for line in told if line.state in MAY_HAVE_GONE}
        told = [line for line in told if line.state is not AccountState.SUPERSEDED or line.person not in went]
        yield from told
        for row in self.action.queued:
            yield from self._left(row, [line for line in told if line.role == row["role"]])

    def _by_themselves(self) -> Iterator[AccountLine]:
        """What was told as a message of its own, or held for a digest and not read there."""
        for delivery, attempts in self.action.tried.items():
            roles = {attempts[0]["role"]} | self.action.roles.get(delivery, set())
            for role in sorted(roles):
                state, attempt = self._stands(attempts, role)
                kept_elsewhere = attempt["outcome"] == "released" or (
                    attempt["outcome"] == "digested" and self._was_listed(attempt["person"])
                )
                if not kept_elsewhere:
                    yield self._of_attempt(role, state, attempt, attempts, "message")

    def _among_many(self) -> Iterator[AccountLine]:
        """What stood in a digest or in the summary of a load."""
        for delivery, listed in self.action.listed.items():
            attempts = self.many.get(delivery, ())
            if not attempts:
                continue
            how: How = "summary" if delivery.startswith(OF_A_LOAD) else "digest"
            last = max(line["attempt"] for line in listed)  # what an earlier attempt held may be no longer so
            held = self._held_as(attempts[0]["person"])
            for role in sorted({line["role"] for line in listed if line["attempt"] == last} | held):
                state, attempt = self._stands(attempts, role)
                if how == "digest" and state in TO_COME:
                    continue  # it is held for it still, and stands so above
                if state is AccountState.PLANNED:
                    state = AccountState.GATHERED
                yield self._of_attempt(role, state, attempt, attempts, how)

    def _held_as(self, person: str) -> set[str]:
        """The further roles for which something was held for somebody's digest."""
        roles = [self.action.roles.get(one, set()) for one, rows in self.action.tried.items() if _holds(rows, person)]
        return set().union(*roles)

    def _was_listed(self, person: str) -> bool:
        return any(line["person"] == person for lines in self.action.listed.values() for line in lines)

    def _stands(self, attempts: Sequence[RowMapping], role: str) -> tuple[AccountState, RowMapping]:
        """How a delivery stands, and the attempt that says so: one that went, else one in doubt, else the last."""
        for outcomes in (("sent",), ("begun", "uncertain")):
            for attempt in _since_asked_again(attempts):
                if attempt["outcome"] in outcomes:
                    return OF_OUTCOME[attempt["outcome"]], attempt
        last = attempts[-1]
        state = OF_OUTCOME[last["outcome"]]
        if state in TO_COME and not self._still_to_come(role):
            settled = self._row_state(role)
            return (AccountState.FAILED if settled is AccountState.FAILED else AccountState.SUPERSEDED), last
        return state, last

    def _row_state(self, role: str) -> AccountState | None:
        return next((OF_ROW[row["state"]] for row in self.action.queued if row["role"] == role), None)

    def _still_to_come(self, role: str) -> bool:
        """Whether anything of a role is still on its way. In a summary a role may read that has no row of its own."""
        own = self._row_state(role)
        states = {own} if own else {OF_ROW[row["state"]] for row in self.action.queued}
        return bool(states & TO_COME)

    def _left(self, row: RowMapping, told: Sequence[AccountLine]) -> Iterator[AccountLine]:
        """What a row of the outbox says beyond its deliveries: nobody yet, nobody for the rest, or nobody at all."""
        state, states = OF_ROW[row["state"]], {line.state for line in told}
        settled_by = {AccountState.SENT: states, AccountState.GATHERED: states & (TO_COME | MAY_HAVE_GONE)}
        settled_by[AccountState.PLANNED] = states & {AccountState.PLANNED}
        if settled_by.get(state, states & (WENT | {state})):
            return
        if state is AccountState.PLANNED and states & {AccountState.UNCERTAIN}:
            return
        yield self._line(
            row["role"],
            state,
            how="summary" if row["load"] and state is not AccountState.PLANNED else "message",
            why=row["why"],
            expected=row["next_at"] or self.summaries.get(row["load"]),
        )

    def _of_attempt(
        self, role: str, state: AccountState, attempt: RowMapping, attempts: Sequence[RowMapping], how: How
    ) -> AccountLine:
        gone = (attempt["ended"] or attempt["began"]) if state in MAY_HAVE_GONE else None
        acknowledged = self.action.acknowledged
        arrived = _is_answered(attempt["channel"]) or bool(
            acknowledged and acknowledged.by and acknowledged.by == attempt["person"]
        )
        alone = attempt["channel"] == NO_CHANNEL
        return self._line(
            role,
            AccountState.DELIVERED if state is AccountState.SENT and arrived else state,
            how="digest" if attempt["outcome"] in ("held", "digested") else how,
            why=self._why(state, attempt, role),
            gone=gone,
            expected=self._next(role) if state in TO_COME else None,
            person=attempt["person"],
            via=attempt["via"],
            channel=None if alone else attempt["channel"],
            carried_by=attempt["reference"],
            attempts=tuple(_tried(one) for one in attempts),
        )

    def _why(self, state: AccountState, attempt: RowMapping, role: str) -> str | None:
        if attempt["outcome"] == "begun":
            return UNDER_WAY
        if state is AccountState.SUPERSEDED and attempt["outcome"] != "superseded":
            row = next((row for row in self.action.queued if row["role"] == role), None)
            return row["why"] if row and row["state"] == "superseded" else SAID_OTHERWISE
        return str(attempt["words"]) if attempt["words"] else None

    def _next(self, role: str) -> datetime | None:
        return next((row["next_at"] for row in self.action.queued if row["role"] == role), None)

    def _line(self, role: str | None, state: AccountState, *, how: How = "message", **more: Any) -> AccountLine:
        row = self.action.row
        same = ("child", "period", "obligation", "occurrence", "kind", "rung", "due", "clause", "at")
        line: dict[str, Any] = dict.fromkeys(("person", "via", "channel", "gone", "expected", "why", "carried_by"))
        return AccountLine(
            **{name: row[name] for name in same},
            action_key=row["key"],
            decided=row["decided_at"],
            role=role,
            state=state,
            how=how,
            reference=self.action.reference,
            acknowledged=self.action.acknowledged,
            **line | more,
        )


NO_CHANNEL: Final = "-"
"""In the place of a channel where nothing was sent (delivery/telling.py)."""


def _holds(attempts: Sequence[RowMapping], person: str) -> bool:
    return any(one["person"] == person and one["outcome"] == "digested" for one in attempts)


def _is_answered(channel: str) -> bool:
    """Whether it is the receiver's own system that answers by a channel; of one that is no more nobody can say."""
    return channel in KINDS and KINDS[channel].answered_by_receiver


def _since_asked_again(attempts: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """All that went, ever; of the rest only what came after a person asked for it to be tried again."""
    asked = [place for place, attempt in enumerate(attempts, 1) if attempt["outcome"] == "again"]
    before = attempts[: asked[-1]] if asked else ()
    return [*(one for one in before if one["outcome"] == "sent"), *attempts[len(before) :]]


def _tried(attempt: RowMapping) -> Tried:
    names = ("attempt", "outcome", "began", "ended", "words", "provider")
    return Tried(**{name: attempt[name] for name in names})
