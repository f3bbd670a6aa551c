"""Journeys told as stories: dated events in, dated lines out, in words a reviewing officer can check.

One event a line: the day, the event, its fields; optionally `#name` (its id), `@CHILD` (whom it is about) and
`recorded DAY TIME` (when the service came to know of it, London time; otherwise noon of its day).

    2025-12-24 became_looked_after
    2026-01-09 ppm_held primary_plan=return_home  recorded 2026-01-12 10:00

What every entry needs and a story rarely cares about (birth, legal status, reasons) is filled in.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, end_of, england_and_wales
from domain.case.documents import parse_event
from domain.clocks.actions import Action
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyFile
from domain.policy.rows import RuleRow
from domain.refusals import judge, policy_after
from domain.study.simulation import EventLine, FileRefused, Simulated, Simulation

CHILD = "CLA-1"
CASES = Path(__file__).parents[1] / "cases"
LISTS = {"to", "attended", "views", "siblings", "series"}
OF_ONE_ROLE = {"care_plan_referred", "dispute_stage_reached"}
FILLED_IN: dict[str, dict[str, Any]] = {
    "became_looked_after": {"date_of_birth": "2018-05-05", "legal_status": "C2"},
    "pre_proceedings_started": {"date_of_birth": "2018-05-05"},
    "ppm_held": {"primary_plan": "long_term_fostering", "contingency_plan": "kinship_care"},
    "plan_changed": {"primary_plan": "long_term_fostering", "reasons": "as agreed"},
    "plan_tracked": {"progress": "on_track"},
    "ceased_to_be_looked_after": {"reason": "E8"},
    "adm_decision_made": {"should_be_placed": True},
    "drift_identified": {"reasons": "as recorded"},
    "adoption_unlikely": {"reasons": "as recorded"},
    "care_plan_referred": {"to": "head_of_adoption_and_fostering"},
    "siblings_decision_recorded": {"together": True, "reasons": "as recorded"},
    "sibling_placed_for_adoption": {"sibling": "CLA-2"},
    "deadline_extended": {"reason": "as recorded", "authorised_by": "a service manager"},
    "obligation_waived": {"reason": "as recorded", "authorised_by": "a service manager"},
    "lateness_explained": {"reason": "as recorded"},
    "event_voided": {"reason": "recorded in error"},
    "dispute_opened": {"reasons": "as recorded"},
    "cafcass_referred": {"reasons": "as recorded"},
    "relinquishment_changed": {"relinquished": True},
}
WORDS = re.compile(r"(?P<key>[a-z_]+)=(?P<value>\S+)")
RECORDED = re.compile(r"\s+recorded (?P<day>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d)")


class NotAmended(Policies):
    """The policies as a journey has them that began before 29 November 2026, and has adopted nothing since."""

    def resolve(self, policy_id: str) -> Policy:
        """The policy, not read by what was mended that day."""
        return super().resolve(policy_id).model_copy(update={"amended": False})


class AmendedByDay(Policies):
    """The same of one that began on that day: what was mended in the evening came later."""

    def resolve(self, policy_id: str) -> Policy:
        """The policy, read by what was mended by day."""
        return super().resolve(policy_id).model_copy(update={"amended_again": False})


class AmendedByEvening(Policies):
    """The same of one that began in that evening: what was mended in the night came later."""

    def resolve(self, policy_id: str) -> Policy:
        """The policy, read by what was mended by the evening."""
        return super().resolve(policy_id).model_copy(update={"amended_at_night": False})


BEFORE_THE_EVENING = (NotAmended, AmendedByDay)
BEFORE_THE_NIGHT = (*BEFORE_THE_EVENING, AmendedByEvening)


@cache
def policies() -> Policies:
    """The project's own policies."""
    return Policies.load()


def law() -> str:
    """The law as a policy's version names it."""
    return policies().resolve("england-statutory").version


def next_version(file: PolicyFile, **changed: object) -> PolicyFile:
    """A policy file as its next version, with another count for the initial meeting."""
    rows = tuple(
        RuleRow.model_validate(row.model_dump() | changed) if row.id == "initial-ppm" else row
        for row in file.obligation
    )
    return file.model_copy(update={"version": str(int(file.version) + 1), "obligation": rows})


