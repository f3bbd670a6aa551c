"""What the journeys measured are made of: new children, a two-year adoption, ten years in foster care."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from tools.bench.ground import Documents

ENTERED_DAYS_AGO = 20
AFTER_ENTRY: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (1, "person_assigned", {"role": "social_worker", "contact": "sw-17@example.org"}),
    (6, "ppm_booked", {"for": 12}),
    (
        12,
        "ppm_held",
        {
            "primary_plan": "return_home",
            "contingency_plan": "long_term_fostering",
            "chair": "cla_service_manager",
            "attended": ["case_supervisor", "social_worker", "fostering_social_worker", "iro"],
            "views": ["child", "parents"],
        },
    ),
    (13, "ppm_decisions_uploaded", {}),
    (14, "ppm_decisions_sent", {"to": ["iro", "team_manager"]}),
    (15, "care_proceedings_issued", {}),
    (16, "legal_status_changed", {"legal_status": "C1"}),
    (17, "plan_tracked", {"progress": "on_track"}),
    (18, "review_held", {"reunification_prospect": True, "note": "Contact twice a week; next review booked."}),
)
"""A child's first weeks: days after entry, what happened, and its fields."""


def today() -> date:
    return local_date(datetime.now(UTC))


def entry(child: str, on: date, policy: str = "ppm-procedure") -> dict[str, Any]:
    """How a child enters care: one event as a case system would send it."""
    return {
        "id": f"{child}-000",
        "type": "became_looked_after",
        "child": child,
        "on": on.isoformat(),
        "date_of_birth": (on - timedelta(days=6 * 365 + int(child[-2:]))).isoformat(),
        "legal_status": "V2",
        "entry": "planned",
        "policy": policy,
        "team": "North",
        "people": {"social_worker": "sw-12@example.org", "iro": "iro-3@example.org"},
    }


def new_children(prefix: str, count: int, days_ago: int = 0) -> list[tuple[str, Documents]]:
    """Children who entered so many days ago, each with a history of one event, under either procedure by turns."""
    on = today() - timedelta(days=days_ago)
    names = [f"{prefix}-{number:05}" for number in range(count)]
    policies = ("ppm-procedure", "quick-guide")
    return [(name, [entry(name, on, policies[number % 2])]) for number, name in enumerate(names)]


def following(child: str, number: int) -> Documents:
    """The nth batch after entry, of one event."""
    on = today() - timedelta(days=ENTERED_DAYS_AGO)
    days, kind, fields = AFTER_ENTRY[number]
    if "for" in fields:
        fields = {**fields, "for": (on + timedelta(days=fields["for"])).isoformat()}
    day = (on + timedelta(days=days)).isoformat()
    return [{"id": f"{child}-{number + 1:03}", "type": kind, "child": child, "on": day, **fields}]


def two_year_adoption() -> list[ev.Event]:
    """From entry to an adoption order in two years: 25 events that bring 40 actions under `ppm-procedure`."""
    text = resources.files("tools.bench").joinpath("cases", "adoption-two-years.jsonl").read_text("utf-8")
    return [parse_event(json.loads(line)) for line in text.splitlines()]


def ten_years(child: str) -> list[ev.Event]:
    """Ten years in foster care under `ppm-procedure`: court, a long-term plan, then a review each half year.

    The plan is tracked every four weeks until the placement is ratified in the second year.
    """
    return [parse_event(raw) for raw in _ten_years(child, date(2015, 3, 2))]


def _ten_years(child: str, start: date) -> Iterator[dict[str, Any]]:
    yield entry(child, start)
    for number, (days, kind, fields) in enumerate(_ten_years_of_days(), 1):
        on = (start + timedelta(days=days)).isoformat()
        yield {"id": f"{child}-{number:03}", "type": kind, "child": child, "on": on, **fields}


def _ten_years_of_days() -> Iterator[tuple[int, str, dict[str, Any]]]:
    sent = {"to": ["iro", "team_manager"]}
    happened: list[tuple[int, str, dict[str, Any]]] = [
        (10, "ppm_held", {"primary_plan": "return_home", "contingency_plan": "long_term_fostering"}),
        (12, "ppm_decisions_uploaded", {}),
        (13, "ppm_decisions_sent", sent),
        (20, "care_proceedings_issued", {}),
        (25, "review_held", {"reunification_prospect": False}),
        (26, "legal_status_changed", {"legal_status": "C1"}),
        (95, "ppm_held", {"primary_plan": "long_term_fostering", "plan_final": True}),
        (97, "ppm_decisions_uploaded", {}),
        (98, "ppm_decisions_sent", sent),
        (105, "review_held", {"plan_agreed": True}),
        (110, "plan_implemented", {}),
        (200, "care_proceedings_concluded", {"outcome": "care_order"}),
        (201, "legal_status_changed", {"legal_status": "C2"}),
    ]
    happened += [(days, "plan_tracked", {"progress": "on_track"}) for days in range(36, 640, 27)]
    happened += [(days, "plan_overseen", {}) for days in range(85, 640, 88)]
    happened += [(days, "review_held", {}) for days in range(280, 640, 178)]
    happened += [(640, "review_held", {"long_term_placement_ratified": True})]
    happened += [(days, "review_held", {}) for days in range(815, 3650, 179)]
    happened += [
        (days, "person_assigned", {"role": "social_worker", "contact": "sw-9"}) for days in range(400, 3650, 500)
    ]
    return iter(sorted(happened, key=lambda event: event[0]))
