"""What was mended in the clocks on 29 November 2026: each fault as the story that showed it."""

import pytest

from domain.policy.loading import Policies, read_policy
from tests.domain.story import (
    BEFORE_THE_EVENING,
    Live,
    NotAmended,
    agenda_at,
    london,
    policies,
    short,
    story,
)

LAW, PPM, GUIDE = "england-statutory", "ppm-procedure", "quick-guide"
BEGUN = "2026-01-05 became_looked_after\n"


def newtown(rows: str, extends: str = LAW) -> Policies:
    """The policies with one of an authority of its own."""
    head = ['id = "newtown"', 'title = "t"', 'source = "ours"', 'version = "1"', "effective_from = 2026-01-01"]
    text = "\n".join([*head, f'extends = "{extends}"', rows])
    return policies().with_file(read_policy("newtown.toml", text))


def row(name: str, anchor: str, due: str, *more: str) -> str:
    """One row of Newtown's."""
    said = [f'id = "{name}"', 'title = "t"', 'clause = "N 1"', 'owner = "social_worker"']
    said += [f"anchor = {anchor}", f"due = [{due}]", *more]
    return "\n".join(["[[obligation]]", *said, ""])


def stands(known: Policies, happened: str, at: str, about: str, policy: str = "newtown") -> list[str]:
    """The agenda of one obligation: number, the day it opened, status, the day it was met, and by when it is due."""
    rows = agenda_at(policy, happened, at, about, known=known)
    return [
        f"{r.occurrence} opened {r.opened_on} {r.status}{f' on {r.met_on}' if r.met_on else ''} due {r.due}"
        for r in rows
    ]


def as_before(known: Policies) -> Policies:
    """The same policies, not amended."""
    return NotAmended({policy_id: known.file(policy_id) for policy_id in known.ids()})


# A row of the authority's own whose clock starts later than the law's


PROCEEDINGS = '"care_proceedings_issued"'
FIRST = row("first-review", PROCEEDINGS, "{ working_days = 10 }", 'met_by = ["first_care_review"]')
SECOND = row("second-review", PROCEEDINGS, "{ weeks = 10 }", 'met_by = ["second_care_review"]')
THIRD = row("subsequent-review", PROCEEDINGS, "{ months = 4 }", 'occurs = "series"', 'met_by = ["later_care_review"]')
REVIEWED = BEGUN + "2026-02-02 review_held\n2026-04-27 review_held\n2026-07-20 review_held\n"


def test_what_met_the_law_stays_met_when_a_clock_of_the_authority_starts_later() -> None:
    held = BEGUN + "2026-01-20 review_held\n"
    met = ["1 opened 2026-01-05 met on 2026-01-20 due 2026-02-02"]
    assert stands(newtown(FIRST), held, "2026-02-09", "first-review") == met
    issued = held + "2026-02-10 care_proceedings_issued"
    assert stands(newtown(FIRST), issued, "2026-03-30", "first-review") == met
    assert story("newtown", issued, until="2026-03-30", about="first-review", known=newtown(FIRST)) == []
    second = REVIEWED + "2026-08-10 care_proceedings_issued"
    assert stands(newtown(SECOND), second, "2026-12-20", "second-review") == [
        "1 opened 2026-02-02 met on 2026-04-27 due 2026-05-02"
    ]


def test_a_row_whose_clock_starts_in_time_binds_and_is_met_as_before() -> None:
    issued = BEGUN + "2026-01-10 care_proceedings_issued\n"
    assert stands(newtown(FIRST), issued, "2026-01-12", "first-review") == [
        "1 opened 2026-01-10 upcoming due 2026-01-23"
    ]
    on_the_day = BEGUN + "2026-01-20 care_proceedings_issued\n2026-01-20 review_held"
    assert stands(newtown(FIRST), on_the_day, "2026-01-21", "first-review") == [
        "1 opened 2026-01-20 met on 2026-01-20 due 2026-02-02"
    ]


def test_a_series_of_the_authority_goes_on_with_the_number_that_is_next_by_law() -> None:
    third = "3 opened 2026-04-27 met on 2026-07-20 due 2026-10-27"
    assert stands(newtown(THIRD), REVIEWED, "2026-08-09", "subsequent-review") == [
        third,
        "4 opened 2026-07-20 upcoming due 2027-01-20",
    ]
    issued = REVIEWED + "2026-08-10 care_proceedings_issued\n"
    assert stands(newtown(THIRD), issued, "2026-08-11", "subsequent-review") == [
        third,
        "4 opened 2026-08-10 upcoming due 2026-12-10",
    ]
    [_, fourth] = agenda_at("newtown", issued, "2026-08-11", "subsequent-review", known=newtown(THIRD))
    limits = [(str(limit.due), limit.clause) for limit in fourth.limits]
    assert limits == [("2026-12-10", "N 1"), ("2027-01-20", "CPPCR reg 33(2)")]
    held = issued + "2026-11-02 review_held"
    assert stands(newtown(THIRD), held, "2026-11-03", "subsequent-review")[1:] == [
        "4 opened 2026-08-10 met on 2026-11-02 due 2026-12-10",
        "5 opened 2026-11-02 upcoming due 2027-03-02",
    ]


