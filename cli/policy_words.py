"""A policy in words, so that someone who knows the procedure can check what the service does with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from cli.words import roles, spaced
from domain.case.calendar import Offset
from domain.clocks.anchors import anchor
from domain.clocks.conditions import case, condition
from domain.clocks.fulfilment import fulfilment
from domain.clocks.registry import Names
from domain.clocks.rules import Due, FromAnchor, Ladder, Milestone, Obligation, Policy, Rule, Rung
from domain.clocks.wording import in_full, in_short
from domain.policy.cited import Citations
from domain.policy.loading import Policies, PolicyFile
from domain.policy.rows import GateRow, NoticeRow, RuleRow

THE_ONE_BEFORE: Final = "the one before is held or done"


@dataclass(frozen=True)
class RuleInFile:
    """A rule, the policy file it stands in, and the reasons for what is ours in it."""

    rule: Rule
    file: PolicyFile
    ours: dict[str, str] = field(default_factory=dict)
    beside: str | None = None
    """The obligation of the law that it is a local figure for, under another id."""


@dataclass(frozen=True)
class Stated:
    """An obligation as its policy files state it: the row that leads, and the rows that set limits."""

    lead: RuleInFile
    limits: tuple[RuleInFile, ...]


def lineage(policies: Policies, policy_id: str) -> list[PolicyFile]:
    """A policy's file and those it extends, nearest first. Raises PolicyRefused."""
    return policies.lineage(policies.file(policy_id))


def stated(policies: Policies, policy: Policy) -> list[Stated]:
    """Every obligation of a policy with the files it comes from; its own first, in the order of the files."""
    files = lineage(policies, policy.id)
    return [
        _stated(obligation, files)
        for file in files
        for row in file.obligation
        if (obligation := policy.obligation(row.id)) and _first_file(obligation, files) is file
    ]


def _files_with(obligation: Obligation, files: list[PolicyFile]) -> Iterator[tuple[PolicyFile, RuleRow]]:
    for file in files:
        for row in file.obligation:
            if row.id == obligation.id:
                yield file, row


def _first_file(obligation: Obligation, files: list[PolicyFile]) -> PolicyFile:
    return next(_files_with(obligation, files))[0]


def _stated(obligation: Obligation, files: list[PolicyFile]) -> Stated:
    rules = (obligation.rule, *obligation.limits)
    rows = [
        RuleInFile(rule, file, row.ours, row.stands_beside)
        for rule, (file, row) in zip(rules, _files_with(obligation, files), strict=True)
    ]
    return Stated(rows[0], tuple(rows[1:]))


def what_it_says(row: RuleInFile) -> Iterator[tuple[str, str]]:
    """What a rule asks, as a label and a sentence each."""
    rule = row.rule
    yield "Owner", spaced(rule.owner.value)
    yield from required(rule)
    yield "Reminders", reminders(rule)
    yield from escalated(rule)
    if row.beside:
        yield "Beside", f"{row.beside} of the law, whose date stands by itself (`policy check` compares them)"
    for about, reason in row.ours.items():
        yield "Ours", f"{'by when' if about == 'due' else spaced(about)}: {reason}"


def required(rule: Rule) -> Iterator[tuple[str, str]]:
    """By when, while what holds, and what meets it."""
    for line in by_when(rule):
        yield "By", line
    if rule.applies:
        yield "While", "; ".join(one.says for one in rule.conditions)
    yield "Met by", met_by(rule)


def law(cited: Citations, clause: str, day: date | None = None) -> Iterator[tuple[str, str]]:
    """Where the law that a clause names can be read: as it stood on a day, or as it stands when it is opened."""
    for text in cited.of(clause, day):
        yield "Law", f"{text.words}: {text.where}"


def law_of_policy(policies: Policies, policy: Policy, day: date) -> Iterator[str]:
    """Each text of the law that a policy's clauses name, in their order, as it stands on a day."""
    files, cited = lineage(policies, policy.id), policies.citations(policy.id)
    for file in files:
        rows: list[RuleRow | NoticeRow | GateRow] = [*file.obligation, *file.notice, *file.gate]
        yield from (text for row in rows for _, text in law(cited, row.clause, day))


