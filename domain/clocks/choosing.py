"""Events as a policy chooses them: of a type, with values in their fields, since entry, since the anchor, or ever.

`{ event = "review_held", where = { number = 1, reunification_prospect = false } }` is each first review that saw no
prospect of the child's return.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from domain.case import events as ev
from domain.case.accepted import accepted_for, field_names
from domain.case.facts import Facts
from domain.case.milestone import PREFIX as MILESTONE
from domain.case.words import Role, Series
from domain.clocks.spelling import spaced
from domain.clocks.vocabulary import Table, WordRefused, listed, nearest, one_of, only, several, within

CHOICE_KEYS: Final = ("event", "where", "since")

Value = Callable[[Facts, ev.Event], Any]
Test = Callable[[Facts, ev.Event], bool]


@dataclass(frozen=True, slots=True)
class ChosenEvents:
    """The events that a policy chooses. `find` takes the first day that counts where that is said elsewhere."""

    names: tuple[str, ...]
    find: Callable[[Facts, date | None], Sequence[ev.Event]]
    says: str
    test: Test | None
    since: str


def choice(given: object, *, since: str | None = None, places: Collection[str] = ("entry", "ever")) -> ChosenEvents:
    """Read a choice of events: a type's name, or a table. Raises WordRefused."""
    table: Table = {"event": given} if isinstance(given, str) else given if isinstance(given, Mapping) else {}
    if "event" not in table:
        raise WordRefused(
            'accepted here: the type of an event, or a table such as { event = "ppm_held", where = { ... } }'
        )
    names = tuple(event_name(name, path) for name, path in _names(table))
    only(table, CHOICE_KEYS, "of a choice of events")
    test, said = (None, "") if "where" not in table else _where(table["where"], names)
    counted = one_of(table, "since", places, since or usual_since(names))
    says = " or ".join(map(spoken, names)) + said
    return ChosenEvents(names, _finder(names, test, counted), says, test, counted)


def _names(table: Table) -> list[tuple[str, tuple[str | int, ...]]]:
    if isinstance(table["event"], str):
        return [(table["event"], ("event",))]
    return [(str(name), ("event", place)) for place, name in enumerate(several(table, "event"))]


def event_name(name: str, path: tuple[str | int, ...] = ()) -> str:
    """The type of an event, or `milestone.ID`. Raises WordRefused with those there are."""
    if name in ev.EVENT_TYPES or name.startswith(MILESTONE):
        return name
    raise WordRefused(
        f"{name!r} is no event type{nearest(name, ev.EVENT_TYPES)}; accepted: {listed(ev.EVENT_TYPES)}; "
        "an event of your own is a [milestone.ID] of the policy, named milestone.ID",
        path,
    )


def usual_since(names: Collection[str]) -> str:
    """What may come before entry counts whenever it was; all else from entry on."""
    early = {name for name, model in ev.EVENT_TYPES.items() if issubclass(model, ev.MAY_PRECEDE_ENTRY)}
    return "ever" if early.issuperset(names) else "entry"


def spoken(name: str) -> str:
    """The name of an event as people say it."""
    return spaced(name.removeprefix(MILESTONE).replace("-", "_"))


def _finder(
    names: tuple[str, ...], test: Test | None, since: str
) -> Callable[[Facts, date | None], Sequence[ev.Event]]:
    def of_types(facts: Facts) -> Sequence[ev.Event]:
        events = facts.named(names[0]) if len(names) == 1 else _in_order(facts, names)
        return events if test is None else [e for e in events if test(facts, e)]

    def find(facts: Facts, day: date | None = None) -> Sequence[ev.Event]:
        events = facts.once(of_types)
        if not events or since == "ever":
            return events
        if since == "entry":
            start = facts.care.start if facts.care else date.max
            return [e for e in events if e.on >= start and not facts.under_short_breaks(e.on)]
        first = day or date.max
        return [e for e in events if (e.on > first if since == "day_after_anchor" else e.on >= first)]

    return find


def _in_order(facts: Facts, names: Collection[str]) -> list[ev.Event]:
    chosen = {event.id for name in names for event in facts.named(name)}
    return [known.event for known in facts.known if known.event.id in chosen]


# Where: the values of fields


