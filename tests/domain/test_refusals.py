"""What is refused, in words that name the event, the field and what is accepted, and that give nothing away."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case import events as ev
from domain.case.documents import EventRefused, parse_event
from tests.domain.story import FILLED_IN, Live, agenda_at, events, london, refusals, standing

PPM, GUIDE = "ppm-procedure", "quick-guide"
ENTRY = "2026-01-05 became_looked_after\n"


def refused(raw: object) -> str:
    """The text of a refusal for form."""
    with pytest.raises(EventRefused) as raised:
        parse_event(raw)
    return str(raised.value)


def entry(**fields: Any) -> dict[str, Any]:
    given = {"id": "a1", "type": "became_looked_after", "child": "CLA-1", "on": "2026-01-05"}
    return given | FILLED_IN["became_looked_after"] | fields


# Form


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (entry(type="ppm_hold"), ["event a1", "type: 'ppm_hold'", "did you mean ppm_held?"]),
        (entry(colour="red"), ["event a1 (became_looked_after)", "colour: unknown field", "legal_status"]),
        (entry(on="05/01/2026"), ["on:", "a date as YYYY-MM-DD"]),
        (entry(on="2026-02-30"), ["on: '2026-02-30'", "a date as YYYY-MM-DD"]),
        (entry(on="2026-1-5"), ["on: '2026-1-5'", "a date as YYYY-MM-DD"]),
        (entry(on=1767571200), ["on: 1767571200", "a date as YYYY-MM-DD"]),
        (entry(legal_status="Z9"), ["legal_status: 'Z9'", "one of C1, C2"]),
        (entry(relinquished="true"), ["relinquished: 'true'", "true or false"]),
        (entry(child="two words"), ["child: the value", "text of the form"]),
        (entry(siblings="CLA-2"), ["siblings:", "a list of"]),
        (entry(date_of_birth="2026-02-03"), ["date_of_birth: a child cannot become looked after before being born"]),
        ({"id": "a1", "type": "review_booked", "child": "C", "on": "2026-01-05"}, ["for: missing", "YYYY-MM-DD"]),
        ([], ["an event must be one JSON object"]),
        ({}, ["type: the event type is missing"]),
    ],
)
def test_a_refusal_for_form_names_event_field_and_what_is_accepted(raw: object, said: list[str]) -> None:
    reason = refused(raw)
    assert [part for part in said if part not in reason] == []


@pytest.mark.parametrize("field", ["type", "legal_status", "entry", "on", "policy", "child", "relinquished"])
@pytest.mark.parametrize(
    "personal", ["Jayden", "JAYDEN", "O-Neill", "Amy", "AMY", "9434765919", "943-476-5919", 9434765919]
)
def test_a_name_or_number_that_slipped_into_a_codes_place_is_not_repeated(field: str, personal: object) -> None:
    """A refusal of an update stands in Temporal in the clear."""
    if field in ("policy", "child") and personal != 9434765919:
        personal = f"{personal} "  # else it is one
    assert str(personal).strip() not in refused(entry(**{field: personal}))


@pytest.mark.parametrize("kind", ["ReviewHeld", "review-held", "reviewHeld"])
def test_a_type_in_another_spelling_is_repeated_with_the_one_that_is_meant(kind: str) -> None:
    assert f"type: {kind!r} is no event type (did you mean review_held?)" in refused(entry(type=kind))


@pytest.mark.parametrize("given", ["2026-01-05T12:00:00", "2026-01-05", "1767571200", 1767571200])
def test_recorded_at_needs_an_offset_and_says_so(given: object) -> None:
    """Finding: the message says "text that is not empty", and a number in quotes is taken as seconds."""
    said = refused(entry(recorded_at=given))
    assert "recorded_at:" in said
    assert "RFC 3339" in said


def test_a_review_of_no_series_at_all_is_refused() -> None:
    """Finding: an empty list of series is taken, and the review then counts for nothing."""
    raw = {"id": "r", "type": "review_held", "child": "C", "on": "2026-01-05", "series": []}
    assert "series" in refused(raw)


def test_the_field_is_for_and_nothing_else() -> None:
    """Finding: `booked_for`, a name of the program's own, is accepted in place of `for`."""
    raw = {"id": "r", "type": "review_booked", "child": "C", "on": "2026-01-05", "booked_for": "2026-02-05"}
    assert "booked_for: unknown field" in refused(raw)