def what_differs(row: RuleInFile, lead: RuleInFile) -> Iterator[tuple[str, str]]:
    """By when, for a row that sets a further limit, and what else it asks otherwise than the leading row."""
    same = set(required(lead.rule))
    yield from (said for said in required(row.rule) if said[0] == "By" or said not in same)


def glossary(policy: Policy) -> list[tuple[str, str]]:
    """What is said in short above, and the rest of it, each once in order of the alphabet."""
    abbreviations = {}
    for obligation in policy.obligations:
        for rule in (obligation.rule, *obligation.limits):
            for names, name in _names(rule):
                short, full = in_short(names, name), in_full(names, name)
                if short != full:
                    abbreviations[short] = full[len(short) :].lstrip(" ;:(").removesuffix(")")
    return sorted(abbreviations.items())


def _names(rule: Rule) -> Iterator[tuple[Names[Any], str]]:
    """Every named function a rule's words are taken from."""
    yield from _named(anchor, rule.anchor)
    yield from _named(condition, *rule.applies)
    yield from _named(fulfilment, *rule.met_by)
    for due in rule.due:
        yield from ((case, name) for instead in due.instead for _, name in _named(case, *instead.applies))
        yield from _named(case, *due.applies)
        if due.not_before:
            yield from _named(anchor, due.not_before.anchor)


def _named(names: Names[Any], *given: object) -> Iterator[tuple[Names[Any], str]]:
    """Those that are names: a table of general words says all there is."""
    return ((names, one) for one in given if isinstance(one, str) and one in names)


# By when


def by_when(rule: Rule) -> list[str]:
    """How each occurrence's due date is counted."""
    first = rule.limits_from - 1
    lines = [_distance(due, _base(rule, due, place)) for place, due in enumerate(rule.due, first)]
    if rule.occurs == "series":
        if first and len(lines) == 1:
            return [f"from no. {rule.first_number + first} on: {lines[0]}", *_further(rule)]
        lines = [f"no. {rule.first_number + place}: {line}" for place, line in enumerate(lines, first)]
        lines[1 if len(lines) == 1 else -1 :] = [f"then: {_distance(rule.due[-1], THE_ONE_BEFORE)}"]
    elif rule.occurs == "each":
        lines[0] += "; one for each"
    return lines + list(_further(rule))


def _base(rule: Rule, due: Due, place: int) -> str:
    other, _, of = (due.counted_from or "").rpartition(".")
    if of == "booked":
        return f"the day {other} is booked for (its due date while none is booked, or none in time)"
    if other:
        return f"the due date of {other}"
    if due.date_field:
        return f"the day that it names ({spaced(due.date_field)})"
    if due.counted_from == "anchor" or (due.counted_from is None and place == 0):
        first_only = rule.occurs != "each" and not rule.restarts
        starts = rule.start.says
        return re.sub("^each ", "the first ", starts) if first_only else starts
    return THE_ONE_BEFORE


def _distance(due: Due, base: str) -> str:
    text = _offset(due.offset, base)
    for instead in due.instead:
        text += f" ({instead.offset} where {instead.case})"
    if due.not_before:
        text += f"; the count starts no earlier than {_from_anchor(due.not_before)}"
    if due.not_after:
        other, _, of = due.not_after.counted_from.rpartition(".")
        ahead = f"the day {other} is booked for" if of == "booked" else f"the due date of {other}"
        text += f"; {_offset(due.not_after.offset, ahead)}, if that is earlier"
    if due.moved:
        text += f"; moved to {due.moved}"
    return f"{text}, where {due.case}" if due.applies else text


def _from_anchor(distance: FromAnchor) -> str:
    return _offset(distance.offset, distance.start.says if distance.start else "the anchor")


def _offset(offset: Offset, base: str) -> str:
    if offset.number == 0:
        return f"on {base}"
    return f"{offset} {'after' if offset.number > 0 else 'before'} {base}"


def _obligation_of(reference: str) -> str:
    return reference.rpartition(".")[0]


def _further(rule: Rule) -> Iterator[str]:
    if rule.meets_two_after:
        yield f"a first one held {rule.meets_two_after} or more after that meets the second too"
    if rule.forecast_from:
        yield f"until that day is known, a forecast from the due date of {_obligation_of(rule.forecast_from)}"
    if rule.resumes_from_last_review:
        yield "after a placement for adoption has ended: from the last review held"


# Met by