@cache
def calendar() -> WorkingCalendar:
    """England and Wales for all years the stories play in."""
    return england_and_wales(1998, 2050)


class OneCalendar(Simulation):
    """A simulation on the calendar made once, so that many short stories are told quickly."""

    def journey_for(self, child: str, events: Iterable[ev.Event]) -> Journey:
        """A journey not yet begun."""
        del events
        return Journey(child, self.policies.resolve(self.default_policy), calendar())


def london(day: str, at: str = "12:00") -> datetime:
    """An instant given in London time."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(at), ev.LONDON).astimezone(UTC)


def raw_events(text: str) -> list[dict[str, Any]]:
    """The events of a story as the JSON objects of the contract."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return [_raw(line, f"e{number}") for number, line in enumerate(lines, 1)]


def _raw(line: str, name: str) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": name, "child": CHILD}
    if recorded := RECORDED.search(line):
        raw["recorded_at"] = london(recorded["day"], recorded["time"]).isoformat()
        line = RECORDED.sub("", line)
    raw["on"], raw["type"], *rest = line.split()
    raw |= FILLED_IN.get(raw["type"], {})
    for word in rest:
        if word.startswith("#"):
            raw["id"] = word[1:]
        elif word.startswith("@"):
            raw["child"] = word[1:]
        elif match := WORDS.fullmatch(word):
            raw[match["key"]] = _value(raw["type"], match["key"], match["value"])
        else:
            raise ValueError(f"{word!r} in {line!r} is neither key=value, #id nor @child")
    return {key: value for key, value in raw.items() if value is not None}


def _value(kind: str, key: str, value: str) -> Any:
    if value.startswith("{"):
        return json.loads(value)
    if key in LISTS and kind not in OF_ONE_ROLE:
        return [] if value == "none" else value.split(",")
    return {"true": True, "false": False, "none": None}.get(value, value)


def events(text: str) -> list[ev.Event]:
    """The events of a story."""
    return [parse_event(raw) for raw in raw_events(text)]


def simulated(
    policy: str, happened: str | Sequence[ev.Event], until: str, *, known: Policies | None = None
) -> dict[str, Simulated]:
    """Every child's journey at the end of a day, and what was told until then."""
    given = events(happened) if isinstance(happened, str) else happened
    lines = [EventLine(number, event) for number, event in enumerate(given, 1)]
    return OneCalendar(known or policies(), policy).run(lines, date.fromisoformat(until))


def all_actions(policy: str, happened: str | Sequence[ev.Event], until: str) -> list[Action]:
    """What was told to anyone about anyone, in order."""
    actions = [a for one in simulated(policy, happened, until).values() for a in one.actions]
    return sorted(actions, key=lambda a: a.order)


def line_of(action: Action) -> str:
    """An action as a line: `2026-01-06 09:00 initial-ppm/1 reminder 2 -> social_worker (due 2026-01-07)`."""
    at = action.at.astimezone(ev.LONDON)
    return (
        f"{at:%Y-%m-%d %H:%M} {action.obligation}/{action.occurrence} {action.kind} {action.rung}"
        f" -> {', '.join(action.to)} (due {action.due})"
    )


def story(
    policy: str,
    happened: str | Sequence[ev.Event],
    *,
    until: str,
    about: str | None = None,
    since: str = "0001-01-01",
    kinds: Sequence[str] = ("reminder", "escalation"),
    child: str | None = None,
    known: Policies | None = None,
) -> list[str]:
    """What is told until the end of a day, a line each; `about` one obligation, `since` a day."""
    actions = [a for one in simulated(policy, happened, until, known=known).values() for a in one.actions]
    return [
        line_of(a)
        for a in sorted(actions, key=lambda a: a.order)
        if a.kind in kinds
        and (about is None or a.obligation == about)
        and (child is None or a.child == child)
        and str(a.at.astimezone(ev.LONDON).date()) >= since
    ]


def short(lines: Iterable[str]) -> list[str]:
    """Lines without whom is told and the due date: day, time, obligation, kind and rung."""
    return [line.partition(" -> ")[0] for line in lines]