@pytest.mark.parametrize(
    "dates",
    [
        {"on": "0001-01-01", "date_of_birth": "0001-01-01"},
        {"on": "1066-10-14", "date_of_birth": "1065-01-01"},
        {"on": "2026-01-05", "type": "pre_proceedings_started", "date_of_birth": "9999-01-01"},
        {"on": "2026-01-05", "date_of_birth": "0001-01-01"},
    ],
)
def test_impossible_dates_are_refused_not_stumbled_over(dates: dict[str, str]) -> None:
    """Finding: dates no calendar reaches end in a crash, or in due dates of the wrong century."""
    raw = entry(**dates)
    if raw["type"] == "pre_proceedings_started":
        del raw["legal_status"]
    assert "accepted" in refused(raw)


CANARY = "Zaphod Beeblebrox"
BIRTH = "2017-03-21"
PLACES = [*ev.BecameLookedAfter.model_fields, *ev.PpmHeld.model_fields, "for", "reasons", "reason", "contact", "until",
          "obligation", "event", "authorised_by", "kind", "role", "sibling", "zzz"]  # fmt: skip
VALUES = st.sampled_from(
    [
        CANARY, [CANARY], {CANARY: "social_worker"}, {"social_worker": {CANARY: 1}}, {"social_worker": [CANARY]},
        {"CLA-2": CANARY}, {"CLA-2": {CANARY: CANARY}}, {"CLA-2": {"note": CANARY}},
        {CANARY: {"primary_plan": "adoption"}},
        f"{CANARY}\n", [[CANARY]], "",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(sorted(ev.EVENT_TYPES)),
    places=st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=1, max_size=3),
)
def test_a_refusal_never_repeats_names_contacts_or_free_text(kind: str, places: dict[str, Any]) -> None:
    raw = {"id": "a1", "child": "CLA-1", "on": "2026-01-05"} | FILLED_IN.get(kind, {}) | places | {"type": kind}
    said = ""
    try:
        parse_event(json.loads(json.dumps(raw)))
    except EventRefused as refusal:
        said = str(refusal)
    assert "Zaphod" not in said


@pytest.mark.parametrize(
    "fields",
    [
        {"people": {"zaphod.beeblebrox@council.example": "social_worker"}},
        {"people": {"Zaphod Beeblebrox": "iro"}},
        {"people": {"social_worker": ["Zaphod Beeblebrox"]}},
        {"team": {"Zaphod Beeblebrox": 1}},
    ],
)
def test_role_and_contact_swapped_do_not_give_the_contact_away(fields: dict[str, Any]) -> None:
    """Finding: a contact given as the key of `people` stands in the name of the field refused."""
    assert "eeblebrox" not in refused(entry(**fields))


@pytest.mark.parametrize("on", ["2017-03-20", "21.03.2017"])
def test_a_date_of_birth_is_never_repeated(on: str) -> None:
    said = refused(entry(date_of_birth=BIRTH, on=on))
    assert BIRTH not in said
    assert "21/03/2017" not in refused(entry(date_of_birth="21/03/2017"))


