"""The form of an event, made from its own model: no form is written by hand, so none can differ from what is taken."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from desk.days import day_typed
from desk.forms import Errors
from domain.case import events as ev
from domain.case.accepted import accepted_for
from domain.case.documents import document_of
from domain.case.words import OWN_ROLE, LegalStatus, Participation, ReasonForCeasing, Role
from domain.clocks.schedule import HOLD_AT_MOST, HOLD_UNLESS_SAID
from domain.clocks.wording import coded, in_words, spaced

Shape = Literal["day", "line", "long", "ticked", "yes_or_no", "one", "many", "references", "step", "number"]
GIVEN: Final = frozenset({"type", "id", "child", "recorded_at", "by", "corrects"})
"""What the desk knows without asking."""
LONG: Final = 200
"""Characters above which a text is a paragraph: the models know short texts and long ones."""
FEW: Final = 8
"""Options that are shown beside the rest; a choice of more that nobody must make is folded away (ours: a screen)."""
ENTERED_ELSEWHERE: Final = frozenset(
    {"pre_proceedings_started", "became_looked_after", "policy_adopted", "event_voided"}
)
"""Where a journey begins is of the case system, a policy is adopted for all at once, and voiding is undoing."""
LABELS: Final[dict[str, str]] = {
    "on": "Which day was it?",
    "for": "For which day is it booked?",
    "until": "Until the end of which day?",
    "note": "Note",
    "obligation": "Which step?",
    "reason": "Reason",
    "reasons": "Reasons",
    "to": "Sent to",
    "plan_final": "This plan is final",
    "adoption_advice_issued": "Adoption advice was issued",
    "plan_agreed": "The review agreed the permanence plan",
    "reunification_prospect": "Is there a prospect of return home?",
    "long_term_placement_ratified": "The review ratified a long-term placement",
    "series": "Which reviews does it count for?",
    "participation": "How did the child take part?",
    "chair": "Who chaired it?",
    "attended": "Who attended?",
    "views": "Whose views were heard?",
    "should_be_placed": "Was it decided that the child should be placed for adoption?",
    "together": "Are they to be placed together?",
    "by_role": "Approved by",
    "authorised_by": "Authorised by",
    "siblings": "References of all brothers and sisters there are now",
    "relinquished": "Is the child relinquished for adoption?",
    "milestone": "What was it?",
    "sibling": "Reference of the brother or sister",
    "contact": "Who is it?",
    "kind": "What is there now?",
}
"""What a field is called where its name alone would not say it."""
TO_ONE: Final = "With whom is it now?"
"""Where `to` is one role: a dispute's level, whoever a plan is referred to. Else it is to whom something was sent."""
OPTIONAL: Final = " (optional)"
"""Said of a field that may stay empty, in its form alone."""
HINTS: Final[dict[str, str]] = {
    "on": "For example, 3 Jan or 3/1/2026",
    "for": "For example, 3 Mar or 3/3/2026",
    "until": "For example, 3 Mar or 3/3/2026",
    "note": "No names of people outside the case",
    "series": "If none is ticked, all that are under way",
    "siblings": "Between spaces or commas; enter none if there are none",
    "contact": "By name, by work mail address, or as the directory calls them",
    "authorised_by": "By name, or as the directory calls them",
    "reason": "It is shown with the case, for the review and for inspectors",
    "reasons": "They are shown with the case, for the review and for inspectors",
}
BY_SHAPE: Final[dict[Shape, str]] = {"many": "Tick all that apply", "day": HINTS["on"], "number": "In figures"}
CALLED: Final = ("obligation", "milestone", "contact")
"""Fields that name something which people call otherwise."""
TODAY_IS_MEANT: Final = (ev.Booking, *ev.ABOUT_AN_OBLIGATION)
"""Events of the day on which they are recorded: which day it was is not asked."""


