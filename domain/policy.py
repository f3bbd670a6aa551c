"""What an authority's procedure requires, as data: obligations, reminders, ladder, each with its clause.

Policies extend one another. Where a local policy states an obligation that the policy it extends has too, the
local row gives owner, reminders and its own limit, and the other row keeps its own: the earliest date binds.
A local rule can tighten the law, never loosen it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain import events as ev
from domain.anchors import anchor
from domain.calendar import UNITS, Offset
from domain.conditions import case, condition
from domain.meetings import meeting
from domain.registry import UnknownName
from domain.words import Role

DEFAULT_REMINDERS = (5, 1)


class PolicyRefused(ValueError):
    """A policy file that cannot be used. Its text names the file, the rule, the field and what would do."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _offset_from_row(row: Any) -> Any:
    """Read `{ weeks = 2, when = ... }` as an offset and the rest: in a policy file the unit is the key."""
    if not isinstance(row, Mapping) or "offset" in row:
        return row
    offset = {key: value for key, value in row.items() if key in UNITS}
    return {**{key: value for key, value in row.items() if key not in UNITS}, "offset": offset}


class Instead(_Data):
    """Another offset in a named case, such as while in care proceedings."""

    when: str
    offset: Offset

    _read = model_validator(mode="before")(_offset_from_row)


class NotBefore(_Data):
    """The count starts no earlier than this distance after another anchor."""

    anchor: str
    offset: Offset

    _read = model_validator(mode="before")(_offset_from_row)


class Due(_Data):
    """How one occurrence's due date is counted.

    `counted_from` is `anchor`, `previous` (what met the occurrence before), or the date of another obligation:
    `ID.due`, or `ID.booked` (the day its review is booked for, if that is not later than its due date).
    """

    offset: Offset
    counted_from: str | None = None
    instead: tuple[Instead, ...] = ()
    not_before: NotBefore | None = None

    _read = model_validator(mode="before")(_offset_from_row)


class MetBefore(_Data):
    """Something done up to so many days before certain anchors meets the obligation too, on the anchor's day."""

    days: int
    anchors: tuple[str, ...]


class Rule(_Data):
    """One row of a policy: what must happen, by when, whose it is, and the clause that says so.

    `occurs`: once; for each anchor; or as a series, each occurrence following on the one before (`restarts`: a
    new anchor begins the series anew, numbers going on). `reminders` are working days before due.
    """

    id: ev.ObligationId
    title: str
    clause: str
    owner: Role
    occurs: Literal["once", "each", "series"] = "once"
    anchor: str
    due: tuple[Due, ...]
    applies: tuple[str, ...] = ()
    met_by: tuple[str, ...]
    met_since: Literal["anchor", "entry"] = "anchor"
    met_before: MetBefore | None = None
    covers: tuple[Role, ...] = ()
    covers_if_adoption_planned: tuple[Role, ...] = ()
    to_any: tuple[Role, ...] = ()
    restarts: bool = False
    first_number: int = 1
    review_number: int | None = None
    resumes_from_last_review: bool = False
    forecast_from: str | None = None
    meets_two_after: Offset | None = None
    reminders: tuple[int, ...] = DEFAULT_REMINDERS
    ladder: bool = True
    statutory: bool = False

    @property
    def references(self) -> set[str]:
        """The ids of the obligations whose dates this rule counts from."""
        named = [due.counted_from for due in self.due] + [self.forecast_from]
        return {name.rpartition(".")[0] for name in named if name and "." in name}

    @property
    def hangs_on_a_date(self) -> bool:
        """Whether the first due date is counted from another obligation's date rather than from an event."""
        return "." in (self.due[0].counted_from or "")


class Rung(_Data):
    """A step of the ladder: so many working days after due, these roles are told (and the owner, if said so)."""

    after: int
    to: tuple[Role, ...]
    and_owner: bool = False


class Ladder(_Data):
    """Who is told, in which order, when something is overdue. The last rung comes again after `repeat_after`."""

    rungs: tuple[Rung, ...]
    repeat_after: tuple[int, ...] = ()

    @cached_property
    def steps(self) -> tuple[Rung, ...]:
        """All rungs in order, repeats of the last included; the first is rung 1."""
        last = self.rungs[-1]
        repeats = tuple(last.model_copy(update={"after": last.after + more}) for more in self.repeat_after)
        return self.rungs + repeats


class Obligation(_Data):
    """A rule as an authority runs it: the row that leads, and further rows that set limits of their own."""

    rule: Rule
    limits: tuple[Rule, ...] = ()

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def has_statutory_limit(self) -> bool:
        """Whether the law sets a limit here, so that nobody may extend or waive it."""
        return self.rule.statutory or any(row.statutory for row in self.limits)


class Policy(_Data):
    """An authority's procedure, resolved: everything needed to decide, and nothing else.

    Reasons and alternatives stay in the policy file. This is what stands in a journey's history.
    """

    id: ev.PolicyId
    version: str
    ladder: Ladder
    obligations: tuple[Obligation, ...]

    def obligation(self, obligation_id: str) -> Obligation | None:
        """The obligation of an id, or None."""
        return self._by_id.get(obligation_id)

    @cached_property
    def _by_id(self) -> dict[str, Obligation]:
        return {o.id: o for o in self.obligations}


