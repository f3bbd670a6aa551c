"""The law stands: a local row may tighten an obligation of the law, never touch what meets it, its ladder or its count.

Asked by `policy check` and again whenever a policy is loaded. Whoever wants another meeting to count, or a lighter
ladder, gives the rule an id of its own beside the law's.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from domain.clocks import fulfilling, starting
from domain.clocks.rules import Ladder, Notice, Rule
from domain.policy.days_at_most import days_at_most
from domain.policy.rows import NoticeRow, RuleRow
from domain.policy.slips import Slip

OWN_ID: Final = "accepted: as the law has it, or an id of its own"
MET: Final = ("met_by", "met_since", "met_before", "covers", "covers_if_adoption_planned", "to_any")
"""What meets an obligation."""
COUNTED: Final = ("occurs", "first_number", "restarts", "review_number", "resumes_from_last_review")
"""How its occurrences are counted; a local row need not say it, and says nothing else."""


def as_the_law_counts(row: RuleRow, law: Rule | None) -> RuleRow:
    """A local row whose occurrences are counted as the law counts them, where it says nothing of that itself."""
    if law is None:
        return row
    unsaid = {name: getattr(law, name) for name in COUNTED if name not in row.model_fields_set}
    return row.model_copy(update=unsaid)


def touches(row: RuleRow, law: Rule) -> Iterator[Slip]:
    """What of an obligation of the law a local row of its id would change, and may not."""
    for name in MET:
        if name in row.model_fields_set and _as_data(name, row) != _as_data(name, law):
            yield (name,), f"{name}: the law says what meets {law.id} ({law.clause}): {_spelt(name, law)}; {OWN_ID}"
    for name in COUNTED:
        if name in row.model_fields_set and getattr(row, name) != getattr(law, name):
            yield (name,), f"{name}: the law counts {law.id} by {name} = {getattr(law, name)!r}; {OWN_ID}"
    if (law.occurs == "each" or law.restarts) and _anchor(row) != _anchor(law):
        yield ("anchor",), f"anchor: the law counts {law.id} once for each {_anchor(law)}; {OWN_ID}"
    if not row.ladder or isinstance(row.ladder, Ladder):
        yield ("ladder",), f"ladder: {law.id} is an obligation of the law ({law.clause}) and keeps its ladder; {OWN_ID}"
    if not row.reminders:
        yield ("reminders",), f"reminders: {law.id} is an obligation of the law: nobody would be reminded; {OWN_ID}"
    elif not _reminded_as_soon(row, law):
        days = ", ".join(map(str, law.reminders))
        words = f"reminders: of {law.id} the law ({law.clause}) reminds {days} working days before it is due"
        yield ("reminders",), f"{words}; accepted: these or earlier ones, and no fewer, or an id of its own"


def replaces(row: NoticeRow, laws: Iterable[Notice]) -> Iterator[Slip]:
    """A local notice in the place of one of the law, which would no longer be told."""
    for law in laws:
        if row.id == law.id:
            yield (
                ("id",),
                f"id: {row.id} is a {law.kind} of the law ({law.clause}), which stays; {OWN_ID}",
            )


def _reminded_as_soon(row: Rule, law: Rule) -> bool:
    """Whether each reminder of the law has one that goes as long before, or at the start of a shorter clock."""
    # The law reminds of the first review 5 and 1 working days before. With a local limit of 3 working days 3 and 1 do.
    most, ours = max(map(days_at_most, row.due)), sorted(row.reminders, reverse=True)
    laws = sorted(law.reminders, reverse=True)
    return len(ours) >= len(laws) and all(our >= min(one, most) for our, one in zip(ours, laws, strict=False))


def _as_data(name: str, rule: Rule) -> object:
    given = getattr(rule, name)
    if name == "met_by":
        return {_spelt_out(word, fulfilling.SHORTHANDS) for word in given}
    return set(given) if isinstance(given, tuple) else given


def _anchor(rule: Rule) -> str:
    return _spelt_out(rule.anchor, starting.SHORTHANDS)


def _spelt_out(word: object, shorthands: Mapping[str, Any]) -> str:
    """A word as its general words have it, however it is spelt."""
    return json.dumps(shorthands.get(word, word) if isinstance(word, str) else word, sort_keys=True, default=str)


def _spelt(name: str, law: Rule) -> str:
    given = getattr(law, name)
    return ", ".join(map(str, given)) if isinstance(given, tuple) else str(given)
