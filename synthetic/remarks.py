"""What people write about obligations and about each other's entries: reasons, waivers, corrections.

Told after a story, in the light of what was late in it. Every remark is one the domain takes.
"""

from datetime import date, timedelta

from domain.case.documents import document_of
from domain.case.events import CarePlanUpdated, Event, PlanTracked, PpmMinutesSent, ReviewHeld
from synthetic.diary import REVIEWS, Lateness
from synthetic.story import Story

EXPLAINED = 0.5
ACKNOWLEDGED = 0.35
EXTENDED = 0.12
WAIVED = 0.08
CORRECTED = 0.12
MISTAKEN = (ReviewHeld, PlanTracked, CarePlanUpdated, PpmMinutesSent)


def remark(story: Story) -> None:
    """Write the remarks of one child's story."""
    for late in story.diary.lateness:
        _about_lateness(story, late)
    if story.rng.random() < EXTENDED:
        _extend(story)
    if story.rng.random() < WAIVED:
        _waive(story)
    if story.rng.random() < CORRECTED:
        _correct(story)


def _about_lateness(story: Story, late: Lateness) -> None:
    """The reason for a late review, or the manager's word that a reminder has been seen."""
    if not story.has(late.obligation) or late.due < story.entry:
        return
    noticed = story.diary.later(late.due, 3, 14)
    still_open = late.met_on is None or late.met_on > noticed
    if late.obligation in REVIEWS and story.rng.random() < EXPLAINED:
        reason = "The independent reviewing officer was ill (synthetic)."
        story.note("lateness_explained", noticed, obligation=late.obligation, reason=reason)
    elif still_open and story.rng.random() < ACKNOWLEDGED:
        story.note("escalation_acknowledged", noticed, obligation=late.obligation)


def _extend(story: Story) -> None:
    """Give more time for something the authority itself has set the time for, before it runs out."""
    name, due = _own_deadline(story)
    if not story.has(name):
        return
    story.note(
        "deadline_extended",
        story.diary.calendar.on_or_before(due - timedelta(days=story.rng.randint(3, 8))),
        prompt=True,
        obligation=name,
        until=(due + timedelta(days=story.rng.randint(7, 28))).isoformat(),
        reason="The new carers asked for more time (synthetic).",
        authorised_by="team_manager",
    )


def _own_deadline(story: Story) -> tuple[str, date]:
    if story.has("plan-implemented") or not story.reviews:
        return "plan-implemented", story.months(story.entry, 4)
    return "care-plan-updated", story.reviews[0] + timedelta(days=28)


def _waive(story: Story) -> None:
    """Waive one occurrence of something of the authority's own."""
    name = "plan-oversight" if story.has("plan-oversight") else "care-plan-updated"
    if not story.has(name):
        return
    on = story.diary.later(story.entry, 70, 160)
    reason = "Covered by the court's own timetable (synthetic)."
    story.note("obligation_waived", on, prompt=True, obligation=name, reason=reason, authorised_by="service_manager")


def _correct(story: Story) -> None:
    """Enter something a second time by mistake, on a wrong day, and void the mistake when it is seen."""
    entered = [e for e in story.diary.events if isinstance(e, MISTAKEN) and story.entry < e.on < story.over]
    if not entered:
        return
    mistake = _again(story, story.rng.choice(entered))
    if mistake is None:
        return
    seen = story.diary.later(mistake.known_from.date(), 1, 12)
    if seen > story.diary.last_day:
        seen = mistake.known_from.date()
    story.diary.hold_back(mistake)
    voided = story.diary.write("event_voided", seen, event=mistake.id, reason="Entered twice (synthetic).", prompt=True)
    assert voided is not None, "what has been recorded by the last day can be voided on it"


def _again(story: Story, event: Event) -> Event | None:
    fields = {k: v for k, v in document_of(event).items() if k not in {"type", "id", "child", "on", "recorded_at"}}
    day = min(event.on + timedelta(days=story.rng.randint(1, 6)), story.diary.last_day)
    return story.diary.write(event.type, day, **fields) if day < story.over else None
