"""The vocabularies of the field: roles, plan options, legal statuses, reasons for ceasing; closed but for own roles.

Legal statuses and reasons for ceasing are the codes of the SSDA903 return (children looked after in England).
"""

import re
from enum import StrEnum
from typing import Final

OWN_ROLE: Final = "own_"
"""How a role of an authority's own begins, which its policy lists in `roles`: `own_agency_adviser`."""


class Role(StrEnum):
    """Who an action is for. People are found for roles elsewhere; the rules know roles only.

    A name that begins with `own_` is a role too, of an authority's own; whether there is one, its policy says.
    """

    SOCIAL_WORKER = "social_worker"
    TEAM_MANAGER = "team_manager"
    CASE_SUPERVISOR = "case_supervisor"
    PPM_CHAIR = "ppm_chair"
    IRO = "iro"
    SERVICE_MANAGER = "service_manager"
    CLA_SERVICE_MANAGER = "cla_service_manager"
    CLA_STRATEGIC_LEAD = "cla_strategic_lead"
    ASSISTANT_DIRECTOR = "assistant_director"
    DIRECTOR_OF_CHILDRENS_SERVICES = "director_of_childrens_services"
    ADOPTION_SERVICE = "adoption_service"
    ADOPTION_TEAM_MANAGER = "adoption_team_manager"
    FAMILY_FINDING_SOCIAL_WORKER = "family_finding_social_worker"
    FOSTERING_SOCIAL_WORKER = "fostering_social_worker"
    SOLICITOR = "solicitor"
    AGENCY_DECISION_MAKER = "agency_decision_maker"
    HEAD_OF_ADOPTION_AND_FOSTERING = "head_of_adoption_and_fostering"
    HEAD_OF_FAMILY_SAFEGUARDING = "head_of_family_safeguarding"
    HEAD_OF_CHILDREN_LOOKED_AFTER = "head_of_children_looked_after"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        if not (isinstance(value, str) and re.fullmatch(rf"{OWN_ROLE}[a-z][a-z_]{{0,59}}", value)):
            return None
        own = str.__new__(cls, value)
        own._name_, own._value_ = value.upper(), value
        return own

    @property
    def own(self) -> bool:
        """Whether it is a role of an authority's own."""
        return self.value.startswith(OWN_ROLE)


def role_called(code: str) -> Role | None:
    """The role of a code, one of an authority's own too; None of any other text."""
    try:
        return Role(code)
    except ValueError:
        return None


class Plan(StrEnum):
    """A route to permanence, as a primary or a contingency plan names it."""

    RETURN_HOME = "return_home"
    ADOPTION = "adoption"
    SPECIAL_GUARDIANSHIP = "special_guardianship"
    CHILD_ARRANGEMENTS = "child_arrangements"
    LONG_TERM_FOSTERING = "long_term_fostering"
    KINSHIP_CARE = "kinship_care"
    RESIDENTIAL = "residential"
    INDEPENDENCE = "independence"


class LegalStatus(StrEnum):
    """SSDA903 legal status (LS)."""

    INTERIM_CARE_ORDER = "C1"
    CARE_ORDER = "C2"
    FREEING_ORDER = "D1"
    PLACEMENT_ORDER = "E1"
    SECTION_20 = "V2"
    SHORT_BREAKS_RECORDED = "V3"
    SHORT_BREAKS_AGREED = "V4"
    POLICE_PROTECTION = "L1"
    EMERGENCY_PROTECTION_ORDER = "L2"
    CHILD_ASSESSMENT_ORDER = "L3"
    REMAND = "J1"
    PACE = "J2"
    YOUTH_REHABILITATION_ORDER = "J3"


SHORT_BREAKS: Final = frozenset({LegalStatus.SHORT_BREAKS_RECORDED, LegalStatus.SHORT_BREAKS_AGREED})


