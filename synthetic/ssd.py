"""A synthetic caseload as the tables of an SSD, so that reading one can be held to known truths.

An SSD carries less than the events do: no meeting and no booking; of parental consent only the placement it led to; of
plans the primary one; of proceedings the day they were issued.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from domain.case import events as ev
from domain.case.calendar import birthday
from domain.case.facts import Known, unvoided
from domain.case.periods import ADULT_AGE
from domain.case.words import LegalStatus, Plan, Role
from synthetic.caseload import SyntheticChild
from synthetic.returns import ADULT, AT_HOME, FOSTERED, PLACED, REASONS

Cell = str | date | None
Line = dict[str, Cell]

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "ssd_person": {
        "pers_person_id": "VARCHAR(48)", "pers_sex": "VARCHAR(20)", "pers_dob": "TIMESTAMP",
        "pers_expected_dob": "TIMESTAMP", "pers_death_date": "TIMESTAMP", "pers_is_mother": "CHAR(1)",
    },
    "ssd_cla_episodes": {
        "clae_cla_episode_id": "VARCHAR(48)", "clae_person_id": "VARCHAR(48)", "clae_cla_placement_id": "VARCHAR(48)",
        "clae_cla_episode_start_date": "TIMESTAMP", "clae_cla_episode_start_reason": "VARCHAR(100)",
        "clae_cla_primary_need_code": "VARCHAR(3)", "clae_cla_episode_ceased_date": "TIMESTAMP",
        "clae_cla_episode_ceased_reason": "VARCHAR(255)", "clae_cla_id": "VARCHAR(48)",
        "clae_entered_care_date": "TIMESTAMP",
    },
    "ssd_legal_status": {
        "lega_legal_status_id": "VARCHAR(48)", "lega_person_id": "VARCHAR(48)", "lega_legal_status": "VARCHAR(100)",
        "lega_legal_status_start_date": "TIMESTAMP", "lega_legal_status_end_date": "TIMESTAMP",
    },
    "ssd_cla_placement": {
        "clap_cla_placement_id": "VARCHAR(48)", "clap_cla_id": "VARCHAR(48)", "clap_person_id": "VARCHAR(48)",
        "clap_cla_placement_start_date": "TIMESTAMP", "clap_cla_placement_type": "VARCHAR(100)",
        "clap_cla_placement_end_date": "TIMESTAMP",
    },
    "ssd_cla_reviews": {
        "clar_cla_review_id": "VARCHAR(48)", "clar_cla_id": "VARCHAR(48)", "clar_cla_review_due_date": "TIMESTAMP",
        "clar_cla_review_date": "TIMESTAMP", "clar_cla_review_cancelled": "CHAR(1)",
        "clar_cla_review_participation": "VARCHAR(100)",
    },
    "ssd_permanence": {
        "perm_table_id": "VARCHAR(48)", "perm_person_id": "VARCHAR(48)", "perm_cla_id": "VARCHAR(48)",
        "perm_adm_decision_date": "TIMESTAMP", "perm_placement_order_date": "TIMESTAMP",
        "perm_matched_date": "TIMESTAMP", "perm_placed_for_adoption_date": "TIMESTAMP",
        "perm_decision_reversed_date": "TIMESTAMP", "perm_decision_reversed_reason": "VARCHAR(100)",
        "perm_permanence_order_date": "TIMESTAMP", "perm_permanence_order_type": "VARCHAR(100)",
    },
    "ssd_cla_care_plan": {
        "lacp_table_id": "VARCHAR(48)", "lacp_person_id": "VARCHAR(48)", "lacp_cla_care_plan_start_date": "TIMESTAMP",
        "lacp_cla_care_plan_end_date": "TIMESTAMP", "lacp_cla_care_plan_json": "VARCHAR(1000)",
    },
    "ssd_pre_proceedings": {
        "prep_table_id": "VARCHAR(48)", "prep_person_id": "VARCHAR(48)", "prep_plo_family_id": "VARCHAR(48)",
        "prep_pre_pro_decision_date": "TIMESTAMP", "prep_pre_pro_outcome": "VARCHAR(100)",
        "prep_agree_stepdown_issue_date": "TIMESTAMP",
    },
    "ssd_family": {
        "fami_table_id": "VARCHAR(48)", "fami_family_id": "VARCHAR(48)", "fami_person_id": "VARCHAR(48)",
    },
    "ssd_involvements": {
        "invo_involvements_id": "VARCHAR(48)", "invo_person_id": "VARCHAR(48)", "invo_professional_id": "VARCHAR(48)",
        "invo_professional_role_id": "VARCHAR(200)", "invo_professional_team": "VARCHAR(48)",
        "invo_involvement_start_date": "TIMESTAMP", "invo_involvement_end_date": "TIMESTAMP",
        "invo_worker_change_reason": "VARCHAR(200)",
    },
    "ssd_professionals": {
        "prof_professional_id": "VARCHAR(48)", "prof_staff_id": "VARCHAR(48)",
        "prof_professional_job_title": "VARCHAR(500)",
    },
    "ssd_department": {"dept_team_id": "VARCHAR(48)", "dept_team_name": "VARCHAR(255)"},
}  # fmt: skip
"""The tables and their columns, the first the key of the rows."""

WORDS_OF_STATUSES: Final = {
    "V2": "Single period of accommodation under section 20 (Children Act 1989)",
    "C1": "Interim care order",
    "C2": "Full care order",
    "E1": "Placement order granted",
    "V4": "V4",
}
"""As a case system has them: words more often than codes."""
TICKED: Final = {
    Plan.RETURN_HOME: "RETURN6M",
    Plan.KINSHIP_CARE: "LTRELFR",
    Plan.LONG_TERM_FOSTERING: "LTFOST18",
    Plan.ADOPTION: "ADOPTION",
    Plan.RESIDENTIAL: "RESPLMT",
    Plan.INDEPENDENCE: "SUPPLIV",
}
ORDERS: Final = {
    "adoption_order_made": "Adoption",
    "special_guardianship_order_made": "Special Guardianship",
    "child_arrangements_order_made": "Child Arrangements Order/ Residence Order",
}
ROLES: Final = {
    Role.SOCIAL_WORKER: "Allocated Case Worker",
    Role.IRO: "Independent Reviewing Officer",
    Role.TEAM_MANAGER: "Team Manager",
}
ISSUED: Final = "Decision to Issue Care Proceedings"


def ssd_tables(children: Iterable[SyntheticChild], today: date) -> dict[str, list[Line]]:
    """The rows of every table for the children of a caseload; no row is of a day to come."""
    tables: dict[str, list[Line]] = {name: [] for name in COLUMNS}
    staff: set[str] = set()
    teams: set[str] = set()
    for child in children:
        one = _Child(child.ref, _standing(child.events), today)
        for name, line in one.lines():
            tables[name].append(line)
        staff |= one.staff
        teams |= one.teams
    tables["ssd_professionals"] += [{"prof_professional_id": f"P-{key}", "prof_staff_id": key} for key in sorted(staff)]
    tables["ssd_department"] += [{"dept_team_id": f"T-{name}", "dept_team_name": name} for name in sorted(teams)]
    return tables


def _standing(events: Sequence[ev.Event]) -> list[ev.Event]:
    """Without what was entered by mistake and taken back, in order of time."""
    known = unvoided(Known(event, event.known_from) for event in events)
    return sorted((k.event for k in known), key=lambda e: (e.on, not isinstance(e, ev.BecameLookedAfter), e.id))


@dataclass(slots=True)
class _Span:
    """Days under one legal status, or in one placement."""

    start: date
    what: str
    end: date | None = None


@dataclass(slots=True)
class _Period:
    """A period of care, in spans."""

    number: int
    start: date
    statuses: list[_Span]
    places: list[_Span]
    end: date | None = None
    reason: str = ""


@dataclass(slots=True)
class _Child:
    """One child's rows."""

    ref: str
    events: list[ev.Event]
    today: date
    staff: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[tuple[str, Line]]:
        yield "ssd_person", {"pers_person_id": self.ref, "pers_sex": "U", "pers_is_mother": "N", **self._births()}
        for period in self._periods():
            yield from self._care(period)
        yield from self._reviews()
        yield from self._permanence()
        yield from self._plans()
        yield from self._pre_proceedings()
        yield from self._family()
        yield from self._involvements()

    def _own(self, kind: str, number: int) -> str:
        return f"{self.ref}-{kind}{number}"

    @property
    def _born(self) -> date | None:
        entries = [e.date_of_birth for e in self.events if isinstance(e, ev.ENTRY_TYPES)]
        return next((day for day in reversed(entries) if day), None)

    def _births(self) -> Line:
        expected = (e.expected_on for e in self.events if isinstance(e, ev.PreProceedingsStarted))
        return {"pers_dob": self._born, "pers_expected_dob": None if self._born else next(expected, None)}

    # Care

    def _periods(self) -> list[_Period]:
        """The periods of care, each with its statuses and placements."""
        periods: list[_Period] = []
        consented = False
        adult_on = birthday(self._born, ADULT_AGE) if self._born else date.max
        for event in self.events:
            now = periods[-1] if periods and periods[-1].end is None else None
            consented = consented or isinstance(event, ev.PlacementConsentGiven)
            if isinstance(event, ev.BecameLookedAfter):
                status = _Span(event.on, event.legal_status.value)
                periods.append(_Period(len(periods) + 1, event.on, [status], [_Span(event.on, FOSTERED)]))
            elif now is None or event.on >= adult_on:
                continue
            elif isinstance(event, ev.ENDING_TYPES):
                reason = event.reason.value if isinstance(event, ev.CeasedToBeLookedAfter) else REASONS[event.type]
                _ended(now, event.on, reason)
            else:
                _turned(now.statuses, event.on, _status_after(event, now.statuses[-1].what))
                _turned(now.places, event.on, _place_after(event, now.places[-1].what, consented=consented))
        if periods and periods[-1].end is None and adult_on <= self.today:
            _ended(periods[-1], adult_on, ADULT)
        return periods

    def _care(self, period: _Period) -> Iterator[tuple[str, Line]]:
        own, person = self._own("C", period.number), self.ref
        for number, status in enumerate(period.statuses, 1):
            yield "ssd_legal_status", {
                "lega_legal_status_id": f"{own}-L{number}", "lega_person_id": person,
                "lega_legal_status": WORDS_OF_STATUSES.get(status.what, status.what),
                "lega_legal_status_start_date": status.start, "lega_legal_status_end_date": status.end,
            }  # fmt: skip
        for number, place in enumerate(period.places, 1):
            yield "ssd_cla_placement", {
                "clap_cla_placement_id": f"{own}-P{number}", "clap_cla_id": own, "clap_person_id": person,
                "clap_cla_placement_start_date": place.start, "clap_cla_placement_type": place.what,
                "clap_cla_placement_end_date": place.end,
            }  # fmt: skip
        days = sorted({span.start for span in (*period.statuses, *period.places)})
        for number, (day, after) in enumerate(zip(days, [*days[1:], None], strict=True), 1):
            yield "ssd_cla_episodes", {
                "clae_cla_episode_id": f"{own}-E{number}", "clae_person_id": person,
                "clae_cla_episode_start_date": day, "clae_cla_episode_start_reason": _reason(period, day),
                "clae_cla_primary_need_code": "N1", "clae_cla_episode_ceased_date": after or period.end,
                "clae_cla_episode_ceased_reason": "X1" if after else period.reason or None,
                "clae_cla_id": own, "clae_entered_care_date": period.start,
            }  # fmt: skip

    def _reviews(self) -> Iterator[tuple[str, Line]]:
        for number, event in enumerate((e for e in self.events if isinstance(e, ev.ReviewHeld)), 1):
            period = next((p for p in reversed(self._periods()) if p.start <= event.on), None)
            if period is not None:
                yield "ssd_cla_reviews", {
                    "clar_cla_review_id": self._own("R", number), "clar_cla_id": self._own("C", period.number),
                    "clar_cla_review_date": event.on, "clar_cla_review_cancelled": "N",
                    "clar_cla_review_participation": "PN1",
                }  # fmt: skip

    # Permanence

    def _permanence(self) -> Iterator[tuple[str, Line]]:
        """A row for each decision; what belongs to none is in the last, or a row of its own."""
        line: Line = {}
        number = 1
        for event in self.events:
            named = _PERMANENCE.get(event.type)
            if isinstance(event, ev.AdmDecisionMade) and not event.should_be_placed:
                named = "perm_decision_reversed_date"
            if named and line.get(named):
                yield self._permanence_row(number, line)
                line, number = {}, number + 1
            if named:
                line[named] = event.on
            if event.type in ORDERS:
                line |= {"perm_permanence_order_date": event.on, "perm_permanence_order_type": ORDERS[event.type]}
        if line:
            yield self._permanence_row(number, line)

    def _permanence_row(self, number: int, line: Line) -> tuple[str, Line]:
        return "ssd_permanence", {"perm_table_id": self._own("A", number), "perm_person_id": self.ref, **line}

    def _plans(self) -> Iterator[tuple[str, Line]]:
        """A care plan for each day on which it was updated or the plan changed; what is planned stands from then on."""
        plan: Plan | None = None
        by_day: dict[date, Plan | None] = {}
        for event in self.events:
            if isinstance(event, ev.PlanChanged):
                plan = event.primary_plan
            if isinstance(event, ev.PlanChanged | ev.CarePlanUpdated):
                by_day[event.on] = plan
        for number, (day, planned) in enumerate(sorted(by_day.items()), 1):
            said = {code: "Y" if planned and TICKED[planned] == code else "" for code in TICKED.values()}
            yield "ssd_cla_care_plan", {
                "lacp_table_id": self._own("K", number), "lacp_person_id": self.ref,
                "lacp_cla_care_plan_start_date": day, "lacp_cla_care_plan_json": json.dumps(said),
            }  # fmt: skip

    def _pre_proceedings(self) -> Iterator[tuple[str, Line]]:
        started = [e.on for e in self.events if isinstance(e, ev.PreProceedingsStarted)]
        issued = [e.on for e in self.events if isinstance(e, ev.CareProceedingsIssued)]
        for number in range(max(len(started), len(issued))):
            line: Line = {"prep_table_id": self._own("Q", number + 1), "prep_person_id": self.ref}
            if number < len(started):
                line["prep_pre_pro_decision_date"] = started[number]
            if number < len(issued):
                line |= {"prep_pre_pro_outcome": ISSUED, "prep_agree_stepdown_issue_date": issued[number]}
            yield "ssd_pre_proceedings", line

    # People

    def _family(self) -> Iterator[tuple[str, Line]]:
        siblings = next((e.siblings for e in self.events if isinstance(e, ev.BecameLookedAfter) and e.siblings), ())
        if siblings:
            family = min([self.ref, *siblings])
            yield "ssd_family", {"fami_table_id": self._own("F", 1), "fami_family_id": f"F-{family}",
                                 "fami_person_id": self.ref}  # fmt: skip

    def _involvements(self) -> Iterator[tuple[str, Line]]:
        """Who held which role from each entry on; a contact's part before its @ is the key in the directory."""
        entries = [e for e in self.events if isinstance(e, ev.BecameLookedAfter)]
        for number, entry in enumerate(entries, 1):
            after = entries[number].on if number < len(entries) else None
            for role, called in ROLES.items():
                key = entry.people.get(role, "").partition("@")[0]
                if not key:
                    continue
                self.staff.add(key)
                team = entry.team if role is Role.SOCIAL_WORKER else None
                self.teams |= {team} if team else set()
                yield "ssd_involvements", {
                    "invo_involvements_id": f"{self._own('I', number)}-{role.value}", "invo_person_id": self.ref,
                    "invo_professional_id": f"P-{key}", "invo_professional_role_id": called,
                    "invo_professional_team": f"T-{team}" if team else None,
                    "invo_involvement_start_date": entry.on, "invo_involvement_end_date": after,
                    "invo_worker_change_reason": "TSPROC",
                }  # fmt: skip