class PolicyFile(_Data):
    """A policy as its file states it, with the reasons and rulings a reader needs."""

    id: ev.PolicyId
    title: str
    source: str
    version: str
    effective_from: date
    extends: ev.PolicyId | None = None
    statutory: bool = False
    ladder: dict[str, Any] = Field(default_factory=dict)
    obligation: tuple[dict[str, Any], ...] = ()

    def rules(self) -> list[Rule]:
        """The rows of this file alone. Raises PolicyRefused naming the row and the field."""
        return [self._rule(row) for row in self.obligation]

    def _rule(self, row: Mapping[str, Any]) -> Rule:
        data = {key: value for key, value in row.items() if key != "ours"} | {"statutory": self.statutory}
        try:
            rule = Rule.model_validate(data)
            _check_names(rule)
        except ValidationError as error:
            raise PolicyRefused(f"policy {self.id}, {row.get('id', 'a rule without id')}: {_why(error)}") from None
        except UnknownName as error:
            raise PolicyRefused(f"policy {self.id}, {row['id']}: {error}") from None
        return rule


def _why(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}" for e in error.errors())


def _check_names(rule: Rule) -> None:
    """Raise UnknownName for a name the registry does not have."""
    anchor[rule.anchor]
    for name in rule.applies:
        condition[name]
    for name in rule.met_by:
        if name not in ev.EVENT_TYPES:
            meeting[name]
    for due in rule.due:
        for instead in due.instead:
            case[instead.when]
        if due.not_before:
            anchor[due.not_before.anchor]


class Policies:
    """The policy files known: the project's own, and those of a folder of the authority's."""

    def __init__(self, files: Mapping[str, PolicyFile]) -> None:
        self._files = dict(files)
        self._resolved: dict[str, Policy] = {}

    @classmethod
    def load(cls, *folders: Path) -> "Policies":
        """Read the project's policies and those in further folders. Raises PolicyRefused."""
        own = [entry for entry in resources.files("domain.policies").iterdir() if entry.name.endswith(".toml")]
        texts = {entry.name: entry.read_text("utf-8") for entry in own}
        for folder in folders:
            texts |= {str(path): path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}
        return cls({file.id: file for file in (read_policy(name, text) for name, text in texts.items())})

    def ids(self) -> list[str]:
        """The ids of all policies, sorted."""
        return sorted(self._files)

    def file(self, policy_id: str) -> PolicyFile:
        """The file of a policy. Raises PolicyRefused naming the policies there are."""
        try:
            return self._files[policy_id]
        except KeyError:
            raise PolicyRefused(f"policy {policy_id!r} is unknown; known: {', '.join(self.ids())}") from None

    def resolve(self, policy_id: str) -> Policy:
        """The policy with everything it extends. Raises PolicyRefused."""
        if policy_id not in self._resolved:
            self._resolved[policy_id] = self._resolve(self.file(policy_id))
        return self._resolved[policy_id]

    def _resolve(self, file: PolicyFile) -> Policy:
        lineage = self._lineage(file)
        ladder = next((f.ladder for f in lineage if f.ladder), None)
        if ladder is None:
            raise PolicyRefused(f"policy {file.id}: no ladder, neither its own nor of a policy it extends")
        rows: dict[str, list[Rule]] = {}
        for ancestor in lineage:
            for rule in ancestor.rules():
                rows.setdefault(rule.id, []).append(rule)
        obligations = tuple(Obligation(rule=r[0], limits=tuple(r[1:])) for r in rows.values())
        return Policy(
            id=file.id,
            version="+".join(f"{f.id}@{f.version}" for f in lineage),
            ladder=_read_ladder(file.id, ladder),
            obligations=_in_order_of_reference(obligations, file.id),
        )

    def _lineage(self, file: PolicyFile) -> list[PolicyFile]:
        lineage = [file]
        while (parent := lineage[-1].extends) is not None:
            if parent in {f.id for f in lineage}:
                raise PolicyRefused(f"policy {file.id}: {parent} extends itself")
            lineage.append(self.file(parent))
        return lineage


def _read_ladder(policy_id: str, ladder: Mapping[str, Any]) -> Ladder:
    try:
        return Ladder.model_validate({key: value for key, value in ladder.items() if key != "ours"})
    except ValidationError as error:
        raise PolicyRefused(f"policy {policy_id}, ladder: {_why(error)}") from None


def _in_order_of_reference(obligations: Iterable[Obligation], policy_id: str) -> tuple[Obligation, ...]:
    """Obligations whose dates others count from come first. Raises PolicyRefused for unknown ids and circles."""
    waiting = {o.id: o for o in obligations}
    known = set(waiting)
    ordered: dict[str, Obligation] = {}
    while waiting:
        ready = []
        for o in waiting.values():
            needs = set().union(*(row.references for row in (o.rule, *o.limits)))
            if needs - known:
                raise PolicyRefused(f"policy {policy_id}, {o.id}: counts from unknown {', '.join(needs - known)}")
            if needs <= ordered.keys():
                ready.append(o)
        if not ready:
            raise PolicyRefused(f"policy {policy_id}: {', '.join(waiting)} count from one another in a circle")
        for o in ready:
            ordered[o.id] = waiting.pop(o.id)
    return tuple(ordered.values())


def read_policy(name: str, text: str) -> PolicyFile:
    """Read one policy file. Raises PolicyRefused naming the file and what is wrong in it."""
    try:
        return PolicyFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(f"{name}: {error}") from None
    except ValidationError as error:
        raise PolicyRefused(f"{name}: {_why(error)}") from None
