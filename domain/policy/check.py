"""A policy file read as a careful colleague would: every slip at once, each on its line and with what would do.

What is found here is refused on loading too, or would be obeyed in silence: a rung that nobody hears, a number
without its reason, a due date that is never reached.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ValidationError

from domain.clocks.rules import DEFAULT_REMINDERS, Notice, Rule
from domain.policy.cited import Citations, Cited, without_address
from domain.policy.days_at_most import WORKING_DAYS_OF_A_CHILDHOOD, days_at_most
from domain.policy.form import ROWS, slips_of_form
from domain.policy.law_stands import replaces
from domain.policy.lines import Path, line_at, lines_of
from domain.policy.loading import LawAbove, Policies, PolicyFile, PolicyRefused, parents_of
from domain.policy.rows import NoticeRow, RuleRow
from domain.policy.slips import SLIPS, Slip, nearest, no_obligation, obligations_named, slips_of_rungs

NO_SOURCE = re.compile(r"\s*(ours|own|local( practice)?|none|n/?a|tb[acd]|-+|\?+)?\s*", re.IGNORECASE)
"""A clause that names no source."""

TOLD_BETTER: frozenset[Path] = frozenset({("ladder",), ("ladder", "rungs")})
"""Where a slip of form is told in better words here: which rung comes too early, and what a rung looks like."""

SOUND: Mapping[str, Mapping[str, Any]] = {
    "obligation": {
        "id": "x", "title": "x", "clause": "x", "owner": "iro", "anchor": "became_looked_after",
        "due": [{"days": 1}], "met_by": ["ppm_held"],
    },
    "notice": {"id": "x", "title": "x", "clause": "x", "kind": "notice", "to": ["iro"]},
    "gate": {"id": "x", "clause": "x", "event": "ppm_held", "check": "old_enough_to_ratify_at_a_review"},
    "ruling": {
        "id": "x", "question": "x", "chosen": "x", "alternatives": ["x"], "why": "x", "governs": ["x"], "change": "x",
    },
}  # fmt: skip
"""Stands in for fields that are missing or wrong in form, so that the names in the others are looked at too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a policy file, the line it stands on, and what would be accepted."""

    line: int
    text: str


def check_policy(text: str, policies: Policies) -> tuple[PolicyFile | None, list[Finding]]:
    """All that is wrong in a policy file, by line; and the file, if it can be read as one.

    `policies` are those it may extend.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        return None, [Finding(int(found[1]) if found else text.count("\n") + 1, f"no TOML: {error}")]
    lines = lines_of(text)
    file, formal = _read(raw)
    slips = [(path, words) for path, words in _Checking(raw, policies, formal).all()]
    findings = {Finding(line_at(lines, path), words) for path, words in slips}
    if file is not None and not findings:
        findings |= set(_unresolved(file, policies, lines))
    return file, sorted(findings, key=lambda finding: (finding.line, finding.text))


def _read(raw: Mapping[str, Any]) -> tuple[PolicyFile | None, list[Slip]]:
    """The file, if it is right in form; else what is wrong with that."""
    try:
        return PolicyFile.model_validate(raw, extra="forbid"), []
    except ValidationError as error:
        return None, list(slips_of_form(error, raw, PolicyFile))


def _unresolved(file: PolicyFile, policies: Policies, lines: Mapping[Path, int]) -> Iterator[Finding]:
    """What shows only once the policy stands together with those it extends."""
    try:
        policies.with_file(file).resolve(file.id)
    except PolicyRefused as refused:
        words = str(refused).removeprefix(f"policy {file.id}").lstrip(":, ")
        rows = {row.id: ("obligation", place) for place, row in enumerate(file.obligation)}
        named = next((path for name, path in rows.items() if re.search(rf"\b{re.escape(name)}\b", words)), ("extends",))
        yield Finding(line_at(lines, named), words)


