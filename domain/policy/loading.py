"""Policy files: read, extended one by another, and checked so that a slip is refused and not silently obeyed."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from domain.case import events as ev
from domain.clocks.rules import Data, Gate, Ladder, Notice, Obligation, Policy, Rule
from domain.limits import POLICY_BYTES
from domain.policy.rulings import Ruling, ungoverned
from domain.policy.slips import Slip, slips_of_gate, slips_of_notice, slips_of_rule

R = TypeVar("R", bound=BaseModel)


FOR_PEOPLE = ("ours", "stands_beside")
"""What a row says to people, and to the lint against the law: nothing is decided by it."""


class PolicyRefused(ValueError):
    """A policy file that cannot be used. Its text names the file, the rule, the field and what would do."""


class PolicyFile(Data):
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
    notice: tuple[dict[str, Any], ...] = ()
    gate: tuple[dict[str, Any], ...] = ()
    ruling: tuple[dict[str, Any], ...] = ()

    def rulings(self) -> list[Ruling]:
        """The rulings of this file alone. Raises PolicyRefused."""
        return [self._row(Ruling, row, lambda _: ()) for row in _once_each(self.id, self.ruling)]

    def notices(self) -> list[Notice]:
        """The notices and breaches of this file alone. Raises PolicyRefused."""
        return [self._row(Notice, row, slips_of_notice) for row in self.notice]

    def gates(self) -> list[Gate]:
        """The gates of this file alone. Raises PolicyRefused."""
        return [self._row(Gate, row, slips_of_gate) for row in self.gate]

    def rules(self) -> list[Rule]:
        """The rows of this file alone. Raises PolicyRefused naming the row and the field."""
        statutory = {"statutory": self.statutory}
        return [self._row(Rule, {**row, **statutory}, slips_of_rule) for row in _once_each(self.id, self.obligation)]

    def _row(self, model: type[R], row: Mapping[str, Any], slips: Callable[[R], Iterable[Slip]]) -> R:
        """A row as the model has it; what is ours about it stays in the file, for people."""
        where = f"policy {self.id}, {row.get('id', 'a row without id')}"
        try:
            read = model.model_validate(decided_by(row), extra="forbid")
        except ValidationError as error:
            raise PolicyRefused(f"{where}: {_why(error)}") from None
        if wrong := "; ".join(text for _, text in slips(read)):
            raise PolicyRefused(f"{where}: {wrong}")
        return read


def decided_by(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what it says to people only."""
    return {key: value for key, value in row.items() if key not in FOR_PEOPLE}


def _once_each(policy_id: str, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    rows = list(rows)
    ids = [row.get("id") for row in rows]
    twice = sorted({str(one) for one in ids if ids.count(one) > 1})
    if twice:
        raise PolicyRefused(f"policy {policy_id}: stated twice: {', '.join(twice)}; accepted: once in a file")
    return rows


def _why(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}" for e in error.errors())


class Policies:
    """The policy files known: the project's own, and those of a folder of the authority's."""

    def __init__(self, files: Mapping[str, PolicyFile]) -> None:
        self._files = dict(files)
        self._resolved: dict[str, Policy] = {}

    @classmethod
    def load(cls, *folders: Path) -> "Policies":
        """Read the project's policies and those in further folders. Raises PolicyRefused."""
        own = [entry for entry in resources.files("domain.policy").iterdir() if entry.name.endswith(".toml")]
        texts = {entry.name: entry.read_text("utf-8") for entry in own}
        for folder in folders:
            if not folder.is_dir():
                raise PolicyRefused(f"{folder} is no folder; give one with policy files (*.toml)")
            texts |= {str(path): path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}
        files: dict[str, PolicyFile] = {}
        for name, text in texts.items():
            file = read_policy(name, text)
            if file.id in files:
                raise PolicyRefused(f"{name}: id: {file.id!r} is taken by another policy; accepted: an id of its own")
            files[file.id] = file
        return cls(files)

    def with_file(self, file: PolicyFile) -> "Policies":
        """These policies with one more, or with another version of one."""
        return Policies({**self._files, file.id: file})

    def ids(self) -> list[str]:
        """The ids of all policies, sorted."""
        return sorted(self._files)

    def titles(self) -> dict[str, str]:
        """What each obligation and notice of any policy is called, by its id."""
        known = [self.resolve(policy_id) for policy_id in self.ids()]
        rules = {o.id: o.rule.title for policy in known for o in policy.obligations}
        return rules | {notice.id: notice.title for policy in known for notice in policy.notices}

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
        policy = Policy(
            id=file.id,
            version="+".join(f"{f.id}@{f.version}" for f in lineage),
            ladder=_read_ladder(file.id, ladder),
            obligations=_in_order_of_reference(obligations, file.id),
            notices=tuple({n.id: n for f in reversed(lineage) for n in f.notices()}.values()),
            gates=tuple({g.id: g for f in reversed(lineage) for g in f.gates()}.values()),
        )
        size = len(policy.model_dump_json().encode())
        if size > POLICY_BYTES:
            raise PolicyRefused(f"policy {file.id}: {size} bytes with all it extends; accepted: up to {POLICY_BYTES}")
        ids = {o.id for o in obligations} | {n.id for n in policy.notices} | {g.id for g in policy.gates}
        if wrong := ungoverned((ruling for f in lineage for ruling in f.rulings()), ids):
            raise PolicyRefused(f"policy {file.id}: {'; '.join(wrong)}")
        return policy

    def _lineage(self, file: PolicyFile) -> list[PolicyFile]:
        lineage = [file]
        while (parent := lineage[-1].extends) is not None:
            if parent in {f.id for f in lineage}:
                raise PolicyRefused(f"policy {file.id}: {parent} extends itself")
            lineage.append(self.file(parent))
        return lineage


def _read_ladder(policy_id: str, ladder: Mapping[str, Any]) -> Ladder:
    try:
        return Ladder.model_validate({key: value for key, value in ladder.items() if key != "ours"}, extra="forbid")
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
        return PolicyFile.model_validate(tomllib.loads(text), extra="forbid")
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(f"{name}: {error}") from None
    except ValidationError as error:
        raise PolicyRefused(f"{name}: {_why(error)}") from None
