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


def taken_up(child: str, book: Rulebook, options: JourneyOptions, now: datetime) -> tuple[Journey, JourneyOptions]:
    """The journey as the case record knows it, or a new one; and the options that it runs by from now on."""
    journey, options = _known(child, book, options, now)
    if options.quiet_until is not None and options.quiet_until > now:
        journey.keep_quiet(now, options.quiet_until)
    return journey, options


def _known(child: str, book: Rulebook, options: JourneyOptions, now: datetime) -> tuple[Journey, JourneyOptions]:
    """Events, what was told, and what it ran under.

    In runs that began before `ways.DURABLE` each due date is taken to have stood since the run began.
    """
    if book.lived is not None:
        journey = Journey.restore(book.lived, book.policy, book.holidays.calendar(), now)
    elif book.history and ways.durable():
        journey = book.relived(child, now)  # as every history from before 29 November 2026 has it
    else:
        journey = Journey(child, book.policy, book.holidays.calendar())
        journey.remember([Known(parse_event(k.event), k.known_at) for k in book.history], book.settled)
        return journey, options
    terms = book.terms or Terms()
    load = options.load or (terms.load if journey.quiet else None)
    return journey, options.model_copy(update={"policy": options.policy or terms.policy, "load": load})
