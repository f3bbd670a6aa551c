"""What references stand for and what acknowledging would change, out of a case record that journeys have written."""

from datetime import datetime

from delivery.acknowledging import Acknowledgeable, Acknowledging
from delivery.acknowledging_words import what_it_changes
from delivery.case_now import Cases
from delivery.references import reference_of
from domain.case.documents import document_of
from domain.case.events import Event
from domain.journey import Journey
from record.entries import KnownEvent, RecordEntry, Terms
from tests.delivery.conftest import Office
from tests.delivery.offices import office as directory
from tests.domain.story import calendar, events, london, policies

ENTRY = """
2026-01-05 became_looked_after #in team=north
2026-01-05 person_assigned #sw role=social_worker contact=s-worker
"""


class Told:
    """A journey told things at instants, and its record, as the workflow writes it."""

    def __init__(self, office: Office, quiet_until: datetime | None = None) -> None:
        self.office, self.journey = office, Journey("CLA-1", policies().resolve("ppm-procedure"), calendar())
        self.terms = Terms(quiet=(london("2026-01-05"), quiet_until)) if quiet_until else None
        if self.terms and self.terms.quiet:
            self.journey.keep_quiet(*self.terms.quiet)

    def then(self, at: datetime, *told: Event) -> None:
        """It wakes, takes events, and writes what it decides."""
        decided = self.journey.step(at, told)
        known = [KnownEvent(known_at=at, event=document_of(event)) for event in told]
        actions, skipped = list(decided.actions), list(decided.skipped)
        self.office.record.write(
            RecordEntry(child="CLA-1", decided_at=at, events=known, actions=actions, skipped=skipped, terms=self.terms)
        )

    def found(self, obligation: str, at: datetime) -> Acknowledgeable:
        """What the latest escalation about something stands for."""
        sent = [one.action for one in self.office.record.actions("CLA-1") if one.status == "sent"]
        key = [a.key for a in sent if (a.kind, a.obligation) == ("escalation", obligation)][-1]
        finding = Acknowledging(self.office.record, Cases(policies(), "ppm-procedure"), directory)
        return finding.find(reference_of("CLA-1", key), at)


def test_two_of_the_same_obligation_are_held_together_and_that_is_said(office: Office) -> None:
    """Decisions of meetings of 12 and 14 January are due on the 19th and the 21st; neither has been sent."""
    told = Told(office)
    told.then(london("2026-01-05"), *events(ENTRY))
    told.then(london("2026-01-12"), *events("2026-01-12 ppm_held #first plan_final=true"))
    told.then(london("2026-01-14"), *events("2026-01-14 ppm_held #second plan_final=true"))
    now = london("2026-01-23", "10:00")
    told.then(now)
    late = told.found("ppm-decisions-sent", now)
    said = what_it_changes(late, london("2026-01-28").date())
    assert said == [
        "Until the end of 28 January 2026 nobody further is told that this is late.",
        "The team manager (m-north), who would be told on 28 January 2026, hears on 29 January 2026 instead, "
        "if it is not done by then.",
        "The same pause holds Decisions of the permanency planning meeting sent, due on 19 January 2026, as well.",
        "The team manager (m-north), who would be told on 26 January 2026, hears on 29 January 2026 instead, "
        "if it is not done by then.",
    ]


def test_of_a_journey_that_was_quiet_it_is_asked_when_its_rungs_truly_go(office: Office) -> None:
    """Loaded with nothing to be told before 29 January, when rung 2 of 26 January goes; rung 3 keeps its day."""
    told = Told(office, quiet_until=london("2026-01-29", "09:00"))
    told.then(london("2026-01-05"), *events(ENTRY))
    told.then(london("2026-01-29", "09:00"))
    now = london("2026-01-29", "10:00")
    late = told.found("initial-ppm", now)
    assert late.row.next is not None
    assert late.row.next.rung == 3
    assert what_it_changes(late, london("2026-01-30").date())[0] == (
        "Until the end of 30 January 2026 the ladder pauses; nobody further would be told by then anyway."
    )
