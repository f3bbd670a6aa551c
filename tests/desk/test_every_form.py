"""Every form of the desk, the same for all: wrong days, sent twice, after the session ended, and from an old tab."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import select

from desk.event_fields import asks_the_day, fields_of, is_offered
from domain.case import events as ev
from record.desk_tables import ExclusionRow, RestrictionRow
from record.doubts import DoubtsKept
from record.entries import KnownEvent, RecordEntry
from record.inbox_tables import InboxRow
from tests.desk.nights import SETTLED, key_of_line, read_nights
from tests.desk.office import TODAY, Office, office_in, write
from tests.desk.pages import ROUTES
from tests.desk.test_recording import errors_in

YESTERDAY, AHEAD = str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=20))
WRONG_DAY: Final = "31 Feb"
CHILD: Final = "/desk/children/F-1"
CARE: Final = (
    "40 became_looked_after policy=iro-handbook team=north siblings=N-1"
    " | 40 person_assigned role=social_worker contact=anna"
)


@dataclass(frozen=True)
class Form:
    """A form, filled in so that it is taken; `days`: the fields that hold days."""

    path: str
    person: str
    sent: dict[str, Any] = field(default_factory=dict)
    days: tuple[str, ...] = ()
    typed: bool = True
    """False: a button alone, so there is nothing to keep."""

    def __str__(self) -> str:
        return self.path.removeprefix("/desk/")


SAID: Final[dict[str, Any]] = {
    "for": AHEAD,
    "until": AHEAD,
    "contact": "ben",
    "sibling": "N-1",
    "siblings": "none",
    "authorised_by": "mo",
    "role": "iro",
    "legal_status": "C1",
    "milestone": "review-record-sent",
}
OF_STEP: Final = {"deadline_extended": "iro-named", "obligation_waived": "iro-named"}


def _child(kind: str) -> str:
    """A child for each, so that none has a long story to be read for each page."""
    return f"F-{kind.replace('_', '-')}"


def _event_form(kind: str) -> Form:
    model, sent = ev.EVENT_TYPES[kind], dict[str, Any]()
    for one in fields_of(model):
        if one.name == "on":
            sent["on"] = YESTERDAY
        elif one.needed or one.name in SAID:
            first = one.options[0][0] if one.options else {"yes_or_no": "yes"}.get(one.shape, "As recorded")
            sent[one.name] = SAID.get(one.name, OF_STEP.get(kind, "first-review") if one.shape == "step" else first)
    days = tuple(
        one.name for one in fields_of(model) if one.shape == "day" and (one.name != "on" or asks_the_day(model))
    )
    person = "mo" if kind in OF_STEP else "anna"
    return Form(f"/desk/children/{_child(kind)}/record/{kind}", person, sent, days)


KINDS: Final = sorted(filter(is_offered, ev.EVENT_TYPES))
FORMS: Final = (
    *(_event_form(kind) for kind in KINDS),
    Form(f"{CHILD}/recorded/slip/correct", "anna", {"on": YESTERDAY}, ("on",)),
    Form(f"{CHILD}/recorded/slip/undo", "anna", {"reason": "Wrong child"}),
    Form(
        "/desk/restrictions/restrict",
        "head",
        {"child": "F-1", "people": "anna, ben, mo, head", "reason": "A relative", "review_on": AHEAD},
        ("review_on",),
    ),
    Form("/desk/restrictions/exclude", "head", {"child": "F-1", "person": "gone", "reason": "A relative"}),
    Form("/desk/team/hand-over/anna", "mo", {"child": "F-1", "successor": "ben", "sure": "yes"}),
    Form("/desk/restrictions", "head", {"kind": "restriction", "number": "1"}, typed=False),
    Form("/desk/service", "sysop", {"again": "messages"}, typed=False),
    Form("/desk/source/doubts/lines", "mo", {"key": key_of_line(0), "why": "Right as it stands"}),
    Form("/desk/source/settled", "mo", {"key": SETTLED}, typed=False),
)
"""Every form behind a session. A new one is added here."""
ELSEWHERE: Final = {
    "/sign-out": "ends the session itself (test_morning.py)",
    "/be": "begins a session (test_signing_in.py)",
    "/enter/{token}": "begins a session (test_signing_in.py)",
}


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A desk with a child of Anna's for whom she has recorded something, and more; no journey takes what is sent."""
    home: Path = tmp_path_factory.mktemp("forms")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        running.settings.intake.answer_seconds = 0  # no journey will answer
        write(running.record, "F-1", CARE)
        at = datetime.now(UTC) - timedelta(hours=1)
        slip = {"type": "care_plan_updated", "id": "desk-slip", "child": "F-1", "by": "anna"}
        known = KnownEvent(known_at=at, event={**slip, "on": str(TODAY - timedelta(days=2))})
        running.record.write(RecordEntry(child="F-1", decided_at=at, events=[known]))
        read_nights(running.record.engine)
        running.list_all()
        for kind in KINDS:
            write(running.record, _child(kind), CARE)
        yield running