def _where(given: object, names: Sequence[str]) -> tuple[Test, str]:
    """A test of an event's fields: a table of which all must hold, or a list of tables of which one must."""
    tables = given if isinstance(given, list | tuple) else [given]
    either: list[Test] = []
    said: list[str] = []
    for place, table in enumerate(tables):
        with within("where", *([place] if tables is given else [])):
            if not isinstance(table, Mapping) or not table:
                raise WordRefused('accepted here: a table of fields and values, such as { series = "care" }')
            tests = [_field_test(names, field, value) for field, value in table.items()]
        either.append(_all([test for test, _ in tests]))
        said.append(" and ".join(text for _, text in tests))
    words = f" with {' or '.join(said)}"
    return (either[0], words) if len(either) == 1 else (lambda facts, e: any(test(facts, e) for test in either), words)


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda facts, event: all(test(facts, event) for test in tests)


def comparing(name: str, field: str, given: object) -> tuple["Compare", str]:
    """How a field of an event is compared, and that in words. Raises WordRefused."""
    return _comparison(given, lambda value: _as_field(name, field, value))


def _field_test(names: Sequence[str], field: str, given: object) -> tuple[Test, str]:
    values = {name: _value_of(name, field) for name in names}
    with within(field):
        compare, said = comparing(names[0], field, given)
    if len({*map(_type_of, names)}) == 1:
        value = values[names[0]]
        return (lambda facts, event: compare(value(facts, event))), f"{spaced(field)} {said}"
    by_type = {_type_of(name): value for name, value in values.items()}
    return (lambda facts, event: compare(by_type[event.type](facts, event))), f"{spaced(field)} {said}"


def _type_of(name: str) -> str:
    return "milestone" if name.startswith(MILESTONE) else name


def _number(facts: Facts, event: ev.Event) -> int:
    """The place of a review among the looked-after reviews; 0 for one that is none of them."""
    return facts.review_numbers.get(event.id, 0)


def _series(_: Facts, event: ev.Event) -> Sequence[Series]:
    assert isinstance(event, ev.ReviewHeld)
    return tuple(Series) if event.series is None else event.series


def _planned(field: str) -> Value:
    """The child's own plan of a meeting, also where several children each have one."""

    def value(facts: Facts, event: ev.Event) -> Any:
        assert isinstance(event, ev.PpmHeld)
        return getattr(facts.plan_of(event), field)

    return value


WORKED_OUT: Final[Mapping[tuple[str, str], Value]] = {
    ("review_held", "number"): _number,
    ("review_held", "series"): _series,
    ("ppm_held", "primary_plan"): _planned("primary_plan"),
    ("ppm_held", "contingency_plan"): _planned("contingency_plan"),
    ("ppm_held", "plan_final"): _planned("plan_final"),
}
"""Fields that are read otherwise than they stand in the event. `number` of a review stands in none: it is counted."""


def fields_of(name: str) -> list[str]:
    """The fields of a type of event that a policy may compare."""
    own = [field for field in field_names(ev.EVENT_TYPES[name]) if field not in UNCOMPARED]
    return own + [field for (kind, field) in WORKED_OUT if kind == name and field not in own]


UNCOMPARED: Final = frozenset({"type", "id", "child", "on", "recorded_at", "by", "note", "corrects"})
"""What every event has, and no rule hangs on."""


def _value_of(name: str, field: str) -> Value:
    if name.startswith(MILESTONE):
        return lambda _, event: event.details.get(field) if isinstance(event, ev.MilestoneReached) else None
    if field not in fields_of(name):
        known = fields_of(name)
        raise WordRefused(
            f"{field!r} is no field of {name}; accepted: {listed(known) or 'none: it has no fields'}"
            f"{nearest(field, known)}",
            (field,),
        )
    worked_out = WORKED_OUT.get((name, field))
    if worked_out:
        return worked_out
    model = ev.EVENT_TYPES[name]
    attribute = next(key for key, one in model.model_fields.items() if field in (key, one.alias))
    return lambda _, event: getattr(event, attribute)


def _as_field(name: str, field: str, value: object) -> Any:
    """A value as the field has it. Raises WordRefused for one that no such event can have."""
    if name.startswith(MILESTONE):
        return value.isoformat() if isinstance(value, date) else value  # as a file has it, and a history
    if (name, field) == ("review_held", "number"):
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise WordRefused(f"{value!r} is not accepted; accepted: the place of a review, from 1 (0: of no care series)")
    model = ev.EVENT_TYPES[name]
    annotation = next(one.annotation for key, one in model.model_fields.items() if field in (key, one.alias))
    try:
        return TypeAdapter(_single(annotation)).validate_python(value, strict=isinstance(value, bool))
    except ValidationError:
        raise WordRefused(f"{value!r} is not accepted; accepted: {accepted_for(model, [field])}") from None


