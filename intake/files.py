"""Files of events: one JSON object a line (or one JSON array), checked for form as a whole.

A file with any line that cannot be taken is refused, and every such line is named with its reason. What is
wrong inside a line is said without repeating its content.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, Final

from domain.case.children import in_a_circle
from domain.case.documents import EventRefused
from domain.case.events import Event
from domain.limits import new_event
from domain.refusals import IN_A_CIRCLE, Refusal
from domain.study.simulation import EventLine, FileRefused

STDIN: Final = "-"
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
UTF8_MARK: Final = b"\xef\xbb\xbf"
BLANK: Final = " \t\r\n"


class FileUnreadable(ValueError):
    """A file that cannot be read, or holds no events. The text names it and says what would be accepted."""


Numbered = tuple[int, object]
"""A line's number, and the JSON value on it or the EventRefused that says why there is none."""


def read_events(name: str) -> list[EventLine]:
    """The events of a file, `-` being standard input; an event given twice is there once.

    Raises FileUnreadable for a file that cannot be read or has no events, FileRefused naming every wrong line.
    """
    data = _bytes_of(name)
    if data.startswith(UTF16_MARKS):
        raise FileUnreadable(f"{_shown(name)}: the file is UTF-16; save it as UTF-8")
    lines = _checked(_values(data.removeprefix(UTF8_MARK)))
    if not lines:
        raise FileUnreadable(f"{_shown(name)}: there are no events in it; accepted: one JSON object a line")
    return lines


def _shown(name: str) -> str:
    return "standard input" if name == STDIN else name


def _bytes_of(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except FileNotFoundError:
        raise FileUnreadable(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise FileUnreadable(f"{name}: this is a folder; give a file of events") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileUnreadable(f"{name}: it cannot be read: {reason}") from None


def _values(data: bytes) -> Iterator[Numbered]:
    if data.lstrip(BLANK.encode()).startswith(b"["):
        return _values_of_array(data)
    return _values_by_line(data)


def _values_by_line(data: bytes) -> Iterator[Numbered]:
    for number, raw in enumerate(data.split(b"\n"), 1):
        if raw.strip():
            yield number, _value(raw)


def json_value(data: bytes) -> object:
    """The one JSON value that bytes are, strictly read. Raises EventRefused, which repeats none of it."""
    value = _value(data)
    if isinstance(value, EventRefused):
        raise value
    return value


def _value(raw: bytes) -> object:
    try:
        return _decoder.decode(raw.decode("utf-8").strip(BLANK))
    except (ValueError, RecursionError) as error:
        return EventRefused(_not_json(error))


def _values_of_array(data: bytes) -> Iterator[Numbered]:
    """The elements of an array, each with the number of the line it begins on."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield data.count(b"\n", 0, error.start) + 1, EventRefused(_not_json(error))
        return
    at, number, counted = _skip_blank(text, text.index("[") + 1), 1, 0
    while not text.startswith("]", at):
        number, counted = number + text.count("\n", counted, at), at
        try:
            value, at = _decoder.raw_decode(text, at)
            at = _after_element(text, at)
        except (ValueError, RecursionError) as error:
            yield number, EventRefused(_not_json(error))
            return
        yield number, value
    if text[at + 1 :].strip(BLANK):
        yield text.count("\n", 0, at) + 1, EventRefused("not JSON: there is more after the end of the array")


def _after_element(text: str, at: int) -> int:
    """Where the next element begins, or the ] that ends the array."""
    at = _skip_blank(text, at)
    if text.startswith(",", at):
        return _skip_blank(text, at + 1)
    if text.startswith("]", at):
        return at
    raise json.JSONDecodeError("a comma or ] should follow", text, at)


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at


def _not_json(error: Exception) -> str:
    """Why a text is no JSON, without repeating any of it."""
    match error:
        case UnicodeDecodeError():
            return "not UTF-8 text; save the file as UTF-8"
        case json.JSONDecodeError():
            return f"not one JSON object: {error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        case _TwiceInObject():
            return str(error)
    return "not JSON that can be read: nested too deep, or a number too long, too large or none"


class _TwiceInObject(ValueError):
    """A field stands twice in one object, so that nobody can say which value is meant."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        fields = [key for key, _ in pairs]
        twice = sorted({key for key in fields if fields.count(key) > 1 and key.isidentifier()})
        raise _TwiceInObject(f"{', '.join(twice) or 'a field'}: stands twice in one object; accepted: once")
    return read


def _no_json(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity, which Python reads and JSON does not have


def _finite(text: str) -> float:
    # 1e400 is JSON, and to Python infinite: on PostgreSQL one such number in an event cost the whole request.
    value = float(text)
    return value if isfinite(value) else _no_json(text)


_decoder: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_json, parse_float=_finite)


def _checked(values: Iterable[Numbered]) -> list[EventLine]:
    """The events on the lines, each id once. Raises FileRefused."""
    problems: list[tuple[int, str]] = []
    first: dict[str, EventLine] = {}
    for number, value in values:
        try:
            event = _event(value)
        except EventRefused as error:
            problems.append((number, str(error)))
            continue
        earlier = first.setdefault(event.id, EventLine(number, event))
        if earlier.event != event:
            problems.append((number, _another(event, earlier.number)))
    round_about = in_a_circle(line.event for line in first.values())
    problems += [(first[event.id].number, str(Refusal(event, IN_A_CIRCLE))) for event in round_about]
    if problems:
        raise FileRefused(sorted(problems))
    return list(first.values())


def _event(value: object) -> Event:
    if isinstance(value, EventRefused):
        raise value
    return new_event(value)


def _another(event: Event, earlier: int) -> str:
    return (
        f"event {event.id} ({event.type}): id: it stands on line {earlier} too, with other content; "
        "accepted: an id of its own, or event_voided to take the earlier one back"
    )
