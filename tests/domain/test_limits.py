"""Nobody can stop a journey by what they send: every limit is named, with what was given in size only."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain import limits
from domain.case import events as ev
from domain.case.accepted import FIRST_DAY, LAST_DAY
from domain.case.calendar import Offset
from domain.case.children import children_of
from domain.case.documents import EventRefused, parse_event
from domain.case.events import Event
from domain.case.facts import Known
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyRefused
from domain.refusals import judge
from domain.study.simulation import calendar_for
from tests.domain.story import CHILD, calendar, events, london, policies, raw_events
from tools.bench.calls import calls_of
from workflows.trial import tried

PPM = raw_events("2026-01-16 ppm_held #ppm")[0]
ENTRY = raw_events("2026-01-05 became_looked_after #in")[0]


def refused(raw: object) -> str:
    with pytest.raises(EventRefused) as error:
        limits.new_event(raw)
    return str(error.value)


def test_a_meeting_of_three_thousand_children_is_refused_with_the_limit_and_read_back_from_the_record() -> None:
    meeting = PPM | {"plans": {f"C-{n}": {"primary_plan": "adoption"} for n in range(3_000)}}
    assert "event ppm (ppm_held): plans: 3000 entries; accepted: up to 50" in refused(meeting)
    assert len(children_of(parse_event(meeting))) == 3_001


def test_no_child_is_its_own_brother_and_what_a_journey_took_as_such_is_read_back() -> None:
    placed = {"type": "sibling_placed_for_adoption", "id": "s", "child": "C-1", "on": "2026-01-05", "sibling": "C-1"}
    assert refused(placed) == (
        "event s (sibling_placed_for_adoption): sibling: it is the child itself; accepted: the reference of a brother "
        "or sister"
    )
    assert parse_event(placed).child == "C-1"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"siblings": ["C-2"] * 51}, "siblings: 51 entries; accepted: up to 50"),
        ({"note": "Amy " * 501}, "note: 2004 characters; accepted: text that is not empty, up to 2000 characters"),
        ({"team": "\N{GRINNING FACE}" * 201}, "team: 201 characters; accepted: text that is not empty, up to 200"),
        ({"Amy": "Amy" * 20_000}, "bytes in all; accepted: up to 32000"),
        ({"note": "Amy\0"}, "the character NUL"),
        ({"people": {"iro": "Amy\0"}}, "the character NUL"),
        ({"note": [[[[[[[[[[[[[[[[[[[[["Amy"]]]]]]]]]]]]]]]]]]]]]}, "more than 20 levels"),
        ({f"Amy{n}" * 20: 1 for n in range(200)}, "and 190 more"),
        ({"on": "9999-12-31"}, "on: '9999-12-31' is not accepted; accepted: a date as YYYY-MM-DD, 1950 to 2150"),
        ({"recorded_at": "2026-01-05T12:00:00+25:00"}, "recorded_at: "),
        ({"relinquished": float("nan")}, "relinquished"),
        ({"note": "\ud800"}, "not valid Unicode"),
    ],
)
def test_what_is_too_large_or_odd_is_refused_in_words_that_repeat_none_of_it(more: dict[str, Any], said: str) -> None:
    reason = refused(ENTRY | more)
    assert said in reason
    assert "Amy" not in reason
    assert len(reason) < 4_000


def test_an_object_nested_without_end_and_a_number_without_end_are_refused_in_words() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert "levels" in refused(ENTRY | {"note": deep})
    assert "event in" in refused(ENTRY | {"relinquished": 10**5_000})


def plan_tracked(number: int, **more: Any) -> Event:
    on = date(2010, 1, 6) + timedelta(days=number)
    raw = {"type": "plan_tracked", "id": f"t{number}", "child": "C-1", "on": str(on), "progress": "on_track"}
    return parse_event(raw | more)


def test_a_long_history_goes_in_parts_that_each_are_one_message_and_a_short_one_stays_as_it_is() -> None:
    history = [plan_tracked(number, note="x" * 2_000) for number in reversed(range(1_500))]
    parts = limits.parts(history)
    assert len(parts) == 4, "by bytes: 1,500 notes of 2,000 characters"
    assert [limits.why_too_many(part) for part in parts] == [None] * 4
    assert [event.id for part in parts for event in part] == [f"t{number}" for number in range(1_500)]
    assert limits.parts(history[:400]) == [history[:400]]


def test_a_full_journey_says_so_and_can_still_be_ended() -> None:
    policy = Policies.load().resolve("ppm-procedure")
    journey = Journey("C-1", policy, calendar_for(FIRST_DAY, LAST_DAY.replace(year=2120)))
    journey.step(london("2026-01-05"), [parse_event(ENTRY | {"on": "2010-01-05", "date_of_birth": "2010-01-01"})])
    journey.step(london("2026-01-06"), [plan_tracked(number) for number in range(limits.JOURNEY_EVENTS - 1)])
    assert "has 2000 events; accepted: up to 2000" in str(limits.why_full(journey, [plan_tracked(9_999)]))
    end = parse_event(raw_events("2026-01-06 ceased_to_be_looked_after #end")[0])
    assert limits.why_full(journey, [end]) is None


def test_judging_looks_at_each_event_of_a_batch_a_few_times_however_long_the_batch() -> None:
    """Counted in comparisons of events, not in seconds: each was compared with every one before it."""
    compared = 0

    class Counted(type(plan_tracked(0))):  # type: ignore[misc]  # a class of the event's own
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)  # type: ignore[no-any-return]  # pydantic's own

        __hash__ = None  # type: ignore[assignment]  # events are compared, never hashed

    policies = Policies.load()
    journey = Journey("C-1", policies.resolve("ppm-procedure"), calendar_for(date(2010, 1, 1), date(2010, 1, 1)))
    journey.step(london("2026-01-05"), [parse_event(ENTRY | {"on": "2010-01-05", "date_of_birth": "2010-01-01"})])
    batch = [Counted.model_validate(plan_tracked(number).model_dump(exclude_unset=True)) for number in range(1_000)]
    taken, refused = judge(journey, batch, london("2026-01-06"), policies.ids())
    assert (len(taken), refused) == (1_000, [])
    assert compared < 5 * len(batch)


def test_no_text_is_cut_within_a_character_and_none_is_longer_than_asked() -> None:
    assert limits.cut("short", 100) == "short"
    assert limits.cut("\N{GRINNING FACE}" * 180, 2_000) == "\N{GRINNING FACE}" * 166 + "..."


def test_a_policy_as_large_as_a_message_and_an_offset_of_a_million_years_are_refused() -> None:
    known = Policies.load()
    row = known.file("england-statutory").obligation[0]
    many = [row.model_copy(update={"id": f"review-{number}"}) for number in range(400)]
    only_these = {"id": "huge", "obligation": tuple(many), "notice": (), "ruling": ()}
    huge = known.file("england-statutory").model_copy(update=only_these)
    with pytest.raises(PolicyRefused, match=r"policy huge: [0-9]+ bytes with all it extends; accepted: up to 200000"):
        known.with_file(huge).resolve("huge")
    with pytest.raises(ValidationError, match="weeks = 52000000; accepted: up to 5200"):
        Offset.model_validate({"weeks": 52_000_000})


# Brothers and sisters

NOW = london("2026-11-29")
ENTERED = "2026-01-05 became_looked_after #in siblings=CLA-2,CLA-3"


def journey_with(happened: str, **more: bool) -> Journey:
    policy: Policy = policies().resolve("ppm-procedure").model_copy(update=more)
    journey = Journey(CHILD, policy, calendar())
    journey.remember([Known(one, one.known_from) for one in events(happened)], ())
    return journey


def lists(first: int, last: int, **more: str) -> list[ev.Event]:
    """Lists of fifty brothers and sisters each, all of them different, one a day."""
    raw = {"type": "siblings_changed", "child": CHILD, "on": "2026-02-02"} | more
    return [
        parse_event({**raw, "id": f"s{n}", "siblings": [f"CLA-{50 * n + k}" for k in range(50)]})
        for n in range(first, last)
    ]


def refused_of(journey: Journey, batch: list[ev.Event]) -> list[str]:
    taken, refusals = judge(journey, batch, NOW, policies().ids())
    journey.step(NOW, taken)
    return [str(refusal) for refusal in refusals]


def test_a_child_has_at_most_two_hundred_different_brothers_and_sisters_those_no_longer_named_counted() -> None:
    journey = journey_with(ENTERED)
    assert refused_of(journey, lists(0, 3)) == []
    assert refused_of(journey, lists(3, 5)) == [
        "event s4 (siblings_changed): siblings: 250 different brothers and sisters with those named before; "
        "accepted: up to 200 of one child, those no longer named counted"
    ]
    named_before = parse_event(lists(0, 1)[0].model_dump(mode="json", exclude_unset=True) | {"id": "again"})
    assert refused_of(journey, [named_before]) == []


def test_those_of_a_list_that_is_taken_back_in_the_same_message_count_too() -> None:
    voidings = events("\n".join(f"2026-02-03 event_voided #v{n} event=s{n}" for n in range(9)))
    refused = refused_of(journey_with(ENTERED), [*lists(0, 9), *voidings])
    assert [reason.split()[1] for reason in refused] == ["s4", "s5", "s6", "s7", "s8"]


def test_a_journey_on_rules_from_before_takes_any_number_of_brothers_and_sisters() -> None:
    assert refused_of(journey_with(ENTERED, amended=False), lists(0, 9)) == []


def placements(number: int) -> str:
    days = (date(2026, 1, 6) + timedelta(days=n) for n in range(number))
    return "\n".join(f"{day} placed_for_adoption #p{n}" for n, day in enumerate(days))


NEW_LIST = "2026-11-29 siblings_changed #s siblings=" + ",".join(f"CLA-{n}" for n in range(2, 12))


@pytest.mark.parametrize(
    ("known", "batch", "said"),
    [
        (ENTERED, placements(11), "2 brothers and sisters are to be told of 11 placements for adoption or voidings"),
        (f"{ENTERED}\n{placements(9)}", NEW_LIST, "10 brothers and sisters are to be told of 9 placements"),
        (
            f"{ENTERED}\n{placements(1)}",
            "\n".join(f"2026-11-29 event_voided #v{n} event=p0" for n in range(11)),
            "of 11",
        ),
    ],
)
def test_what_brothers_and_sisters_are_to_be_told_at_once_has_a_limit(
    known: str, batch: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TOLD_AT_ONCE", 20)
    [refusal, *_] = tried(journey_with(known), events(batch), NOW, 0, ()).refused
    assert said in refusal.reason
    assert refusal.reason.endswith("accepted at once: up to 20 in all")
    assert tried(journey_with(known, amended=False), events(batch), NOW, 0, ()).tried is not None


@pytest.mark.parametrize(
    ("known", "batch", "said"),
    [
        ("2026-11-28 event_voided #v event=p0", "2026-11-29 event_voided #back event=v", "of 12"),
        ("", "\n".join(f"2026-11-29 placed_for_adoption #c{n} corrects=p{n}" for n in range(6)), "of 12"),
        ("", "\n".join(f"2026-11-29 matched #c{n} corrects=p{n}" for n in range(11)), "of 11"),
    ],
)
def test_what_is_taken_back_and_brought_back_counts_too(
    known: str, batch: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TOLD_AT_ONCE", 20)
    placed = f"{ENTERED}\n{placements(11)}\n{known}"
    [refusal, *_] = tried(journey_with(placed), events(batch), NOW, 0, ()).refused
    assert said in refusal.reason
    assert tried(journey_with(placed, amended_again=False), events(batch), NOW, 0, ()).tried is not None


# What takes twice the events takes twice the work


@pytest.mark.parametrize("line", ["adm_decision_made", "ppm_booked for=2026-12-24", "review_booked for=2026-12-24"])
def test_deciding_on_twice_the_events_of_a_kind_takes_about_twice_the_work(line: str) -> None:
    whole = events("\n".join(f"2026-11-{n % 20 + 1:02} {line} #e{n}" for n in range(400)))
    journey = journey_with(ENTERED)
    half = calls_of(lambda: tried(journey, whole[:200], NOW, 0, ()))
    assert calls_of(lambda: tried(journey, whole, NOW, 0, ())) < 2.6 * half


def test_judging_what_was_before_a_later_entry_takes_twice_the_work_for_twice_the_events() -> None:
    again = "2020-01-06 became_looked_after\n2022-01-06 ceased_to_be_looked_after\n2024-01-05 became_looked_after"
    journey = journey_with(again)
    whole = events("\n".join(f"2020-02-{n % 28 + 1:02} plan_overseen #e{n}" for n in range(400)))
    half = calls_of(lambda: judge(journey, whole[:200], NOW, policies().ids()))
    assert calls_of(lambda: judge(journey, whole, NOW, policies().ids())) < 2.6 * half
