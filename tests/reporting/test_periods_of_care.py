"""Each period of care is reported by the policy it names, whatever became known of other periods, and when."""

import pytest

from domain.case.facts import Known
from domain.clocks.rules import Policy
from domain.journey import Journey
from reporting.history import history_of
from tests.domain.story import calendar, events, london, policies

AN_ERROR = """
    2024-03-04 became_looked_after #then
    2024-06-03 ceased_to_be_looked_after #over
    2026-01-05 became_looked_after policy=ppm-procedure #now
    2026-01-20 event_voided event=then
    2026-01-20 event_voided event=over
"""
RECORDED_LATE = """
    2026-01-05 became_looked_after policy=ppm-procedure #now
    2024-03-04 became_looked_after policy=quick-guide #then recorded 2026-02-11 10:00
    2024-06-03 ceased_to_be_looked_after #over recorded 2026-02-11 10:00
"""


def by_default(name: str | None, _: object) -> Policy:
    return policies().resolve(name or "england-statutory")


@pytest.mark.parametrize(
    ("happened", "policies_of"),
    [(AN_ERROR, {2: "ppm-procedure"}), (RECORDED_LATE, {1: "ppm-procedure", 2: "quick-guide"})],
    ids=["an earlier one was an error", "an earlier one was recorded late"],
)
def test_a_period_is_reported_by_its_own_policy(happened: str, policies_of: dict[int, str]) -> None:
    journey = Journey("CLA-1", policies().resolve("england-statutory"), calendar())
    known = sorted((Known(e, e.known_from) for e in events(happened)), key=lambda one: one.known_at)

    reported = history_of(journey, known, by_default, london("2026-03-01"))

    assert {one.line.period: one.line.policy for one in reported.periods if one.until is None} == policies_of
    now = {one.line.obligation for one in reported.steps if one.until is None and one.line.period == journey.number}
    assert "initial-ppm" in now
