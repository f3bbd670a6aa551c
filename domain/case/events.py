"""What can happen to a case: every event of the contract, as one JSON object each.

What each must have is said and checked here; it is read, and refused in words, by `domain/case/documents.py`.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Annotated, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.case.accepted import Day, Instant, ValueRefused
from domain.case.words import (
    Entry,
    Evidence,
    LegalStatus,
    Participation,
    Plan,
    Progress,
    ReasonForCeasing,
    Role,
    Series,
    Views,
)

LONDON = ZoneInfo("Europe/London")

CHILD_REF = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ChildRef = Annotated[str, StringConstraints(pattern=CHILD_REF)]
EventId = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{1,200}$")]
PolicyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
ObligationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
DetailName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Detail = bool | int | float | Text


class Event(BaseModel):
    """Something that happened to the case: the day it happened (`on`) and when it was recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: str
    id: EventId
    child: ChildRef
    on: Day
    recorded_at: Instant | None = None
    by: ShortText | None = None
    note: Text | None = None
    corrects: EventId | None = None
    """The event of the same child that it stands in for: that is voided and this taken at one instant, or neither."""

    @property
    def known_from(self) -> datetime:
        """The instant the event is known offline: when recorded, else noon in London on its day."""
        return self.recorded_at or datetime.combine(self.on, time(12), LONDON)


class PlanForChild(BaseModel):
    """One child's own plan out of a meeting held for several brothers and sisters."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    primary_plan: Plan
    contingency_plan: Plan | None = None
    plan_final: bool = False


class PreProceedingsStarted(Event):
    """A case taken up before any care: of a child who is born, or of one who is expected on a day."""

    type: Literal["pre_proceedings_started"]
    date_of_birth: Day | None = None
    expected_on: Day | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "PreProceedingsStarted":
        if (self.date_of_birth is None) is (self.expected_on is None):
            raise ValueRefused("accepted: either date_of_birth or, for a child not yet born, expected_on")
        return self

    @property
    def birth(self) -> date:
        """The day of birth, or the one on which it is expected: no age follows from that, only how far days go."""
        return self.date_of_birth or self.expected_on or self.on


class BecameLookedAfter(Event):
    type: Literal["became_looked_after"]
    date_of_birth: Day
    legal_status: LegalStatus
    entry: Entry | None = None
    relinquished: bool = False
    siblings: tuple[ChildRef, ...] = ()
    policy: PolicyId | None = None
    team: ShortText | None = None
    people: dict[Role, ShortText] = Field(default_factory=dict)

    @field_validator("date_of_birth")
    @classmethod
    def _born(cls, value: date, info: ValidationInfo) -> date:
        if "on" in info.data and value > info.data["on"]:
            raise ValueRefused("a child cannot become looked after before being born")
        return value

    @property
    def birth(self) -> date:
        """The day of birth."""
        return self.date_of_birth


class CeasedToBeLookedAfter(Event):
    type: Literal["ceased_to_be_looked_after"]
    reason: ReasonForCeasing


class LegalStatusChanged(Event):
    type: Literal["legal_status_changed"]
    legal_status: LegalStatus


class CareProceedingsIssued(Event):
    type: Literal["care_proceedings_issued"]


class CareProceedingsConcluded(Event):
    type: Literal["care_proceedings_concluded"]
    outcome: ShortText | None = None


class PlacementOrderMade(Event):
    type: Literal["placement_order_made"]


class PlacementOrderRevoked(Event):
    type: Literal["placement_order_revoked"]


class PlacementConsentGiven(Event):
    type: Literal["placement_consent_given"]


class AdoptionOrderMade(Event):
    type: Literal["adoption_order_made"]


class SpecialGuardianshipOrderMade(Event):
    type: Literal["special_guardianship_order_made"]


class ChildArrangementsOrderMade(Event):
    type: Literal["child_arrangements_order_made"]


class Booking(Event):
    """A meeting or decision booked for a day. In JSON the day stands in the field `for`."""

    booked_for: Day = Field(alias="for")


class PpmBooked(Booking):
    type: Literal["ppm_booked"]


class PpmHeld(Event):
    """A permanency planning meeting. `plans` gives each of several children a plan of its own."""

    type: Literal["ppm_held"]
    primary_plan: Plan
    contingency_plan: Plan | None = None
    plan_final: bool = False
    chair: Role | None = None
    attended: tuple[Role, ...] | None = None
    views: tuple[Views, ...] | None = None
    adoption_advice_issued: bool = False
    plans: dict[ChildRef, PlanForChild] = Field(default_factory=dict)

    def plan_for(self, child: str, *, top_first: bool = True) -> "PpmHeld | PlanForChild":
        """Where the plan this meeting made for one child stands: at its top that of the child it is recorded on."""
        own = self.plans.get(child) if self.plans else None
        return self if own is None or (top_first and child == self.child) else own


class SpecialistDiscussionHeld(Event):
    type: Literal["specialist_discussion_held"]


class Circulated(Event):
    """A paper sent to people by role."""

    to: tuple[Role, ...] = Field(min_length=1)


class PpmDecisionsSent(Circulated):
    type: Literal["ppm_decisions_sent"]


class PpmDecisionsUploaded(Event):
    type: Literal["ppm_decisions_uploaded"]


class PpmMinutesAvailable(Event):
    type: Literal["ppm_minutes_available"]


class PpmMinutesSent(Circulated):
    type: Literal["ppm_minutes_sent"]


class AdoptionAdviceCirculated(Circulated):
    type: Literal["adoption_advice_circulated"]


class PlanChanged(Event):
    type: Literal["plan_changed"]
    primary_plan: Plan
    contingency_plan: Plan | None = None
    reasons: Text


class PlanImplemented(Event):
    type: Literal["plan_implemented"]


class PlanTracked(Event):
    type: Literal["plan_tracked"]
    progress: Progress


class PlanOverseen(Event):
    type: Literal["plan_overseen"]


class DriftIdentified(Event):
    type: Literal["drift_identified"]
    reasons: Text


class DriftPlanAgreed(Event):
    type: Literal["drift_plan_agreed"]


class ReviewBooked(Booking):
    type: Literal["review_booked"]


class ReviewHeld(Event):
    type: Literal["review_held"]
    plan_agreed: bool = False
    reunification_prospect: bool | None = None
    long_term_placement_ratified: bool = False
    series: tuple[Series, ...] | None = Field(default=None, min_length=1)
    participation: Participation | None = None


class CarePlanUpdated(Event):
    type: Literal["care_plan_updated"]


class AdmDecisionBooked(Booking):
    type: Literal["adm_decision_booked"]


class AdmDecisionMade(Event):
    type: Literal["adm_decision_made"]
    should_be_placed: bool


class AdmDecisionReversed(Event):
    type: Literal["adm_decision_reversed"]
    reason: Text | None = None


class FamilyFindingStarted(Event):
    type: Literal["family_finding_started"]


class Matched(Event):
    type: Literal["matched"]


class PlacedForAdoption(Event):
    type: Literal["placed_for_adoption"]


class AdoptionPlacementEnded(Event):
    type: Literal["adoption_placement_ended"]


class AdoptionUnlikely(Event):
    type: Literal["adoption_unlikely"]
    reasons: Text


class CarePlanReferred(Event):
    type: Literal["care_plan_referred"]
    to: Role


class ReturnHomeEvidence(Event):
    type: Literal["return_home_evidence"]
    kind: Evidence


class ReturnHomeApproved(Event):
    type: Literal["return_home_approved"]
    by_role: Role


class ReturnedHome(Event):
    type: Literal["returned_home"]


class SiblingAssessmentCompleted(Event):
    type: Literal["sibling_assessment_completed"]


class SiblingPlacedForAdoption(Event):
    type: Literal["sibling_placed_for_adoption"]
    sibling: ChildRef


class SiblingsDecisionRecorded(Event):
    type: Literal["siblings_decision_recorded"]
    together: bool
    reasons: Text


class SiblingsChanged(Event):
    """The brothers and sisters from a day on: the whole list, in the place of the one before."""

    type: Literal["siblings_changed"]
    siblings: tuple[ChildRef, ...]


class RelinquishmentChanged(Event):
    type: Literal["relinquishment_changed"]
    relinquished: bool


class NeedsAssessmentCompleted(Event):
    type: Literal["needs_assessment_completed"]


class PathwayPlanCompleted(Event):
    type: Literal["pathway_plan_completed"]


class DisputeOpened(Event):
    """The reviewing officer's formal process (IRO Handbook 6.2)."""

    type: Literal["dispute_opened"]
    reasons: Text


