"""Recording something for a child: what answers what is due comes first, then a form, what it will change, and it."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from fastapi import Response

from delivery.acknowledging import Acknowledgeable
from delivery.acknowledging_words import STAYS_DUE, what_it_changes
from delivery.case_now import CaseNow
from desk.corrections import already_said, differences, in_time_after_all, is_the_same, reasons_kept
from desk.desk import AT
from desk.effect_words import changes, reason_in_words, title_of
from desk.elsewhere import ELSEWHERE, Shown, as_sent, asked_for, shown_elsewhere
from desk.event_fields import GIVEN, as_meant, asks_the_day, fields_of, is_offered, read, said_in
from desk.forms import Errors, number_in
from desk.milestone_details import KIND as MILESTONE
from desk.milestone_details import details_said, details_typed, milestones_asked
from desk.named import people_named
from desk.needs import Need
from desk.pages import Pages
from desk.recorded import by_and_when, lately
from desk.refusing import NotHere
from desk.rendering import page, to
from desk.sibling_plan import cases_of, log_views, plans_said, plans_typed, siblings_asked
from desk.steps import nothing_due
from desk.taking import event_id, once_in, once_of, receipt_at, recorded, send
from desk.to_do import (
    called_in_event,
    fields_for,
    form_at,
    settled,
    steps_for,
    themes,
    titles,
    to_do,
    to_explain,
    why_not,
)
from desk.visits import Visit, Visited
from domain.case import events as ev
from domain.case.calendar import WorkingCalendar
from domain.case.children import children_of
from domain.case.documents import document_of, parse_event
from domain.case.facts import Known
from domain.case.life import LEADS_TO_ENTRY
from domain.clocks.schedule import HOLD_AT_MOST
from domain.clocks.wording import in_words
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
WHY: Final = "why_corrected"
CORRECTED: Final = "Corrected because:"
SAME: Final = "Change what is wrong: nothing is different from what was recorded"
pages = Pages()


@pages.show("/children/{child}/record", Need.CHILD)
def show_what_to_record(visit: Visited, step: str = "") -> Response:
    """What is due, with what may be done about it; then everything else; then what was recorded here lately."""
    return page(
        visit,
        "record.html",
        f"Record for {visit.child}",
        to_do=to_do(visit, step),
        came_for=settled(visit, step),
        nothing_due=nothing_due(visit.case.facts),
        to_explain=to_explain(visit),
        themes=themes(visit),
        lately=lately(visit),
    )


@pages.show("/children/{child}/record/{kind}", Need.CHILD_TO_RECORD)
def show_form(visit: Visited, step: str = "") -> Response:
    """The form of a type of event."""
    return shown(_asked(visit), step)


@pages.take("/children/{child}/record/{kind}", Need.CHILD_TO_RECORD)
async def record(visit: Visited) -> Response:
    """Show what it will change; and then record it. Sent twice, it is the same."""
    return await answered(_asked(visit))


class Asked(NamedTuple):
    """What somebody is asked for: an event of a type, and which one it stands in for if it corrects one."""

    visit: Visit
    kind: str
    wrong: ev.Event | None = None

    @property
    def model(self) -> type[ev.Event]:
        """The model of its type. Raises NotHere where the desk has no form for it."""
        if not is_offered(self.kind):
            raise NotHere
        return ev.EVENT_TYPES[self.kind]

    @property
    def given(self) -> dict[str, Any]:
        """What is known of it without asking: of a correction also the day, where that is not asked."""
        visit, wrong = self.visit, self.wrong
        known = {**_unasked(wrong), "on": wrong.on.isoformat(), "corrects": wrong.id} if wrong else {}
        event = event_id(once_of(visit))
        return {**known, "type": self.kind, "id": event, "child": visit.child, "by": visit.viewer.key}


def _unasked(wrong: ev.Event) -> dict[str, Any]:
    """What a form does not ask of an event and a correction leaves as it is."""
    asked = {field.name for field in fields_of(type(wrong))} | GIVEN | {"plans"}
    return {name: value for name, value in document_of(wrong).items() if name not in asked}


def _asked(visit: Visit) -> Asked:
    return Asked(visit, str(visit.request.path_params["kind"]))


async def answered(asked: Asked) -> Response:
    """The next page of a form that was sent; after the last, the receipt."""
    visit = asked.visit
    pressed = await asyncio.to_thread(_pressed, asked)
    if isinstance(pressed, Response):
        return pressed
    await send(visit, pressed, asked.wrong)
    await asyncio.to_thread(visit.done)
    return to(receipt_at(visit, once_of(visit)))


def shown(asked: Asked, step: str = "") -> Response:
    """The form, or the page that it led to where the address asks for that."""
    how, once = asked_for(asked.visit)
    if once and recorded(asked.visit, once):
        return to(f"{receipt_at(asked.visit, once)}?again=1")
    visit = as_sent(asked.visit, once)
    return _led_to(asked._replace(visit=visit), how) if visit else form_page(asked, step)


def _pressed(asked: Asked) -> Response | list[ev.Event]:
    """What is to be recorded, or the page that comes first."""
    visit = asked.visit
    once, do = once_of(visit), (visit.fields("do") or ["check"])[-1]
    if recorded(visit, once):
        visit.done()
        return to(f"{receipt_at(visit, once)}?again=1")
    errors = Errors()
    ready = _to_record(asked, errors) if do != "change" else None
    if ready is None:
        return _lead_to(asked, "mend", once)
    reason = _reason(visit, ready.changes_of, errors) if do == "record" else ""
    if errors or do != "record" or _said_meanwhile(asked, ready.event):
        return _lead_to(asked, "check", once)
    return [ready.event, *_beside(asked, ready.cases, ready.changes_of, reason)]


def _lead_to(asked: Asked, how: Shown, once: str) -> Response:
    return shown_elsewhere(asked.visit, how, once) or _led_to(asked, how)


def _led_to(asked: Asked, how: Shown) -> Response:
    """The page that what was sent leads to."""
    errors = Errors()
    ready = _to_record(asked, errors)
    if how == "mend" or ready is None:
        return form_page(asked, errors=errors)
    if asked.visit.fields("do")[-1:] == ["record"]:
        _reason(asked.visit, ready.changes_of, errors)
    return _check(asked, ready.event, ready.changes_of, errors)


class ToRecord(NamedTuple):
    """An event that can be recorded: for whom, and what it will change for each."""

    event: ev.Event
    cases: Mapping[str, CaseNow]
    changes_of: Mapping[str, Effect]


def _to_record(asked: Asked, errors: Errors) -> ToRecord | None:
    """What the form was filled in for; None where it cannot be recorded."""
    visit = asked.visit
    event = _filled_in(asked, errors)
    cases = cases_of(visit, event, asked.wrong)
    if event is None or visit.child not in cases:
        return None
    policies = visit.desk.policies()
    changes_of = {child: effect(case.journey, [event], visit.now, policies) for child, case in cases.items()}
    _tell_refusals(asked, changes_of, errors)
    _tell_day_refused(event, visit.case.journey.calendar, errors)
    _tell_unknown(visit, event, errors)
    return None if errors else ToRecord(event, cases, changes_of)


def _said_meanwhile(asked: Asked, event: ev.Event) -> bool:
    """Whether somebody has said the same since the check page was shown: then it is shown once more."""
    shown = number_in(asked.visit.field("already")) or 0
    said = already_said(asked.visit.case.known, event, asked.wrong)
    return len(said) > shown


def _filled_in(asked: Asked, errors: Errors) -> ev.Event | None:
    """The event that the form was filled in for; None where something in it is wrong."""
    visit, wrong = asked.visit, asked.wrong
    plans = plans_typed(visit, siblings_asked(visit, asked.kind, wrong), errors)
    details = {"details": details_typed(visit, asked.kind, errors)} if asked.kind == MILESTONE else {}
    given = asked.given | ({"plans": plans} if plans else {}) | details
    event = read(asked.model, given, visit.fields, visit.today, errors)
    if event is not None:
        event = _by_key(visit, event)
    if event is not None and wrong:
        if is_the_same(event, wrong):
            errors.add(fields_of(asked.model)[0].key, SAME)
        event = _with_why(event, visit.field(WHY), errors)
    return None if errors else event


def _with_why(event: ev.Event, why: str, errors: Errors) -> ev.Event:
    """A correction with the reason for it, in its note: an event has no other place for what is said of itself."""
    if not why:
        return event
    note = "\n".join(filter(None, (event.note, f"{CORRECTED} {why}")))
    if len(note) > LONGEST:
        errors.add(WHY, f"Enter up to {LONGEST} characters with the note; these are {len(note)}")
    return event.model_copy(update={"note": note})


# The form


def form_page(asked: Asked, step: str = "", errors: Errors | None = None) -> Response:
    """The form, with what was typed; of a correction, at first with what was said."""
    visit, kind, model = asked.visit, asked.kind, asked.model
    step = visit.field("obligation") or step
    about = issubclass(model, ev.ABOUT_AN_OBLIGATION)
    return page(
        visit,
        "record_form.html",
        f"Correct: {title_of(kind)}" if asked.wrong else _title(kind),
        fields=fields_for(visit, model),
        siblings=siblings_asked(visit, kind, asked.wrong),
        milestones=milestones_asked(visit, kind),
        steps=_steps(asked) if about else [],
        step=step,
        why_not=why_not(visit, kind, step) if about and step and not asked.wrong else "",
        explains=kind == "lateness_explained",
        explain=form_at(visit, "lateness_explained", step),
        errors=errors or Errors(),
        authorised_by=visit.viewer.key,
        wrong=asked.wrong,
        all_recorded=f"{AT}/children/{visit.child}/recorded",
        back=_back(asked),
    )


def _back(asked: Asked) -> str:
    visit, wrong = asked.visit, asked.wrong
    return receipt_at(visit, once_in(wrong.id)) if wrong else f"{AT}/children/{visit.child}/record"


def _steps(asked: Asked) -> list[tuple[str, str]]:
    """The steps it may be about; what is corrected may stay about the step that it was about."""
    steps = steps_for(asked.visit, asked.kind)
    if isinstance(asked.wrong, ev.ABOUT_AN_OBLIGATION) and asked.wrong.obligation not in dict(steps):
        obligation = asked.wrong.obligation
        steps = [(obligation, titles(asked.visit).get(obligation, obligation)), *steps]
    return steps


def _title(kind: str) -> str:
    return TITLES.get(kind) or f"Record: {title_of(kind)}"


def _tell_refusals(asked: Asked, changes_of: Mapping[str, Effect], errors: Errors) -> None:
    """Why it would be refused, at the field that is in the way, else at the first."""
    names = [field.key for field in fields_of(asked.model)]
    for child, change in changes_of.items():
        of = "" if child == asked.visit.child else f"{child}: "
        for refusal in change.refused:
            field, why = reason_in_words(refusal.reason)
            errors.add(field if field in names else names[0], f"{of}{why}")


def _tell_day_refused(event: ev.Event, calendar: WorkingCalendar, errors: Errors) -> None:
    """Of a pause the days that are accepted, as by a link: the journey holds to no other."""
    # Acknowledged on 29 November 2026 until 28 January 2027 the ladder goes on after twenty working days all the same:
    # whoever was said to hear on the 29th would hear on 30 December.
    if not isinstance(event, ev.EscalationAcknowledged) or event.until is None:
        return
    latest = calendar.working_days_after(event.on, HOLD_AT_MOST)
    if not event.on <= event.until <= latest:
        errors.add(
            "until",
            f"Enter a day from {in_words(event.on)} to {in_words(latest)} ({HOLD_AT_MOST} working days). When the "
            "pause runs out it can be acknowledged again",
        )


def _tell_unknown(visit: Visit, event: ev.Event, errors: Errors) -> None:
    """That nobody is called so: a slip of the pen would leave the role to whoever is told where nobody holds it."""
    if not isinstance(event, ev.PersonAssigned) or visit.desk.people.who_is(event.contact)[1] is not None:
        return
    named = people_named(visit.desk.directory, event.contact)
    why = f"this may be {' or '.join(named)}" if named else "it does not know this one"
    errors.add("contact", f"Enter their name, their work mail address, or what the directory calls them: {why}")


def _by_key(visit: Visit, event: ev.Event) -> ev.Event:
    """The event, with somebody who was named by the name that they alone have as the directory calls them."""
    if not isinstance(event, ev.PersonAssigned) or visit.desk.people.who_is(event.contact)[1] is not None:
        return event
    named = people_named(visit.desk.directory, event.contact)
    return event.model_copy(update={"contact": named[0]}) if len(named) == 1 else event


# What it will change


def _check(asked: Asked, event: ev.Event, changes_of: Mapping[str, Effect], errors: Errors) -> Response:
    visit, wrong = asked.visit, asked.wrong
    own = changes_of[visit.child]
    log_views(visit, changes_of.keys() - {visit.child})
    late = [one for change in changes_of.values() for one in change.met_late]
    said = _said(visit, event)
    return page(
        visit,
        "record_check.html",
        "Check before you correct it" if wrong else "Check before you record it",
        event_title=title_of(event.type),
        said=said,
        differences=differences(_said(visit, wrong), said) if wrong else [],
        changes=who_will_not_hear(visit, event) or changes(own),
        others={child: changes(change) for child, change in changes_of.items() if child != visit.child},
        planned=sorted(children_of(event)),
        unplanned=[one for one in siblings_asked(visit, asked.kind, wrong) if one.reference not in children_of(event)],
        late=late,
        needs_reason=_unexplained(late),
        already=[_in_short(visit, one) for one in already_said(visit.case.known, event, wrong)],
        unmet="" if wrong else _not_met(visit, event, own),
        doubtful=_doubtful(asked, event),
        ends=own.ends_journey,
        in_time=[one for change in changes_of.values() for one in in_time_after_all(change)],
        kept=_kept(asked),
        wrong=wrong,
        errors=errors,
    )


def _kept(asked: Asked) -> Mapping[str, list[str]]:
    """What was sent, as the check page sends it on."""
    details = (field for one in milestones_asked(asked.visit, asked.kind) for field in one.fields)
    sent = as_meant([*fields_of(asked.model), *details], asked.visit.sent, asked.visit.today)
    ours = ("token", "once", "do", "why_late", "already", ELSEWHERE)
    return {name: values for name, values in sent.items() if name not in ours}


def _said(visit: Visit, event: ev.Event) -> list[tuple[str, str]]:
    return [*said_in(event, called_in_event(visit, event)), *details_said(visit, event), *plans_said(visit, event)]


def _in_short(visit: Visit, one: Known) -> str:
    """Something that is recorded already: what, of which day, and by whom."""
    return f"{title_of(one.event.type)}, {in_words(one.event.on)}, {by_and_when(visit.desk.name_of, one)}"


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
            about = Acknowledgeable("", case, row, ladder, visit.desk.people, visit.people.kept_from)
            return [*what_it_changes(about, event.until or about.unless_said), STAYS_DUE]
    return []


def _not_met(visit: Visit, event: ev.Event, change: Effect) -> str:
    """The step that somebody came for, if this does not meet it."""
    step = visit.field("step")
    rows = [row for row in visit.case.rows if row.obligation == step and row.is_open]
    ended = {one.was.obligation for one in change.ended}
    meant = asks_the_day(type(event))
    return rows[0].title if rows and meant and step not in ended else ""


def _doubtful(asked: Asked, event: ev.Event) -> str:
    """What speaks against the day that was entered, though it can be taken."""
    visit, wrong = asked.visit, asked.wrong
    as_before = isinstance(event, ev.Booking) and isinstance(wrong, ev.Booking) and wrong.booked_for == event.booked_for
    if isinstance(event, ev.Booking) and event.booked_for < visit.today and not as_before:
        return f"{in_words(event.booked_for)} has passed: if it has happened, record what happened"
    # Out of care since 21 August 2026: a review of 1 October 2026, a slip for 2025, was kept and counted for nothing.
    # A milestone of the days before the first entry, which its policy lets come so early, counts.
    periods = [one for one in visit.case.journey.periods if one.entry]
    within = (one for one in periods if one.entry and one.entry.on <= event.on <= (one.ended_on or event.on))
    begun = bool(periods) and len(periods) == len(visit.case.journey.periods) and event.on >= periods[0].began_on
    if not asks_the_day(type(event)) or isinstance(event, LEADS_TO_ENTRY) or not begun or any(within):
        return ""
    return f"The child was not in care on {in_words(event.on)}: it counts for no period of care"


def _unexplained(late: list[StepEnded]) -> bool:
    return any(all(said.kind != "explained" for said in one.was.said) for one in late)


def _reason(visit: Visit, changes_of: Mapping[str, Effect], errors: Errors) -> str:
    reason = visit.field("why_late")
    if not reason and _unexplained([one for change in changes_of.values() for one in change.met_late]):
        errors.add("why_late", "Enter why it is late, in a sentence or two")
    if len(reason) > LONGEST:
        errors.add("why_late", f"Enter up to {LONGEST} characters; these are {len(reason)}")
    return reason


# What is kept beside it


def _beside(
    asked: Asked, cases: Mapping[str, CaseNow], changes_of: Mapping[str, Effect], reason: str
) -> Iterator[ev.Event]:
    """The reason for what is met late; and that a reason kept before is none any more, if it was in time after all."""
    for child, change in changes_of.items():
        if reason:
            yield from _explanations(asked.visit, cases[child], change.met_late, reason)
        if asked.wrong:
            for one in in_time_after_all(change):
                said = reasons_kept(cases[child].known, asked.wrong, one.was.obligation)
                yield from (_no_reason(asked.visit, child, each) for each in said)


def _explanations(visit: Visit, case: CaseNow, late: list[StepEnded], reason: str) -> list[ev.Event]:
    """The reason, kept with each step that is met late."""
    return [
        parse_event(
            {
                "type": "lateness_explained",
                "id": f"{event_id(once_of(visit))}-late-{one.was.obligation}",
                "child": case.child,
                "on": _said_on(visit, case.journey, one).isoformat(),
                "by": visit.viewer.key,
                "obligation": one.was.obligation,
                "reason": reason,
            }
        )
        for one in late
    ]


def _no_reason(visit: Visit, child: str, said: ev.LatenessExplained) -> ev.Event:
    return parse_event(
        {
            "type": "event_voided",
            "id": f"{event_id(once_of(visit))}-in-time-{said.obligation}",
            "child": child,
            "on": visit.today.isoformat(),
            "by": visit.viewer.key,
            "event": said.id,
            "reason": "It was in time after all, as corrected",
        }
    )


def _said_on(visit: Visit, journey: Journey, one: StepEnded) -> date:
    """Today; of a step that comes again the day before it was met, so that it is said of this and not of the next."""
    # Tracking was due on 2 March 2026 and is met on the 9th, which opens the next: what is said on the 9th or later is
    # of the next. On the 8th this one was open and late.
    rule = journey.policy.obligation(one.was.obligation)
    comes_again = rule is not None and rule.rule.occurs != "once"
    met = one.now.met_on if one.now else None
    return met - timedelta(days=1) if comes_again and met else visit.today