MOST_REVIEWS: Final = 250
"""More looked-after reviews than a childhood has room for (ours: one each month of eighteen years, and some)."""


def holds_a_date(name: str, field: str) -> bool:
    """Whether a field of an event is a date."""
    fields = ev.EVENT_TYPES[name].model_fields.items()
    return any(_is_date(one.annotation) for key, one in fields if field in (key, one.alias))


def _is_date(annotation: Any) -> bool:
    return annotation is date or any(map(_is_date, get_args(annotation)))


def values_of(name: str, field: str) -> Sequence[Any] | None:
    """All the values that a field of an event can have; None where they are not a few."""
    if (name, field) == ("review_held", "number"):
        return range(MOST_REVIEWS)
    model = ev.EVENT_TYPES.get(name)
    field_model = (
        next((one for key, one in model.model_fields.items() if field in (key, one.alias)), None) if model else None
    )
    kinds = (get_args(field_model.annotation) or (field_model.annotation,)) if field_model else ()
    known = [_members(kind) for kind in kinds]
    return None if not known or None in known else [value for each in known for value in each or ()]


def _members(kind: Any) -> Sequence[Any] | None:
    """The values of a type that has a few."""
    if kind is bool or kind is type(None):
        return (False, True) if kind is bool else (None,)
    is_listed = isinstance(kind, type) and issubclass(kind, Enum) and kind is not Role
    return list(kind) if is_listed else None


def _single(annotation: Any) -> Any:
    """The type of one value: of a list's entries, of an object's keys."""
    args = [arg for arg in get_args(annotation) if arg is not type(None)]
    origin = get_origin(annotation)
    if origin in (Union, UnionType) and len(args) == 1:
        return _single(args[0])
    if origin is tuple or origin is dict:
        return _single(args[0])
    return annotation


Compare = Callable[[Any], bool]
Read = Callable[[object], Any]


def _comparison(given: object, read: Read) -> tuple[Compare, str]:
    """What a value must be: one, one of several, or what a table says."""
    if isinstance(given, Mapping):
        return _compared_as(given, read)
    if isinstance(given, list | tuple):
        if not given:
            raise WordRefused("an empty list: nothing can be one of it; accepted: one or several values")
        values = [read(one) for one in given]
        return (lambda value: any(_is(value, one) for one in values)), " or ".join(map(_shown, values))
    wanted = read(given)
    return partial(_is, wanted=wanted), _shown(wanted)


SEVERAL: Final = (tuple, dict, list)


def _is(value: Any, wanted: Any) -> bool:
    """Whether a field has a value, or, where it has several, holds it."""
    if type(value) in SEVERAL:
        return wanted in value
    return bool(value == wanted)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spaced(str(getattr(value, "value", value)))


def _negated(given: object, read: Read) -> tuple[Compare, str]:
    compare, said = _comparison(given, read)
    return (lambda value: not compare(value)), f"not {said}"


def _has(given: object, read: Read) -> tuple[Compare, str]:
    wanted = [read(one) for one in (given if isinstance(given, list | tuple) else [given])]
    return (lambda value: all(_is(value, one) for one in wanted)), "with " + " and ".join(map(_shown, wanted))


def _given(given: object, _: Read) -> tuple[Compare, str]:
    if not isinstance(given, bool):
        raise WordRefused("given: accepted: true or false")
    return (lambda value: (value not in (None, (), {})) is given), "given" if given else "not given"


def _at_least(given: object, read: Read) -> tuple[Compare, str]:
    least = read(given)
    return (lambda value: value is not None and _ordered(value) >= _ordered(least)), f"{_shown(least)} or more"


def _below(given: object, read: Read) -> tuple[Compare, str]:
    most = read(given)
    return (lambda value: value is not None and _ordered(value) < _ordered(most)), f"under {_shown(most)}"


def _ordered(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


COMPARISONS: Final[Mapping[str, Callable[[object, Read], tuple[Compare, str]]]] = {
    "not": _negated,
    "has": _has,
    "given": _given,
    "from": _at_least,
    "under": _below,
}


def _compared_as(table: Table, read: Read) -> tuple[Compare, str]:
    only(table, COMPARISONS, "as a comparison")
    if not table:
        raise WordRefused(f"an empty table; accepted: {listed(COMPARISONS)}")
    each = [COMPARISONS[key](value, read) for key, value in table.items()]
    tests = [test for test, _ in each]
    return (lambda value: all(test(value) for test in tests)), " and ".join(said for _, said in each)
