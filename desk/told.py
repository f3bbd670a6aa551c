"""What people were told of a child, out of the one account (delivery/account.py), an entry for each action."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from delivery.account import account
from delivery.account_line import AccountLine
from delivery.account_words import together, what, who
from desk.desk import NameOf
from desk.rendering import sentence
from desk.visits import Visit
from domain.clocks.rules import Policy


class ActionShown(NamedTuple):
    """A reminder, rung, notice or breach, and what became of telling people of it."""

    at: datetime
    """When it went last; if it has not gone, when it was decided."""
    what: str
    about: str
    """The obligation's or notice's title."""
    stands: list[str]
    """In a line for all of whom the same is to be said."""
    went_to: list[str]
    """Who was told, as far as anybody can know."""


def told_of(visit: Visit, policy: Policy) -> list[ActionShown]:
    """All that was told of the child of a page, or is to be; the latest first. The policy has the titles."""
    return told_in(visit.desk.reach.record().engine, visit.child, policy, visit.desk.name_of)


def told_in(engine: Engine, child: str, policy: Policy, name_of: NameOf) -> list[ActionShown]:
    """The same out of a record, of any child. Raises RecordUnavailable."""
    titles = _titles(policy)
    actions: dict[str, list[AccountLine]] = {}
    for line in account(engine, child=child):
        actions.setdefault(line.action_key, []).append(named(name_of, line))
    shown = [_shown(lines, titles) for lines in actions.values()]
    return sorted(shown, key=lambda one: one.at, reverse=True)


def named(name_of: NameOf, line: AccountLine) -> AccountLine:
    """A line with the person by the name that the directory has."""
    return replace(line, person=name_of(line.person)) if line.person else line


def _titles(policy: Policy) -> dict[str, str]:
    """What the child's policy calls each obligation and notice."""
    named = {one.rule.id: one.rule.title for one in policy.obligations}
    return named | {notice.id: notice.title for notice in policy.notices}


def _shown(lines: list[AccountLine], titles: dict[str, str]) -> ActionShown:
    first = lines[0]
    number = f" (number {first.occurrence})" if first.rung and first.occurrence > 1 else ""
    return ActionShown(
        max(line.when for line in lines),
        sentence(what(first)),
        titles.get(first.obligation, first.obligation) + number,
        [sentence(one) for one in together(lines)],
        list(dict.fromkeys(who(line) for line in lines if line.may_have_gone)),
    )