def test_a_refusal_by_the_journey_does_not_tell_the_date_of_birth_either() -> None:
    """Finding: refusing an early event tells the date of birth less 366 days, an extension the 18th birthday."""
    born = f"2026-01-05 became_looked_after date_of_birth={BIRTH}\n"
    early = born + "2010-01-01 care_proceedings_issued recorded 2026-01-06 12:00"
    adult = born + "2026-01-06 deadline_extended obligation=initial-ppm until=2040-01-01"
    for said in (*refusals(PPM, early), *refusals(PPM, adult)):
        assert BIRTH not in said
        assert "2016-03-20" not in said
        assert "2035-03-21" not in said


# Refused by the journey


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-01-09 became_looked_after", "already looked after from 2026-01-05"),
        ("2026-01-02 ppm_held recorded 2026-01-06 12:00", "is before the child's entry; accepted: 2026-01-05"),
        ("2026-01-20 ppm_held recorded 2026-01-10 10:00", "on: 2026-01-20 is more than a day ahead; accepted:"),
        ("2026-01-10 policy_adopted policy=newtown", "policy: 'newtown' is unknown; accepted: england-statutory"),
        ("2026-01-06 deadline_extended obligation=initial-ppm until=2026-01-19", "until: 2026-01-19 is not after"),
        ("2026-01-06 deadline_extended obligation=first-review until=2026-03-01", "has a statutory limit"),
        ("2026-01-06 obligation_waived obligation=second-review", "accepted: lateness_explained"),
        ("2026-01-06 obligation_waived obligation=final-order", "final-order has a statutory limit"),
        ("2026-01-08 escalation_acknowledged obligation=nonsense", "'nonsense' is not in policy ppm-procedure"),
        ("2026-01-08 lateness_explained obligation=ppm", "'ppm' is not in policy ppm-procedure"),
    ],
)  # fmt: skip
def test_a_refusal_by_the_journey_says_what_would_be_accepted(line: str, said: str) -> None:
    reasons = refusals(PPM, ENTRY + line)
    assert len(reasons) == 1
    assert reasons[0].startswith(f"line 2: event e2 ({line.split()[1]}): ")
    assert said in reasons[0]


def test_a_journey_begins_with_an_entry() -> None:
    said = refusals(PPM, "2026-01-05 ppm_held")
    assert said == [
        "line 1: event e1 (ppm_held): type: the child has no journey yet; "
        "accepted first: pre_proceedings_started or became_looked_after"
    ]


def test_what_may_come_before_entry_does() -> None:
    early = (
        ENTRY
        + """
        2026-01-02 care_proceedings_issued recorded 2026-01-06 12:00
        2026-01-02 person_assigned role=iro contact=someone recorded 2026-01-06 12:00
        2025-06-01 policy_adopted policy=quick-guide recorded 2026-01-06 12:00
    """
    )
    assert refusals(PPM, early) == []


def test_a_policy_may_have_been_adopted_long_before_the_child_was_born() -> None:
    """Finding: policy_adopted has no earliest day in the contract."""
    assert refusals(PPM, ENTRY + "2015-01-01 policy_adopted policy=quick-guide recorded 2026-01-06 12:00") == []


def test_a_batch_is_judged_under_the_policy_it_brings() -> None:
    """Finding: a history that names its policy is judged under the default one."""
    history = """
        2026-01-05 became_looked_after policy=quick-guide recorded 2026-06-01 10:00
        2026-02-05 obligation_waived obligation=ppm recorded 2026-06-01 10:00
    """
    assert refusals(PPM, history) == []
    assert standing(PPM, history, "2026-06-02", "ppm") == ["1 waived (due 2026-04-13)"]
    stranger = history.replace("obligation=ppm", "obligation=initial-ppm")
    assert "is not in policy quick-guide" in refusals(PPM, stranger)[0]


def test_an_event_before_entry_in_one_batch_is_refused_for_its_day() -> None:
    """Finding: it is said that the child has no journey, though the entry stands in the same batch."""
    batch = "2026-01-01 ppm_held recorded 2026-01-05 13:00\n2026-01-05 became_looked_after recorded 2026-01-05 13:00"
    assert "on: 2026-01-01 is before the child's entry" in refusals(PPM, batch)[0]


