"""What is wrong with a row of a policy beyond its form: names nobody knows, and what would silence a rule.

A policy with any of these is refused when it is loaded, and shown with its line by `permanence policy check`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, Final

from domain.case import events as ev
from domain.case.milestone import PREFIX as MILESTONE
from domain.case.words import OWN_ROLE
from domain.clocks.applying import read_condition
from domain.clocks.choosing import event_name, fields_of, holds_a_date
from domain.clocks.fulfilling import read_meets
from domain.clocks.gates import check
from domain.clocks.milestone import KINDS
from domain.clocks.rules import Conditional, Due, Gate, Ladder, Notice, Policy, Rule
from domain.clocks.setting import read_setting
from domain.clocks.starting import read_start
from domain.clocks.vocabulary import WordRefused, listed, named, nearest, several
from domain.policy.choices import one_choice
from domain.policy.dead_rules import slips_of_dead_notice, slips_of_dead_rule

__all__ = ["SLIPS", "Path", "Slip", "nearest"]

Path = tuple[str | int, ...]
Slip = tuple[Path, str]
"""Where in the row, and what is wrong, with what would do."""


BEFORE_ENTRY_MISSING: Final = (
    "applies: it holds only while the child is not looked after, and the rule's clock runs from entry on; "
    "accepted: before_entry = true in the rule"
)
NOT_BEFORE_ADDS: Final = (
    "not_before: anchor: missing: from the rule's own anchor it would only be added to the count; accepted: an "
    'anchor in it, or, where something done too early shall not count, met_by = [{ event = "...", not_before = ... }]'
)


def slips_of_rule(rule: Rule) -> Iterator[Slip]:
    """Words that nobody knows, and what can never cover the roles asked for."""
    yield from _read(lambda: read_start(rule.anchor), "anchor")
    for place, given in enumerate(rule.applies):
        yield from _read(partial(read_condition, given), "applies", place)
    for place, given in enumerate(rule.met_by):
        yield from _read(partial(read_meets, given), "met_by", place)
    for place, name in enumerate(rule.met_before.anchors if rule.met_before else ()):
        yield from _read(partial(event_name, name), "met_before", "anchors", place)
    for place, due in enumerate(rule.due):
        yield from _slips_of_due(rule, due, place)
    for place, also in enumerate(rule.reminders_to):
        yield from _conditions(also, "reminders_to", place)
    if isinstance(rule.ladder, Ladder):
        rungs = slips_of_rungs(rule.ladder.model_dump()["rungs"])
        yield from ((("ladder", *path), f"ladder: {text}") for path, text in rungs)
    yield from _never(rule)
    if rule.covers and not _read_papers(rule):
        yield ("covers",), "covers: only papers sent to roles can cover them; met_by names something else"


def _slips_of_due(rule: Rule, due: Due, place: int) -> Iterator[Slip]:
    """Words that nobody knows in a date, and what would not hold it back as it says."""
    for nth, instead in enumerate(due.instead):
        yield from _conditions(instead, "due", place, "instead", nth)
    yield from _conditions(due, "due", place)
    if due.not_before is not None and due.not_before.anchor is None and _from_anchor(rule, due, place):
        yield ("due", place, "not_before"), NOT_BEFORE_ADDS
    for key in ("not_before", "not_sooner_than"):
        distance = getattr(due, key)
        if distance is not None and distance.anchor is not None:
            yield from _read(partial(read_start, distance.anchor), "due", place, key, "anchor")
    for name in _carriers(rule, due):
        if not name.startswith(MILESTONE) and (text := _not_carried(due, name, _dates_of(name), OWN_DATE)):
            yield ("due", place, "date_field"), text


OWN_DATE: Final = 'a date of your own is a detail of a [milestone.ID]: details = {{ {field} = "date" }}'
DETAIL_MISSING: Final = 'to define it, add details = {{ {field} = "date" }} to [{name}]'


def _carriers(rule: Rule, due: Due) -> Iterator[str]:
    """Whatever must carry the day that a date is read from: the types of event that the rule's anchor may be."""
    if due.date_field is not None and not list(_read(lambda: rule.start)):
        yield from dict.fromkeys(_started_by(rule.anchor))


