"""Every workflow there is. The worker registers these, and the replay gate demands a recorded history of each."""

from typing import Final

from workflows.child_journey import ChildJourney

WORKFLOWS: Final[list[type]] = [ChildJourney]
