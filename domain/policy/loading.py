"""Policy files: read, extended one by another, and checked so that a slip is refused and not silently obeyed."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticSerializationError

from domain.case import events as ev
from domain.case.words import Role
from domain.clocks.rules import Data, Gate, Ladder, Notice, Obligation, Policy, Rule
from domain.limits import POLICY_BYTES
from domain.policy.cited import Citations, Cited, without_address
from domain.policy.form import slips_of_form
from domain.policy.law_stands import as_the_law_counts, replaces, touches
from domain.policy.rows import GateRow, LadderRow, MilestoneRow, NoticeRow, RuleRow, decided_by
from domain.policy.rulings import Ruling, ungoverned
from domain.policy.slips import (
    SLIPS,
    Slip,
    slips_of_rungs,
    undated_milestones,
    undefined_milestones,
    undefined_obligations,
    undefined_roles,
)
from domain.visible import visible


class PolicyRefused(ValueError):
    """A policy file that cannot be used. Its text names the file, the rule, the field and what would do."""


def _own_role(role: Role) -> Role:
    if role.own:
        return role
    raise ValueError(f"{role} is a role already; accepted: roles of your own, named own_...")


OwnRole = Annotated[Role, AfterValidator(_own_role)]


class PolicyFile(Data):
    """A policy as its file states it, with the reasons and rulings a reader needs."""

    id: ev.PolicyId
    title: str
    source: str
    version: str
    effective_from: date
    extends: ev.PolicyId | tuple[ev.PolicyId, ...] | None = None
    statutory: bool = False
    cited: dict[str, Cited] = Field(default_factory=dict)
    """The law and the guidance that clauses name, by the word they name it with."""
    roles: tuple[OwnRole, ...] = ()
    ladder: Annotated[LadderRow | None, BeforeValidator(lambda ladder: ladder or None)] = None
    obligation: tuple[RuleRow, ...] = ()
    notice: tuple[NoticeRow, ...] = ()
    gate: tuple[GateRow, ...] = ()
    ruling: tuple[Ruling, ...] = ()
    milestone: Mapping[ev.ObligationId, MilestoneRow] = Field(default_factory=dict)

    @property
    def parents(self) -> tuple[str, ...]:
        """The policies it extends, in the order in which it names them."""
        return parents_of(self.extends)

    def rules(self) -> list[Rule]:
        """The obligations of this file alone, as a journey runs on them."""
        return [self._decided_by(row) for row in self.obligation]

    def _decided_by(self, row: RuleRow) -> Rule:
        return decided_by(row, Rule, statutory=self.statutory)

    def rules_beside(self, law: "LawAbove") -> list[Rule]:
        """The obligations of this file, counted as the law counts them. Raises PolicyRefused for what touches it."""
        slips = [(row.id, text) for row in self.obligation for _, text in law.touched_by(row)]
        slips += [(row.id, text) for row in self.notice for _, text in replaces(row, law.notices)]
        if slips:
            raise PolicyRefused("; ".join(f"policy {self.id}, {name}: {text}" for name, text in slips))
        return [self._decided_by(as_the_law_counts(row, law.rules.get(row.id))) for row in self.obligation]

    def refuse_slips(self) -> None:
        """Raises PolicyRefused for what is right in form and would silence a rule, naming the row and the field."""
        _once_each(self.id, self.obligation)
        _once_each(self.id, self.ruling)
        rungs = self.ladder.model_dump()["rungs"] if self.ladder else ()
        if wrong := "; ".join(text for _, text in slips_of_rungs(rungs)):
            raise PolicyRefused(f"policy {self.id}, ladder: {wrong}")
        for table, slips in SLIPS.items():
            for row in getattr(self, table):
                if wrong := "; ".join(text for _, text in slips(row)):
                    raise PolicyRefused(f"policy {self.id}, {row.id}: {wrong}")


@dataclass(frozen=True)
class LawAbove:
    """What the law among the files that a policy extends has: its obligations by id, its notices and breaches."""

    rules: Mapping[str, Rule]
    notices: tuple[Notice, ...]

    @classmethod
    def of(cls, files: Sequence[PolicyFile]) -> "LawAbove":
        """The law among some files, the nearest row of each id."""
        law = [file for file in files if file.statutory]
        rules = {rule.id: rule for file in reversed(law) for rule in file.rules()}
        return cls(rules, tuple(notice for file in law for notice in file.notice))

    def touched_by(self, row: RuleRow) -> Iterator[Slip]:
        """What of the law a row would change, and may not."""
        if row.id in self.rules:
            yield from touches(row, self.rules[row.id])


def _once_each(policy_id: str, rows: Iterable[RuleRow | Ruling]) -> None:
    ids = [row.id for row in rows]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise PolicyRefused(f"policy {policy_id}: stated twice: {', '.join(twice)}; accepted: once in a file")


class Policies:
    """The policy files known: the project's own, and those of a folder of the authority's."""

    def __init__(self, files: Mapping[str, PolicyFile], texts: Mapping[str, str] | None = None) -> None:
        self._files = dict(files)
        self.texts: dict[str, str] = dict(texts or {})
        """What the files said, by policy, of those that were read."""
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
        said: dict[str, str] = {}
        for name, text in texts.items():
            file = read_policy(name, text)
            if file.id in files:
                raise PolicyRefused(f"{name}: id: {file.id!r} is taken by another policy; accepted: an id of its own")
            files[file.id], said[file.id] = file, text
        return cls(files, said)

    def with_file(self, file: PolicyFile, text: str | None = None) -> "Policies":
        """These policies with one more, or with another version of one; `text`: what its file says."""
        texts = {policy_id: said for policy_id, said in self.texts.items() if policy_id != file.id}
        return Policies({**self._files, file.id: file}, texts | ({} if text is None else {file.id: text}))

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

    def citations(self, policy_id: str) -> Citations:
        """Where the law can be read that a policy's clauses name; of a policy that is not known, by all that are."""
        known = policy_id in self._files
        return _cited(self.lineage(self.file(policy_id)) if known else self._files.values())

    def resolve(self, policy_id: str) -> Policy:
        """The policy with everything it extends. Raises PolicyRefused."""
        if policy_id not in self._resolved:
            self._resolved[policy_id] = self._resolve(self.file(policy_id))
        return self._resolved[policy_id]

    def _resolve(self, file: PolicyFile) -> Policy:
        lineage = self.lineage(file)
        ladder = next((f.ladder for f in lineage if f.ladder), None)
        if ladder is None:
            raise PolicyRefused(f"policy {file.id}: no ladder, neither its own nor of a policy it extends")
        rows: dict[str, list[Rule]] = {}
        for place, ancestor in enumerate(lineage):
            ancestor.refuse_slips()
            _refuse_without_address(ancestor, _cited(lineage))
            for rule in ancestor.rules_beside(LawAbove.of(lineage[place + 1 :])):
                rows.setdefault(rule.id, []).append(rule)
        notices = tuple({n.id: decided_by(n, Notice) for f in reversed(lineage) for n in f.notice}.values())
        if unknown := undefined_obligations([*chain(*rows.values()), *notices], rows):
            raise PolicyRefused(f"policy {file.id}: {'; '.join(unknown)}")
        obligations = tuple(Obligation(rule=r[0], limits=tuple(r[1:])) for r in rows.values())
        policy = Policy(
            id=file.id,
            version="+".join(f"{f.id}@{f.version}" for f in lineage),
            to_the_letter=True,
            amended=True,
            amended_again=True,
            amended_at_night=True,
            ladder=decided_by(ladder, Ladder),
            obligations=_in_order_of_reference(obligations, file.id),
            notices=notices,
            gates=tuple({g.id: decided_by(g, Gate) for f in reversed(lineage) for g in f.gate}.values()),
            roles=tuple(dict.fromkeys(role for f in lineage for role in f.roles)),
            milestones=tuple({k: m.named(k) for f in reversed(lineage) for k, m in f.milestone.items()}.values()),
        )
        if undefined := [*undefined_milestones(policy), *undated_milestones(policy), *undefined_roles(policy)]:
            raise PolicyRefused(f"policy {file.id}: {'; '.join(undefined)}")
        size = _bytes_of(policy)
        if size > POLICY_BYTES:
            raise PolicyRefused(f"policy {file.id}: {size} bytes with all it extends; accepted: up to {POLICY_BYTES}")
        ids = {o.id for o in obligations} | {n.id for n in policy.notices} | {g.id for g in policy.gates}
        if wrong := ungoverned((ruling for f in lineage for ruling in f.ruling), ids):
            raise PolicyRefused(f"policy {file.id}: {'; '.join(wrong)}")
        return policy

    def lineage(self, file: PolicyFile) -> list[PolicyFile]:
        """A file and all that it extends, each once: its own rows first, what several extend after all of these.

        Raises PolicyRefused where a policy extends itself.
        """
        # newtown extends quick-guide and iro-handbook, both of which extend the law: newtown, quick-guide,
        # iro-handbook, england-statutory. So the guide's row of an id leads, and the law's sets its limit.
        names = list(self._with_all_it_extends(file, ()))
        return [one for place, one in enumerate(names) if one.id not in {f.id for f in names[place + 1 :]}]

    def _with_all_it_extends(self, file: PolicyFile, under: tuple[str, ...]) -> Iterator[PolicyFile]:
        if file.id in under:
            raise PolicyRefused(f"policy {under[0]}: {file.id} extends itself")
        yield file
        for parent in file.parents:
            yield from self._with_all_it_extends(self.file(parent), (*under, file.id))