def agenda_at(
    policy: str,
    happened: str | Sequence[ev.Event],
    at: str,
    about: str | None = None,
    *,
    child: str = CHILD,
    known: Policies | None = None,
) -> list[AgendaRow]:
    """The agenda of one child at the end of a day, of one obligation or of all."""
    journey = simulated(policy, happened, at, known=known)[child].journey
    rows = agenda(journey, end_of(date.fromisoformat(at)))
    return [row for row in rows if about in (None, row.obligation)]


def standing(policy: str, happened: str | Sequence[ev.Event], at: str, about: str, *, child: str = CHILD) -> list[str]:
    """The agenda of one obligation, a line each: `1 met_late on 2026-01-09 (due 2026-01-07)`."""
    return [_standing(row) for row in agenda_at(policy, happened, at, about, child=child)]


def _standing(row: AgendaRow) -> str:
    met = f" on {row.met_on}" if row.met_on else ""
    foreseen = " forecast" if row.forecast else ""
    return f"{row.occurrence} {row.status}{met} (due {row.due}){foreseen}"


def refusals(policy: str, happened: str, until: str = "2030-12-31") -> list[str]:
    """What is refused of a story: the line's number and the reason."""
    try:
        simulated(policy, happened, until)
    except FileRefused as refused:
        return [f"line {number}: {reason}" for number, reason in refused.problems]
    return []


class Live:
    """A journey in the running service: events taken as they come, the service awake only when told."""

    def __init__(self, policy: str, known: Policies | None = None) -> None:
        self.policies = known or policies()
        self.default = policy
        self.journey = Journey(CHILD, self.resolve(policy), calendar())
        self.sent: list[Action] = []
        self.skipped: list[Action] = []

    def resolve(self, policy: str) -> Policy:
        """A policy by id."""
        return self.policies.resolve(policy)

    def told(self, at: datetime, happened: str | Sequence[ev.Event] = "") -> list[str]:
        """What the service tells at an instant, on being told of events (or just woken)."""
        given = events(happened) if isinstance(happened, str) else list(happened)
        named = policy_after(self.journey, given, at, self.policies.ids())
        self.journey.policy = self.resolve(named or self.default)
        taken, refused = judge(self.journey, given, at, self.policies.ids())
        assert not refused, refused
        decision = self.journey.step(at, taken)
        self.sent += decision.actions
        self.skipped += decision.skipped
        return [line_of(a) for a in decision.actions]

    def restart(self) -> None:
        """End the run and go on from what was saved, through JSON."""
        saved = type(self.journey.state()).model_validate_json(self.journey.state().model_dump_json())
        now = max((k.known_at for k in self.journey.known.values()), default=london("2000-01-01"))
        self.journey = Journey.restore(saved, self.journey.policy, calendar(), now)

    def sleep_until(self, end: datetime) -> None:
        """Live on, awake at every instant at which something changes, up to and with `end`."""
        now = datetime.min.replace(tzinfo=UTC)
        while (change := self.journey.next_change(now)) is not None and change[0] <= end:
            now = change[0]
            self.told(now)


def case_lines(name: str) -> list[ev.Event]:
    """The events of a worked journey."""
    text = (CASES / f"{name}.jsonl").read_text("utf-8")
    return [parse_event(json.loads(line)) for line in text.splitlines() if line.strip()]


def expected_actions(name: str) -> list[Mapping[str, Any]]:
    """What a worked journey must tell, one action each."""
    text = (CASES / f"{name}.actions.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def expected_agenda(name: str, day: str) -> list[dict[str, Any]]:
    """The agenda a worked journey must show at the end of a day."""
    rows: list[dict[str, Any]] = json.loads((CASES / f"{name}.agenda-{day}.json").read_text("utf-8"))
    return rows


def noticed(policy: str, happened: str | list[ev.Event], until: str, *about: str) -> list[str]:
    """The notices and breaches of some rules, by day and rule."""
    actions = [a for a in all_actions(policy, happened, until) if a.rung == 0 and a.obligation in about]
    return [f"{a.at:%Y-%m-%d} {a.obligation}" for a in actions]
