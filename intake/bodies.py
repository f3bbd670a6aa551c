"""Reading a request: CloudEvents 1.0 in each of its three modes, or plain events of the contract.

What is no message is refused as a whole; an event in it that cannot be read is kept as rejected.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent
from dateutil.parser import isoparse

from domain.case import events as ev
from domain.case.children import in_a_circle
from domain.case.documents import EventRefused
from domain.limits import DEEPEST, new_event, too_deep
from domain.refusals import IN_A_CIRCLE, Refusal, corrected_by, left_without
from intake.files import UTF8_MARK, json_value
from intake.inbox import Arrival
from intake.problems import RequestRefused

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
PLAIN: Final = "application/json"
MEDIA: Final = (STRUCTURED, BATCH, PLAIN)
UNPACKED: Final = "identity"
TYPE: Final = "permanence.case-event.v1"
"""What a CloudEvent of ours is called; what happened stands in its data."""

CE: Final = "ce-"
REQUIRED: Final = ("specversion", "id", "source", "type")
VERSION: Final = "1.0"
A_VERSION: Final = re.compile(r"\d{1,3}(\.\d{1,3}){1,2}")
"""What may be said back of another version; anything else is no version, and not repeated."""


def read_message(headers: Mapping[str, str], body: bytes, credential: str, most: int) -> list[Arrival]:
    """What arrived in a request. Raises RequestRefused (400, 415, 422)."""
    _refuse_packed(headers.get("content-encoding", ""))
    media = _media(headers.get("content-type", ""))
    binary = {name: value for name, value in headers.items() if name.startswith(CE)}
    if binary and not media.startswith("application/cloudevents"):
        arrivals = [_binary(binary, media, body, credential)]
    elif media == STRUCTURED:
        arrivals = [_structured(_json(body), credential, "")]
    elif media == BATCH:
        arrivals = _batch(_json(body), credential)
    elif media == PLAIN:
        arrivals = _plain(_json(body), credential)
    else:
        raise _unsupported()
    if not arrivals:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "there is no event in the request")
    if len(arrivals) > most:
        raise RequestRefused(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{len(arrivals)} events in one request; accepted: up to {most}"
        )
    return _held_back(_without_circles(arrivals))


def _without_circles(arrivals: list[Arrival]) -> list[Arrival]:
    """The arrivals; those that correct one another are kept as rejected."""
    round_about = in_a_circle(each.event for each in arrivals if each.event)
    return [
        replace(each, event=None, reason=str(Refusal(each.event, IN_A_CIRCLE)))
        if each.event and each.event in round_about
        else each
        for each in arrivals
    ]


def _held_back(arrivals: list[Arrival]) -> list[Arrival]:
    """The arrivals; a voiding of what an event that cannot be read would have stood in for is kept as rejected too."""
    unreadable = [each.document for each in arrivals if each.event is None]
    return [_unless_held_back(each, unreadable) for each in arrivals]


def _unless_held_back(arrival: Arrival, unreadable: list[Any]) -> Arrival:
    event = arrival.event
    of_the_child = [document for document in unreadable if event is not None and _may_be_of(document, event.child)]
    refused = left_without(corrected_by(of_the_child), [event] if event else [])
    return replace(arrival, event=None, reason=str(refused[0])) if refused else arrival


def _may_be_of(document: Any, child: str) -> bool:
    """Whether what cannot be read may concern a child: it is another's only where it names that other alone."""
    # Ids are a child's own: r1 of A, wrongly corrected, is not the r1 of B, whose voiding comes in the same request.
    named = document.get("child") if isinstance(document, dict) else None
    if not isinstance(named, str) or not re.fullmatch(ev.CHILD_REF, named):
        return True
    plans = document.get("plans")
    return named == child or (isinstance(plans, dict) and child in plans)


def _media(content_type: str) -> str:
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = next((value.strip("\"' ") for value in parameters if value.startswith("charset=")), "charset=utf-8")
    if charset.removeprefix("charset=").strip("\"'") not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported()
    return media


def _refuse_packed(encoding: str) -> None:
    if encoding.strip().lower() not in ("", UNPACKED):
        refusal = "Content-Encoding: the body is packed; accepted: one as it is, without that header"
        raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, refusal, {"Accept-Encoding": UNPACKED})


