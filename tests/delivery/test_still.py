"""Whether what was decided is still to be told when it can be."""

from datetime import date, datetime, timedelta

import pytest

from delivery.still import JourneyNow, no_longer
from domain.clocks.actions import Action
from tests.delivery.agendas import met, row
from tests.delivery.conftest import NINE, action

DUE = date(2026, 1, 7)
OPEN = JourneyNow([row("initial-ppm", DUE)], frozenset({("ppm-invitations", "e1")}))
NOTICE = action(kind="notice", rung=0, due=None, obligation="ppm-invitations", event="e1")
REMINDER = action(kind="reminder", rung=1, due=date(2026, 1, 9))
LATER = NINE + timedelta(days=1)


@pytest.mark.parametrize(
    ("decided", "standing", "later", "now", "why"),
    [
        (action(), OPEN, [], NINE, ""),
        (action(), None, [], NINE, ""),
        (action(), JourneyNow([met("initial-ppm", DUE)]), [], NINE, "it is met late by now"),
        (action(), JourneyNow([row("initial-ppm", DUE, status="waived")]), [], NINE, "it is waived by now"),
        (action(), JourneyNow([row("initial-ppm", date(2026, 2, 1))]), [], NINE, "it is due on 1 February 2026 now"),
        (action(), JourneyNow([]), [], NINE, "it no longer applies"),
        (action(), OPEN, [action(rung=2, at=LATER)], LATER, "a later message about it says more"),
        (action(), OPEN, [action(rung=2, at=LATER, to=("team_manager",))], LATER, ""),
        (action(), OPEN, [action(rung=2, at=LATER, occurrence=2)], LATER, ""),
        (REMINDER, None, [], NINE + timedelta(days=2), "it is overdue by now, and that is what is told"),
        (REMINDER, None, [], NINE, ""),
        (NOTICE, OPEN, [], NINE, ""),
        (NOTICE, None, [], NINE, ""),
        (NOTICE, JourneyNow([]), [], NINE, "it no longer calls for anything"),
        (action(kind="breach", rung=0, due=None, event="e1"), JourneyNow([]), [], LATER, ""),
    ],
)
def test_it_is_told_unless_it_is_no_longer_so(
    decided: Action, standing: JourneyNow | None, later: list[Action], now: datetime, why: str
) -> None:
    assert no_longer(decided, "social_worker", standing, later, now) == why
