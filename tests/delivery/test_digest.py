"""What a digest holds: of each of somebody's children what is overdue, due soon, and done since the last one."""

from datetime import timedelta

import pytest

from delivery.case_now import CaseNow, Cases, years
from delivery.choices import Cadence
from delivery.digest import CaseLines, Caseloads, DigestLine
from delivery.people import People
from domain.case.facts import Known
from tests.delivery.offices import office
from tests.domain.story import events, london, policies

ENTRY = "2026-01-05 became_looked_after @CLA-1 team=north"
"""Its first planning meeting is due on 19 January (S1 section 2), its first review on 2 February (reg 33)."""

PEOPLE = """
2026-01-05 person_assigned @CLA-1 role=social_worker contact=s-worker
2026-01-05 person_assigned @CLA-1 role=iro contact=i-second
"""
CALENDAR = years(2025, 2028)


class Morning:
    """Nine o'clock of a day, with what a story told by then."""

    def __init__(self, day: str, *stories: str, more: str = "") -> None:
        self.now = london(day, "09:00")
        self.cases = Cases(policies(), "ppm-procedure")
        cases = [self._case(story) for story in stories or (ENTRY + PEOPLE,)]
        self.loads = Caseloads([case for case in cases if case], People(office(more)), self.now, CALENDAR)

    def _case(self, story: str) -> CaseNow | None:
        told = events(story)
        return self.cases.at(told[0].child, [Known(e, e.known_from) for e in told], self.now)

    def cases_of(self, person: str, cadence: Cadence = "daily", days: int = 1) -> list[CaseLines]:
        """What somebody reads whose last digest was so many days ago."""
        return self.loads.lines_of(person, cadence, self.now - timedelta(days=days), self.cases)

    def read_by(self, person: str, cadence: Cadence = "daily", days: int = 1) -> list[str]:
        """The same in short."""
        cases = self.cases_of(person, cadence, days)
        return [f"{line.standing} {line.days} {line.what}" for case in cases for line in case.lines]


INITIAL = "Initial permanency planning meeting"
FIRST_REVIEW = "First looked-after review"


def test_who_is_to_do_it_and_who_hears_next_see_it_coming() -> None:
    morning = Morning("2026-01-12")
    assert morning.read_by("s-worker") == [f"due_soon 7 {INITIAL}"]
    assert morning.read_by("i-second") == [f"due_soon 7 {INITIAL}"]
    assert morning.read_by("m-north") == []
    assert [line.yours for case in morning.cases_of("s-worker") for line in case.lines] == [True]
    assert [line.yours for case in morning.cases_of("i-second") for line in case.lines] == [False]


def test_each_rung_that_is_reached_reads_of_it_from_then_on_and_for_good() -> None:
    overdue = f"overdue 7 {INITIAL}"
    assert overdue not in Morning("2026-01-23").read_by("m-north")
    assert overdue in Morning("2026-01-26").read_by("m-north")  # 5 working days: the team manager
    assert Morning("2026-02-13").read_by("l-lead") == []
    assert f"overdue 28 {INITIAL}" in Morning("2026-02-16").read_by("l-lead")  # 20: the strategic lead
    assert any(INITIAL in line for line in Morning("2027-01-04").read_by("l-lead"))  # the ladder has long ended


def test_what_was_done_is_told_once_and_when_it_became_known() -> None:
    story = ENTRY + PEOPLE + "2026-01-21 ppm_held @CLA-1 recorded 2026-01-26 16:00"
    assert f"done 2 {INITIAL}" not in Morning("2026-01-26", story).read_by("s-worker")
    assert f"done 2 {INITIAL}" in Morning("2026-01-27", story).read_by("s-worker")
    assert f"done 2 {INITIAL}" not in Morning("2026-01-28", story).read_by("s-worker")
    assert f"done 2 {INITIAL}" in Morning("2026-01-28", story).read_by("s-worker", days=7)


def test_a_history_that_was_loaded_yesterday_is_no_news_but_how_it_stands_is() -> None:
    lines = [
        ENTRY,
        *PEOPLE.strip().splitlines(),
        "2026-01-09 ppm_held @CLA-1",
        "2026-01-20 ppm_decisions_uploaded @CLA-1",
    ]
    story = "\n".join(f"{line} recorded 2026-02-09 11:00" for line in lines)
    read = Morning("2026-02-10", story).read_by("s-worker")
    assert not [line for line in read if line.startswith("done")]
    assert f"overdue 8 {FIRST_REVIEW}" in read


