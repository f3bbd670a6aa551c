"""Every page of the desk, with who looks at it: walked by test_browser.py, and held to the routes by it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from fastapi.routing import APIRoute

from desk.app import PAGES
from tests.desk.office import TODAY

HELD: Final = {"on": f"{TODAY - timedelta(days=1):%d/%m/%Y}", "primary_plan": "adoption"}
WRONG: Final = {"on": "31 Feb", "primary_plan": "adoption"}


@dataclass(frozen=True)
class Looked:
    """A page as somebody meets it; `sent`: what they enter into its form first, so that it is the answer they see."""

    path: str
    person: str = ""
    sent: dict[str, str] = field(default_factory=dict)
    heading: str = ""
    """Said where the address alone does not say which page comes."""

    def __str__(self) -> str:
        return f"{self.path}{' sent' if self.sent else ''}"


LOOKED: Final = (
    Looked("/desk/my-children", "anna"),
    Looked("/desk/my-children?tab=covering", "ben"),
    Looked("/desk/my-children?tab=recent", "nobody"),
    Looked("/desk/children/N-1", "mo"),
    Looked("/desk/children/OLD-1", "anna"),
    Looked("/desk/children/L-" + "9" * 62, "head"),
    Looked("/desk/children/N-1/views", "mo"),
    Looked("/desk/children/N-1/record", "mo"),
    Looked("/desk/children/L-" + "9" * 62 + "/record", "head"),
    Looked("/desk/children/N-1/record/ppm_held?step=initial-ppm", "anna"),
    Looked("/desk/children/N-1/record/ppm_held", "anna", HELD, "Check before you record it"),
    Looked("/desk/children/N-1/record/ppm_held", "anna", WRONG, "Record: PPM held"),
    Looked("/desk/children/N-1/record/ceased_to_be_looked_after", "anna"),
    Looked("/desk/children/N-1/record/lateness_explained?step=initial-ppm", "anna"),
    Looked("/desk/children/N-1/record/deadline_extended?step=initial-ppm", "mo"),
    Looked("/desk/children/N-1/record/deadline_extended?step=first-review", "mo"),
    Looked("/desk/children/N-1/recorded/slip", "anna", heading="It is recorded"),
    Looked("/desk/children/N-1/recorded/slip/correct", "anna", heading="Correct: Care plan updated"),
    Looked("/desk/children/N-1/recorded/slip/correct", "anna", {"on": f"{TODAY:%d/%m/%Y}"}, "Check before you correct"),
    Looked("/desk/children/N-1/recorded/slip/undo", "anna", heading="It did not happen"),
    Looked("/desk/children/N-1/recorded", "anna"),
    Looked("/desk/children/N-1/timeline", "mo"),
    Looked("/desk/children/OLD-1/timeline?period=all", "anna"),
    Looked("/desk/children/N-1/why/initial-ppm/1", "anna"),
    Looked("/desk/children/N-1/why/initial-ppm/1?known_on=soon", "anna"),
    Looked("/desk/find", "anna"),
    Looked("/desk/help", "anna"),
    Looked("/desk/accessibility"),
    Looked("/desk/children/none", "anna"),
    Looked("/desk/service", "anna", heading="This page is for others"),
    Looked("/desk/team", "mo"),
    Looked("/desk/team?team=south", "head"),
    Looked("/desk/team/children?worker=anna", "mo"),
    Looked("/desk/team/ahead", "head"),
    Looked("/desk/team/hand-over/anna", "mo"),
    Looked("/desk/team/hand-over/anna", "mo", {"successor": "ben"}, "Check before you hand over"),
    Looked("/desk/team/hand-over/anna", "mo", {"successor": ""}, "Hand over the children of"),
    Looked("/desk/team/handed-over", "mo"),
    Looked("/desk/oversight", "iris"),
    Looked("/desk/oversight?tab=escalations", "mo"),
    Looked("/desk/oversight?tab=drift", "iris"),
    Looked("/desk/oversight?tab=disputes", "iris"),
    Looked("/desk/oversight?tab=disputes", "head"),
    Looked("/desk/report", "mo"),
    Looked("/desk/report/children?table=time-in-stage&row=all&column=children", "mo"),
    Looked("/desk/source", "mo"),
    Looked("/desk/source", "sysop"),
    Looked("/desk/source/doubts", "head"),
    Looked("/desk/source/doubts/lines?rule=rec-missing", "mo"),
    Looked("/desk/source/doubts/lines?rule=rec-missing", "mo", {"why": ""}, "Doubts: rec-missing"),
    Looked("/desk/source/doubts/lines?team=-", "sysop"),
    Looked("/desk/source/settled", "head"),
    Looked("/desk/service", "sysop"),
    Looked("/desk/restrictions", "head"),
    Looked("/desk/restrictions/restrict", "head"),
    Looked("/desk/restrictions/restrict", "head", {"review_on": "31 Feb"}, "Restrict who may see a child"),
    Looked("/desk/restrictions/exclude", "head"),
    Looked("/desk/sign-in"),
    Looked("/desk/enter/TOKEN"),
    Looked("/desk/signed-out"),
)
"""Every page, and who looks at it. A new page is added here."""
NO_PAGE: Final = {
    "/assets/{version}/{name:path}": "style and script",
    "/": "leads on to where somebody begins",
    "/sign-in/leave": "leads on to the provider",
    "/report/csv": "a file for a spreadsheet",
    "/source/csv": "a file for a spreadsheet",
    "/signed-in": "leads on from the provider (test_signing_in.py)",
}
"""What is asked for and is no page, and why."""
ROUTES: Final = [route for pages in PAGES for route in pages.router.routes if isinstance(route, APIRoute)]


def shown_by(route: APIRoute) -> list[Looked]:
    """The pages in the list that a route shows."""
    return [one for one in LOOKED if route.path_regex.match(one.path.partition("?")[0].removeprefix("/desk"))]
