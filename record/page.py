"""The file of one child as a page for people: what happened, what was told to whom, who decided what.

Made from the plain data of record/export.py alone, so that it can be made again from a file of JSON. Who was told what
stands in its account.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.case.events import LONDON
from domain.case.facts import Known
from domain.case.life import periods_of_care
from domain.case.words import AccountState, LegalStatus, ReasonForCeasing
from domain.clocks.wording import booking_in_words, coded, in_words, spaced
from domain.visible import visible
from record.export import Data

COMMON: Final = frozenset({"type", "id", "child", "on", "recorded_at", "by", "note"})
"""Fields that every event may have; they are shown apart."""

AS_WRITTEN: Final = frozenset(
    {"authorised_by", "contact", "event", "obligation", "outcome", "policy", "reason", "reasons", "sibling", "siblings"}
    | {"team"}
)
"""Fields of free text, names and references: shown as they were written. The others hold codes."""

LABELS: Final = {"for": "for the day", "to": "to", "plans": "plan of this child", "people": "people named"}
WENT: Final = frozenset({AccountState.SENT.value, AccountState.DELIVERED.value})
A_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class PageLine:
    """One detail, with what it is called."""

    label: str
    value: str


@dataclass(slots=True)
class PageEntry:
    """One thing in the order of time: an event, or an action of the service."""

    day: date
    time: str
    kind: str
    title: str
    lines: list[PageLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    struck: str | None = None
    """Why it no longer counts, if it was voided."""


def page(file: Data) -> str:
    """The page, complete in itself: one HTML document that needs nothing else."""
    environment = Environment(loader=PackageLoader("record"), autoescape=True, undefined=StrictUndefined)
    html = environment.get_template("case_file.html").render(
        file=file,
        made_at=_moment(file["made_at"]),
        years=_by_year(sorted(_entries(file), key=lambda entry: (entry.day, entry.time, entry.kind != "event"))),
        decisions=[_decision(one) for one in file["decisions"]],
        corrections=[_correction(one) for one in file["voidings"]],
        rejected=[(_moment(one["at"]), one["reason"], one["source"]) for one in file["rejected"]],
        facts=_facts(file),
    )
    return visible(html, lines=True)


def _facts(file: Data) -> list[PageLine]:
    """What a reader asks first."""
    entered = [event["on"] for event in file["events"] if event["type"] == "became_looked_after"]
    return [
        PageLine("Became looked after", " and ".join(_day(day) for day in entered) or "not recorded"),
        *(PageLine("Booked", said) for said in _booked(file)),
        PageLine("Events", str(len(file["events"]))),
        PageLine("People told", _people(file["account"])),
        *(PageLine(label, text) for label, text in _not_sent(file["account"]).items()),
        PageLine("What was late", _late(file["actions"])),
        PageLine("Breaches", str(sum(action["kind"] == "breach" for action in file["actions"]))),
        PageLine("Decisions", str(len(file["decisions"]))),
        PageLine("Corrections", str(len(file["voidings"]))),
    ]


def _booked(file: Data) -> Iterator[str]:
    """What is booked and not held, and whether its day had passed when the file was made."""
    made_at = datetime.fromisoformat(file["made_at"])
    known = [Known(parse_event(one["document"]), datetime.fromisoformat(one["known_at"])) for one in file["events"]]
    for facts in periods_of_care(file["child"], known, made_at)[-1:]:
        for booking in facts.bookings:
            yield booking_in_words(type(booking), booking.booked_for, local_date(made_at))


def _people(account: list[Data]) -> str:
    """Everybody who was told, and in how many messages: a digest or summary is one, whatever stood in it."""
    went = [line for line in account if line["state"] in WENT and line["person"]]
    people = sorted({line["person"] for line in went})
    messages = len({(line["person"], line["channel"], line["carried_by"]) for line in went})
    if not people:
        return "nobody"
    return f"{len(people)}, in {messages} {'message' if messages == 1 else 'messages'}: {', '.join(people)}"


def _not_sent(account: list[Data]) -> dict[str, str]:
    """What was to be told and was not, or not yet, by how it stands. What was passed over was never to be told."""
    counted = Counter(line["state"] for line in account if line["state"] not in {*WENT, "passed_over"})
    if not counted:
        return {}
    return {
        "Not sent, or in doubt": ", ".join(f"{number} {spaced(state)}" for state, number in sorted(counted.items()))
    }


def _late(actions: list[Data]) -> str:
    """Every obligation of which a rung was reached: each was late once, however many rungs and people heard of it."""
    late = {(one["period"], one["obligation"], one["occurrence"]) for one in actions if one["kind"] == "escalation"}
    named = Counter(_named(obligation) for _, obligation, _ in sorted(late))
    said = (f"{name} ({times} times)" if times > 1 else name for name, times in named.items())
    return f"{len(late)}: {'; '.join(said)}" if late else "nothing"


# In order of time


def _entries(file: Data) -> Iterator[PageEntry]:
    chained = {entry["ref"]: entry for entry in file["chain"] if entry["kind"] in ("event", "decision")}
    voided = {voiding["document"]["event"]: _voided(voiding["document"]) for voiding in file["voidings"]}
    documents = [event["document"] for event in file["events"]]
    voided |= {each["corrects"]: f"Corrected by event {each['id']}" for each in documents if each.get("corrects")}
    for event in file["events"]:
        yield _event(event, chained.get(event["event_id"]), voided.get(event["event_id"]))
    account = defaultdict(list)
    for line in file["account"]:
        account[line["action_key"]].append(line)
    for action in file["actions"]:
        yield _action(action, account[action["key"]])


def _event(event: Data, chained: Data | None, struck: str | None) -> PageEntry:
    document = event["document"]
    lines = [line for name in document if name not in COMMON for line in _details(event, name)]
    if note := document.get("note"):
        lines.append(PageLine("note", note))
    if document.get("recorded_at"):
        remarks = [f"Recorded {_moment(document['recorded_at'])}", f"known to the service {_moment(event['known_at'])}"]
    else:
        remarks = [f"Known to the service {_moment(event['known_at'])}"]
    remarks[0] += f" by {document['by']}" if document.get("by") else ""
    if chained and chained["credential"]:
        remarks.append(f"received by credential {chained['credential']}")
    return PageEntry(
        day=date.fromisoformat(event["on"]),
        time="",
        kind="event",
        title=_title(event["type"]),
        lines=lines,
        remarks=["; ".join(remarks) + f". Event {event['event_id']}."],
        struck=struck,
    )


def _voided(voiding: Data) -> str:
    return f"Voided on {_day(voiding['on'])}: {voiding['reason']}"


def _details(event: Data, name: str) -> Iterator[PageLine]:
    """What a field says, in words; a joint meeting's plans for brothers and sisters stand in their own files."""
    value, label = event["document"][name], LABELS.get(name, spaced(name))
    if name == "plans":
        others = len(value) - (event["child"] in value)
        if own := value.get(event["child"]):
            yield PageLine(label, _words("plan", own))
        if others:
            yield PageLine("held jointly with", f"{others} other {'child' if others == 1 else 'children'}")
    elif name == "reason" and event["type"] == "ceased_to_be_looked_after":
        yield PageLine(label, _coded(ReasonForCeasing, value))
    elif name == "legal_status":
        yield PageLine(label, _coded(LegalStatus, value))
    else:
        yield PageLine(label, _words(name, value))


