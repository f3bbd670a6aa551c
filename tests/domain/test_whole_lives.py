"""Contract section 4 over a whole life: endings, periods of care, short breaks, the running service, policies."""

from tests.domain.story import Live, agenda_at, events, london, policies, refusals, short, standing, story

PPM = "ppm-procedure"
GUIDE = "quick-guide"
LAW = "england-statutory"
TO_BEGIN = "2026-01-05 became_looked_after\n"
"""A Monday; the initial meeting is due on Monday 19 January."""


# The end of a journey, and the next one


def test_an_ended_journey_tells_nothing_and_takes_what_comes_late() -> None:
    ended = (
        TO_BEGIN
        + """
        2026-01-13 ceased_to_be_looked_after
        2026-01-12 ppm_held recorded 2026-01-25 10:00
        2026-01-20 review_held
    """
    )
    assert refusals(PPM, ended) == []
    assert story(PPM, ended, until="2026-06-01", since="2026-01-14") == []
    assert standing(PPM, ended, "2026-01-26", "initial-ppm") == ["1 met on 2026-01-12 (due 2026-01-19)"]
    assert standing(PPM, ended, "2026-01-26", "first-review") == ["1 lapsed (due 2026-02-02)"]


def test_a_voided_ending_resumes_and_what_is_open_opens_at_that_instant() -> None:
    resumed = TO_BEGIN + "2026-01-13 ceased_to_be_looked_after #end\n2026-02-14 event_voided event=end"
    assert short(story(PPM, resumed, until="2026-02-20", about="initial-ppm")) == [
        "2026-01-12 09:00 initial-ppm/1 reminder 1",
        "2026-02-16 09:00 initial-ppm/1 escalation 4",
    ]


def test_what_happens_on_the_day_a_journey_ends_still_counts() -> None:
    ended = TO_BEGIN + "2026-01-16 ppm_held\n2026-01-16 ceased_to_be_looked_after"
    assert standing(PPM, ended, "2026-01-20", "initial-ppm") == ["1 met on 2026-01-16 (due 2026-01-19)"]
    assert standing(PPM, ended, "2026-01-20", "ppm-decisions-sent") == []


def test_two_periods_of_care_are_two_journeys_numbered_from_one() -> None:
    twice = (
        TO_BEGIN
        + """
        2026-01-12 ppm_held
        2026-01-30 ceased_to_be_looked_after
        2026-02-10 ppm_held
        2026-03-02 became_looked_after
    """
    )
    assert standing(PPM, twice, "2026-03-03", "initial-ppm") == ["1 upcoming (due 2026-03-16)"]
    assert standing(PPM, twice, "2026-03-03", "ppm-decisions-sent") == []


def test_an_event_of_the_day_one_period_ends_and_the_next_begins_belongs_to_the_next() -> None:
    same_day = (
        TO_BEGIN
        + """
        2026-01-16 ceased_to_be_looked_after
        2026-01-16 became_looked_after
        2026-01-16 ppm_held
    """
    )
    assert standing(PPM, same_day, "2026-02-06", "initial-ppm") == ["1 met on 2026-01-16 (due 2026-01-30)"]
    recorded_backwards = (
        TO_BEGIN
        + """
        2026-01-16 ppm_held recorded 2026-01-20 09:30
        2026-01-16 became_looked_after recorded 2026-01-20 10:00
        2026-01-16 ceased_to_be_looked_after recorded 2026-01-20 10:00
    """
    )
    assert standing(PPM, recorded_backwards, "2026-02-06", "initial-ppm") == ["1 met on 2026-01-16 (due 2026-01-30)"]


def test_a_journey_ends_at_midnight_of_the_18th_birthday() -> None:
    leap = "2026-01-05 became_looked_after date_of_birth=2008-02-29\n"
    assert standing(PPM, leap, "2026-02-28", "first-review") == ["1 overdue (due 2026-02-02)"]
    assert standing(PPM, leap, "2026-03-01", "first-review") == ["1 lapsed (due 2026-02-02)"]
    assert story(PPM, leap, until="2027-01-01", since="2026-03-01") == []
    after = leap + "2026-03-01 review_held"
    assert standing(PPM, after, "2026-03-05", "first-review") == ["1 lapsed (due 2026-02-02)"]


