"""Cells that hold a code, or the words of a code: case systems fill the same column with either.

`C1`, `C1 - Interim care order` and `Interim Care Order` are one legal status. Each table is read from the top: the
first whose words all stand in the cell. `None` is what is known, and of no matter here.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from domain.case.words import LegalStatus, Plan, ReasonForCeasing, Role
from intake.returns.reading import CONTINUES, PLACES, REVERSALS, RNE

Words = tuple[tuple[str, str | None], ...]
"""What must stand in a cell, in plain words, and the code it is."""

UNKNOWN: Final = "?"

STATUS_CODES: Final = frozenset(status.value for status in LegalStatus)
STATUSES: Final[Words] = (
    ("interim care", "C1"),
    ("supervision", None),
    ("special guardianship", None),
    ("child arrangement", None),
    ("residence order", None),
    ("adoption order", None),
    ("private foster", None),
    ("care leaver", None),
    ("freeing", "D1"),
    ("placement order", "E1"),
    ("police criminal evidence", "J2"),
    ("police protection", "L1"),
    ("emergency protection", "L2"),
    ("assessment order", "L3"),
    ("short breaks agreement", "V4"),
    ("short breaks", "V3"),
    ("accommodation section 20", "V2"),
    ("single period accommodation", "V2"),
    ("section 20", "V2"),
    ("s20", "V2"),
    ("remand", "J1"),
    ("pace", "J2"),
    ("youth rehabilitation", "J3"),
    ("sentenced", "J3"),
    ("care order", "C2"),
)

START_CODES: Final = RNE
STARTS: Final[Words] = (
    ("started", "S"),
    ("legal status but same carer", "U"),
    ("legal status placement", "B"),
    ("legal status", "L"),
    ("but same carer", "T"),
    ("placement", "P"),
)

END_CODES: Final = frozenset(reason.value for reason in ReasonForCeasing) | {CONTINUES, "E43", "E44"}
ENDS: Final[Words] = (
    ("new episode begins", CONTINUES),
    ("adopted unopposed", "E11"),
    ("adopted dispensed", "E12"),
    ("died", "E2"),
    ("another local authority", "E3"),
    ("returned home as part", "E4A"),
    ("returned home not part", "E4B"),
    ("left care no parental responsibility", "E13"),
    ("child arrangements", "E41"),
    ("residence order", "E41"),
    ("special guardianship", "E48"),
    ("independent living supportive", "E5"),
    ("independent living no formalised", "E6"),
    ("adult social", "E7"),
    ("sentenced custody", "E9"),
    ("remand ended", "E14"),
    ("age assessment", "E15"),
    ("abroad", "E16"),
    ("aged 18 remained", "E17"),
    ("any other reason", "E8"),
)

PLACE_CODES: Final = PLACES
OLD_PLACES: Final = frozenset(
    {"F1", "F2", "F3", "F4", "F5", "F6", "H1", "H2", "H3", "H4", "H5A", "M2", "M3", "Q1", "Q2"}
)
"""Codes of returns before 2015, none of them adoptive."""

PARTICIPATION_CODES: Final = frozenset(f"PN{number}" for number in range(8))
REVERSAL_CODES: Final = REVERSALS

ORDERS: Final[Words] = (
    ("special guardianship", "special_guardianship_order_made"),
    ("sgo", "special_guardianship_order_made"),
    ("arrangement", "child_arrangements_order_made"),
    ("residence", "child_arrangements_order_made"),
    ("cao", "child_arrangements_order_made"),
    ("adoption", "adoption_order_made"),
)
"""Types of permanence order, and the event each is."""

OUTCOMES: Final[Words] = (("issue", "issued"), ("step", "stepped-down"))
"""Of pre-proceedings."""

ROLES: Final[Words] = (
    ("supervising social worker", Role.FOSTERING_SOCIAL_WORKER),
    ("fostering social worker", Role.FOSTERING_SOCIAL_WORKER),
    ("family find", Role.FAMILY_FINDING_SOCIAL_WORKER),
    ("reviewing officer", Role.IRO),
    ("iro", Role.IRO),
    ("team manager", Role.TEAM_MANAGER),
    ("case supervisor", Role.CASE_SUPERVISOR),
    ("solicitor", Role.SOLICITOR),
    ("adoption social worker", None),
    ("allocated case worker", Role.SOCIAL_WORKER),
    ("allocated worker", Role.SOCIAL_WORKER),
    ("case worker", Role.SOCIAL_WORKER),
    ("social worker", Role.SOCIAL_WORKER),
)
"""What people do for a child, as case systems call it, and the role it is (ours: extend it with your own words)."""

PLANS: Final[tuple[tuple[str, Plan | None], ...]] = (
    ("REMAINSUP", Plan.RETURN_HOME),
    ("RETURN1M", Plan.RETURN_HOME),
    ("RETURN6M", Plan.RETURN_HOME),
    ("RETURNEV", Plan.RETURN_HOME),
    ("LTRELFR", Plan.KINSHIP_CARE),
    ("LTFOST18", Plan.LONG_TERM_FOSTERING),
    ("ADOPTION", Plan.ADOPTION),
    ("RESPLMT", Plan.RESIDENTIAL),
    ("SUPPLIV", Plan.INDEPENDENCE),
    ("OTHERPLN", None),
)
"""Plans of a care plan, in the order in which one of several that are ticked is the primary plan (ours: home before
family, family before strangers, as the Children Act 1989 has it)."""

TICKED_NOT: Final = frozenset({"", "n", "no", "false", "0", "none", "null"})


@lru_cache(maxsize=10_000)
def code_in(cell: str, codes: frozenset[str], words: Words = ()) -> str | None:
    """The code that a cell holds or describes; None of what is no matter here, UNKNOWN of anything else."""
    text = cell.strip().upper()
    leading = re.match(r"([A-Z]\w+)\b|([A-Z])\s*[-–:]", text)
    if text in codes:
        return text
    if leading and (leading[1] or leading[2]) in codes:
        return leading[1] or leading[2]
    plain = _plain(cell)
    for needed, code in words:
        if _stand_in(needed.split(), plain):
            return code
    return UNKNOWN


def _plain(cell: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", cell.lower()))


def _stand_in(needed: Iterable[str], plain: str) -> bool:
    """Whether all words stand in a text, a word's beginning counting for it; not `iro` within `environment`."""
    return all(re.search(rf"\b{word}", plain) for word in needed)