def _action(action: Data, account: list[Data]) -> PageEntry:
    at = datetime.fromisoformat(action["at"]).astimezone(LONDON)
    number = f" {action['rung']}" if action["rung"] else ""
    sent = action["status"] == "sent"
    lines = [PageLine("for", ", ".join(map(spaced, action["to"])))] if sent else []
    lines.append(PageLine("said", action["message"].removeprefix(f"{action['child']}: ")))
    lines += [PageLine(*pair) for pair in _told(account)] if sent else []
    due = f"Due {_day(action['due'])}; " if action["due"] else ""
    clause = "" if action["clause"] in action["message"] else f"{action['clause']}; "
    remark = f"{due}{clause}occurrence {action['occurrence']}."
    passed_over = "Passed over: something sent later said more, or it would have come too late."
    return PageEntry(
        day=at.date(),
        time=f"{at:%H:%M}",
        kind=action["kind"] if sent else "skipped",
        title=f"{action['kind'].capitalize()}{number}: {_named(action['obligation'])}",
        lines=lines,
        remarks=[remark, *([] if sent else [passed_over])],
    )


def _told(account: list[Data]) -> Iterator[tuple[str, str]]:
    """How each message about an action stands, with all of whom that is so: a summary has many readers."""
    said: dict[str, dict[tuple[str, str], list[Data]]] = {}
    for line in account:
        reader = (line["person"] or line["role"], line["via"])
        said.setdefault(line["words"], {}).setdefault(reader, []).append(line)
    for words, readers in said.items():
        state = spaced(next(iter(readers.values()))[0]["state"])
        more = words.removeprefix(state).lstrip(" ,:")
        whom = "; ".join(_whom(lines) for lines in readers.values())
        yield state, f"{more}: {whom}" if more else whom


