"""The paths synthetic children take, as data: where they begin, what is planned, and how it goes on.

Shares and spans follow the public statistics of children looked after in England:
V2 -> C1 -> C2, on to adoption for some; home from section 20; special guardianship from court.
"""

from dataclasses import dataclass
from typing import Literal

Course = Literal["stays", "adoption", "home", "guardianship", "short_breaks", "drift"]


@dataclass(frozen=True, slots=True)
class Outline:
    """One path: ages in years; spans in days, from the shortest to the longest."""

    age: tuple[float, float]
    course: Course
    first_plan: str
    contingency: str
    final_plan: str
    legal_status: str = "V2"
    entries: tuple[str, ...] = ("planned", "emergency", "emergency", "pre_proceedings")
    to_court: tuple[int, int] | None = (3, 45)
    relinquished: bool = False
    ratified: bool = False
    adoption_unlikely: bool = False
    ceases_at_home: bool = True
    before: "Outline | None" = None
    """The period of care before this one, for a child who comes back."""


FOSTERING = Outline((4, 13), "stays", "return_home", "long_term_fostering", "long_term_fostering")
SHORT_STAY = Outline((2, 12), "home", "return_home", "kinship_care", "return_home", to_court=None)

OUTLINES: dict[str, Outline] = {
    "pre_proceedings": FOSTERING,
    "long_term_fostering": FOSTERING,
    "settled_fostering": Outline(
        (14, 16), "stays", "return_home", "long_term_fostering", "long_term_fostering", ratified=True
    ),
    "adoption": Outline((0.1, 4), "adoption", "return_home", "adoption", "adoption", to_court=(0, 21)),
    "adoption_unlikely": Outline(
        (2, 5), "adoption", "return_home", "adoption", "adoption", to_court=(0, 21), adoption_unlikely=True
    ),
    "relinquished": Outline(
        (0, 0.02),
        "adoption",
        "adoption",
        "return_home",
        "adoption",
        to_court=None,
        relinquished=True,
        entries=("planned",),
    ),
    "return_home": SHORT_STAY,
    "home_under_care_order": Outline(
        (3, 12),
        "home",
        "return_home",
        "long_term_fostering",
        "return_home",
        to_court=(0, 14),
        ceases_at_home=False,
    ),
    "special_guardianship": Outline(
        (1, 10),
        "guardianship",
        "return_home",
        "special_guardianship",
        "special_guardianship",
        legal_status="C1",
        to_court=(0, 0),
    ),
    "brothers_and_sisters": FOSTERING,
    "older": Outline((15, 16.5), "stays", "return_home", "independence", "independence", to_court=None),
    "turning_18": Outline((17.1, 17.6), "stays", "independence", "residential", "independence", to_court=None),
    "short_breaks": Outline(
        (6, 15),
        "short_breaks",
        "return_home",
        "return_home",
        "return_home",
        legal_status="V4",
        to_court=None,
        entries=("planned",),
    ),
    "section_20_drift": Outline(
        (5, 13), "drift", "return_home", "long_term_fostering", "long_term_fostering", to_court=(230, 330)
    ),
    "re_entry": Outline(
        (3, 12), "stays", "return_home", "long_term_fostering", "long_term_fostering", before=SHORT_STAY
    ),
}
