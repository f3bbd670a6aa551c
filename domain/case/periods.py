"""The state machine of a period of care: where a child stands, what moves them, and what no row lets happen.

A child stands in several regions at once: in care or under short breaks, placed for adoption or not, with authority to
place or without, permanence reached or not. `ROWS` is the one table. `machine()` makes the `transitions` machine of it;
`MOVES` is that machine's own list of moves, asked directly, since facts are folded anew at each step (a trigger of the
library takes 40 times as long). A child's life (`life.py`), the refusals (`refusals.py`) and the page
docs/periods.md ask it, and nothing else says what may follow what.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from transitions.extensions.nesting import HierarchicalMachine, NestedState

from domain.case import events as ev
from domain.case.calendar import birthday
from domain.case.days import Span
from domain.case.words import SHORT_BREAKS

ADULT_AGE: Final = 18
YEAR: Final = timedelta(days=366)

AMENDED_AGAIN: Final = 2
AMENDED_AT_NIGHT: Final = 3
"""How often rules have been amended by now: on 29 November 2026 by day, in the evening, at night. See `amendments`."""

BEFORE_ENTRY: Final = "care.before_entry"
PRE_PROCEEDINGS: Final = "care.pre_proceedings"
IN_CARE: Final = "care.in_care"
SHORT_BREAK_SERIES: Final = "care.short_breaks"
ENDED: Final = "care.ended"
NOT_PLACED: Final = "placement.not_placed"
PLACED: Final = "placement.placed_for_adoption"
NO_AUTHORITY: Final = "authority.none"
AUTHORITY_HELD: Final = "authority.held"
NOT_YET_PERMANENT: Final = "permanence.not_yet"
PERMANENT: Final = "permanence.reached"

REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "care": (BEFORE_ENTRY, PRE_PROCEEDINGS, IN_CARE, SHORT_BREAK_SERIES, ENDED),
    "placement": (NOT_PLACED, PLACED),
    "authority": (NO_AUTHORITY, AUTHORITY_HELD),
    "permanence": (NOT_YET_PERMANENT, PERMANENT),
}
"""The regions, each with its states."""
STARTS: Final = {region: states[0] for region, states in REGIONS.items()}
"""Where a child starts."""

LOOKED_AFTER: Final = (IN_CARE, SHORT_BREAK_SERIES)
EIGHTEENTH_BIRTHDAY: Final = "eighteenth_birthday"
"""The one thing that moves a child and is no event."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what happens, where that finds a child, and where it leads.

    `dest` None: the event belongs to the period, and the child stays where they are. `when` and `unless` name guards,
    which are methods of `Period`. Of the rows for one event and state, the first whose guards hold counts.
    """

    events: tuple[str, ...]
    sources: tuple[str, ...]
    dest: str | None
    clause: str
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


def _names(*types: type[ev.Event]) -> tuple[str, ...]:
    return tuple(name for name, model in ev.EVENT_TYPES.items() if model in types)


ALL_BUT_ENTRY: Final = tuple(name for name, model in ev.EVENT_TYPES.items() if model is not ev.BecameLookedAfter)
OPEN: Final = (PRE_PROCEEDINGS, *LOOKED_AFTER)
OF_THE_PERIOD: Final = ("of_the_period",)

ROWS: Final = (
    Row(
        ("became_looked_after",),
        (BEFORE_ENTRY, PRE_PROCEEDINGS, ENDED),
        SHORT_BREAK_SERIES,
        "CPPCR reg 48",
        when=("under_short_breaks", "no_later_entry"),
    ),
    Row(
        ("became_looked_after",),
        (BEFORE_ENTRY, PRE_PROCEEDINGS, ENDED),
        IN_CARE,
        "CA89 s22(1)",
        when=("no_later_entry",),
    ),
    Row(("pre_proceedings_started",), (BEFORE_ENTRY, ENDED), PRE_PROCEEDINGS, "S1 §1 §2"),
    Row(("legal_status_changed",), (IN_CARE,), SHORT_BREAK_SERIES, "CPPCR reg 48", when=("under_short_breaks",)),
    Row(("legal_status_changed",), (SHORT_BREAK_SERIES,), IN_CARE, "CPPCR reg 48", unless=("under_short_breaks",)),
    Row(_names(*ev.ENDING_TYPES), OPEN, ENDED, "ACA02 s46; CA89 s14A, s8, s22(1)"),
    Row((EIGHTEENTH_BIRTHDAY,), OPEN, ENDED, "CA89 s105(1)"),
    Row(("event_voided",), (BEFORE_ENTRY,), None, "ours: an error is taken back", when=("something_is_known",)),
    Row(
        ALL_BUT_ENTRY,
        (BEFORE_ENTRY,),
        None,
        "ours: what leads up to an entry",
        when=("an_entry_is_known", "may_precede_entry", "not_long_before_birth"),
    ),
    Row(ALL_BUT_ENTRY, OPEN, None, "ours: facts that happened are taken, in whatever order"),
    Row(ALL_BUT_ENTRY, (ENDED,), None, "ours: what is later changes nothing", when=("on_the_day_of_the_end",)),
    Row(("placed_for_adoption",), (NOT_PLACED,), PLACED, "AAR reg 36(3)", when=OF_THE_PERIOD),
    Row(("placed_for_adoption",), (PLACED,), PLACED, "AAR reg 36(3)", when=("placed_on_a_day_before", *OF_THE_PERIOD)),
    Row(("adoption_placement_ended",), (PLACED,), NOT_PLACED, "AAR reg 36(8)", when=OF_THE_PERIOD),
    Row(
        ("placement_order_made", "placement_consent_given"),
        (NO_AUTHORITY,),
        AUTHORITY_HELD,
        "AAR reg 36(1)",
        when=OF_THE_PERIOD,
    ),
    Row(("placement_order_revoked",), (AUTHORITY_HELD,), NO_AUTHORITY, "AAR reg 36(1)", when=OF_THE_PERIOD),
    Row(
        ("adoption_order_made", "special_guardianship_order_made", "child_arrangements_order_made", "returned_home"),
        (NOT_YET_PERMANENT,),
        PERMANENT,
        "ACA02 s46; CA89 s14A, s8; S1 §3",
        when=OF_THE_PERIOD,
    ),
    Row(
        ("review_held",),
        (NOT_YET_PERMANENT,),
        PERMANENT,
        "S2 Permanency planning meetings",
        when=("ratifies_long_term_placement", *OF_THE_PERIOD),
    ),
    Row(
        ("plan_changed",),
        (PERMANENT,),
        NOT_YET_PERMANENT,
        "ours: what has another plan is not permanent",
        when=("permanent_on_a_day_before", *OF_THE_PERIOD),
    ),
)
"""The table. Entry on 5 January 2026, home on 2 March: permanence is reached, and the child stays in care. The order of
9 March ends the period; a review of that day, recorded later, is still of it, one of 10 March belongs to none. Who
enters again on 9 March is in care from that day, in a new period: not placed, and permanence not reached."""

REFUSED: Final = {
    "no_later_entry": "on: the child is already looked after from {entered}; accepted: a day after that "
    "period of care has ended, or first event_voided for an entry that is wrong",
    "an_entry_is_known": "type: the child has no journey yet; "
    "accepted first: pre_proceedings_started or became_looked_after",
    "may_precede_entry": "{field}: {day} is before the child's entry; accepted: {began} or later",
    "not_long_before_birth": "on: {day} is more than a year before birth; accepted: a later day",
}
"""What is said where a guard is in the way. What fails by another guard is kept, and changes nothing."""

NOTHING_FITS: Final = dict.fromkeys(LOOKED_AFTER, REFUSED["no_later_entry"])
"""What is said of an event that no row takes in a state."""


class CareState(NestedState):
    """A state named by its region and its own name."""

    separator = "."


class CareMachine(HierarchicalMachine):
    """A machine whose states have words in their names."""

    state_cls = CareState


def machine(rows: Iterable[Row] = ROWS, *, model: "Period | None" = None, kind: type = CareMachine, **more: Any) -> Any:
    """The `transitions` machine of a table; `kind` and `more` are for the drawing of it."""
    return kind(
        model,
        states=[
            {"name": region, "initial": _own(states[0]), "children": [_own(state) for state in states]}
            for region, states in REGIONS.items()
        ],
        initial=list(STARTS.values()),
        transitions=[
            {
                "trigger": event,
                "source": list(row.sources),
                "dest": row.dest,
                "conditions": list(row.when),
                "unless": list(row.unless),
            }
            for row in rows
            for event in row.events
        ],
        auto_transitions=False,
        **more,
    )


def _own(state: str) -> str:
    return state.partition(".")[2]


Guard = Callable[["Period", ev.Event], bool]
Guarded = tuple[tuple[str, Guard, bool], ...]
"""Guards by name, and what each must answer."""
Move = tuple[Guarded, str | None]
"""The guards of a row, and where it leads."""
Moves = dict[str, dict[str, dict[str, list[Move]]]]
"""The moves by what happens, by region, and by the state that it finds a child in."""


class Period:
    """One period of care as it is lived, an event at a time: the model of the machine.

    `steps`: the state of each region from each day on. The methods from `under_short_breaks` on are the guards.
    """

    # What only a refusal asks: when the facts are folded, an entry is known, and none is later.
    born: date | None = None
    later_entry: date | None = None
    entry_known = True
    anything_known = True
    to_the_letter = True
    """By the rulings of 27 November 2026 (`Policy.to_the_letter`)."""
    amended: int = AMENDED_AT_NIGHT
    """How many of the amendments of 29 November 2026 hold (`Policy.amendments`)."""

    def __init__(self, care: str = BEFORE_ENTRY) -> None:
        self.states = {**STARTS, "care": care}
        self.steps: dict[str, list[tuple[date, str]]] = {}
        self.adult_on: date | None = None
        self.ended_on: date | None = None

    @property
    def looked_after(self) -> bool:
        return self.states["care"] in LOOKED_AFTER

    def take(self, event: ev.Event) -> bool:
        """Move as the table says; whether the event belongs to the period."""
        by_region = MOVES[event.type]
        leads: dict[str, str | None] = {}  # all guards are asked before anything moves
        for region in by_region:
            for guards, dest in by_region[region].get(self.states[region], ()):
                if not guards or self._failed(guards, event) is None:
                    leads[region] = dest
                    break
        for region in leads:
            dest = leads[region]
            if dest is not None:
                self._enter(region, dest, event.on)
                if isinstance(event, ev.ENTRY_TYPES):
                    self.adult_on = birthday(event.date_of_birth, ADULT_AGE) if event.date_of_birth else None
        return "care" in leads

    def turn_adult(self, day: date) -> None:
        """End on the 18th birthday, where that has come by a day."""
        if self.adult_on is not None and (state := self.care_by(day)) != self.states["care"]:
            self._enter("care", state, self.adult_on)

    def care_by(self, day: date) -> str:
        """Where the child stands on a day on which nothing has happened but, maybe, the 18th birthday."""
        care = self.states["care"]
        if self.adult_on is None or day < self.adult_on:
            return care
        [(_, after)] = MOVES.get(EIGHTEENTH_BIRTHDAY, NOWHERE).get("care", {}).get(care, [((), None)])
        return after or care

    def care_on(self, day: date) -> str:
        """Where the child stood on a day, as known now."""
        if self.adult_on is not None and day >= self.adult_on:
            return self.care_by(day)
        return next((state for start, state in reversed(self.steps["care"]) if start <= day), BEFORE_ENTRY)

    def spans(self, *states: str) -> list[Span]:
        """The spans of days in some states of a region; the last runs on where nothing has ended it."""
        steps = self.steps.get(_region(states[0]), [])
        ends = [*(day for day, _ in steps[1:]), None]
        return [Span(start, end) for (start, state), end in zip(steps, ends, strict=False) if state in states]

    def obstacle(self, event: ev.Event) -> str | None:
        """Why the table does not let an event happen, in words with gaps; None where it does, or the event is kept."""
        rows = MOVES.get(event.type, NOWHERE).get("care", {}).get(self.states["care"])
        if not rows:
            return NOTHING_FITS.get(self.states["care"])
        failed = [self._failed(guards, event) for guards, _ in rows]
        return None if None in failed else REFUSED.get(str(failed[-1]))

    def _failed(self, guards: Guarded, event: ev.Event) -> str | None:
        for name, guard, wanted in guards:
            if guard(self, event) is not wanted:
                return name
        return None

    def _enter(self, region: str, state: str, day: date) -> None:
        self.states[region] = state
        self.steps.setdefault(region, []).append((day, state))
        if state == ENDED:
            self.ended_on = day

    # The guards

    def under_short_breaks(self, event: ev.Event) -> bool:
        """The legal status is that of a series of short breaks (V3, V4)."""
        return isinstance(event, ev.BecameLookedAfter | ev.LegalStatusChanged) and event.legal_status in SHORT_BREAKS

    def ratifies_long_term_placement(self, event: ev.Event) -> bool:
        """The review ratifies a long-term placement."""
        return isinstance(event, ev.ReviewHeld) and event.long_term_placement_ratified

    def placed_on_a_day_before(self, event: ev.Event) -> bool:
        """The placement that goes on began on a day before; another one ends it."""
        return self.to_the_letter and self._entered_before("placement", event.on)

    def permanent_on_a_day_before(self, event: ev.Event) -> bool:
        """Permanence was reached on a day before, by no order, which would have ended the period."""
        return self.to_the_letter and self._entered_before("permanence", event.on)

    def _entered_before(self, region: str, day: date) -> bool:
        """Whether how a region stands came about on a day before."""
        return any(entered < day for entered, _ in self.steps.get(region, ())[-1:])

    def of_the_period(self, event: ev.Event) -> bool:
        """The period has begun, and has not ended before the day of the event."""
        return self.states["care"] in OPEN or self.on_the_day_of_the_end(event)

    def on_the_day_of_the_end(self, event: ev.Event) -> bool:
        """The period was ended by an event of the same day; the 18th birthday itself belongs to none."""
        return event.on == self.ended_on and event.on != self.adult_on

    def no_later_entry(self, event: ev.Event) -> bool:
        """No entry that stands is later: it would find the child looked after."""
        return self.later_entry is None or event.on >= self.later_entry

    def an_entry_is_known(self, _: ev.Event) -> bool:
        """The child has a journey: an entry is known, or stands beside the event in one batch."""
        return self.entry_known

    def something_is_known(self, _: ev.Event) -> bool:
        """Anything is known of the child, which may have been an error."""
        return self.anything_known

    def may_precede_entry(self, event: ev.Event) -> bool:
        """It is one of the events that may be dated before the entry."""
        return isinstance(event, ev.MAY_PRECEDE_ENTRY)

    def not_long_before_birth(self, event: ev.Event) -> bool:
        """Care proceedings are issued at most a year before birth."""
        return not isinstance(event, ev.CareProceedingsIssued) or self.born is None or event.on >= self.born - YEAR


def moves_of(made: Any) -> Moves:
    """The moves of a machine, as it holds them itself."""
    moves: Moves = {}
    for name, event in made.events.items():
        for source, transitions in event.transitions.items():
            by_state = moves.setdefault(name, {}).setdefault(_region(source), {})
            by_state[source] = [(_guards(one), one.dest) for one in transitions]
    return moves


def _guards(transition: Any) -> Guarded:
    return tuple((one.func, getattr(Period, one.func), one.target) for one in transition.conditions)


def _region(state: str) -> str:
    return state.partition(".")[0]


NOWHERE: Final[dict[str, dict[str, list[Move]]]] = {}
MOVES: Moves = moves_of(machine())

ENDINGS: Final = frozenset(
    name
    for name in ev.EVENT_TYPES
    if any(dest == ENDED for _, dest in MOVES.get(name, NOWHERE).get("care", {}).get(IN_CARE, ()))
)
"""The events that end a period of care, by the table."""
NEVER_IN_CARE: Final = frozenset(
    name for name in ev.EVENT_TYPES if not any(MOVES[name]["care"].get(state) for state in LOOKED_AFTER)
)
"""The events that no row takes of a child who is looked after: an entry comes before."""