def recorded(office: Office) -> list[tuple[str, ...]]:
    """What has been recorded by any form: in the inbox, of what kind and step; who is restricted; what is settled."""
    with office.record.engine.connect() as connection:
        inbox = connection.execute(select(InboxRow.document).order_by(InboxRow.number)).scalars().all()
        restricted = connection.execute(select(RestrictionRow.child)).scalars().all()
        excluded = connection.execute(select(ExclusionRow.child, ExclusionRow.person)).all()
    of_inbox = [(one["type"], one["child"], one.get("obligation", "")) for one in inbox]
    settled = [("settled", one.key) for one in DoubtsKept(office.record.engine).settlings()]
    return [
        *of_inbox,
        *settled,
        *(("restricted", child) for child in restricted),
        *(("excluded", *one) for one in excluded),
    ]


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_form_takes_nothing_wrong_and_nothing_twice_and_outlives_the_session(
    office: Office, form: Form
) -> None:
    once = re.sub(r"[\W_]", "", str(form))[:50]
    sent = {**form.sent, **({"once": once, "do": "record", "why_late": "The chair was ill"} if form.typed else {})}
    browser, before = await office.browser(form.person), recorded(office)

    for name in form.days:
        page = (await browser.send_form(form.path, **{**sent, name: WRONG_DAY})).text
        assert "<title>Error: " in page, name
        assert f'href="#{name}"' in page
        assert f'value="{WRONG_DAY}"' in page, "what was typed stays"
    assert recorded(office) == before

    # From an old tab; and once the session has ended: nothing is recorded, and what was typed is shown again.
    old = await browser.send_form(form.path, **sent, token="of-an-older-session")
    assert old.headers["location"] == form.path
    office.sessions.end("signed out", datetime.now(UTC), person=form.person)
    ended = await browser.send_form(form.path, **sent)
    assert ended.headers["location"].startswith("/desk/sign-in?back=")
    assert ("kept=1" in ended.headers["location"]) is form.typed
    assert recorded(office) == before
    browser = await office.browser(form.person)
    assert ("We kept what you had typed" in (await browser.get(form.path)).text) is form.typed

    # Pressed twice at once, and once more later: it is one.
    pressed = await asyncio.gather(*(browser.send_form(form.path, **sent) for _ in range(2)))
    assert [one.status_code for one in pressed] == [303, 303], errors_in(pressed[0].text)
    after = recorded(office)
    new = list((Counter(after) - Counter(before)).elements())
    assert bool(new) is form.typed
    assert len(new) == len({*new}), "once, with the reason for what it meets late"
    assert (await browser.send_form(form.path, **sent)).status_code == 303
    assert recorded(office) == after
    assert "We kept what you had typed" not in (await browser.get(form.path)).text


def test_every_form_is_walked() -> None:
    taken = [route for route in ROUTES if "POST" in (route.methods or ()) and route.path not in ELSEWHERE]
    paths = [one.path.removeprefix("/desk") for one in FORMS]
    assert [route.path for route in taken if not any(map(route.path_regex.match, paths))] == []
