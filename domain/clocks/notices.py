"""What is told at once because something happened: notices, and breaches of what the procedure requires first.

Each function looks at one event that has just become known, in the light of all that is known at that instant.
It gives None where nothing is to be told, else what to add to the message (or nothing to add).
"""

from collections.abc import Callable, Sequence
from datetime import date

from domain.case import events as ev
from domain.case.calendar import age_on
from domain.case.facts import Facts
from domain.case.plan_history import given_up_on
from domain.case.words import Plan, ReasonForCeasing, Role, Views
from domain.clocks.anchors import Anchor
from domain.clocks.fulfilment import fulfilment
from domain.clocks.registry import Names
from domain.clocks.spelling import spaced

UNDER_NINE = 9
"""S1 section 5: the adoption service is invited where adoption is likely for a child below this age."""

MANAGERS = (Role.TEAM_MANAGER, Role.SERVICE_MANAGER, Role.CLA_SERVICE_MANAGER)
"""S1 section 5: a team manager is at the meeting, or a service manager of CLA."""

Occasion = Callable[[Facts, ev.Event], str | None]
occasion: Names[Occasion] = Names("occasion for a notice or breach")


def _words(names: Sequence[str]) -> str:
    return ", ".join(map(spaced, names))


def _young(facts: Facts, day: date) -> bool:
    return facts.born is not None and age_on(facts.born, day) < UNDER_NINE


def _adoption_in_plan(facts: Facts, day: date) -> bool:
    plan = facts.plan(day)
    return plan is not None and plan.holds_adoption


@occasion
def always(_facts: Facts, _event: ev.Event) -> str | None:
    """Whenever it happens."""
    return ""


@occasion
def not_yet_looked_after(facts: Facts, _event: ev.Event) -> str | None:
    """While the child has not become looked after."""
    return None if facts.entry else ""


@occasion
def no_meeting_held_since(facts: Facts, event: ev.Event) -> str | None:
    """While no permanency planning meeting has been held since; names whom to invite and whose views to bring."""
    if any(ppm.on >= event.on for ppm in facts.ppms):
        return None
    invited = [Role.PPM_CHAIR, Role.CASE_SUPERVISOR, Role.FOSTERING_SOCIAL_WORKER, Role.IRO]
    if _adoption_in_plan(facts, date.max):
        invited.append(Role.FAMILY_FINDING_SOCIAL_WORKER)
    adoption = _adoption_service_comes(facts, event)
    if adoption is True:
        invited.append(Role.ADOPTION_SERVICE)
    if facts.in_proceedings():
        invited.append(Role.SOLICITOR)
    perhaps = "" if adoption is not None else f" (and the {spaced(Role.ADOPTION_SERVICE)} if adoption is likely)"
    return f"Invite {_words(invited)}{perhaps}; bring the views of the {_words(list(Views))}."


def _adoption_service_comes(facts: Facts, event: ev.Event) -> bool | None:
    """Whether the adoption service is to be invited; None where the worker must judge if adoption is likely."""
    plan = facts.plan()
    if not facts.to_the_letter:
        return _adoption_in_plan(facts, date.max) and _young(facts, event.on)
    if (plan is not None and plan.primary is Plan.ADOPTION) or any(s.end is None for s in facts.relinquished):
        return True
    return None if _young(facts, event.on) else False


@occasion
def adoption_has_become_the_plan(facts: Facts, event: ev.Event) -> str | None:
    """The primary plan became adoption by this event, was not before, and is adoption now."""
    steps = facts.plans
    place = next((n for n, step in enumerate(steps) if step.event is event), None)
    if place is None or steps[place].primary is not Plan.ADOPTION:
        return None
    was = place > 0 and steps[place - 1].primary is Plan.ADOPTION
    return None if was or steps[-1].primary is not Plan.ADOPTION else ""


@occasion
def no_authority_to_place(facts: Facts, event: ev.Event) -> str | None:
    """No placement order or consent was in force on the day."""
    held = any(s.start <= event.on and (s.end is None or event.on < s.end) for s in facts.authority_to_place)
    return None if held else ""


@occasion
def no_meeting_considered_adoption(facts: Facts, event: ev.Event) -> str | None:
    """No permanency planning meeting by then had adoption in its plan."""
    planned = any(
        step.holds_adoption and facts.left_short_breaks_on <= step.on <= event.on
        for step in facts.plans
        if isinstance(step.event, ev.PpmHeld)
    )
    return None if planned else ""