def _whom(lines: list[Data]) -> str:
    """A reader, with every role for which it was theirs to read."""
    roles = " and ".join(dict.fromkeys(spaced(line["role"]) for line in lines if line["role"]))
    first = lines[0]
    return str(first["who"].replace(spaced(first["role"]), roles)) if first["role"] else str(first["who"])


def _named(obligation: str) -> str:
    """An obligation by its id, in words."""
    return spaced(obligation.replace("-", "_"))


# Decisions and corrections


def _decision(one: Data) -> tuple[str, str, list[PageLine], str]:
    """The day, what was decided, its details, and who did it."""
    document = one["decision"]
    day = _day(document["on"]) if "on" in document else _moment(one["at"])
    lines = [PageLine(LABELS.get(k, spaced(k)), _words(k, v)) for k, v in document.items() if k not in COMMON]
    who = [f"by {one['by']}" if one["by"] else "by somebody who was not named"]
    who += [f"credential {one['credential']}"] if one["credential"] else []
    return day, _title(document.get("type", "decision")), lines, f"{', '.join(who)}; entry {one['position']}"


def _correction(voiding: Data) -> tuple[str, str, str]:
    document = voiding["document"]
    return _day(document["on"]), document["event"], document["reason"]


# Words


def _title(code: str) -> str:
    words = spaced(code)
    return words[0].upper() + words[1:]


def _words(name: str, value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case str() if A_DAY.fullmatch(value):
            return _day(value)
        case str():
            return value if name in AS_WRITTEN else spaced(value)
        case list():
            return ", ".join(_words(name, one) for one in value) or "nobody"
        case dict():
            said = (
                f"{spaced(key)}: {_words('contact' if name == 'people' else key, one)}" for key, one in value.items()
            )
            return "; ".join(said)
    return str(value)


def _coded(codes: type[LegalStatus] | type[ReasonForCeasing], value: str) -> str:
    """A code of the SSDA903 return, with what it means."""
    return coded(codes(value)) if value in set(codes) else value


def _day(text: str) -> str:
    return in_words(date.fromisoformat(text))


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(LONDON)
    return f"{in_words(at.date())} {at:%H:%M}"


def _by_year(entries: Iterable[PageEntry]) -> dict[int, list[PageEntry]]:
    years: dict[int, list[PageEntry]] = {}
    for entry in entries:
        years.setdefault(entry.day.year, []).append(entry)
    return years
