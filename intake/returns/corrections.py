"""What of a return is news to a journey: what it does not know yet, and what a later return says otherwise.

A return is imported every year, and beside the events a case system sends. A fact is never told twice: not under its
own id, nor where the journey knows it by another. A row that a later return changes has its event voided and told
anew; an event that a person has voided stays voided.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from domain.case.calendar import local_date
from domain.case.events import Event, EventVoided, document
from domain.case.facts import Known, unvoided

PREFIX: Final = "903:"
AGAIN: Final = "~"
"""Between an id and the number of its correction."""
OWN: Final = frozenset({"id", "policy", "recorded_at", "by", "note"})
"""What two tellings of one fact may differ in."""


def news(events: Sequence[Event], known: Iterable[Known], now: datetime) -> list[list[Event]]:
    """The batches to send to a journey that knows some of the events already: first the voidings of what they correct.

    A journey judges entries before voidings, so that what corrects an entry is a batch of its own.
    """
    known = list(known)
    standing = {k.event.id: k.event for k in unvoided(known)}
    versions: dict[str, list[str]] = {}
    for item in known:
        versions.setdefault(_stem(item.event.id), []).append(item.event.id)
    by_content = {_content(event): event for event in standing.values()}
    voidings = _withdrawn(events, standing, now)
    fresh: list[Event] = []
    for event in events:
        mine = [standing[each] for each in versions.get(event.id, []) if each in standing]
        if any(_content(each) == _content(event) for each in mine):
            continue
        if mine:
            voidings += [_voiding(each, now) for each in mine]
            fresh.append(_again(event, len(versions[event.id])))
        elif event.id not in versions and _content(event) not in by_content:
            fresh.append(event)
    return [batch for batch in (voidings, fresh) if batch]


def _withdrawn(events: Sequence[Event], standing: dict[str, Event], now: datetime) -> list[Event]:
    """Voidings of endings that the return no longer has, though it has the period of care they ended."""
    ids = {event.id for event in events}
    gone: list[Event] = []
    for event_id, event in standing.items():
        stem = _stem(event_id)
        ending = stem.startswith(PREFIX) and ":left:" in stem
        if ending and stem not in ids and stem.replace(":left:", ":entered:") in ids:
            gone.append(_voiding(event, now))
    return gone


def _stem(event_id: str) -> str:
    return event_id.partition(AGAIN)[0] if event_id.startswith(PREFIX) else event_id


def _content(event: Event) -> str:
    said: dict[str, Any] = {name: value for name, value in document(event).items() if name not in OWN}
    return repr(sorted(said.items()))


def _again(event: Event, times: int) -> Event:
    return event.model_copy(update={"id": f"{event.id}{AGAIN}{times + 1}"})


def _voiding(event: Event, now: datetime) -> EventVoided:
    return EventVoided.model_validate(
        {
            "type": "event_voided",
            "id": f"{event.id}:void",
            "child": event.child,
            "on": local_date(now),
            "event": event.id,
            "reason": "a later SSDA903 return gives it otherwise",
        }
    )