@occasion
def first_review_with_no_meeting_before(facts: Facts, event: ev.Event) -> str | None:
    """It is the first looked-after review, and no permanency planning meeting had been held since entry."""
    if event not in [r.event for r in facts.care_reviews[:1]]:
        return None
    return None if any(ppm.on <= event.on for ppm in facts.ppms) else ""


@occasion
def second_review_with_no_plan_agreed(facts: Facts, event: ev.Event) -> str | None:
    """It is the second looked-after review, and neither it nor a review before agreed the permanence plan."""
    if event not in [r.event for r in facts.care_reviews[1:2]]:
        return None
    agreed = any(r.event.plan_agreed for r in facts.reviews if facts.left_short_breaks_on <= r.on <= event.on)
    return None if agreed else ""


@occasion
def second_review_with_no_plan_recorded(facts: Facts, event: ev.Event) -> str | None:
    """It is the second looked-after review, and no permanence plan had been recorded since entry."""
    if facts.care is None or event not in [r.event for r in facts.care_reviews[1:2]]:
        return None
    since_entry = Anchor(facts.care.start)
    plans = [step.on for step in facts.plans if step.on >= since_entry.on]
    days = [*plans, *fulfilment["pathway_plan_at_15_or_over"](facts, since_entry)]
    return None if any(day <= event.on for day in days) else ""


@occasion
def plan_changed_with_no_review(facts: Facts, event: ev.Event) -> str | None:
    """Another primary plan, and no review since the day of the plan before, by what is known when it is told."""
    # Planned on 12 January 2026, changed on 2 February, reviewed on the 10th: told by the 9th, an officer hears of a
    # change without a review; where all three become known at once there is nothing left to call for.
    steps = facts.plans
    place = next((n for n, step in enumerate(steps) if step.event is event), 0)
    if place == 0 or steps[place - 1].primary is steps[place].primary:
        return None
    by = date.max if facts.amended else event.on
    return None if any(steps[place - 1].on <= r.on <= by for r in facts.reviews) else ""


@occasion
def return_home_not_approved(facts: Facts, event: ev.Event) -> str | None:
    """The return home, or leaving care to go home as planned, had not been approved by then."""
    if isinstance(event, ev.CeasedToBeLookedAfter) and event.reason is not ReasonForCeasing.HOME_PLANNED:
        return None
    since = given_up_on(facts, Plan.RETURN_HOME, event.on)
    return None if any(since <= e.on <= event.on for e in facts.all(ev.ReturnHomeApproved)) else ""


@occasion
def somebody_was_missing(facts: Facts, event: ev.Event) -> str | None:
    """Somebody who must attend was absent, no manager was there, or the child's or parents' views were missing."""
    if not isinstance(event, ev.PpmHeld):
        return None
    absent: list[str] = []
    if event.attended is not None:
        needed = [Role.CASE_SUPERVISOR, Role.SOCIAL_WORKER, Role.FOSTERING_SOCIAL_WORKER]
        own = facts.plan_of(event)
        if _young(facts, event.on) and Plan.ADOPTION in (own.primary_plan, own.contingency_plan):
            needed.append(Role.ADOPTION_SERVICE)
        absent = [role for role in needed if role not in event.attended]
    if facts.to_the_letter and not _led_by_a_manager(event):
        absent.append("a team or service manager")
    unheard = [v for v in (Views.CHILD, Views.PARENTS) if event.views is not None and v not in event.views]
    missing = [f"Absent: {_words(absent)}."] * bool(absent) + [f"Views missing: {_words(unheard)}."] * bool(unheard)
    return " ".join(missing) or None


def _led_by_a_manager(meeting: ev.PpmHeld) -> bool:
    """Whether a manager chaired or attended, as far as either was said."""
    there = [*([meeting.chair] if meeting.chair else []), *(meeting.attended or ())]
    said = meeting.chair is not None or meeting.attended is not None
    return not said or any(role in MANAGERS for role in there)


@occasion
def no_contingency_plan(facts: Facts, event: ev.Event) -> str | None:
    """A meeting whose plan is not final made no contingency plan."""
    if not isinstance(event, ev.PpmHeld):
        return None
    own = facts.plan_of(event)
    return None if own.plan_final or own.contingency_plan else ""