def test_what_was_waived_or_lapsed_or_is_only_foreseen_is_not_there() -> None:
    ended = ENTRY + PEOPLE + "2026-01-22 ceased_to_be_looked_after @CLA-1"
    assert Morning("2026-01-23", ended).read_by("s-worker") == []
    read = Morning("2026-01-12").read_by("s-worker", "weekly", 7)
    assert "Second looked-after review" not in " ".join(read)


def test_the_most_urgent_case_and_line_come_first() -> None:
    later = (ENTRY + PEOPLE).replace("CLA-1", "CLA-0").replace("2026-01-05 became", "2026-01-08 became")
    cases = Morning("2026-02-04", ENTRY + PEOPLE, later).cases_of("s-worker")
    assert [case.child for case in cases] == ["CLA-1", "CLA-0"]
    assert [line.what for line in cases[0].lines][:2] == [INITIAL, FIRST_REVIEW]
    assert [case.rag for case in cases] == ["red", "red"]


def test_a_weekly_digest_holds_what_falls_due_before_the_next_one() -> None:
    """Also what is reminded of later than that: of a review due on Monday week the first reminder goes on Monday."""
    friday = Morning("2026-01-23")
    assert not [line for line in friday.read_by("s-worker", "daily") if FIRST_REVIEW in line]
    monday = Morning("2026-01-26")
    assert f"due_soon 7 {FIRST_REVIEW}" in monday.read_by("s-worker", "weekly", 7)


def test_a_child_has_the_colour_it_has_everywhere_whatever_a_reader_is_told_of_it() -> None:
    """The chair's decisions are due on Friday the 23rd, first reminder on the 22nd; the review on 2 February."""
    held = ENTRY + PEOPLE + "2026-01-16 ppm_held @CLA-1"
    [before_any_reminder] = Morning("2026-01-19", held).cases_of("i-second", "weekly", 3)
    assert [line.standing for line in before_any_reminder.lines] == ["due_soon", "due_soon", "done", "done"]
    assert before_any_reminder.tag == "green"
    [reminded] = Morning("2026-01-22", held).cases_of("i-second")
    assert reminded.tag == "amber"
    [overdue] = Morning("2026-01-26", held).cases_of("i-second")
    assert overdue.tag == "red"
    due_soon = DigestLine("due_soon", FIRST_REVIEW, "CPPCR reg 33(1)", "social_worker")
    assert CaseLines("CLA-1", (due_soon,), rag="red").tag == "red: overdue with others"


def test_what_is_acknowledged_says_until_when_the_ladder_pauses() -> None:
    story = ENTRY + PEOPLE + "2026-01-21 escalation_acknowledged @CLA-1 obligation=initial-ppm until=2026-01-30"
    [line] = [one for case in Morning("2026-01-26", story).cases_of("s-worker") for one in case.lines if one.yours][:1]
    assert str(line.paused_until) == "2026-01-30"
    [line] = [one for case in Morning("2026-02-02", story).cases_of("s-worker") for one in case.lines if one.yours][:1]
    assert line.paused_until is None


def test_a_cover_reads_the_absent_ones_lines() -> None:
    away = '[[people.s-worker.absent]]\nfrom = 2026-01-10\nuntil = 2026-01-20\ncover = "a-patel"\n'
    assert Morning("2026-01-12", more=away).read_by("s-worker") == []
    assert Morning("2026-01-12", more=away).read_by("a-patel") == [f"due_soon 7 {INITIAL}"]
    assert Morning("2026-01-21", more=away).read_by("a-patel") == []


def test_what_nobody_holds_is_in_the_fallbacks() -> None:
    unallocated = ENTRY.replace(" team=north", "")
    assert f"due_soon 7 {INITIAL}" in Morning("2026-01-12", unallocated).read_by("duty-desk")


@pytest.mark.parametrize("policy", ["england-statutory", "quick-guide", "an-unknown-one"])
def test_the_case_names_the_policy_and_an_unknown_one_costs_nobody_a_digest(policy: str) -> None:
    read = Morning("2026-02-03", ENTRY + f" policy={policy}" + PEOPLE).read_by("s-worker")
    assert any(FIRST_REVIEW in line for line in read)
