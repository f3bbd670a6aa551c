"""What the outside says to a journey and hears from it. These models stand in histories: later fields need defaults."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from activities.models import NamedKeys, Rulebook
from domain.case.plan_history import PlanEntry
from domain.clocks.return_home import ReturnHome
from domain.journey_state import JourneyState
from record.entries import Rejected

WORKFLOW_TYPE = "ChildJourney"
WORKFLOW_ID_PREFIX = "child-"
TASK_QUEUE = "permanence"
BACKGROUND = "permanence-background"
"""The queue of what takes long. Both names last: what waits in them is taken by workers of a later version."""
RECORD_EVENTS = "record_events"
WRITE_AGAIN = "write_record_again"
CASE_EVENTS = "case_events"
MOVE_ON = "move_on"
"""The signal, with nothing in it, that wakes a journey to see whether another release is meant than its own."""
REFUSED = "EventRefused"
"""The error type of a refusal."""

JUST_MOVING = "the journey is just moving: ask again in a moment"
"""What a query is answered that came to a worker without the journey, between an event and its workflow task."""

WRONG_START = "WrongStart"
"""The error type of a run that ends since it was started with what no journey can be started with."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Carried(_Frozen):
    """A whole journey, handed from one run to the next.

    The rulebook stands first, where its usual words are still within reach when it is made short (service/sealing.py).
    """

    rulebook: Rulebook
    state: JourneyState
    rejected: list[Rejected] = Field(default_factory=list)
    rejections: int = 0
    siblings: list["SiblingTold"] = Field(default_factory=list)
    named: NamedKeys = NamedKeys()


class SiblingTold(_Frozen):
    """A brother or sister who was told of an event, or has no running journey that could be."""

    child: str
    event: str
    reached: bool


class JourneyOptions(_Frozen):
    """How a journey is run, beside its events.

    `clock_offset` moves the journey's clock into its own dates (zero outside rehearsals and the demo).
    `nominal`: decide by the instants that batches and timers carry, not by the drifting clock of a rehearsal.
    `load`: the load of many histories that started the journey; what it tells first is told in one summary of all.
    `quiet_until`: nothing is told before this instant.
    `spread`: the window after an instant within which the journey wakes for it, by the child's own share of it; the
    running service's is `domain.clocks.even_load.SPREAD_OVER`, a rehearsal has none.
    `restart`: the journey goes on from what the case record knows of it, though nothing is told to it.
    `in_one_run`: no new run takes over, however long the history grows (the demo). One that is begun at a clock moved
    two years on would stand in the list of runs with a start two years ahead.
    """

    policy: str | None = None
    clock_offset: timedelta = timedelta()
    nominal: bool = False
    at: datetime | None = None
    spread: timedelta = timedelta()
    carried: Carried | None = None
    load: str | None = None
    quiet_until: datetime | None = None
    restart: bool = False
    in_one_run: bool = False


class ObligationRef(_Frozen):
    """One occurrence of an obligation, and its due date."""

    obligation: str
    occurrence: int
    due: date


class Answer(_Frozen):
    """What taking a batch changed. `clock` is the journey's own time."""

    child: str
    stage: str
    rag: str
    taken: list[str]
    known: list[str]
    opened: list[ObligationRef]
    met: list[ObligationRef]
    sent: int
    clock: datetime


class UnexplainedBreach(_Frozen):
    """Something that happened without what must come first, and that nobody has explained yet."""

    rule: str
    title: str
    clause: str
    on: date
    event: str


class StandingBooking(_Frozen):
    """What is booked and not held: the type of the booking, what it is in words, and the day, ahead or past."""

    type: str
    what: str
    booked_for: date


class RefusedEvent(_Frozen):
    """One event of a batch that was refused, and why: a detail of the refusal, for senders that send the rest again."""

    id: str
    reason: str


class JourneyView(_Frozen):
    """A journey as it stands."""

    child: str
    stage: str
    rag: str
    policy: str
    legal_status: str | None
    primary_plan: str | None
    contingency_plan: str | None
    team: str | None
    entered_on: date | None
    ended_on: date | None
    overdue: list[str]
    next_obligation: str | None
    next_due: date | None
    next_change: str | None
    next_change_at: datetime | None
    events: int
    rejected: list[Rejected]
    rejections: int
    clock: datetime
    policy_version: str = ""
    plan_history: list[PlanEntry] = Field(default_factory=list)
    plan_churn: list[date] = Field(default_factory=list)
    """The days of the changes, where the plan changed twice or more within six months."""
    return_home: ReturnHome | None = None
    unexplained: list[UnexplainedBreach] = Field(default_factory=list)
    disputes: list[str] = Field(default_factory=list)
    """The IRO's formal disputes and referrals to Cafcass, in words."""
    siblings: list[str] = Field(default_factory=list)
    siblings_without_plan: list[str] = Field(default_factory=list)
    """Those left out of the latest joint meeting, which must make a plan for each."""
    siblings_told: list[SiblingTold] = Field(default_factory=list)
    bookings: list[StandingBooking] = Field(default_factory=list)
    writing: bool = False
    """Whether what is shown here is only now being written into the case record."""


class Summary(_Frozen):
    """How a run ended."""

    child: str
    stage: str
    ended_on: date | None
    events: int


HOW_TO = (
    "How things stand is under Current Details. What happened is recorded on the desk. To cancel or terminate this "
    "ends the child's watch. Without a desk: permanence send FILE; or More Actions, Send an Update, record_events, one "
    "event as JSON."
)


def workflow_id(child: str) -> str:
    """The workflow id of a child's journey."""
    return WORKFLOW_ID_PREFIX + child