def _started_by(given: object) -> Iterator[str]:
    """What an anchor is, by name: types of event, or what is none and carries nothing."""
    if not isinstance(given, Mapping):
        yield str(given)
    elif "event" in given:
        yield from one_choice(given).names
    elif "obligation" in given:
        yield f"the day of {given['obligation']}"
    else:
        yield from (name for key in given for one in several(given, key) for name in _started_by(one))


def _dates_of(name: str) -> list[str]:
    """The fields of an event that are dates; what is no event has none."""
    return [field for field in fields_of(name) if holds_a_date(name, field)] if name in ev.EVENT_TYPES else []


def _not_carried(due: Due, name: str, dates: Collection[str], define: str) -> str | None:
    """In words, that an event carries no such date; None where it does."""
    field = due.date_field
    if field in dates:
        return None
    accepted = f"accepted: {listed(dates) or 'none'}{nearest(field, dates)}"
    return f"due.date_field: {field!r} is no date of {name}; {accepted}; {define.format(field=field, name=name)}"


def slips_of_rungs(rungs: Sequence[Mapping[str, Any]]) -> Iterator[Slip]:
    """Steps of a ladder that nobody hears, or that come before anything is late."""
    for place, rung in enumerate(rungs):
        if not rung.get("to") and not rung.get("and_owner"):
            yield ("rungs", place), f"rung {place + 1}: nobody is told; accepted: roles in to, or and_owner"
        after = rung.get("after")
        if isinstance(after, int) and after < 1:
            yield (
                ("rungs", place),
                f"rung {place + 1}: after = {after}: nothing is late by then; accepted: 1 working day after due or "
                "more; what goes before is one of reminders",
            )


def _until_entry(given: object) -> bool:
    """Whether a condition says that the child is not looked after yet."""
    before = given.get("before") if isinstance(given, Mapping) else None
    entry = "became_looked_after"
    return before in (entry, {"event": entry}, {"event": entry, "since": "ever"})


def _from_anchor(rule: Rule, due: Due, place: int) -> bool:
    """Whether a date is counted from the rule's own anchor."""
    return due.counted_from == "anchor" or (due.counted_from is None and (place == 0 or rule.occurs != "series"))


def _never(rule: Rule) -> Iterator[Slip]:
    """A rule that no event can meet, that nobody could be told of, or whose clock never starts."""
    if not rule.ladder and not rule.reminders:
        yield ("reminders",), "reminders: none, and no ladder: nobody is ever told; accepted: one of the two"
    try:
        start = rule.start
        _every_word(rule)
    except WordRefused:
        return  # it is told of already
    if rule.before_entry and not start.early:
        yield (
            ("before_entry",),
            'before_entry: its anchor counts from entry only; accepted: since = "ever" in the anchor',
        )
    for place, given in enumerate(rule.applies):
        if not rule.before_entry and _until_entry(given):
            yield ("applies", place), BEFORE_ENTRY_MISSING
            return
    yield from slips_of_dead_rule(rule)


def _every_word(row: Rule) -> None:
    """Reads all that a rule says of when it applies and what meets it. Raises WordRefused."""
    _ = row.ways, row.conditions
    for part in (*row.reminders_to, *row.due, *(instead for due in row.due for instead in due.instead)):
        _ = part.conditions


def _read_papers(rule: Rule) -> bool:
    """Whether all that meets a rule are papers sent to roles; where a name is wrong, that is said elsewhere."""
    papers = [ev.EVENT_TYPES.get(given) if isinstance(given, str) else None for given in rule.met_by]
    return all(paper and issubclass(paper, ev.Circulated) for paper in papers)