@dataclass(frozen=True, slots=True)
class EventField:
    """A field of an event as people meet it. `options` are codes with what they mean."""

    name: str
    shape: Shape
    needed: bool
    options: tuple[tuple[str, str], ...] = ()
    longest: int = LONG
    of: str = ""
    """What it belongs to within the event: `plans.N-2` a child's plan, `details.ID` a milestone."""

    @property
    def key(self) -> str:
        """What it is called where it is sent."""
        return f"{self.of}.{self.name}" if self.of else self.name

    @property
    def label(self) -> str:
        """What it is called in the form."""
        words = {**LABELS, "to": TO_ONE} if self.shape == "one" else LABELS
        label = (None if self.of_policy else words.get(self.name)) or _capital(spaced(self.name))
        return label if self.needed or self.shape == "ticked" else f"{label}{OPTIONAL}"

    @property
    def said_as(self) -> str:
        """What it is called where it has been said."""
        return self.label.removesuffix(OPTIONAL)

    @property
    def of_policy(self) -> bool:
        """Whether its name is a policy's own word, which may mean something else elsewhere."""
        return self.of.startswith("details.")

    @property
    def names_roles(self) -> bool:
        """Whether it is a choice of roles, to which those of a policy's own belong."""
        return Role.SOCIAL_WORKER in dict(self.options)

    @property
    def missing(self) -> str:
        """What is said where it is needed and empty."""
        return f"{self.label}{'' if self.label.endswith('?') else ':'} {MISSING[self.shape]}"

    def in_words(self, value: Any) -> str:
        """A value as people read it."""
        if isinstance(value, bool):
            return "Yes" if value else "No"
        meanings = {**dict(self.options), **(own_roles(value) if self.names_roles else {})}
        if isinstance(value, list):
            return ", ".join(meanings.get(one, str(one)) for one in value) or "None"
        return in_words(date.fromisoformat(value)) if self.shape == "day" else meanings.get(str(value), str(value))

    @property
    def hint(self) -> str:
        """What is said below its name."""
        if self.name == "until" and not self.needed:
            return f"Without a day: {HOLD_UNLESS_SAID} working days. Never longer than {HOLD_AT_MOST}"
        named = None if self.of_policy else HINTS.get(self.name)
        return named if named is not None else BY_SHAPE.get(self.shape, "")

    @property
    def folded(self) -> bool:
        """Whether it is put away until somebody wants it."""
        return not self.needed and (len(self.options) > FEW or self.name == "note")


def is_offered(kind: str) -> bool:
    """Whether the desk has a form for a type of event."""
    model = ev.EVENT_TYPES.get(kind)
    if model is None or kind in ENTERED_ELSEWHERE:
        return False
    asked = {field.name for field in fields_of(model)}
    return all(_name(name, info) in asked | GIVEN | {"on"} for name, info in _required(model))


def fields_of_plan(child: str) -> list[EventField]:
    """What is asked of the plan that a joint meeting makes for one of several children."""
    asked = [_field(name, info) for name, info in ev.PlanForChild.model_fields.items()]
    return [replace(field, of=f"plans.{child}") for field in asked if field is not None]


def asks_the_day(model: type[ev.Event]) -> bool:
    """Whether it is asked on which day it was."""
    return not issubclass(model, TODAY_IS_MEANT)


def fields_of(model: type[ev.Event]) -> list[EventField]:
    """What is asked of an event: the day, what is its own, and the note at the end. Tables of children are left out."""
    asked = [_field(name, info) for name, info in model.model_fields.items() if _name(name, info) not in GIVEN]
    ours = [field for field in asked if field is not None and (field.name != "on" or asks_the_day(model))]
    return sorted(ours, key=lambda field: (field.name != "on", field.name == "note"))


def read(
    model: type[ev.Event], given: dict[str, Any], typed: Callable[[str], list[str]], today: date, errors: Errors
) -> ev.Event | None:
    """The event that a form was filled in for, or None with what is wrong added to the errors.

    `given` is what the desk knows; `typed` gives the values of a field.
    """
    said = {"on": today.isoformat(), **given, **values_of(fields_of(model), typed, today, errors)}
    return None if errors else _checked(model, said, errors)


def values_of(
    fields: Iterable[EventField], typed: Callable[[str], list[str]], today: date, errors: Errors
) -> dict[str, Any]:
    """What was entered, by the names of the fields; what is empty is left out, what is wrong is added to the errors."""
    read_as = {
        field.name: _value(field, [one.strip() for one in typed(field.key) if one.strip()], today, errors)
        for field in fields
    }
    return {name: value for name, value in read_as.items() if value is not None}