def test_nothing_is_said_to_come_that_the_18th_birthday_comes_before() -> None:
    nearly = "2026-01-05 became_looked_after date_of_birth=2008-02-20\n"
    ahead = {row.obligation: row.next and row.next.at for row in agenda_at(PPM, nearly, "2026-02-15") if row.is_open}
    assert ahead["first-review"] == london("2026-02-16", "09:00")
    assert ahead["permanence-plan-agreed"] is None, "its first reminder is of 2 April"
    said = sum(when is not None for when in ahead.values())
    assert len(story(PPM, nearly, until="2027-01-01", since="2026-02-16")) == said


# Short breaks


def test_under_short_breaks_only_their_own_review_applies() -> None:
    breaks = "2026-01-05 became_looked_after legal_status=V4\n2026-04-01 review_held\n"
    assert {r.obligation for r in agenda_at(PPM, breaks, "2026-04-02")} == {"short-break-review"}
    assert standing(PPM, breaks, "2026-04-02", "short-break-review") == [
        "1 met on 2026-04-01 (due 2026-04-05)",
        "2 upcoming (due 2026-10-01)",
    ]


def test_on_leaving_short_breaks_the_rest_applies_from_that_day() -> None:
    left = """
        2026-01-05 became_looked_after legal_status=V4
        2026-04-01 review_held
        2026-05-05 legal_status_changed legal_status=C2
    """
    assert standing(PPM, left, "2026-05-05", "initial-ppm") == ["1 upcoming (due 2026-05-19)"]
    assert standing(PPM, left, "2026-05-05", "first-review") == ["1 upcoming (due 2026-06-03)"]
    assert standing(PPM, left, "2026-05-05", "short-break-review")[1] == "2 lapsed (due 2026-10-01)"


# The running service


def test_a_service_that_was_down_tells_the_latest_reminder_and_the_highest_rung() -> None:
    live = Live(PPM)
    live.told(london("2026-01-05"), events(TO_BEGIN))
    assert short(live.told(london("2026-01-16", "10:00"))) == ["2026-01-16 09:00 initial-ppm/1 reminder 2"]
    assert short(live.told(london("2026-01-28", "10:00"))) == [
        "2026-01-26 09:00 first-review/1 reminder 1",
        "2026-01-26 09:00 initial-ppm/1 escalation 2",
    ]
    assert [(a.kind, a.rung) for a in live.skipped] == [("reminder", 1), ("escalation", 1)]


def test_a_reminder_missed_until_after_the_due_date_is_skipped() -> None:
    live = Live(PPM)
    live.told(london("2026-01-05"), events(TO_BEGIN))
    sent = live.told(london("2026-01-20", "08:00"))
    assert sent == []
    assert [(a.kind, a.rung) for a in live.skipped] == [("reminder", 1), ("reminder", 2)]


def test_an_event_of_no_recorded_time_counts_as_noon_in_the_running_service_too() -> None:
    """Finding: the order of events of one day is by recorded_at (absent: noon), not by when they were taken."""
    live = Live(PPM)
    live.told(london("2026-01-05"), events(TO_BEGIN))
    live.told(london("2026-02-10", "17:00"), events("2026-02-10 placed_for_adoption #z"))
    live.told(london("2026-02-10", "18:00"), events("2026-02-10 adoption_placement_ended #y recorded 2026-02-10 16:00"))
    assert live.journey.facts is not None
    assert [(str(s.start), str(s.end)) for s in live.journey.facts.placements_for_adoption] == [
        ("2026-02-10", "2026-02-10"),
    ]


# Policies


def test_an_adopted_policy_stands_from_when_it_is_known() -> None:
    adopted = TO_BEGIN + "2026-01-07 policy_adopted policy=ppm-procedure"
    assert standing(LAW, adopted, "2026-01-06", "initial-ppm") == []
    assert standing(LAW, adopted, "2026-01-07", "initial-ppm") == ["1 upcoming (due 2026-01-19)"]
    named = "2026-01-05 became_looked_after policy=quick-guide"
    rows = {row.obligation for row in agenda_at(PPM, named, "2026-01-06")}
    assert rows == {"first-review", "second-review", "ppm", "permanence-plan-recorded"}


def test_a_ladder_adopted_late_tells_its_highest_rung_then_not_in_the_past() -> None:
    """Finding: rung 4 of the new ladder lies on 2 March, before the policy was adopted: it goes at adoption."""
    adopted = TO_BEGIN + "2026-03-13 policy_adopted policy=ppm-procedure"
    sent = story(LAW, adopted, until="2026-03-20", about="first-review", since="2026-02-17")
    assert short(sent) == ["2026-03-13 12:00 first-review/1 escalation 4"]


def test_policies_known() -> None:
    assert policies().ids() == [LAW, "iro-handbook", PPM, GUIDE]
