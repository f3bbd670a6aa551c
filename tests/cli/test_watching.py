"""`permanence status` as a person reads it, days or weeks after the journey woke last."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

from rich.console import Console

from cli.watching import _show_journey
from domain.agenda import agenda
from domain.case.calendar import local_date
from tests.domain.story import events, simulated
from workflows.view import Shown

ENTERED = "2026-01-05 became_looked_after\n"


def shown(at: datetime) -> str:
    """The status of a child who entered care on 5 January 2026, of a journey that woke last at an instant."""
    [one] = simulated("england-statutory", events(ENTERED), "2026-03-02").values()
    out = StringIO()
    view = Shown(one.journey, at, 0).view([], None, writing=False)
    _show_journey(view, agenda(one.journey, at), "nobody yet", Console(file=out, width=200))
    return out.getvalue()


def test_days_late_are_counted_to_the_day_on_which_it_is_looked_at_and_not_to_the_last_wake() -> None:
    today = local_date(datetime.now(UTC))
    assert f"{(today - date(2026, 2, 2)).days} days overdue" in shown(datetime(2026, 2, 12, 9, tzinfo=UTC))


def test_a_journey_whose_clock_was_moved_forward_is_looked_at_by_its_own() -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    assert f"{(local_date(ahead) - date(2026, 2, 2)).days} days overdue" in shown(ahead)