class _Checking:
    """One pass over a policy as it was read, before anything of it is believed."""

    def __init__(self, raw: Mapping[str, Any], policies: Policies, formal: Sequence[Slip]) -> None:
        self.raw = raw
        self.formal = formal
        self.policies = policies
        self.inherited = self._lineage()
        self.law = LawAbove.of(self.inherited)

    def all(self) -> Iterator[Slip]:
        yield from ((path, words) for path, words in self.formal if path not in TOLD_BETTER and path[2:3] != ("ours",))
        yield from self._head()
        yield from self._ladder()
        for table in ROWS:
            for place, row in self._rows(table):
                here = (table, place)
                wrong = {str(path[2]) for path, _ in self.formal if path[:2] == here and len(path) > 2}
                for path, words in self._row(table, row, wrong):
                    yield (*here, *path), f"{row.get('id', table)}: {words}"
            yield from self._twice(table)

    def _rows(self, table: str) -> list[tuple[int, Mapping[str, Any]]]:
        rows = _listed(self.raw.get(table))
        return [(place, row) for place, row in enumerate(rows) if isinstance(row, Mapping)]

    def _lineage(self) -> list[PolicyFile]:
        """The files it extends, as far as they are known."""
        files: dict[str, PolicyFile] = {}
        ahead = list(parents_of(self.raw.get("extends")))
        while ahead:
            parent = ahead.pop(0)
            if parent in self.policies.ids() and parent not in files:
                files[parent] = self.policies.file(parent)
                ahead += files[parent].parents
        return list(files.values())

    def _cited(self) -> Citations:
        """The texts that clauses may name here, as far as their tables are right in form."""
        own = {str(name): one for name, one in _tables(self.raw.get("cited")) if ("cited", name) not in self._wrong()}
        inherited = {name: one for file in self.inherited for name, one in file.cited.items()}
        return Citations({name: Cited.model_validate(one) for name, one in own.items()} | inherited)

    def _wrong(self) -> set[Path]:
        """The first two steps to each place that is wrong in form."""
        return {path[:2] for path, _ in self.formal}

    def _ids(self, table: str) -> set[str]:
        """The ids of a table, of the file's own rows and of those it inherits."""
        own = {str(row.get("id")) for _, row in self._rows(table)}
        return own | {row.id for file in self.inherited for row in getattr(file, table)}

    # The head

    def _head(self) -> Iterator[Slip]:
        for parent in parents_of(self.raw.get("extends")):
            if parent not in self.policies.ids():
                known = ", ".join(self.policies.ids())
                yield (
                    ("extends",),
                    f"extends: {parent!r} is no policy{nearest(parent, self.policies.ids())}; known: {known}",
                )
        if not self.raw.get("ladder") and not any(file.ladder for file in self.inherited):
            yield (), "ladder: missing; accepted: a [ladder] of its own, or a policy to extend that has one"

    # The ladder

    def _ladder(self) -> Iterator[Slip]:
        ladder = self.raw.get("ladder")
        if not isinstance(ladder, Mapping) or not ladder:
            return
        rungs = [r for r in _listed(ladder.get("rungs")) if isinstance(r, Mapping)]
        yield from ((("ladder", *path), f"ladder: {text}") for path, text in slips_of_rungs(rungs))
        if not rungs:
            yield ("ladder",), "ladder: rungs: missing; accepted: at least one rung, such as { after = 1, to = [...] }"
        if not _said(ladder.get("ours")):
            yield ("ladder",), 'ladder: no reason is given for its days; add ours = "...", or the clause they are from'
        yield from _order(("ladder", "rungs"), "rung", [r.get("after") for r in rungs])
        yield from _order(("ladder", "repeat_after"), "repeat", [0, *_listed(ladder.get("repeat_after"))], first=0)

    # The rows

    def _row(self, table: str, row: Mapping[str, Any], wrong: Collection[str]) -> Iterator[Slip]:
        """What is wrong with a row beyond its form; `wrong` are the fields whose form is."""
        model = ROWS[table]
        sound = {key: value for key, value in row.items() if key not in wrong}
        read = model.model_validate({**SOUND.get(table, {}), **sound})
        if table in SLIPS:
            yield from SLIPS[table](read)
        yield from self._reasons(row, model)
        for name in ("clause", "title"):
            if name in model.model_fields and name in row and not _said(row[name]):
                yield (
                    (name,),
                    f"{name}: empty; accepted: the source's paragraph" if name == "clause" else f"{name}: empty",
                )
        yield from self._references(read)
        if self.raw.get("statutory") is True and "clause" in model.model_fields and _said(row.get("clause")):
            yield from ((("clause",), words) for words in without_address(str(row["clause"]), self._cited()))
        if isinstance(read, RuleRow) and not wrong:
            yield from _never_reached(read, "reminders" in row)
            yield from self.law.touched_by(read)
        if isinstance(read, NoticeRow):
            yield from replaces(read, self.law.notices)

    def _reasons(self, row: Mapping[str, Any], model: type[BaseModel]) -> Iterator[Slip]:
        """Reasons for fields that are not there; numbers with neither a source nor a reason."""
        ours = row.get("ours", {})
        if not isinstance(ours, Mapping):
            yield ("ours",), 'ours: accepted: ours.FIELD = "why"'
            return
        for name in ours.keys() - model.model_fields.keys():
            yield ("ours", name), f"ours.{name}: a reason for no field{nearest(name, model.model_fields)}"
        for name, reason in ours.items():
            if not _said(reason):
                yield ("ours", name), f"ours.{name}: empty; accepted: the reason in words"
        clause = row.get("clause")
        if model is RuleRow and _said(clause) and NO_SOURCE.fullmatch(str(clause)) and not ours.get("due"):
            yield ("clause",), f"clause: {clause!r} names no source for its date; add ours.due with the reason"

    def _references(self, read: BaseModel) -> Iterator[Slip]:
        """Obligations named by rows: those whose dates are counted from, booked after, or stood beside."""
        known = self._ids("obligation")
        named = list(obligations_named(read)) if isinstance(read, Rule | Notice) else []
        named += [(("stands_beside",), read.stands_beside)] if isinstance(read, RuleRow) and read.stands_beside else []
        yield from ((path, no_obligation(path, one, known)) for path, one in named if one not in known)

    def _twice(self, table: str) -> Iterator[Slip]:
        seen: dict[str, int] = {}
        for place, row in self._rows(table):
            given = row.get("id")
            first = seen.setdefault(given, place) if isinstance(given, str) else place
            if first != place:
                yield (table, place, "id"), f"{row.get('id')}: stated twice; accepted: once in a file"


