"""The rows of a policy file: what a journey runs on (domain/clocks/rules.py), and beside it what people are told."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, Field

from domain.case import events as ev
from domain.clocks.rules import Data, Detail, Gate, Ladder, Milestone, Notice, Rule

M = TypeVar("M", bound=BaseModel)


class RuleRow(Rule):
    """An obligation as its file states it. Nothing is decided by `ours` and `stands_beside`."""

    ours: dict[str, str] = Field(default_factory=dict)
    """Why a field is as it is, by its name, where no source says it."""
    stands_beside: ev.ObligationId | None = None
    """The obligation of the law that it is a local figure for, under another id."""


class NoticeRow(Notice):
    """A notice or breach as its file states it."""

    ours: dict[str, str] = Field(default_factory=dict)


class GateRow(Gate):
    """A gate as its file states it."""

    ours: dict[str, str] = Field(default_factory=dict)


class LadderRow(Ladder):
    """A ladder as its file states it."""

    ours: str | None = None


class MilestoneRow(Data):
    """A milestone as its file states it, in a table of its own name: `[milestone.ID]`."""

    title: str
    clause: str
    details: Mapping[ev.DetailName, Detail] = Field(default_factory=dict)
    before_entry: bool = False

    def named(self, name: str) -> Milestone:
        """As it stands in a journey's history."""
        return Milestone(id=name, **self.model_dump())


def decided_by(row: BaseModel, model: type[M], **more: object) -> M:
    """A row without what it says to people only, as it stands in a journey's history."""
    return model.model_construct(**{name: getattr(row, name) for name in model.model_fields} | more)
