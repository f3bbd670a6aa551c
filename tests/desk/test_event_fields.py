"""The form of an event comes from its model: whatever the desk offers can be filled in, and is taken."""

from datetime import date

import pytest

from desk.event_fields import REFERENCE, EventField, fields_of, is_offered, read, said_in
from desk.forms import Errors
from domain.case import events as ev
from domain.case.documents import document_of, parse_event

TODAY = date(2026, 3, 2)
OFFERED = [kind for kind in ev.EVENT_TYPES if is_offered(kind)]
TYPED = {"day": "2 Mar", "line": "iris", "long": "The chair was ill", "ticked": "yes", "yes_or_no": "no", "step": "ppm",
         "references": "N-2, N-3"}  # fmt: skip


def typed(field: EventField) -> list[str]:
    """What somebody enters into a field."""
    return [TYPED[field.shape]] if field.shape in TYPED else [field.options[-1][0]]


def given(kind: str) -> dict[str, str]:
    return {"type": kind, "id": "desk-1", "child": "N-1", "by": "anna"}


@pytest.mark.parametrize("kind", OFFERED)
def test_a_form_filled_in_is_an_event_and_one_left_empty_says_what_to_enter(kind: str) -> None:
    model = ev.EVENT_TYPES[kind]
    fields = fields_of(model)
    entered = {field.name: typed(field) for field in fields}
    errors = Errors()

    event = read(model, given(kind), lambda name: entered.get(name, []), TODAY, errors)

    assert event is not None, errors.summary
    assert parse_event(document_of(event)) == event
    assert set(document_of(event)) >= {field.name for field in fields}
    assert all(text for _, text in said_in(event, {}))
    empty = Errors()
    read(model, given(kind), lambda _: [], TODAY, empty)
    assert [one["href"] for one in empty.summary] == [f"#{field.name}" for field in fields if field.needed]


@pytest.mark.parametrize(
    ("entered", "siblings"), [("N-2 N-3", ("N-2", "N-3")), ("N-2,N-3", ("N-2", "N-3")), ("none", ()), ("N-2", ("N-2",))]
)
def test_brothers_and_sisters_are_entered_by_reference_and_none_is_none(
    entered: str, siblings: tuple[str, ...]
) -> None:
    fields = {"on": ["1 Mar"], "siblings": [entered]}
    errors = Errors()
    event = read(ev.SiblingsChanged, given("siblings_changed"), lambda one: fields.get(one, []), TODAY, errors)
    assert isinstance(event, ev.SiblingsChanged), errors.summary
    assert event.siblings == siblings


def test_every_event_of_the_contract_is_offered_but_entries_adoptions_of_policies_and_voidings() -> None:
    left_out = {"became_looked_after", "pre_proceedings_started", "policy_adopted", "event_voided"}
    assert set(ev.EVENT_TYPES) - set(OFFERED) == left_out


def test_what_begins_a_journey_or_needs_a_table_of_children_is_not_offered() -> None:
    assert set(ev.EVENT_TYPES) - set(OFFERED) >= {"became_looked_after", "pre_proceedings_started", "policy_adopted"}
    assert "plans" not in {field.name for field in fields_of(ev.PpmHeld)}


@pytest.mark.parametrize(
    ("name", "entered", "said"),
    [
        ("on", "3 Mar 2026", "Enter today or an earlier day"),
        ("on", "31 Feb", "There is no such day"),
        ("on", "soon", "Enter a day, such as 3 Jan"),
        ("on", "1 Jan 1900", "Enter a day of the years 1950 to 2150"),
        ("primary_plan", "elsewhere", "This is not accepted"),
        ("note", "x" * 2001, "Enter up to 2000 characters; these are 2001"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(name: str, entered: str, said: str) -> None:
    fields = {"on": ["1 Mar"], "primary_plan": ["adoption"], name: [entered]}
    errors = Errors()

    assert read(ev.PpmHeld, given("ppm_held"), lambda one: fields.get(one, []), TODAY, errors) is None

    problem = errors.of(name)
    assert problem is not None
    assert problem["text"].startswith(said)


@pytest.mark.parametrize(
    ("kind", "name"), [("siblings_changed", "siblings"), ("sibling_placed_for_adoption", "sibling")]
)
def test_what_is_no_reference_is_said_without_a_pattern(kind: str, name: str) -> None:
    fields, errors = {"on": ["1 Mar"], name: ["CLA 3017 (Sam)"]}, Errors()

    assert read(ev.EVENT_TYPES[kind], given(kind), lambda one: fields.get(one, []), TODAY, errors) is None

    assert [one["text"] for one in errors.summary] == [REFERENCE]
