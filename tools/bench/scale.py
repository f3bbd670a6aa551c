"""How much is measured: enough for steady figures in a few minutes, or little in one or two."""

from dataclasses import dataclass
from datetime import timedelta

from domain.clocks.even_load import SPREAD_OVER


@dataclass(frozen=True, slots=True)
class Scale:
    """Rounds are measured by turns, bare and ours, so that a busy machine slows both."""

    rounds: int
    starts: int
    loaded: int
    parked: int
    seconds_of_agendas: float
    caseload: int
    decades: int
    replays: int
    memory_rounds: int
    warm_journeys: int
    open_journeys: int
    due_at_nine: int
    window: timedelta
    listed: int
    rows: int
    waited: int
    idle_journeys: int
    idle_seconds: float
    moved: tuple[int, int]


FULL = Scale(
    rounds=5,
    starts=200,
    loaded=250,
    parked=400,
    seconds_of_agendas=2.0,
    caseload=200,
    decades=3,
    replays=10,
    memory_rounds=3,
    warm_journeys=200,
    open_journeys=1_000,
    due_at_nine=1_000,
    window=SPREAD_OVER,
    listed=2_500,
    rows=20_000,
    waited=1_000,
    idle_journeys=600,
    idle_seconds=60.0,
    moved=(300, 600),
)
QUICK = Scale(
    rounds=2,
    starts=30,
    loaded=40,
    parked=40,
    seconds_of_agendas=0.4,
    caseload=15,
    decades=1,
    replays=2,
    memory_rounds=1,
    warm_journeys=100,
    open_journeys=200,
    due_at_nine=60,
    window=timedelta(seconds=20),
    listed=40,
    rows=400,
    waited=150,
    idle_journeys=40,
    idle_seconds=20.0,
    moved=(15, 30),
)
