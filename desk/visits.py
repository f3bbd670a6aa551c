"""A visit: one request of somebody who has been let to the page they asked for, and all a page may know of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Depends, Request

from delivery.case_now import CaseNow
from delivery.people import CasePeople, case_people
from desk.desk import Desk, InScope
from desk.scope import Viewer, strongest
from desk.sessions import Session
from domain.case.calendar import local_date

Fields = dict[str, list[str]]
OF_ADDRESS: Final = ("step", "child", "rule", "team")
"""Fields of a form that the address of its page may name: what was typed of another is none of that page's."""
# On 29 November 2026 the form to restrict a child, come to from that child's page, held the child of an hour before.


@dataclass(frozen=True)
class Visit:
    """Who asks for which page, when. A page takes the day from here and never from the clock."""

    desk: Desk
    request: Request
    now: datetime
    viewer: Viewer
    session: Session
    token: str
    """What its forms carry."""
    scope: InScope | None = None
    """The child of the path, on pages about one."""
    sent: Fields = field(default_factory=dict)
    """The fields of a form that was sent."""
    filled: Fields = field(default_factory=dict)
    """What a form shows before anybody has typed anything."""

    @property
    def today(self) -> date:
        """The day here."""
        return local_date(self.now)

    @property
    def case(self) -> CaseNow:
        """How the case of the child of the path stands; of pages about a child only."""
        assert self.scope is not None
        return self.scope.case

    @cached_property
    def lived(self) -> CaseNow:
        """The same as the journey has it, with what is still to be told and to whom."""
        assert self.scope is not None
        return self.desk.lived(self.child, self.now, known=self.scope.known) or self.case

    @property
    def child(self) -> str:
        """The reference of the child of the path."""
        assert self.scope is not None
        return self.scope.child

    @cached_property
    def people(self) -> CasePeople:
        """Who works on the case today, by its events, and who is to be told nothing of it."""
        assert self.scope is not None
        excluded = self.desk.protections.of(self.scope.child).excluded
        return case_people(self.scope.known, self.today, excluded)

    @property
    def relation(self) -> str | None:
        """By which relation they see the child."""
        return strongest(self.scope.relations) if self.scope else None

    @cached_property
    def label(self) -> str | None:
        """What the authority's look-up calls the child of the path, for this page alone."""
        return self.desk.labels.of([self.child]).get(self.child)

    def labels(self, children: Iterable[str]) -> dict[str, str]:
        """What the look-up calls the children of a list, asked for all of them at once.

        For children whom the viewer sees, and no others: this asks nobody.
        """
        return self.desk.labels.of(list(children))

    @property
    def case_link(self) -> str | None:
        """Where the case system shows the child of the path."""
        return self.desk.labels.link(self.child)

    @cached_property
    def once(self) -> str:
        """A new id for what a form would record: sent twice, it is the same."""
        return uuid4().hex

    @cached_property
    def draft(self) -> Fields:
        """What this person had typed into the form of this page and not recorded; nothing of another step or child."""
        draft = self.desk.drafts.find(self.viewer.key, self.request.url.path, self.now)
        asked = [(name, value) for name in OF_ADDRESS if (value := self.request.query_params.get(name))]
        return draft if all(draft.get(name, [value]) == [value] for name, value in asked) else {}

    def field(self, name: str) -> str:
        """A field as it was sent, or as it stands in the draft; empty where neither is."""
        return (self.sent or self.draft or self.filled).get(name, [""])[0].strip()

    def fields(self, name: str) -> list[str]:
        """All values of a field, such as of checkboxes."""
        return (self.sent or self.draft or self.filled).get(name, [])

    def done(self) -> None:
        """The form has been taken: its draft goes."""
        self.desk.drafts.drop(self.viewer.key, self.request.url.path)


def _of(request: Request) -> Visit:
    visit = request.state.visit
    assert isinstance(visit, Visit)
    return visit


Visited = Annotated[Visit, Depends(_of)]
"""How a page asks who is there."""
