"""Random journeys of one child: a modest mixture of what happens, when, and how late it is recorded."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.study.simulation import Simulated, batches
from tests.domain.story import CHILD, FILLED_IN, OneCalendar, policies

POLICIES = ("england-statutory", "ppm-procedure", "quick-guide")
LENGTH = 420
"""Days from entry within which things happen."""

PLANS = st.sampled_from(["return_home", "adoption", "long_term_fostering"])
SENT_TO = st.lists(
    st.sampled_from(["iro", "team_manager", "adoption_service", "social_worker"]), min_size=1, max_size=3
)
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ppm_held": {"primary_plan": PLANS, "contingency_plan": PLANS, "plan_final": st.booleans(),
                 "adoption_advice_issued": st.booleans()},
    "plan_changed": {"primary_plan": PLANS},
    "ppm_decisions_sent": {"to": SENT_TO},
    "ppm_minutes_sent": {"to": SENT_TO},
    "adoption_advice_circulated": {"to": SENT_TO},
    "plan_tracked": {"progress": st.sampled_from(["on_track", "drifting"])},
    "review_held": {"plan_agreed": st.booleans(), "reunification_prospect": st.booleans(),
                    "series": st.sampled_from([None, None, ["care"], ["adoption"]])},
    "legal_status_changed": {"legal_status": st.sampled_from(["C1", "C2", "V2", "V4"])},
    "care_plan_referred": {"to": st.just("head_of_adoption_and_fostering")},
}  # fmt: skip
PLAIN = (
    "care_proceedings_issued", "care_proceedings_concluded", "placement_order_made", "placement_order_revoked",
    "ppm_decisions_uploaded", "plan_implemented", "plan_overseen", "drift_identified", "drift_plan_agreed",
    "care_plan_updated", "adm_decision_made", "family_finding_started", "placed_for_adoption",
    "adoption_placement_ended", "adoption_unlikely", "sibling_assessment_completed", "siblings_decision_recorded",
    "needs_assessment_completed", "pathway_plan_completed", "returned_home", "specialist_discussion_held",
)  # fmt: skip
OFTEN = ("review_held", "review_held", "review_held", "ppm_held", "ppm_held", "plan_tracked", "ppm_decisions_sent")
BOOKED = ("review_booked",)
ABOUT = ("deadline_extended", "obligation_waived", "escalation_acknowledged")
ENDINGS = ("ceased_to_be_looked_after", "adoption_order_made", "special_guardianship_order_made")


@st.composite
def journeys(draw: st.DrawFn, *, policy: str, simple: bool = False) -> list[ev.Event]:
    """The events of one child, all of them acceptable. `simple`: nothing voided, waived, extended or held."""
    entered = date(2024, 1, 1) + timedelta(draw(st.integers(0, 600)))
    raws = [_entry(draw, entered, "entry")]
    for number in range(draw(st.integers(2, 14))):
        raws.append(_happening(draw, policy, entered, number, [r["id"] for r in raws[1:]], simple))
    if draw(st.booleans()) and not simple:
        ended = entered + timedelta(draw(st.integers(60, LENGTH)))
        raws.append({"id": "end", "type": draw(st.sampled_from(ENDINGS)), "on": ended})
        if draw(st.booleans()):
            raws.append(_entry(draw, ended + timedelta(draw(st.sampled_from([0, 1, 40]))), "again"))
    return acceptable(policy, [_finish(raw) for raw in raws])


def _entry(draw: st.DrawFn, on: date, name: str) -> dict[str, Any]:
    born = draw(st.sampled_from(["2008-02-29", "2009-06-30", "2010-01-15", "2018-05-05", "2023-11-20"]))
    return {
        "id": name,
        "type": "became_looked_after",
        "on": on,
        "date_of_birth": born,
        "legal_status": draw(st.sampled_from(["V2", "V2", "C1", "C2", "V4"])),
        "relinquished": draw(st.booleans()),
        "siblings": draw(st.sampled_from([[], ["CLA-2"]])),
    }


def _happening(
    draw: st.DrawFn, policy: str, entered: date, number: int, before: list[str], simple: bool
) -> dict[str, Any]:
    kinds = (
        OFTEN + PLAIN + tuple(FIELDS) + BOOKED + (() if simple else (*ABOUT, *ABOUT, "event_voided", "policy_adopted"))
    )
    kind = draw(st.sampled_from(kinds))
    if kind == "event_voided" and not before:
        kind = "review_held"
    on = entered + timedelta(draw(st.integers(0, LENGTH)))
    raw: dict[str, Any] = {"id": f"h{number}", "type": kind, "on": on}
    late = draw(st.sampled_from([0, 0, 0, 1, 12, 60]))
    at = draw(st.sampled_from([time(9), time(8, 59), time(16, 40), time(23, 30)]))
    if late or draw(st.booleans()):
        raw["recorded_at"] = datetime.combine(on + timedelta(late), at, ev.LONDON).isoformat()
    raw |= {name: draw(values) for name, values in FIELDS.get(kind, {}).items()}
    if kind in ABOUT:
        rows = policies().resolve(policy).obligations
        raw["obligation"] = draw(st.sampled_from([o.id for o in rows]))
    if kind == "deadline_extended":
        raw["until"] = str(on + timedelta(draw(st.integers(1, 60))))
    if kind == "escalation_acknowledged":
        raw["until"] = draw(st.sampled_from([None, str(on + timedelta(draw(st.integers(0, 50))))]))
    if kind == "review_booked":
        raw["for"] = str(on + timedelta(draw(st.integers(0, 120))))
    if kind == "event_voided":
        raw["event"] = draw(st.sampled_from(before))
    if kind == "policy_adopted":
        raw["policy"] = draw(st.sampled_from(POLICIES))
    return raw


def _finish(raw: dict[str, Any]) -> ev.Event:
    filled = {"child": CHILD} | FILLED_IN.get(raw["type"], {}) | raw | {"on": str(raw["on"])}
    return parse_event({key: value for key, value in filled.items() if value is not None})


def acceptable(policy: str, events: list[ev.Event]) -> list[ev.Event]:
    """The events without those that are refused, found by trying batch by batch."""
    trial = OneCalendar(policies(), policy)
    one = Simulated(trial.journey_for(CHILD, events))
    refused = {r.event.id for instant, batch in batches(events) for r in trial.take(one, batch, instant)}
    return [e for e in events if e.id not in refused]


def last_day(events: list[ev.Event]) -> date:
    """A day by which everything is known and more time has passed."""
    return max(e.known_from for e in events).date() + timedelta(days=100)