def met_by(rule: Rule) -> str:
    """What meets an obligation, and within which days."""
    text = " or ".join(way.says for way in rule.ways)
    if rule.covers:
        text += f" to {roles(rule.covers)}" + (" (in one or several)" if len(rule.covers) > 1 else "")
    if rule.covers_if_adoption_planned:
        text += f"; with adoption in the plan to {roles(rule.covers_if_adoption_planned)} too"
    if rule.to_any:
        text += f" to one of: {roles(rule.to_any)}"
    if rule.met_since == "entry":
        text += ", on any day since entry"
    if rule.met_before:
        after = ", ".join(spaced(name) for name in rule.met_before.anchors)
        text += f"; for {after} also one in the {rule.met_before.days} days before"
    return text


# Reminders and ladder


def reminders(rule: Rule) -> str:
    """How many working days before due the owner is reminded."""
    if not rule.reminders:
        return "none"
    them = sorted(rule.reminders, reverse=True)
    listed = " and ".join(filter(None, [", ".join(map(str, them[:-1])), str(them[-1])]))
    unit = "working day" if them == [1] else "working days"
    return f"{listed} {unit} before due, to the owner"


def escalated(rule: Rule) -> Iterator[tuple[str, str]]:
    """Where a rule is not escalated as its policy has it: never, or by a ladder of its own."""
    if not rule.ladder:
        yield "Escalated", "never: it is reminded only"
    if isinstance(rule.ladder, Ladder):
        for number, step in enumerate(rule.ladder.steps, 1):
            when, who = rung(step)
            again = " again" if number > len(rule.ladder.rungs) else ""
            yield "Escalated" if number == 1 else "then", f"{when}: {who}{again}"


def rung(step: Rung) -> tuple[str, str]:
    """When a rung is reached, and who is told."""
    when = f"{step.after} working {'day' if step.after == 1 else 'days'} after due"
    return when, roles(step.to) + (", and the owner" if step.and_owner else "")


def ladder_ruling(files: list[PolicyFile]) -> str | None:
    """The reason given for what is ours in the ladder a policy runs on."""
    return next((f.ladder.ours for f in files if f.ladder), None)


# Milestones


def milestones(policies: Policies, policy: Policy) -> Iterator[tuple[Milestone, PolicyFile]]:
    """Each event of an authority's own that a policy defines, and the file that does."""
    files = lineage(policies, policy.id)
    return ((one, next(file for file in files if one.id in file.milestone)) for one in policy.milestones)


def milestone_says(milestone: Milestone) -> Iterator[tuple[str, str]]:
    """How it is recorded, with which details, and from when."""
    yield "Recorded", f"as milestone {milestone.id}"
    if milestone.details:
        yield "Details", ", ".join(f"{name} ({kind.replace('_', ' or ')})" for name, kind in milestone.details.items())
    if milestone.before_entry:
        yield "From", "any day, before entry too"


# As data


def as_data(policies: Policies, policy: Policy, day: date | None = None) -> dict[str, Any]:
    """A policy with everything it extends, for a program to read; the law it names as it stood on a day."""
    files, cited = lineage(policies, policy.id), policies.citations(policy.id)
    file = files[0]
    return {
        **header(file),
        "ladder": {
            "ours": ladder_ruling(files),
            "rungs": [{"rung": n, **step.model_dump(mode="json")} for n, step in enumerate(policy.ladder.steps, 1)],
        },
        "obligations": [
            {**_row_data(one.lead, cited, day), "limits": [_row_data(row, cited, day) for row in one.limits]}
            for one in stated(policies, policy)
        ],
        "milestones": [one.model_dump(mode="json") for one in policy.milestones],
    }


def header(file: PolicyFile) -> dict[str, Any]:
    """What a policy file says of itself."""
    about = {"id", "title", "source", "version", "effective_from", "extends"}
    return file.model_dump(mode="json", include=about)


def _row_data(row: RuleInFile, cited: Citations, day: date | None) -> dict[str, Any]:
    texts = law_data(cited, row.rule.clause, day)
    return {"policy": row.file.id, **row.rule.model_dump(mode="json"), "ours": row.ours, "law": texts}


def law_data(cited: Citations, clause: str, day: date | None) -> list[dict[str, Any]]:
    """Each text of the law that a clause names; guidance has no address."""
    return [{"words": text.words, "title": text.title, "address": text.address} for text in cited.of(clause, day)]
