"""What stands, however long the chain of what takes it back, and whatever circles hostile senders close.

A journey's history is replayed, so that what is voided or corrected must come out as it did when each question was put
anew, link by link: that way of old is kept here as the measure.
"""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain import refusals
from domain.case import events as ev
from domain.case.documents import parse_event
from domain.case.facts import Known, unvoided
from domain.case.siblings import to_tell
from domain.case.taken_back import MOST_IN_A_CIRCLE, TakenBack, circles
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.limits import CORRECTION_TURNS
from domain.refusals import TOO_MANY_TURNS, Refusal, judge
from tests.domain.story import CHILD, calendar, events, london, policies
from tests.fewer import MORE
from tools.bench.calls import calls_of

NOW = london("2026-11-29")
many = settings(max_examples=5_000 if MORE else 500, deadline=None)

TakesBack = tuple[int | None, int | None]
"""The numbers of the events that an event voids and corrects."""


class LinkByLink:
    """As it was until 29 November 2026: each question put anew, with what has been asked on the way to it."""

    def __init__(self, happened: Sequence[ev.Event]) -> None:
        self.voided_by: dict[str, list[str]] = {}
        self.corrected_by: dict[str, list[str]] = {}
        for event in happened:
            if isinstance(event, ev.EventVoided):
                self.voided_by.setdefault(event.event, []).append(event.id)
            if event.corrects is not None:
                self.corrected_by.setdefault(event.corrects, []).append(event.id)

    def stands(self, event: str, asked: frozenset[str] = frozenset()) -> bool:
        if event in asked:
            return False
        asked |= {event}
        return not self.corrected(event, asked) and not self.voided(event, asked)

    def voided(self, event: str, asked: frozenset[str]) -> bool:
        return any(self.stands(by, asked) for by in self.voided_by.get(event, ()))

    def corrected(self, event: str, asked: frozenset[str]) -> bool:
        return any(self.holds(by, asked) for by in self.corrected_by.get(event, ()))

    def holds(self, correction: str, asked: frozenset[str]) -> bool:
        if correction in asked:
            return False
        asked |= {correction}
        return self.corrected(correction, asked) or not self.voided(correction, asked)


def event(number: int, takes_back: TakesBack, on: str = "2026-11-24") -> ev.Event:
    voids, corrects = takes_back
    raw = {"id": f"e{number}", "child": CHILD, "on": on}
    raw |= {"type": "plan_overseen"} if voids is None else {"type": "event_voided", "event": f"e{voids}", "reason": "r"}
    return parse_event(raw if corrects is None else raw | {"corrects": f"e{corrects}"})


def of(graph: Sequence[TakesBack]) -> list[ev.Event]:
    return [event(number, takes_back) for number, takes_back in enumerate(graph)]


def one_of(numbers: Sequence[int]) -> st.SearchStrategy[int | None]:
    return st.none() | st.sampled_from(numbers) if numbers else st.none()


def takes_back(numbers: Sequence[int]) -> st.SearchStrategy[TakesBack]:
    return st.tuples(one_of(numbers), one_of(numbers))


KNOT, BEHIND, BEFORE = range(MOST_IN_A_CIRCLE), range(MOST_IN_A_CIRCLE, 14), range(14, 20)
graphs = st.tuples(
    *(takes_back([*KNOT, *BEHIND]) for _ in KNOT),  # any of them may be in circles
    *(takes_back(range(number + 1, BEHIND.stop)) for number in BEHIND),  # what these take back, and so on, is in none
    *(takes_back(range(number)) for number in BEFORE),
)


@many
@given(graphs)
@example(((0, 0), *[(None, None)] * 19))  # voids and corrects itself
@example(((1, None), (0, None), *((number - 1, None) for number in range(2, 20))))  # a chain that ends in a circle
@example(((None, 1), (None, 0), *((None, number - 1) for number in range(2, 20))))
def test_chains_and_circles_come_out_as_they_did_link_by_link(graph: tuple[TakesBack, ...]) -> None:
    now, before = TakenBack(of(graph)), LinkByLink(of(graph))
    names = [f"e{number}" for number in range(len(graph))]
    assert [now.stands(name) for name in names] == [before.stands(name) for name in names]


