"""Every workflow there is. The worker registers these, and the replay gate demands a recorded history of each."""

from typing import Final

from workflows.child_journey import ChildJourney
from workflows.scheduled import ScheduledTask
from workflows.standing import StandingProcess

WORKFLOWS: Final[list[type]] = [ChildJourney, ScheduledTask, StandingProcess]