_PERMANENCE: Final = {
    "adm_decision_made": "perm_adm_decision_date",
    "placement_order_made": "perm_placement_order_date",
    "matched": "perm_matched_date",
    "placed_for_adoption": "perm_placed_for_adoption_date",
}


def _ended(period: _Period, day: date, reason: str) -> None:
    period.end, period.reason = day, reason
    for spans in (period.statuses, period.places):
        spans[-1].end = day


def _turned(spans: list[_Span], day: date, what: str) -> None:
    """Begin another span, or change the one that began that day."""
    last = spans[-1]
    if what == last.what:
        return
    if last.start == day:
        spans[-1] = replace(last, what=what)
    else:
        last.end = day
        spans.append(_Span(day, what))


def _status_after(event: ev.Event, status: str) -> str:
    match event:
        case ev.LegalStatusChanged():
            return event.legal_status.value
        case ev.PlacementOrderMade():
            return LegalStatus.PLACEMENT_ORDER.value
        case ev.PlacementOrderRevoked() if status == LegalStatus.PLACEMENT_ORDER:
            return LegalStatus.CARE_ORDER.value
    return status


def _place_after(event: ev.Event, place: str, *, consented: bool) -> str:
    match event:
        case ev.PlacedForAdoption():
            return PLACED[consented]
        case ev.AdoptionPlacementEnded():
            return FOSTERED
        case ev.ReturnedHome():
            return AT_HOME
    return place


def _reason(period: _Period, day: date) -> str:
    if day == period.start:
        return "S"
    status, place = (any(span.start == day for span in spans) for spans in (period.statuses, period.places))
    return "B" if status and place else "L" if status else "P"