def test_the_same_id_with_other_content_is_refused() -> None:
    """Finding: it is passed over in silence."""
    said = refusals(PPM, ENTRY + "2026-01-12 ppm_held #x\n2026-01-13 review_held #x")
    assert len(said) == 1
    assert "id: " in said[0]
    assert refusals(PPM, ENTRY + "2026-01-12 ppm_held #x\n2026-01-12 ppm_held #x") == []


def test_a_final_order_is_extended_by_up_to_8_weeks_at_a_time() -> None:
    issued = (
        ENTRY + "2026-01-08 care_proceedings_issued\n2026-07-01 deadline_extended obligation=final-order until={}\n"
    )
    assert refusals(PPM, issued.format("2026-09-03")) == []
    assert "accepted: up to 2026-09-03" in refusals(PPM, issued.format("2026-09-04"))[0]
    again = issued.format("2026-09-03") + "2026-09-01 deadline_extended obligation=final-order until=2026-10-29"
    assert refusals(PPM, again) == []


def test_an_extension_of_two_open_occurrences_needs_to_move_one_of_them() -> None:
    """Finding: refused because a later occurrence is due later anyway; `the later of until and the computed one`."""
    two = (
        ENTRY
        + """
        2026-01-12 ppm_held
        2026-01-16 ppm_held
        2026-01-17 deadline_extended obligation=ppm-decisions-uploaded until=2026-01-21
    """
    )
    assert refusals(PPM, two) == []
    assert standing(PPM, two, "2026-01-18", "ppm-decisions-uploaded") == [
        "1 upcoming (due 2026-01-21)",
        "2 upcoming (due 2026-01-23)",
    ]


def test_a_file_with_refusals_names_every_line() -> None:
    said = refusals(
        PPM, ENTRY + "2026-01-09 became_looked_after\n2026-01-12 ppm_held\n2026-01-13 policy_adopted policy=x"
    )
    assert [line.split(":")[0] for line in said] == ["line 2", "line 4"]


def test_what_is_not_known_by_the_day_asked_about_is_not_judged() -> None:
    assert refusals(PPM, ENTRY + "2026-03-09 became_looked_after", until="2026-03-08") == []


@pytest.mark.parametrize("booked", ["0001-01-01", "1990-01-01", "2149-12-31", "9999-12-31"])
def test_a_booking_for_an_absurd_day_is_refused_or_taken_but_no_crash(booked: str) -> None:
    """Finding: a day before the calendar's years ends in OutsideCalendar."""
    text = ENTRY + f"2026-01-20 review_held\n2026-02-02 review_booked for={booked}"
    for policy in (PPM, GUIDE):
        try:
            said = refusals(policy, text)
        except EventRefused as form:
            said = [str(form)]
        assert all("for:" in line for line in said)


def test_an_entry_of_a_grown_person_changes_nothing() -> None:
    adult = "2026-01-05 became_looked_after date_of_birth=2008-01-05"
    if not refusals(PPM, adult):
        assert agenda_at(PPM, adult, "2026-02-10") == []


def test_an_entry_voided_leaves_no_journey_and_may_be_made_again() -> None:
    again = """
        2026-01-05 became_looked_after #wrong
        2026-01-07 event_voided event=wrong
        2026-01-06 became_looked_after recorded 2026-01-08 12:00
    """
    assert standing(PPM, again, "2026-01-08", "initial-ppm") == ["1 upcoming (due 2026-01-20)"]


def test_what_is_refused_changes_nothing_in_the_running_service() -> None:
    live = Live(PPM)
    live.told(london("2026-01-05"), events(ENTRY))
    before = live.journey.state()
    with pytest.raises(AssertionError):
        live.told(london("2026-01-06"), events("2026-01-06 became_looked_after #again"))
    assert live.journey.state() == before
