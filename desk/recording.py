"""Recording something for a child: what answers what is due comes first, then a form, what it will change, and it."""

import asyncio
from datetime import date, timedelta
from typing import Final

from fastapi import Response

from delivery.acknowledging import Acknowledgeable
from delivery.acknowledging_words import STAYS_DUE, what_it_changes
from desk.effect_words import changes, reason_in_words, title_of
from desk.event_fields import asks_the_day, fields_of, is_offered, read, said_in
from desk.forms import Errors
from desk.needs import Need
from desk.pages import Pages
from desk.recorded import mine
from desk.refusing import NotHere
from desk.rendering import page, to
from desk.taking import event_id, once_of, receipt_at, recorded, send
from desk.to_do import fields_for, form_at, steps_for, themes, titles, to_do, why_not
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.journey import Journey
from domain.study.effect import Effect, StepEnded, effect
from domain.study.hold import ladder_now

TITLES: Final = {
    "lateness_explained": "Say why a step is late",
    "escalation_acknowledged": "Say that you are on to it",
    "deadline_extended": "Extend a step",
    "obligation_waived": "Waive a step",
    "ppm_booked": "Book a PPM",
    "review_booked": "Book a review",
    "adm_decision_booked": "Book an ADM decision",
}
LONGEST: Final = 2000
"""Characters of a reason: those of the event that keeps it."""
pages = Pages()


@pages.show("/children/{child}/record", Need.CHILD)
def show_what_to_record(visit: Visited, step: str = "") -> Response:
    """What is due, with what may be done about it; then everything else; then what one recorded oneself."""
    return page(
        visit,
        "record.html",
        f"Record for {visit.child}",
        to_do=to_do(visit, step),
        themes=themes(visit),
        mine=mine(visit),
    )


@pages.show("/children/{child}/record/{kind}", Need.CHILD_TO_RECORD)
def show_form(visit: Visited, step: str = "") -> Response:
    """The form of a type of event."""
    return _form(visit, step)


@pages.take("/children/{child}/record/{kind}", Need.CHILD_TO_RECORD)
async def record(visit: Visited) -> Response:
    """Show what it will change; and then record it. Sent twice, it is the same."""
    pressed = await asyncio.to_thread(_pressed, visit)
    if isinstance(pressed, Response):
        return pressed
    await send(visit, pressed)
    await asyncio.to_thread(visit.done)
    return to(receipt_at(visit, once_of(visit)))


def _pressed(visit: Visit) -> Response | list[ev.Event]:
    """What is to be recorded, or the page that comes first."""
    once, do = once_of(visit), (visit.fields("do") or ["check"])[-1]
    model = _model(visit)
    if recorded(visit, once):
        visit.done()
        return to(f"{receipt_at(visit, once)}?again=1")
    if do == "change":
        return _form(visit)
    errors = Errors()
    given = {"type": _kind(visit), "id": event_id(once), "child": visit.child, "by": visit.viewer.key}
    event = read(model, given, visit.fields, visit.today, errors)
    lived = visit.desk.lived(visit.child, visit.now)
    if event is None or lived is None:
        return _form(visit, errors=errors)
    change = effect(lived.journey, [event], visit.now, visit.desk.policies())
    if change.refused:
        _tell(change, model, errors)
        return _form(visit, errors=errors)
    if do != "record":
        return _check(visit, event, change)
    reason = _reason(visit, change, errors)
    if errors:
        return _check(visit, event, change, errors)
    return [event, *_explanations(visit, lived.journey, change.met_late if reason else [], reason)]


# The form


def _form(visit: Visit, step: str = "", errors: Errors | None = None) -> Response:
    kind = _kind(visit)
    model = _model(visit)
    step = visit.field("obligation") or step
    about = issubclass(model, ev.ABOUT_AN_OBLIGATION)
    return page(
        visit,
        "record_form.html",
        _title(kind),
        fields=fields_for(visit, model),
        steps=steps_for(visit, kind) if about else [],
        step=step,
        why_not=why_not(visit, kind, step) if about and step else "",
        explain=form_at(visit, "lateness_explained", step),
        errors=errors or Errors(),
        authorised_by=visit.viewer.key,
    )