def parents_of(extends: object) -> tuple[str, ...]:
    """What stands in `extends`, one name or several, as names; nothing else is one."""
    named = [extends] if isinstance(extends, str) else extends if isinstance(extends, list | tuple) else []
    return tuple(name for name in named if isinstance(name, str))


def _cited(files: Iterable[PolicyFile]) -> Citations:
    """What the clauses of some files name; where two say it, the one that is extended does."""
    return Citations({name: cited for file in files for name, cited in file.cited.items()})


def _refuse_without_address(file: PolicyFile, cited: Citations) -> None:
    """Raises PolicyRefused for a clause of the law that nobody could look up."""
    rows: list[RuleRow | NoticeRow | GateRow] = [*file.obligation, *file.notice, *file.gate]
    for row in rows if file.statutory else ():
        for words in without_address(row.clause, cited):
            raise PolicyRefused(f"policy {file.id}, {row.id}: {words}")


def _bytes_of(policy: Policy) -> int:
    """How long it is where it is kept. Raises PolicyRefused for text that cannot be kept."""
    try:
        return len(policy.model_dump_json().encode())
    except PydanticSerializationError:
        raise PolicyRefused(
            f"policy {visible(policy.id)}: a text in it has half of a pair of characters (U+D800 to U+DFFF); "
            "accepted: text that UTF-8 can hold"
        ) from None


def _in_order_of_reference(obligations: Iterable[Obligation], policy_id: str) -> tuple[Obligation, ...]:
    """Obligations whose dates others count from come first; all are known. Raises PolicyRefused for circles."""
    waiting = {o.id: o for o in obligations}
    ordered: dict[str, Obligation] = {}
    while waiting:
        ready = []
        for o in waiting.values():
            needs = set().union(*(row.references for row in (o.rule, *o.limits)))
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
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(f"{name}: {error}") from None
    try:
        return PolicyFile.model_validate(raw, extra="forbid")
    except ValidationError as error:
        slips = "; ".join(words for _, words in slips_of_form(error, raw, PolicyFile))
        raise PolicyRefused(f"{name}: {slips}") from None