def slips_of_notice(notice: Notice) -> Iterator[Slip]:
    """Words that nobody knows."""
    if not notice.events and not notice.booked_after:
        yield ("events",), "events: missing: nothing sets it off; accepted: one or several events"
    wrong = list(_read(lambda: read_setting(notice.events, notice.applies, notice.missing, notice.not_since)))
    yield from wrong or slips_of_dead_notice(notice)
    if not notice.to:
        yield ("to",), "to: missing: nobody could be told; accepted: one role or more"
    if notice.later_than is not None and notice.later_than.anchor is None:
        yield ("later_than",), 'later_than: anchor: missing: later than what?; accepted: anchor = { event = "..." }'
    elif notice.later_than is not None:
        yield from _read(partial(read_start, notice.later_than.anchor), "later_than", "anchor")


def slips_of_gate(gate: Gate) -> Iterator[Slip]:
    """Names the registry does not have."""
    yield from _read(lambda: named(check, gate.check), "check")
    yield from _read(partial(event_name, gate.event), "event")


def _conditions(given: Conditional, *path: str | int) -> Iterator[Slip]:
    for place, one in enumerate(given.applies):
        yield from _read(partial(read_condition, one), *path, "applies", place)


def _read(reader: Callable[[], object], *path: str | int) -> Iterator[Slip]:
    """What is wrong with a word, if anything, and where."""
    try:
        reader()
    except WordRefused as refused:
        yield (*path, *refused.path), str(refused)


def obligations_named(row: Rule | Notice) -> Iterator[tuple[Path, str]]:
    """The obligations that a row names, each where it stands; a word that cannot be read names none."""
    if isinstance(row, Notice):
        yield from ((("booked_after", place), one) for place, one in enumerate(row.booked_after))
        return
    dates: list[tuple[Path, str | None]] = [(("forecast_from",), row.forecast_from)]
    starts: list[tuple[Path, object]] = [(("anchor",), row.anchor)]
    for place, due in enumerate(row.due):
        dates.append((("due", place, "counted_from"), due.other))
        if due.not_after is not None:
            dates.append((("due", place, "not_after", "counted_from"), due.not_after.counted_from))
        for key in ("not_before", "not_sooner_than"):
            distance = getattr(due, key)
            if distance is not None and distance.anchor is not None:
                starts.append((("due", place, key, "anchor"), distance.anchor))
    yield from ((path, date.rpartition(".")[0]) for path, date in dates if date)
    for path, word in starts:
        with suppress(WordRefused):
            yield from ((path, one) for one in sorted(read_start(word).obligations))


def no_obligation(path: Path, name: str, known: Collection[str]) -> str:
    """In words, that a field names an obligation that there is not."""
    field = ".".join(step for step in path if isinstance(step, str))
    return (
        f"{field}: no obligation {name!r}; defined: {listed(known) or 'none'}{nearest(name, known)}; "
        f'to define it, add [[obligation]] with id = "{name}"'
    )


def undefined_obligations(rows: Iterable[Rule | Notice], known: Collection[str]) -> list[str]:
    """In words, each row that names an obligation that the policy does not have."""
    named = ((row.id, path, one) for row in rows for path, one in obligations_named(row))
    return [f"{row}: {no_obligation(path, one, known)}" for row, path, one in named if one not in known]


def undated_milestones(policy: Policy) -> list[str]:
    """In words, each date that is read from a milestone that has no such date."""
    dates = {
        f"{MILESTONE}{one.id}": [name for name, kind in one.details.items() if kind == "date"]
        for one in policy.milestones
    }
    rows = [row for o in policy.obligations for row in (o.rule, *o.limits)]
    read = ((row.id, due, name) for row in rows for due in row.due for name in _carriers(row, due) if name in dates)
    said = ((row, _not_carried(due, name, dates[name], DETAIL_MISSING)) for row, due, name in read)
    return [f"{row}: {text}" for row, text in said if text]


