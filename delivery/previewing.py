"""Messages about synthetic children, as people would get them: for whoever words the templates."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from delivery.case_now import Cases, years
from delivery.digest import CaseLines, Caseloads, Digest, DigestLine
from delivery.directory import Directory
from delivery.links import Links
from delivery.message import Message, Written
from delivery.people import People
from delivery.references import digest_reference, reference_of
from delivery.tokens import Tokens
from delivery.writing import Writer
from domain.case.calendar import nine
from domain.case.events import BecameLookedAfter, Event, PersonAssigned
from domain.case.facts import Known
from domain.case.words import Role
from domain.clocks.wording import in_words
from domain.policy.loading import Policies
from synthetic.caseload import caseload, concerning

KINDS: Final = ("reminder", "escalation", "notice", "breach", "digest", "backlog")
READER: Final = "i-reader"
CHILDREN: Final = 70
"""As many as an independent reviewing officer may have (the IRO Handbook recommends 50 to 70)."""

LINKS: Final = Links(
    "https://temporal.example", intake_url="https://permanence.example", tokens=Tokens(["a key of no installation"])
)
EVERYTHING_HERS: Final = Directory.model_validate(
    {
        "fallback": READER,
        "people": {READER: {"email": "reader@example.org", "reminders": "daily"}},
        "roles": {role.value: READER for role in Role},
    }
)


def previews(writer: Writer, today: date, kinds: Collection[str] = KINDS) -> dict[str, Written]:
    """One of each kind of message."""
    letters = _letters(today)
    digests = _digests(today) if {"digest", "backlog"} & set(kinds) else {}
    written = {kind: writer.write(letters[kind]) for kind in kinds if kind in letters}
    return written | {kind: writer.write_digest(digests[kind]) for kind in kinds if kind in digests}


def _letters(today: date) -> dict[str, Message]:
    reminder = Message(
        kind="reminder",
        rung=2,
        child="CLA-1001",
        what="Initial permanency planning meeting",
        obligation="initial-ppm",
        occurrence=1,
        due=today + timedelta(days=1),
        clause="S1 §2, §5",
        at=nine(today),
        now=nine(today),
        role="social_worker",
        why_you="",
        told=("social_worker",),
        reference=reference_of("CLA-1001", "1/initial-ppm/1"),
        journey_url=LINKS.journey("CLA-1001"),
        acknowledge_url=None,
        booked_for=today,
        record_url=LINKS.record("CLA-1001", "initial-ppm"),
    )
    return {
        "reminder": reminder,
        "escalation": replace(
            reminder,
            kind="escalation",
            rung=1,
            due=today - timedelta(days=1),
            booked_for=today - timedelta(days=3),
            role="iro",
            told=("case_supervisor", "iro", "social_worker"),
            why_you="You are told because you cover for the IRO of this case, who is away.",
            acknowledge_url=LINKS.acknowledge(reminder.reference, READER),
        ),
        "notice": replace(
            reminder,
            kind="notice",
            rung=0,
            due=None,
            clause="S1 §5",
            booked_for=None,
            record_url=None,
            what=f"A permanency planning meeting is to be held, due by {in_words(today + timedelta(weeks=2))}. "
            "Invite PPM chair, case supervisor, fostering social worker, IRO.",
        ),
        "breach": replace(
            reminder,
            kind="breach",
            rung=0,
            due=None,
            clause="S1 §2",
            booked_for=None,
            role="ppm_chair",
            told=("iro", "ppm_chair", "social_worker"),
            what="The adoption decision was booked though no planning meeting has had adoption in its plan",
        ),
    }


def _digests(today: date) -> dict[str, Digest]:
    """The digests of somebody who holds every role for seventy synthetic children."""
    cases = Cases(Policies.load(), "ppm-procedure")
    children = caseload(CHILDREN, seed=1, today=today)
    known = {c.ref: [Known(_hers(e), e.known_from) for e in concerning(children, c.ref)] for c in children}
    standing = [now for child, own in known.items() if (now := cases.at(child, own, nine(today)))]
    calendar = years(today.year - 1, today.year + 1)
    loads = Caseloads(standing, People(EVERYTHING_HERS), nine(today), calendar)
    since = nine(calendar.working_days_after(today, -1))
    lines = [_linked(one) for one in loads.lines_of(READER, "daily", since, cases)]
    overdue = [replace(case, lines=late) for case in lines if (late := _only_overdue(case.lines))]
    daily = Digest(
        person=READER,
        kind="daily",
        day=today,
        since=since.date(),
        until=calendar.working_days_after(today, 1),
        reference=digest_reference(READER, str(today)),
        children=len(loads.children_of(READER)),
        cases=tuple(lines),
    )
    return {"digest": daily, "backlog": replace(daily, kind="backlog", until=None, cases=tuple(overdue))}


def _hers(event: Event) -> Event:
    """An event that names her for every role it names."""
    if isinstance(event, BecameLookedAfter):
        return event.model_copy(update={"people": dict.fromkeys(event.people, READER)})
    return event.model_copy(update={"contact": READER}) if isinstance(event, PersonAssigned) else event


def _linked(case: CaseLines) -> CaseLines:
    def with_reference(line: DigestLine) -> DigestLine:
        reference = reference_of(case.child, line.stem) if line.standing == "overdue" else None
        return replace(line, reference=reference).linked(LINKS, READER)

    lines = tuple(with_reference(line) for line in case.lines)
    return replace(case, lines=lines, journey_url=LINKS.journey(case.child))


def _only_overdue(lines: tuple[DigestLine, ...]) -> tuple[DigestLine, ...]:
    return tuple(line for line in lines if line.standing == "overdue")