class ReasonForCeasing(StrEnum):
    """SSDA903 reason the episode ceased (REC), those that end a period of care."""

    ADOPTED_UNOPPOSED = "E11"
    ADOPTED_CONSENT_DISPENSED = "E12"
    DIED = "E2"
    OTHER_UK_AUTHORITY = "E3"
    HOME_PLANNED = "E4A"
    HOME_UNPLANNED = "E4B"
    LEFT_TO_PERSON_WITHOUT_PR = "E13"
    CHILD_ARRANGEMENTS_ORDER = "E41"
    SGO_FORMER_FOSTER_CARER_RELATIVE = "E45"
    SGO_FORMER_FOSTER_CARER_OTHER = "E46"
    SGO_OTHER_CARER_RELATIVE = "E47"
    SGO_OTHER_CARER_OTHER = "E48"
    INDEPENDENT_LIVING_SUPPORTED = "E5"
    INDEPENDENT_LIVING = "E6"
    ADULT_SOCIAL_CARE = "E7"
    OTHER = "E8"
    CUSTODY = "E9"
    REMAND_ENDED = "E14"
    ASSESSED_EIGHTEEN = "E15"
    ABROAD = "E16"
    EIGHTEEN_STAYS_WITH_CARERS = "E17"


class Entry(StrEnum):
    """How the child came to be looked after."""

    PLANNED = "planned"
    EMERGENCY = "emergency"
    PRE_PROCEEDINGS = "pre_proceedings"
    REMAND = "remand"


class Evidence(StrEnum):
    """What must be gathered before a return home is approved (S1 section 3)."""

    DETAILED_ASSESSMENT = "detailed_assessment"
    DBS_CHECKS = "dbs_checks"
    SINGLE_ASSESSMENT_UPDATED = "single_assessment_updated"
    CHILDS_WISHES = "childs_wishes"
    ARRANGEMENTS_SUITABLE = "arrangements_suitable"


class Views(StrEnum):
    """Whose views were before the meeting (S1 section 5)."""

    CHILD = "child"
    PARENTS = "parents"
    SIGNIFICANT_OTHERS = "significant_others"


class Participation(StrEnum):
    """How the child took part in a review: SSDA903 review code, the SSD's participation code."""

    UNDER_FOUR = "PN0"
    SPOKE = "PN1"
    ADVOCATE_SPOKE = "PN2"
    SYMBOLICALLY = "PN3"
    ATTENDED_ONLY = "PN4"
    ADVOCATE_BRIEFED = "PN5"
    BY_OTHER_MEANS = "PN6"
    VIEWS_NOT_CONVEYED = "PN7"


class Progress(StrEnum):
    """What the tracking of a permanence plan found."""

    ON_TRACK = "on_track"
    DRIFTING = "drifting"


class Series(StrEnum):
    """A course of statutory reviews that runs on its own clock."""

    CARE = "care"
    ADOPTION = "adoption"


class AccountState(StrEnum):
    """How telling somebody something stands, everywhere that people read of it (delivery/account.py).

    The first two are before it went, the next three after, the last three are why it did not go.
    """

    PLANNED = "planned"
    """It is to go: its time has not come, or it waits for its turn, for a channel or for an address."""
    GATHERED = "gathered"
    """It is kept for a message of many, a digest or the summary of a load, and has not gone."""
    SENT = "sent"
    """A channel has taken it. Whether it was read nobody knows: a mail server does not say."""
    DELIVERED = "delivered"
    """It is there: the receiver's own system has answered, or the person has acknowledged it."""
    UNCERTAIN = "uncertain"
    """It may or may not have gone, and nobody can be asked; or it is going at this moment."""
    FAILED = "failed"
    """No address of theirs takes it, or it came back; it stands until somebody else is told, or it is tried again."""
    SUPERSEDED = "superseded"
    """It was decided, and was no longer so when it could go, or something else said it. It was not sent."""
    PASSED_OVER = "passed_over"
    """It was never to go: a later one said more, or its time had passed when it became known."""