def _kind(visit: Visit) -> str:
    return str(visit.request.path_params["kind"])


def _model(visit: Visit) -> type[ev.Event]:
    if not is_offered(_kind(visit)):
        raise NotHere
    return ev.EVENT_TYPES[_kind(visit)]


def _title(kind: str) -> str:
    return TITLES.get(kind) or f"Record: {title_of(kind)}"


def _tell(change: Effect, model: type[ev.Event], errors: Errors) -> None:
    """Why it would be refused, at the field that is in the way, else at the first."""
    names = [field.name for field in fields_of(model)]
    for refusal in change.refused:
        field, why = reason_in_words(refusal.reason)
        errors.add(field if field in names else names[0], why)


# What it will change


def _check(visit: Visit, event: ev.Event, change: Effect, errors: Errors | None = None) -> Response:
    kept = {name: values for name, values in visit.sent.items() if name not in ("token", "once", "do", "why_late")}
    return page(
        visit,
        "record_check.html",
        "Check before you record it",
        event_title=title_of(event.type),
        said=said_in(event, titles(visit)),
        changes=who_will_not_hear(visit, event) or changes(change),
        late=change.met_late,
        needs_reason=_unexplained(change.met_late),
        unmet=_not_met(visit, event, change),
        ends=change.ends_journey,
        kept=kept,
        errors=errors or Errors(),
    )


def who_will_not_hear(visit: Visit, event: ev.Event) -> list[str]:
    """Of an acknowledgement: who will not hear because of it, and what comes then; of others nothing."""
    if not isinstance(event, ev.EscalationAcknowledged):
        return []
    case = visit.desk.cases.lived(visit.desk.reach.record(), visit.child, visit.now)
    assert case is not None
    late = [row for row in case.rows if row.obligation == event.obligation and row.status == "overdue"]
    ladders = [(row, ladder_now(case.journey, (row.obligation, row.occurrence))) for row in late]
    for row, ladder in ladders:
        if ladder is not None:
            about = Acknowledgeable("", case, row, ladder, visit.desk.people)
            return [*what_it_changes(about, event.until or about.unless_said), STAYS_DUE]
    return []


def _not_met(visit: Visit, event: ev.Event, change: Effect) -> str:
    """The step that somebody came for, if this does not meet it."""
    step = visit.field("step")
    rows = [row for row in visit.case.rows if row.obligation == step and row.is_open]
    ended = {one.was.obligation for one in change.ended}
    meant = asks_the_day(type(event))
    return rows[0].title if rows and meant and step not in ended else ""


def _unexplained(late: list[StepEnded]) -> bool:
    return any(all(said.kind != "explained" for said in one.was.said) for one in late)


def _reason(visit: Visit, change: Effect, errors: Errors) -> str:
    reason = visit.field("why_late")
    if not reason and _unexplained(change.met_late):
        errors.add("why_late", "Enter why it is late, in a sentence or two")
    if len(reason) > LONGEST:
        errors.add("why_late", f"Enter up to {LONGEST} characters; these are {len(reason)}")
    return reason


def _explanations(visit: Visit, journey: Journey, late: list[StepEnded], reason: str) -> list[ev.Event]:
    """The reason, kept with each step that is met late."""
    return [
        ev.parse_event(
            {
                "type": "lateness_explained",
                "id": f"{event_id(once_of(visit))}-late-{one.was.obligation}",
                "child": visit.child,
                "on": _said_on(visit, journey, one).isoformat(),
                "by": visit.viewer.key,
                "obligation": one.was.obligation,
                "reason": reason,
            }
        )
        for one in late
    ]


def _said_on(visit: Visit, journey: Journey, one: StepEnded) -> date:
    """Today; of a step that comes again the day before it was met, so that it is said of this and not of the next."""
    # Tracking was due on 2 March 2026 and is met on the 9th, which opens the next: what is said on the 9th or later is
    # of the next. On the 8th this one was open and late.
    rule = journey.policy.obligation(one.was.obligation)
    comes_again = rule is not None and rule.rule.occurs != "once"
    met = one.now.met_on if one.now else None
    return met - timedelta(days=1) if comes_again and met else visit.today