def test_a_row_that_is_tightened_counts_on_from_its_own_place() -> None:
    assessed = 'met_by = ["sibling_assessment_completed"]'
    later = row("sibling-assessment", PROCEEDINGS, "{ months = 3 }, { months = 4 }", 'occurs = "series"', assessed)
    pair = "2026-01-05 became_looked_after siblings=CLA-2\n2026-01-12 sibling_assessment_completed\n"
    issued = pair + "2026-02-10 care_proceedings_issued"
    rows = agenda_at("newtown", issued, "2026-02-11", "sibling-assessment", known=newtown(later, GUIDE))
    assert [(one.occurrence, one.status, [str(limit.due) for limit in one.limits]) for one in rows] == [
        (1, "met", ["2026-02-02"]),
        (2, "upcoming", ["2026-05-10", "2026-07-12"]),  # the guide's is six months after the first, not by first-review
    ]


# Brothers and sisters named after the placement was told


DECISION = "siblings-decision"
TOLD = BEGUN + "2026-01-20 sibling_placed_for_adoption\n"
NAMED = "2026-02-24 siblings_changed siblings=CLA-2"


def test_a_later_list_of_siblings_moves_no_decision_that_was_asked_for_already() -> None:
    met = TOLD + "2026-02-02 siblings_decision_recorded\n" + NAMED
    assert stands(policies(), met, "2026-02-25", DECISION, GUIDE) == [
        "1 opened 2026-01-20 met on 2026-02-02 due 2026-02-17"
    ]
    assert stands(policies(), TOLD + NAMED, "2026-02-25", DECISION, GUIDE) == [
        "1 opened 2026-01-20 overdue due 2026-02-17"
    ]


def test_told_by_the_other_journey_before_it_was_named_here_it_stays_too() -> None:
    apart = """
        2026-01-05 became_looked_after @CLA-2 siblings=CLA-1
        2026-01-05 became_looked_after
        2026-01-12 placement_order_made @CLA-2
        2026-01-20 placed_for_adoption @CLA-2
        2026-02-02 siblings_decision_recorded
    """
    assert stands(policies(), apart + NAMED, "2026-02-25", DECISION, GUIDE) == [
        "1 opened 2026-01-20 met on 2026-02-02 due 2026-02-17"
    ]


@pytest.mark.parametrize("recorded", ["2026-02-24 12:00", "2026-03-02 12:00"])
def test_a_placement_told_with_the_naming_or_after_it_is_decided_from_the_naming(recorded: str) -> None:
    late = BEGUN + f"2026-01-20 sibling_placed_for_adoption recorded {recorded}\n" + NAMED
    assert stands(policies(), late, "2026-03-03", DECISION, GUIDE) == ["1 opened 2026-02-24 upcoming due 2026-03-24"]


def test_loaded_as_one_batch_what_was_recorded_first_was_told_first() -> None:
    live = Live(GUIDE)
    live.told(london("2026-02-25"), TOLD + "2026-02-02 siblings_decision_recorded\n" + NAMED)
    [decision] = [o for o in live.journey.occurrences if o.obligation.id == DECISION]
    assert str(decision.met_on) == "2026-02-02"


# Booked and due dates of another obligation


DONE = '[milestone.done]\ntitle = "d"\nclause = "N"\n'
BY_DONE = 'met_by = ["milestone.done"]'
ENTRY = '"became_looked_after"'
BOOKED = BEGUN + "2026-01-06 ppm_booked for=2026-01-14\n2026-01-06 review_booked for=2026-01-28\n"
BEFORE_THE_MEETING = [
    row("own", '{ obligation = "initial-ppm", day = "booked" }', "{ days = -1 }", BY_DONE) + DONE,
    row("own", ENTRY, '{ days = -1, counted_from = "initial-ppm.booked" }', BY_DONE) + DONE,
]


@pytest.mark.parametrize("rows", BEFORE_THE_MEETING)
def test_the_booked_day_of_a_meeting_is_that_of_its_own_booking(rows: str) -> None:
    known = newtown(rows, PPM)
    assert stands(known, BOOKED, "2026-01-07", "own") == ["1 opened 2026-01-05 due_soon due 2026-01-13"]
    held = BOOKED + "2026-01-15 ppm_held\n2026-01-15 ppm_booked for=2026-03-03\n"
    assert stands(known, held, "2026-01-16", "own") == ["1 opened 2026-01-05 overdue due 2026-01-13"]