@many
@given(st.lists(takes_back(range(MOST_IN_A_CIRCLE + 3)), max_size=MOST_IN_A_CIRCLE))
def test_so_does_whatever_a_few_events_take_back(graph: list[TakesBack]) -> None:
    now, before = TakenBack(of(graph)), LinkByLink(of(graph))
    names = [f"e{number}" for number in range(MOST_IN_A_CIRCLE + 3)]
    assert [now.stands(name) for name in names] == [before.stands(name) for name in names]


def test_many_small_circles_are_each_small() -> None:
    pairs: list[TakesBack] = [(number ^ 1, None) if number % 4 < 2 else (None, number ^ 1) for number in range(200)]
    now, before = TakenBack(of(pairs)), LinkByLink(of(pairs))
    assert [now.stands(f"e{n}") for n in range(200)] == [before.stands(f"e{n}") for n in range(200)]


def test_what_is_in_a_large_circle_stands_for_nothing_and_what_is_behind_it_is_worked_out() -> None:
    size = MOST_IN_A_CIRCLE + 1
    ring: list[TakesBack] = [((number + 1) % size, None) for number in range(size)]
    taken_back = TakenBack(of([*ring, (None, None), (size, None), (0, None)]))
    assert not any(taken_back.stands(f"e{number}") for number in range(size))
    assert [taken_back.stands(f"e{number}") for number in range(size, size + 3)] == [False, True, True]


def test_circles_come_after_what_takes_them_back() -> None:
    assert list(circles({"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": []})) == [["d"], ["c", "b"], ["a"]]


# How long a chain may be


def known(graph: Sequence[TakesBack]) -> list[Known]:
    return [Known(one, NOW) for one in of(graph)]


@pytest.mark.parametrize("ends", ["in nothing", "in a circle"])
def test_a_chain_of_two_thousand_voidings_leaves_every_other_one(ends: str) -> None:
    first: TakesBack = (None, None) if ends == "in nothing" else (0, None)
    standing = unvoided(known([first, *((number, None) for number in range(1_999))]))
    assert [one.event.id for one in standing] == [f"e{number}" for number in range(1, 2_000, 2)]


def test_a_chain_of_two_thousand_corrections_leaves_the_last() -> None:
    standing = unvoided(known([(None, None), *((None, number) for number in range(1_999))]))
    assert [one.event.id for one in standing] == ["e1999"]


def lattice(levels: int) -> list[TakesBack]:
    """Of each level both events take back both of the level before, one voiding what the other corrects."""
    above = [(2 * level + odd, 2 * level + 1 - odd) for level in range(levels - 1) for odd in (0, 1)]
    return [(None, None), (None, None), *above]


def test_twice_the_levels_of_a_lattice_take_twice_the_work() -> None:
    few, twice = known(lattice(50)), known(lattice(100))
    assert calls_of(lambda: unvoided(twice)) < 2.5 * calls_of(lambda: unvoided(few))
    assert [one.event.id for one in unvoided(known(lattice(6)))] == [
        one.event.id for one in known(lattice(6)) if LinkByLink(of(lattice(6))).stands(one.event.id)
    ]


def test_a_long_chain_of_voidings_of_a_placement_is_told_to_brothers_and_sisters() -> None:
    journey = journey_with("2026-01-05 became_looked_after #in siblings=CLA-2\n2026-02-02 placed_for_adoption #e0")
    chain = [event(number, (number - 1, None)) for number in range(1, 1_200)]
    journey.step(NOW, chain)
    facts = journey.facts
    assert facts is not None
    for_siblings = to_tell(facts, journey.known, chain[-1:])
    assert [one.id for one in for_siblings] == ["told:CLA-2:e1199"]


# Judging


def journey_with(happened: str, **more: bool) -> Journey:
    policy: Policy = policies().resolve("ppm-procedure").model_copy(update=more)
    journey = Journey(CHILD, policy, calendar())
    journey.remember([Known(one, one.known_from) for one in events(happened)], ())
    return journey


def corrections(number: int, on: str = "2026-11-24") -> list[ev.Event]:
    """An event, corrected, and each correction corrected in its turn."""
    return [event(n, (None, n - 1 if n else None), on) for n in range(number)]


