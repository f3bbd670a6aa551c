"""Notices, breaches, gates and rulings of a policy in words, beside the obligations of `cli/policy_words.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cli.policy_words import law_data, lineage
from cli.words import roles, spaced
from domain.clocks.gates import check
from domain.clocks.rules import Gate, Notice, Policy
from domain.clocks.wording import in_short
from domain.policy.cited import Citations
from domain.policy.loading import Policies, PolicyFile
from domain.policy.rulings import Ruling

Line = tuple[str, str]
"""A label and what it says."""


@dataclass(frozen=True)
class AtOnceRow:
    """A notice or a gate, the policy file it stands in, and the reasons for what is ours in it."""

    rule: Notice | Gate
    file: PolicyFile
    ours: dict[str, str]


def at_once_rows(policies: Policies, policy: Policy) -> list[AtOnceRow]:
    """The notices and breaches of a policy, then its gates; its own before those of the policies it extends."""
    files = lineage(policies, policy.id)
    rows: list[AtOnceRow] = []
    for rules, table in ((policy.notices, "notice"), (policy.gates, "gate")):
        for file in files:
            for raw in getattr(file, table):
                rule = next((r for r in rules if r.id == raw.id), None)
                if rule is not None and not any(type(r.rule) is type(rule) and r.rule.id == rule.id for r in rows):
                    rows.append(AtOnceRow(rule, file, raw.ours))
    return rows


def rulings(policies: Policies, policy: Policy) -> list[tuple[PolicyFile, Ruling]]:
    """What was chosen where the sources leave something open; the policy's own before those it extends."""
    return [(file, ruling) for file in lineage(policies, policy.id) for ruling in file.ruling]


def what_it_says(row: AtOnceRow) -> Iterator[Line]:
    """What a notice or gate does, as a label and a sentence each."""
    rule = row.rule
    if isinstance(rule, Notice):
        yield "Told", f"at once to {roles(rule.to)}, as a {rule.kind}"
        yield "When", _when(rule)
        if rule.until_explained:
            yield "Shown", "until lateness_explained names this rule"
    else:
        yield "Refuses", spaced(rule.event)
        yield "Unless", _unless(rule)
        if rule.approvers:
            yield "Approvers", roles(rule.approvers)
        if rule.approvers_at_16_under_section_20:
            yield "At 16, 17", f"under section 20: {roles(rule.approvers_at_16_under_section_20)}"
    for about, reason in row.ours.items():
        yield "Ours", f"{spaced(about)}: {reason}"


def _when(notice: Notice) -> str:
    if notice.booked_after:
        return f"the next review is booked later than the earliest due of {', '.join(notice.booked_after)}"
    late = notice.later_than
    said = notice.told_of.says()
    return f"{said}, later than {late.offset} after {late.start.says}" if late and late.start else said


def _unless(gate: Gate) -> str:
    age = f" ({gate.from_age})" if gate.from_age is not None else ""
    return in_short(check, gate.check) + age


def ruling_says(ruling: Ruling) -> Iterator[Line]:
    """A ruling, as a label and a sentence each."""
    yield "Question", ruling.question
    yield "Chosen", ruling.chosen
    for other in ruling.alternatives:
        yield "Or else", other
    yield "Why", ruling.why
    yield "Governs", ", ".join(ruling.governs)
    yield "To change", ruling.change


def at_once_data(policies: Policies, policy: Policy, day: date | None = None) -> dict[str, Any]:
    """Notices, gates and rulings, for a program to read; the law they name as it stood on a day."""
    rows, cited = at_once_rows(policies, policy), policies.citations(policy.id)
    return {
        "notices": [_data(row, cited, day) for row in rows if isinstance(row.rule, Notice)],
        "gates": [_data(row, cited, day) for row in rows if isinstance(row.rule, Gate)],
        "rulings": [
            {"policy": file.id, **ruling.model_dump(mode="json")} for file, ruling in rulings(policies, policy)
        ],
    }


def _data(row: AtOnceRow, cited: Citations, day: date | None) -> dict[str, Any]:
    texts = law_data(cited, row.rule.clause, day)
    return {"policy": row.file.id, **row.rule.model_dump(mode="json"), "ours": row.ours, "law": texts}