class DisputeStageReached(Event):
    """The level of seniority that a dispute is with; the officer may pass over any."""

    type: Literal["dispute_stage_reached"]
    to: Role


class DisputeResolved(Event):
    type: Literal["dispute_resolved"]
    outcome: Text | None = None


class CafcassReferred(Event):
    """A case referred to Cafcass, at any time and beside whatever else goes on (CA89 s25B; CPPCR reg 45)."""

    type: Literal["cafcass_referred"]
    reasons: Text


class MilestoneReached(Event):
    """An event of an authority's own, as its policy defines it (contract section 8)."""

    type: Literal["milestone"]
    milestone: ObligationId
    details: dict[DetailName, Detail] = Field(default_factory=dict)


class PersonAssigned(Event):
    type: Literal["person_assigned"]
    role: Role
    contact: ShortText


class DeadlineExtended(Event):
    type: Literal["deadline_extended"]
    obligation: ObligationId
    until: Day
    reason: Text
    authorised_by: ShortText


class ObligationWaived(Event):
    type: Literal["obligation_waived"]
    obligation: ObligationId
    reason: Text
    authorised_by: ShortText


class EscalationAcknowledged(Event):
    type: Literal["escalation_acknowledged"]
    obligation: ObligationId
    until: Day | None = None


class LatenessExplained(Event):
    type: Literal["lateness_explained"]
    obligation: ObligationId
    reason: Text


class EventVoided(Event):
    type: Literal["event_voided"]
    event: EventId
    reason: Text


class PolicyAdopted(Event):
    type: Literal["policy_adopted"]
    policy: PolicyId
    version: ShortText | None = None
    """As `Policy.version` says it; where it is given for an adoption of today, the service must have that version."""


def _concrete(base: type[Event]) -> Iterator[type[Event]]:
    for sub in base.__subclasses__():
        if get_origin(sub.model_fields["type"].annotation) is Literal:
            yield sub
        yield from _concrete(sub)


EVENT_TYPES: dict[str, type[Event]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in _concrete(Event)
}

ENTRY_TYPES = (PreProceedingsStarted, BecameLookedAfter)
ENDING_TYPES = (AdoptionOrderMade, SpecialGuardianshipOrderMade, ChildArrangementsOrderMade, CeasedToBeLookedAfter)
MAY_PRECEDE_ENTRY = (PreProceedingsStarted, CareProceedingsIssued, PersonAssigned, EventVoided, PolicyAdopted,
                     MilestoneReached)  # fmt: skip
"""Events that may be dated before the child's entry (contract section 2); a milestone where its policy says so."""

ABOUT_AN_OBLIGATION = (DeadlineExtended, ObligationWaived, EscalationAcknowledged, LatenessExplained)