def judged_link_by_link(journey: Journey, batch: Sequence[ev.Event]) -> tuple[list[ev.Event], list[Refusal]]:
    """As it was: judged anew, by itself, as often as a correction is refused."""
    bench = refusals._Bench(journey, batch, NOW, policies().ids(), offline=False)
    refused = bench.refusals()
    undone = [each for each in refused if each.event.corrects is not None]
    if not undone:
        return bench.taken, refused
    undone += refusals.left_without((each.event.corrects for each in undone), bench.taken)
    rest = [one for one in batch if all(one != each.event for each in undone)]
    taken, refused = judged_link_by_link(journey, rest)
    return taken, undone + refused


ENTERED = "2026-10-10 became_looked_after #in"


def test_an_entry_and_four_hundred_corrections_in_one_message_leave_the_last() -> None:
    journey = journey_with("")
    batch = [*events(ENTERED), *corrections(401)]
    taken, refused = judge(journey, batch, NOW, policies().ids())
    journey.step(NOW, taken)
    assert (len(taken), refused) == (402, [])
    assert journey.facts is not None
    assert [one.id for one in journey.facts.all(ev.PlanOverseen)] == ["e400"]


@pytest.mark.parametrize("amended", [True, False])
def test_corrections_that_are_refused_in_turn_are_named_in_that_order(amended: bool) -> None:
    journey = journey_with(ENTERED, amended=amended)
    wrong = [*corrections(5, "2026-12-05"), event(9, (0, None)), event(8, (None, 77)), event(7, (None, None))]
    taken, refused = judge(journey, wrong, NOW, policies().ids())
    assert (taken, refused) == judged_link_by_link(journey, wrong)
    assert [each.event.id for each in refused] == ["e8", "e4", "e3", "e2", "e1", "e9", "e0"]


def test_after_ten_turns_the_corrections_that_are_left_are_refused_together() -> None:
    batch = [*corrections(500, "2026-12-05"), *events("2026-11-24 ppm_held #ppm")]
    taken, refused = judge(journey_with(ENTERED), batch, NOW, policies().ids())
    assert [one.id for one in taken] == ["ppm"]
    assert [each.event.id for each in refused[:CORRECTION_TURNS]] == [f"e{499 - n}" for n in range(CORRECTION_TURNS)]
    assert {each.reason for each in refused[CORRECTION_TURNS:-1]} == {TOO_MANY_TURNS}
    assert len(refused) == 500


def test_a_journey_on_rules_from_before_judges_each_in_its_turn() -> None:
    _, refused = judge(journey_with(ENTERED, amended=False), corrections(30, "2026-12-05"), NOW, policies().ids())
    assert len(refused) == 30
    assert all("more than a day ahead" in each.reason for each in refused)


def test_a_correction_that_poses_as_heard_from_a_brother_is_refused_once() -> None:
    # It is heard as of the entry, 10 October, and so was not known again as the event of September that had come.
    posing = parse_event({"type": "plan_overseen", "id": f"told:{CHILD}:x", "child": CHILD, "on": "2026-09-01",
                          "corrects": "unknown"})  # fmt: skip
    taken, refused = judge(journey_with(ENTERED), [posing], NOW, policies().ids())
    assert taken == []
    assert [each.reason[:31] for each in refused] == ["corrects: 'unknown' is no event"]


KNOWN = "\n".join(f"2026-11-2{n % 9} plan_overseen #e{n}" for n in range(200))


@pytest.mark.parametrize(
    "corrected",
    [
        pytest.param(range(200), id="each of one that is known"),
        pytest.param([0] * 200, id="all of one"),
        pytest.param(range(999, 1_199), id="each of the one before"),
    ],
)
def test_twice_the_corrections_take_twice_the_work(corrected: Sequence[int]) -> None:
    journey = journey_with(f"{ENTERED}\n{KNOWN}")
    whole = [event(1_000 + n, (None, wrong)) for n, wrong in enumerate(corrected)]
    half = calls_of(lambda: judge(journey, whole[:100], NOW, policies().ids()))
    assert calls_of(lambda: judge(journey, whole, NOW, policies().ids())) < 2.5 * half