def undefined_milestones(policy: Policy) -> list[str]:
    """In words, each row that names a milestone, or a detail of one, that the policy does not define."""
    details = {one.id: one.details for one in policy.milestones}
    rows: list[Rule | Notice] = [row for o in policy.obligations for row in (o.rule, *o.limits)]
    wrong = []
    for row in (*rows, *policy.notices):
        for own, fields in _milestones_in(row.model_dump()):
            if own not in details:
                wrong.append(
                    f"{row.id}: milestone.{own}: no milestone {own!r}; defined: {listed(details) or 'none'}"
                    f"{nearest(own, details)}; to define it, add [milestone.{own}] with title and clause"
                )
            wrong += [
                f"{row.id}: milestone.{own}: no detail {field!r}; defined: {listed(details[own]) or 'none'}"
                f'{nearest(field, details[own])}; to define it, add details = {{ {field} = "text" }}'
                for field in fields
                if own in details and field not in details[own]
            ]
            wrong += [
                f"{row.id}: milestone.{own}: {field}: {value!r} is never its value; "
                f"accepted: {KINDS[details[own][field]][1]}"
                for field, given in fields.items()
                for value in _values_in(given)
                if own in details and field in details[own] and not KINDS[details[own][field]][0](value)
            ]
    return wrong


def _values_in(given: object) -> Iterator[object]:
    """The values that a field is compared with; whether it is given at all is asked of none."""
    if isinstance(given, Mapping):
        yield from (value for key, one in given.items() if key != "given" for value in _values_in(one))
    elif isinstance(given, list | tuple):
        yield from (value for one in given for value in _values_in(one))
    else:
        yield given.isoformat() if isinstance(given, date) else given


def undefined_roles(policy: Policy) -> list[str]:
    """In words, each own role that the policy names and does not list."""
    rows: list[Rule | Notice | Gate] = [row for o in policy.obligations for row in (o.rule, *o.limits)]
    named = [
        (row.id, role) for row in (*rows, *policy.notices, *policy.gates) for role in _own_roles_in(row.model_dump())
    ]
    named += [("ladder", role) for role in _own_roles_in(policy.ladder.model_dump())]
    known = {role.value for role in policy.roles}
    return [
        f"{row}: {role}: no role of that name; defined: {listed(known) or 'none'}{nearest(role, known)}; "
        f'to define it, add roles = ["{role}"] at the head'
        for row, role in dict.fromkeys(named)
        if role not in known
    ]


def _own_roles_in(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield from [str(data)] if data.startswith(OWN_ROLE) else []
    elif isinstance(data, Mapping):
        yield from (role for key, value in data.items() for role in (*_own_roles_in(key), *_own_roles_in(value)))
    elif isinstance(data, list | tuple):
        yield from (role for value in data for role in _own_roles_in(value))


def _milestones_in(data: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The milestones that a row names anywhere, each with the details it compares and what with."""
    if isinstance(data, str) and data.startswith(MILESTONE):
        yield data.removeprefix(MILESTONE), {}
    elif isinstance(data, Mapping):
        where = data.get("where", ())
        tables = where if isinstance(where, list | tuple) else [where]
        names = data.get("event", ())
        for name in [names] if isinstance(names, str) else names or ():
            yield from ((own, table) for own, _ in _milestones_in(name) for table in tables or [{}])
        yield from (one for key, value in data.items() if key != "event" for one in _milestones_in(value))
    elif isinstance(data, list | tuple):
        yield from (one for value in data for one in _milestones_in(value))


SLIPS: Mapping[str, Callable[[Any], Iterable[Slip]]] = {
    "obligation": slips_of_rule,
    "notice": slips_of_notice,
    "gate": slips_of_gate,
}
"""What looks at the rows of each table of a policy file."""
