"""A child's past, taken up by a new run from the case record."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.models import Rulebook
    from domain.case.documents import parse_event
    from domain.case.facts import Known
    from domain.journey import Journey
    from record.entries import Terms
    from workflows import ways
    from workflows.protocol import JourneyOptions


def take_up(journey: Journey, book: Rulebook, options: JourneyOptions, now: datetime) -> JourneyOptions:
    """Let a journey be what the case record knows of it: events, what was told, and what it ran under.

    Answers with the options that it runs by from now on. In runs that began before `ways.DURABLE` each due date is
    taken to have stood since the run began.
    """
    history = [Known(parse_event(k.event), k.known_at) for k in book.history]
    if not history or not ways.durable():
        journey.remember(history, book.settled)
        return options
    terms = book.terms or Terms()
    if terms.quiet:
        journey.keep_quiet(*terms.quiet)
    journey.relive(history, book.settled, now, [(one.until, one.policy) for one in book.before])
    if book.woken:
        journey.quiet = None
    load = options.load or (terms.load if journey.quiet else None)
    return options.model_copy(update={"policy": options.policy or terms.policy, "load": load})