def _unsupported() -> RequestRefused:
    return RequestRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"accepted: {', '.join(MEDIA)}, in UTF-8", {"Accept-Post": ", ".join(MEDIA)}
    )


def _json(body: bytes) -> Any:
    try:
        value = json_value(body.removeprefix(UTF8_MARK))
    except EventRefused as error:
        raise RequestRefused(HTTPStatus.BAD_REQUEST, str(error)) from None
    if too_deep(value):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, f"more than {DEEPEST} levels of objects and lists in one another")
    return value


# Modes


def _plain(value: Any, credential: str) -> list[Arrival]:
    return [_arrival(one, credential) for one in (value if isinstance(value, list) else [value])]


def _batch(value: Any, credential: str) -> list[Arrival]:
    if not isinstance(value, list):
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "a batch must be a JSON array of CloudEvents")
    return [_structured(one, credential, f"element {place}: ") for place, one in enumerate(value)]


def _structured(value: Any, credential: str, where: str) -> Arrival:
    if not isinstance(value, dict):
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}a CloudEvent must be one JSON object")
    attributes = {name: given for name, given in value.items() if name not in ("data", "data_base64")}
    event = _cloud_event(attributes, where)
    return _of(event, _data(value), credential)


def _binary(headers: Mapping[str, str], media: str, body: bytes, credential: str) -> Arrival:
    if media != PLAIN and not (media.startswith("application/") and media.endswith("+json")):
        raise _unsupported()
    attributes = {name.removeprefix(CE): unquote(value) for name, value in headers.items()}
    return _of(_cloud_event(attributes, ""), _json(body), credential)


def _cloud_event(attributes: dict[str, Any], where: str) -> CloudEvent:
    _refuse_another_version(attributes.get("specversion", VERSION), where)
    missing = [name for name in REQUIRED if name not in attributes]
    if missing:
        raise RequestRefused(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}a CloudEvent 1.0 has {', '.join(missing)} too; nothing was taken"
        )
    try:
        if "time" in attributes:
            attributes["time"] = isoparse(attributes["time"])
        return CloudEvent(attributes)
    except CloudEventValidationError as error:
        wrong = sorted(name if name in REQUIRED or name in OPTIONAL else "an extension" for name in error.errors)
    except (TypeError, ValueError):
        wrong = ["time"]
    refusal = f"{where}{', '.join(wrong)}: not as the CloudEvents specification 1.0 has it; nothing was taken"
    raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, refusal)


def _refuse_another_version(given: Any, where: str) -> None:
    """Another version is said to be one, before anything that it may have otherwise is found wrong."""
    if given == VERSION:
        return
    named = given if isinstance(given, str) and A_VERSION.fullmatch(given) else "something that is no version"
    refusal = f"{where}specversion: the CloudEvent says {named}; accepted: {VERSION}; nothing was taken"
    raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, refusal)


OPTIONAL: Final = ("datacontenttype", "dataschema", "subject", "time")


def _data(value: Mapping[str, Any]) -> Any:
    """The data of a structured event; what is given as bytes must be JSON, or is kept as it came."""
    if "data" in value or "data_base64" not in value:
        return value.get("data")
    try:
        return json_value(base64.b64decode(value["data_base64"], validate=True))
    except (binascii.Error, TypeError, ValueError):
        return value["data_base64"]


def _of(event: CloudEvent, data: Any, credential: str) -> Arrival:
    message = f"{event.get_source()} {event.get_id()}"[:500]
    said = event.get_type().rpartition(".")[2]
    kind = data.get("type") if isinstance(data, dict) else None
    if said in ev.EVENT_TYPES and isinstance(kind, str) and kind in ev.EVENT_TYPES and said != kind:
        reason = f"type: the CloudEvent says {said} and its data {kind}; accepted: the same, or {TYPE}"
        return Arrival(data, credential, reason=reason, message=message)
    return _arrival(data, credential, message)


def _arrival(document: Any, credential: str, message: str | None = None) -> Arrival:
    try:
        return Arrival(document, credential, event=new_event(document), message=message)
    except EventRefused as refused:
        return Arrival(document, credential, reason=str(refused), message=message)