def test_of_what_is_not_booked_the_due_date_counts_and_of_a_booked_day_nothing_is_waited_for() -> None:
    by_anchor, by_due = (newtown(rows, PPM) for rows in BEFORE_THE_MEETING)
    review = BEGUN + "2026-01-06 review_booked for=2026-01-28"
    assert stands(by_due, review, "2026-01-07", "own") == ["1 opened 2026-01-05 upcoming due 2026-01-18"]
    assert stands(by_anchor, review, "2026-01-07", "own") == []


BEFORE_THE_REVIEW = [
    row("own", '{ obligation = "first-review", day = "due" }', "{ days = -7 }", BY_DONE) + DONE,
    row("own", ENTRY, '{ days = -7, counted_from = "first-review.due" }', BY_DONE) + DONE,
]


@pytest.mark.parametrize("rows", BEFORE_THE_REVIEW)
def test_what_hangs_on_a_due_date_is_open_with_it_and_met_before_that_day(rows: str) -> None:
    known = newtown(rows)
    assert stands(known, BEGUN, "2026-01-12", "own") == ["1 opened 2026-01-05 upcoming due 2026-01-26"]
    done = BEGUN + "2026-01-20 milestone milestone=done"
    assert stands(known, done, "2026-02-05", "own") == ["1 opened 2026-01-05 met on 2026-01-20 due 2026-01-26"]
    sent = story("newtown", done, until="2026-02-05", about="own", known=known)
    assert short(sent) == ["2026-01-19 09:00 own/1 reminder 1"]


def test_what_hangs_on_the_later_of_a_due_date_and_an_event_is_open_from_the_event() -> None:
    latest = '{ latest_of = [{ obligation = "first-review", day = "due" }, "care_proceedings_issued"] }'
    known = newtown(row("own", latest, "{ days = 7 }", BY_DONE) + DONE)
    issued = BEGUN + "2026-01-07 milestone milestone=done\n2026-01-12 care_proceedings_issued\n"
    assert stands(known, issued, "2026-01-13", "own") == ["1 opened 2026-01-12 upcoming due 2026-02-09"]
    again = issued + "2026-01-14 milestone milestone=done"
    assert stands(known, again, "2026-01-15", "own") == ["1 opened 2026-01-12 met on 2026-01-14 due 2026-02-09"]


# The meeting before a first review that is due early


@pytest.mark.parametrize(
    ("booked", "due"),
    [(None, "2026-01-19"), ("2026-01-28", "2026-01-19"), ("2026-01-15", "2026-01-14"), ("2026-01-14", "2026-01-13")],
)
def test_only_a_booking_moves_the_initial_meeting(booked: str | None, due: str) -> None:
    early = newtown(row("first-review", ENTRY, "{ working_days = 8 }", 'met_by = ["first_care_review"]'), PPM)
    happened = BEGUN + (f"2026-01-06 review_booked for={booked}" if booked else "")
    [meeting] = agenda_at("newtown", happened, "2026-01-06", "initial-ppm", known=early)
    assert str(meeting.due) == due


# A reminder on the due day


@pytest.mark.parametrize(("days", "on"), [(12, "2026-01-16"), (14, "2026-01-19"), (91, "2026-04-02")])
def test_a_reminder_on_a_due_day_that_is_no_working_day_goes_on_the_working_day_before(days: int, on: str) -> None:
    """Due on a Saturday, on a Monday, and on Easter Monday."""
    known = newtown(row("own", ENTRY, f"{{ days = {days} }}", BY_DONE, "reminders = [0]") + DONE)
    sent = story("newtown", BEGUN, until="2026-04-10", about="own", kinds=["reminder"], known=known)
    assert short(sent) == [f"{on} 09:00 own/1 reminder 1"]


# Back from a placement for adoption


BORN = "2025-12-01 became_looked_after date_of_birth=2025-11-20 relinquished=true\n2025-12-01 placement_consent_given\n"
REVIEWED_WHILE_PLACED = "2026-01-12 review_held\n2026-04-10 review_held\n2026-07-06 adoption_placement_ended\n"


def placed_on(day: str, before: str = "2025-12-15 review_held\n") -> str:
    """A relinquished child, placed on a day and back on 6 July 2026."""
    return f"{BORN}{before}{day} placed_for_adoption\n{REVIEWED_WHILE_PLACED}"


@pytest.mark.parametrize("day", ["2025-12-15", "2025-12-16"])
def test_back_from_a_placement_on_the_day_of_the_first_review_the_second_counts_from_the_last_review(day: str) -> None:
    assert stands(policies(), placed_on(day), "2026-07-06", "second-review", LAW)[0].endswith("due_soon due 2026-07-10")
    assert short(story(LAW, placed_on(day), until="2026-07-13", about="second-review", since="2026-07-06")) == [
        "2026-07-06 12:00 second-review/1 reminder 1",
        "2026-07-09 09:00 second-review/1 reminder 2",
        "2026-07-13 09:00 second-review/1 escalation 1",
    ]


