"""What one step of a journey decided."""

from dataclasses import dataclass

from domain.case import events as ev
from domain.clocks.actions import Action
from domain.clocks.obligations import Key


@dataclass(frozen=True, slots=True)
class Decision:
    """What one step decided: actions to send, those passed over, what opened and was met, and whom else to tell.

    `woken`: the step ended a journey's quiet, so that its actions are the first it tells.
    `for_siblings`: the events that brothers' and sisters' journeys are to be told.
    """

    actions: tuple[Action, ...] = ()
    skipped: tuple[Action, ...] = ()
    opened: tuple[Key, ...] = ()
    met: tuple[Key, ...] = ()
    woken: bool = False
    for_siblings: tuple[ev.Event, ...] = ()