# What never comes


def _order(path: Path, what: str, days: Sequence[Any], first: int = 1) -> Iterator[Slip]:
    """Rungs and repeats that come no later than the one before, or after any childhood."""
    for place, (earlier, later) in enumerate(pairwise(days), first):
        if not (isinstance(earlier, int) and isinstance(later, int)):
            continue
        if later <= earlier:
            after = "the day it is due" if earlier == 0 and first == 0 and place == 0 else f"{earlier}"
            yield (
                (*path, place),
                f"{what} {place + 1}: {later} working day{'' if later == 1 else 's'} is not after {after}: "
                "it is never reached; "
                f"accepted: more than {earlier}",
            )
    for place, number in enumerate(days[1 - first :]):
        if isinstance(number, int) and number > WORKING_DAYS_OF_A_CHILDHOOD:
            yield (*path, place), f"{what} {place + 1}: {number} working days is longer than a childhood: never reached"


def _never_reached(rule: Rule, reminders_given: bool) -> Iterator[Slip]:
    """Due dates and reminders of a rule that can never have their turn."""
    if rule.occurs != "series":
        for place in range(1, len(rule.due)):
            yield ("due", place), f'due: only a series has a date no. {place + 1}; accepted: one, or occurs = "series"'
    if len(set(rule.reminders)) < len(rule.reminders):
        yield ("reminders",), "reminders: the same day stands twice; accepted: each once"
    most = max(map(days_at_most, rule.due))
    for place, days in enumerate(rule.reminders):
        if days > most:
            where: Path = ("reminders", place) if reminders_given else ()
            usual = "" if reminders_given else f" (the usual reminders are {', '.join(map(str, DEFAULT_REMINDERS))})"
            yield (
                where,
                f"reminders: {days} working days before due is before the clock starts, so it never comes in time"
                f"{usual}; accepted: up to {most}",
            )


def _listed(value: object) -> list[Any]:
    """What is listed; where something else stands, its form is told of elsewhere."""
    return value if isinstance(value, list) else []


def _tables(value: object) -> list[tuple[str, Any]]:
    """The named tables of a table; none where something else stands."""
    return [*value.items()] if isinstance(value, Mapping) else []


def _said(words: object) -> bool:
    return isinstance(words, str) and bool(words.strip())