@pytest.mark.parametrize("day", ["2025-12-01", "2025-12-02"])
def test_back_from_a_placement_on_the_day_of_entry_the_first_review_counts_from_the_last_review(day: str) -> None:
    """20 working days after 10 April 2026; under the guide the second, which runs from entry, 16 weeks after it."""
    happened = placed_on(day, before="")
    assert stands(policies(), happened, "2026-07-06", "first-review", LAW)[0].endswith("due 2026-05-11")
    assert stands(policies(), happened, "2026-07-06", "second-review", GUIDE)[0].endswith("due 2026-07-31")


def test_a_review_on_the_day_of_entry_and_placement_stays_the_first() -> None:
    happened = placed_on("2025-12-01", before="2025-12-01 review_held\n")
    assert stands(policies(), happened, "2026-07-06", "first-review", LAW)[0].endswith(
        "met on 2025-12-01 due 2025-12-31"
    )
    assert stands(policies(), happened, "2026-07-06", "second-review", LAW)[0].endswith("due 2026-07-10")


@pytest.mark.parametrize(("held", "as_met"), [("2026-07-06", "met on"), ("2027-01-11", "met_late on")])
def test_a_review_on_the_day_a_placement_ends_is_not_counted_from_itself(held: str, as_met: str) -> None:
    """Three reviews by 12 January 2026; the care series' next is due six months after the placement's of 10 April."""
    happened = placed_on("2026-01-05", before="2025-12-15 review_held\n2025-12-22 review_held\n")
    ended = happened.replace("2026-07-06", held) + f"{held} review_held"
    assert stands(policies(), ended, held, "subsequent-review", LAW)[0].endswith(f"{as_met} {held} due 2026-10-10")


# As it was


@pytest.mark.parametrize("before", BEFORE_THE_EVENING)
def test_back_from_a_placement_on_rules_from_before_it_goes_on_as_it_did(before: type[Policies]) -> None:
    known = before.load()
    assert stands(known, placed_on("2025-12-15"), "2026-07-06", "second-review", LAW) == [
        "1 opened 2026-07-06 overdue due 2026-03-15"
    ]
    happened = placed_on("2026-01-05", before="2025-12-15 review_held\n2025-12-22 review_held\n")
    assert stands(known, happened + "2026-07-06 review_held", "2026-07-06", "subsequent-review", LAW)[0].endswith(
        "met on 2026-07-06 due 2027-01-06"
    )


def test_a_journey_on_rules_from_before_the_mends_goes_on_as_it_did() -> None:
    issued = BEGUN + "2026-01-20 review_held\n2026-02-10 care_proceedings_issued"
    assert stands(as_before(newtown(FIRST)), issued, "2026-03-30", "first-review") == [
        "1 opened 2026-02-10 overdue due 2026-02-02"
    ]
    third = REVIEWED + "2026-08-10 care_proceedings_issued"
    assert stands(as_before(newtown(THIRD)), third, "2026-08-11", "subsequent-review") == [
        "3 opened 2026-08-10 upcoming due 2026-10-27"
    ]
    named = TOLD + "2026-02-02 siblings_decision_recorded\n" + NAMED
    assert stands(as_before(policies()), named, "2026-02-25", DECISION, GUIDE) == [
        "1 opened 2026-02-24 upcoming due 2026-03-24"
    ]
    by_anchor, by_due = (as_before(newtown(rows, PPM)) for rows in BEFORE_THE_MEETING)
    assert stands(by_anchor, BOOKED, "2026-01-07", "own") == ["1 opened 2026-01-28 upcoming due 2026-01-27"]
    assert stands(by_due, BOOKED, "2026-01-07", "own") == ["1 opened 2026-01-05 upcoming due 2026-01-18"]
    done = BEGUN + "2026-01-20 milestone milestone=done"
    assert stands(as_before(newtown(BEFORE_THE_REVIEW[0])), done, "2026-02-05", "own") == [
        "1 opened 2026-02-02 overdue due 2026-01-26"
    ]
    early = row("first-review", ENTRY, "{ working_days = 8 }", 'met_by = ["first_care_review"]')
    assert stands(as_before(newtown(early, PPM)), BEGUN, "2026-01-06", "initial-ppm") == [
        "1 opened 2026-01-05 upcoming due 2026-01-14"
    ]
    on_the_day = as_before(newtown(row("own", ENTRY, "{ days = 12 }", BY_DONE, "reminders = [0]") + DONE))
    sent = story("newtown", BEGUN, until="2026-01-18", about="own", known=on_the_day)
    assert short(sent) == ["2026-01-17 09:00 own/1 reminder 1"]
