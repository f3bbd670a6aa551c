"""More than one entry on a day: of each period of care its ending comes before the entry of the next."""

from datetime import date

import pytest

from domain.agenda import agenda
from domain.case import events as ev
from domain.case.facts import Known
from domain.case.same_day import lived_in_order
from domain.policy.loading import Policies
from tests.domain.story import BEFORE_THE_NIGHT, CHILD, Live, agenda_at, events, london, refusals, simulated, standing

LAW, PPM = "england-statutory", "ppm-procedure"
DAY = date(2026, 3, 2)
PROTECTED = "2026-03-02 became_looked_after legal_status=L2 #z recorded 2026-03-02 08:00\n"
GIVEN_BACK = "2026-03-02 ceased_to_be_looked_after #m recorded 2026-03-02 11:00\n"
ACCOMMODATED = "2026-03-02 became_looked_after legal_status=V2 #a recorded 2026-03-02 16:00\n"
TWICE = PROTECTED + GIVEN_BACK + ACCOMMODATED
AT_ONCE = TWICE.replace("08:00", "16:00").replace("11:00", "16:00")


def periods(happened: str, at: str = "2026-04-20") -> list[tuple[str | None, date | None]]:
    """The periods of care: which entry began each, and when it ended."""
    return [(facts.begun_by, facts.ended_on) for facts in simulated(LAW, happened, at)[CHILD].journey.periods]


@pytest.mark.parametrize(
    ("happened", "begun_by"), [(TWICE, "za"), (AT_ONCE, "az")], ids=["as it came", "known at once, by ids"]
)
def test_who_leaves_care_and_enters_again_on_the_day_of_entry_is_in_care(happened: str, begun_by: str) -> None:
    assert refusals(LAW, happened) == []
    assert periods(happened) == [(begun_by[0], DAY), (begun_by[1], None)]
    assert standing(LAW, happened, "2026-04-20", "first-review") == ["1 overdue (due 2026-03-30)"]


def test_what_is_of_that_day_is_of_the_last_period() -> None:
    met = TWICE + "2026-03-02 ppm_held recorded 2026-03-02 17:00"
    assert standing(PPM, met, "2026-03-03", "initial-ppm") == ["1 met on 2026-03-02 (due 2026-03-16)"]


def test_each_of_two_entries_has_its_own_ending() -> None:
    left = TWICE + "2026-03-02 ceased_to_be_looked_after #n recorded 2026-03-02 20:00"
    assert periods(left) == [("z", DAY), ("a", DAY)]
    assert standing(LAW, left, "2026-04-20", "first-review") == []


@pytest.mark.parametrize(
    ("looked_after", "order"), [(True, "m z n a p"), (False, "z m a p n")], ids=["in care that morning", "not in care"]
)
def test_endings_and_entries_take_turns(looked_after: bool, order: str) -> None:
    day = TWICE + "2026-03-02 ceased_to_be_looked_after #n\n2026-03-02 ppm_held #p recorded 2026-03-02 07:00"
    known = [Known(event, event.known_from) for event in events(day)]
    lived = lived_in_order(known, looked_after=looked_after, in_turn=True)
    assert " ".join(each.event.id for each in lived) == order


def test_an_entry_with_nothing_that_ended_the_one_before_is_still_refused() -> None:
    assert refusals(LAW, PROTECTED + ACCOMMODATED) == [
        "line 2: event a (became_looked_after): on: the child is already looked after from 2026-03-02; accepted: a day "
        "after that period of care has ended, or first event_voided for an entry that is wrong"
    ]


@pytest.mark.parametrize(("wrong", "right"), [("z", "a"), ("a", "z")])
@pytest.mark.parametrize("voided", ["", "2026-03-02 event_voided event={} recorded 2026-03-02 16:00"])
def test_an_entry_that_does_not_stand_takes_no_turn(wrong: str, right: str, voided: str) -> None:
    """Known at once: the ending is of the entry that stands, whatever their ids."""
    entry = "2026-03-02 became_looked_after #{} recorded 2026-03-02 16:00"
    corrects = "" if voided else f" corrects={wrong}"
    ended = "2026-03-02 ceased_to_be_looked_after #m recorded 2026-03-02 16:00"
    given = "\n".join([entry.format(wrong), entry.format(right) + corrects, ended, voided.format(wrong)])
    assert refusals(LAW, given) == []
    assert periods(given) == [(right, DAY)]


def test_an_ending_that_is_voided_leaves_one_period() -> None:
    assert periods(TWICE + "2026-03-03 event_voided event=m") == [("z", None)]


def test_the_running_service_takes_the_second_entry_and_goes_on() -> None:
    live = Live(PPM)
    sent = [live.told(event.known_from, [event]) for event in events(TWICE)][-1]
    assert [line.partition(" -> ")[0] for line in sent if "invitations" in line] == [
        "2026-03-02 16:00 ppm-invitations/1 notice 0"
    ]
    assert not live.journey.ended
    live.restart()
    assert [row.obligation for row in agenda(live.journey, london("2026-03-03"))][:2] == ["first-review", "initial-ppm"]


@pytest.mark.parametrize("before", BEFORE_THE_NIGHT)
def test_a_journey_on_rules_from_before_goes_on_as_it_did(before: type[Policies]) -> None:
    assert agenda_at(LAW, TWICE, "2026-04-20", known=before.load()) == []
    live = Live(LAW, before.load())
    for event in events(TWICE):
        live.told(event.known_from, [event])
    assert live.journey.ended
    assert isinstance(live.journey.known["a"].event, ev.BecameLookedAfter)