def as_typed(fields: Iterable[EventField], document: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is said already, as a form shows it to be changed."""
    return {field.key: _typed(field, document[field.name]) for field in fields if field.name in document}


def as_meant(fields: Iterable[EventField], sent: Mapping[str, list[str]], today: date) -> dict[str, list[str]]:
    """What was sent; a day in full where another is read tomorrow: a page sent after midnight means what it said."""
    days = [field for field in fields if field.shape == "day" and sent.get(field.key)]
    meant = {}
    for field in days:
        typed, ahead = sent[field.key][0], field.name != "on"
        read_as = day_typed(typed, today, ahead=ahead)
        if not isinstance(read_as, str) and read_as != day_typed(typed, today + timedelta(days=1), ahead=ahead):
            meant[field.key] = [in_words(read_as.day)]
    return {**sent, **meant}


def _typed(field: EventField, value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(one) for one in value]
    return [in_words(date.fromisoformat(value)) if field.shape == "day" else str(value)]


def said_in(event: ev.Event, called: Mapping[str, str]) -> list[tuple[str, str]]:
    """What an event says, field by field, as it is read before it is recorded and afterwards.

    `called` is what obligations, milestones and people are called, by what the event has.
    """
    document = document_of(event)
    said = [(LABELS["on"], in_words(event.on))] if asks_the_day(type(event)) else []
    fields = [field for field in fields_of(type(event)) if field.name in document and field.name != "on"]
    values = {name: called.get(value, value) if name in CALLED else value for name, value in document.items()}
    return [*said, *((field.said_as, field.in_words(values[field.name])) for field in fields)]


def _checked(model: type[ev.Event], said: dict[str, Any], errors: Errors) -> ev.Event | None:
    try:
        return model.model_validate_json(json.dumps(said), strict=True)
    except ValidationError as refused:
        for one in refused.errors(include_url=False, include_input=False):
            name = str(one["loc"][0]) if one["loc"] else "on"
            accepted = accepted_for(model, [name])
            errors.add(name, REFERENCE if ev.CHILD_REF in accepted else f"This is not accepted. Enter {accepted}")
    return None


REFERENCE: Final = (
    "Enter each child's reference as the case system has it, such as CLA-3017: letters, digits, full stops, dashes and "
    "underscores, up to 64"
)
"""What is accepted as a reference, in place of the pattern that a program reads."""


def _value(field: EventField, typed: list[str], today: date, errors: Errors) -> Any:
    """The value of a field as the event has it; None where nothing was said."""
    if not typed:
        if field.needed:
            errors.add(field.key, field.missing)
        return None
    match field.shape:
        case "ticked" | "yes_or_no":
            return typed[0] == "yes"
        case "many":
            return typed
        case "references":
            named = " ".join(typed).replace(",", " ").split()
            return [] if [one.lower() for one in named] == ["none"] else named
        case "day":
            return _day(field, typed[0], today, errors)
        case "number":
            return _number(field, typed[0], errors)
        case "long" | "line" if len(typed[0]) > field.longest:
            errors.add(field.key, f"Enter up to {field.longest} characters; these are {len(typed[0])}")
    return typed[0]


def _day(field: EventField, typed: str, today: date, errors: Errors) -> str | None:
    read_as = day_typed(typed, today, ahead=field.name != "on")
    if isinstance(read_as, str):
        errors.add(field.key, read_as)
        return None
    if field.name == "on" and read_as.day > today:
        errors.add("on", "Enter today or an earlier day: it is recorded once it has happened")
    return read_as.day.isoformat()


def _number(field: EventField, typed: str, errors: Errors) -> float | None:
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", typed):
        errors.add(field.key, f"{field.label}: enter a number in figures, such as 3 or 2.5")
        return None
    return float(typed) if "." in typed else int(typed)


def own_roles(named: Iterable[str]) -> dict[str, str]:
    """Roles of an authority's own, with what people call them."""
    listed = [named] if isinstance(named, str) else named
    return {role: _capital(spaced(role)) for role in listed if role.startswith(OWN_ROLE)}


MISSING: Final[dict[Shape, str]] = {
    "day": "Enter the day, such as 3 Jan or 3/1/2026",
    "line": "Enter it",
    "long": "Enter it, in a sentence or two",
    "ticked": "Tick it",
    "yes_or_no": "Choose yes or no",
    "one": "Choose one",
    "many": "Tick at least one",
    "references": "Enter them, or none",
    "step": "Choose one",
    "number": "Enter it in figures",
}
"""What to do about a field that is needed and empty, after its name."""


# From the model


def _required(model: type[ev.Event]) -> Iterator[tuple[str, FieldInfo]]:
    return ((name, info) for name, info in model.model_fields.items() if info.is_required())


def _name(name: str, info: FieldInfo) -> str:
    return info.alias or name


def _field(name: str, info: FieldInfo) -> EventField | None:
    called = _name(name, info)
    inner, metadata = _plain(info.annotation, list(info.metadata))
    shape = "step" if called == "obligation" else _shape(inner, metadata, optional=not info.is_required(), info=info)
    if shape is None:
        return None
    codes = next((one for one in (inner, *get_args(inner)) if _of_codes(one)), None)
    options = tuple((code.value, _in_words(code)) for code in codes) if codes else ()
    return EventField(called, shape, info.is_required(), options, _longest(metadata))


def _plain(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any]]:
    """A field's type without None and without what is required of it, which is listed beside."""
    if get_origin(annotation) in (Union, UnionType):
        [one] = [each for each in get_args(annotation) if each is not NoneType]
        return _plain(one, metadata)
    if hasattr(annotation, "__metadata__"):
        return _plain(get_args(annotation)[0], [*annotation.__metadata__, *metadata])
    return annotation, metadata


def _shape(inner: Any, metadata: Iterable[Any], *, optional: bool, info: FieldInfo) -> Shape | None:
    if inner is date:
        return "day"
    if inner is bool:
        return "ticked" if optional and info.default is False else "yes_or_no"
    if inner is str:
        return "long" if _longest(metadata) > LONG else "line"
    if get_origin(inner) is tuple:
        one = get_args(inner)[0]
        return "many" if _of_codes(one) else "references" if _plain(one, [])[0] is str else None
    return "one" if _of_codes(inner) else None


def _of_codes(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, StrEnum)


def _longest(metadata: Iterable[Any]) -> int:
    return next((one.max_length for one in metadata if getattr(one, "max_length", None)), LONG)


def _in_words(code: StrEnum) -> str:
    return _capital(
        coded(code) if isinstance(code, LegalStatus | Participation | ReasonForCeasing) else spaced(code.value)
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
