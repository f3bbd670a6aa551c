"""Looking up brothers and sisters in the case record, where their journeys may have ended long ago."""

from temporalio import activity

from activities.models import LOOK_UP_SIBLINGS, SiblingsPlaced, SiblingsRequest
from domain.case.documents import document_of, parse_event
from domain.case.facts import Known
from domain.case.siblings import Naming, to_hear
from record.store import CaseRecord


class SiblingActivities:
    """The activity that knows brothers and sisters from a case record."""

    def __init__(self, record: CaseRecord) -> None:
        self._record = record

    @activity.defn(name=LOOK_UP_SIBLINGS)
    def look_up_siblings(self, request: SiblingsRequest) -> SiblingsPlaced:
        """What a child is to hear of those just named. Raises RecordUnavailable, which is retried."""
        naming = parse_event(request.entry)
        if not isinstance(naming, Naming):
            return SiblingsPlaced()
        others = {sibling: self._known(sibling, request) for sibling in naming.siblings}
        return SiblingsPlaced(events=[document_of(event) for event in to_hear(naming, others)])

    def _known(self, child: str, request: SiblingsRequest) -> list[Known]:
        events = self._record.history(child)
        return [Known(parse_event(k.event), k.known_at) for k in events if k.known_at <= request.as_of]
