"""The team: how much each worker has that is late and that falls due, what nobody holds, who covers; and its children.

A manager sees their own teams, whoever answers for the service all of them. What a restriction or an exclusion hides
from the manager is in no list and in no number.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Response

from delivery.directory import Directory, spellings_of
from delivery.holding import UNKNOWN, teams_called
from desk.desk import AT
from desk.lists import Lists
from desk.named import plain_name
from desk.needs import Need
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.rendering import page, role_name, sentence
from desk.rows import rows_of
from desk.scope import Viewer
from desk.visits import Visit, Visited
from desk.workers import (
    ROLE,
    about,
    by_worker,
    called,
    covers_of,
    held_by,
    name_of,
    vacancies,
    vacant_part,
    worker_of,
)
from domain.agenda import Rag
from domain.case.calendar import months_after
from domain.case.words import role_called
from record.caseload_reading import CaseloadPart, Tally

PATH: Final = f"{AT}/team"
COLOURS: Final[Mapping[str, Rag]] = {"red": "red", "amber": "amber", "green": "green"}
MONTHS: Final = 6
"""This month and those after it whose load is shown (ours: from one half-yearly review to the next)."""
NO_TEAM: Final = "-none"
"""In the place of a team: the children whose events name none."""
READER: Final = 5
"""Children whose news is worked out before a list is shown (ours, as in desk/my_children.py)."""
pages = Pages()


class TallyRow(NamedTuple):
    """A worker or a team, and how much they have."""

    name: str
    note: str
    href: str
    tally: Tally


ORDERS: Final[Mapping[str, tuple[str, Callable[[TallyRow], Any]]]] = {
    "late": ("Most late", lambda row: (-row.tally.late, plain_name(row.name))),
    "due": ("Most due in 2 weeks", lambda row: (-row.tally.due[2], plain_name(row.name))),
    "children": ("Most children", lambda row: (-row.tally.children, plain_name(row.name))),
    "name": ("Name", lambda row: plain_name(row.name)),
}


@pages.show("/team", Need.MANAGER)
def show_team(visit: Visited, team: str = "", sort: str = "late") -> Response:
    """The workers of a team; or for the whole service its teams."""
    _looked(visit, "/team")
    lists, team = visit.desk.lists(visit.viewer, visit.now), team or _only_team(visit.viewer)
    if team:
        return _workers(visit, lists, team, sort)
    tallies = lists.reading.tallies_by_team(lists.part())
    rows = [_team(visit.desk.directory, plain, tally) for plain, tally in tallies.items()]
    return page(
        visit,
        "teams.html",
        "Teams",
        rows=_sorted(rows, sort),
        sorts=_sorts("", sort),
        total=_sum(rows),
        left_out=lists.left_out(),
        everybody=[
            ("All children, the most urgent first", _at("/children")),
            ("Red alone", _at("/children", colour="red")),
            ("What falls due, by month", _at("/ahead")),
        ],
    )


@pages.show("/team/children", Need.MANAGER)
def show_children(
    visit: Visited, team: str = "", worker: str = "", role: str = "", colour: str = "", number: str = "1"
) -> Response:
    """The children of a worker, of a team, or without anybody for a role."""
    _looked(visit, "/team/children")
    lists, directory = visit.desk.lists(visit.viewer, visit.now), visit.desk.directory
    asked = {"team": team, "worker": worker, "role": role, "colour": colour}
    part = _part(lists, team, worker, role, colour)
    paging = Paging(page_number(number), lists.count(of=part), _at("/children", **asked))
    children = lists.children(of=part, offset=paging.begins)
    return page(
        visit,
        "team_children.html",
        _title(directory, team, worker, role),
        rows=[(row, worker_of(directory, row.child)) for row in rows_of((one.child for one in children), visit.today)],
        labels=visit.labels(one.child.child for one in children),
        paging=paging,
        left_out=lists.left_out(of=replace(part, colours=())),
        filters=_filters(asked),
        note=sentence(about(directory, worker, lists.reading)),
        back=_at("", team="" if team == NO_TEAM else team),
        worker=worker if worker in directory.people else "",
    )


@pages.show("/team/ahead", Need.MANAGER)
def show_ahead(visit: Visited, team: str = "") -> Response:
    """What falls due together, month by month."""
    _looked(visit, "/team/ahead")
    lists, team = visit.desk.lists(visit.viewer, visit.now), team or _only_team(visit.viewer)
    last = months_after(visit.today.replace(day=1), MONTHS) - timedelta(days=1)
    months: dict[str, Counter[str]] = {}
    for due, title, number in lists.reading.due_ahead(lists.part(of=_of_team(lists, team)), last):
        months.setdefault(f"{due:%B %Y}", Counter())[title] += number
    whose = _called(visit.desk.directory, team) if team else "all teams"
    rows = [(month, titles.total(), titles.most_common()) for month, titles in months.items()]
    return page(visit, "ahead.html", f"What falls due: {whose}", rows=rows, months=MONTHS, back=_at("", team=team))


def teams_of(viewer: Viewer) -> list[str]:
    """The teams that somebody manages, today also for somebody else."""
    return sorted(viewer.manages.union(*(one.manages for one in viewer.covers)))


def _workers(visit: Visit, lists: Lists, team: str, sort: str) -> Response:
    directory, part = visit.desk.directory, lists.part(of=_of_team(lists, team))
    tallies = by_worker(directory, lists.reading.tallies_by_holder(part, ROLE))
    rows = [
        TallyRow(
            called(directory, key), about(directory, key, lists.reading), _at("/children", team=team, worker=key), one
        )
        for key, one in tallies.items()
    ]
    return page(
        visit,
        "team.html",
        f"Team: {_called(directory, team)}",
        rows=_sorted(rows, sort),
        total=_sum(rows),
        sorts=_sorts(team, sort),
        gaps=list(_gaps(lists, team)),
        covers=[
            (name_of(directory, key), said)
            for key, said in covers_of(directory, _people(directory, team) | tallies.keys(), lists.reading)
        ],
        tabs=_tabs(visit, team),
        all_of_team=_at("/children", team=team),
        ahead=_at("/ahead", team=team),
        back=PATH if _wide(visit.viewer) else "",
        outdated=lists.reading.outdated(),
        left_out=lists.left_out(of=_of_team(lists, team)),
    )


def _gaps(lists: Lists, team: str) -> Iterator[tuple[str, int, str]]:
    """Roles that nobody holds: for how many children, and where they are listed."""
    for role, children in vacancies(lists.directory, lists.reading, lists.part(of=_of_team(lists, team))):
        yield role_name(role.value), children, _at("/children", team=team, role=role.value)


def _part(lists: Lists, team: str, worker: str, role: str, colour: str) -> CaseloadPart:
    """What is asked for: of a team, of a worker, without anybody for a role, of a colour."""
    of_team, directory = _of_team(lists, team), lists.directory
    held = []
    if worker:
        tallies = lists.reading.tallies_by_holder(lists.part(of=of_team), ROLE) if worker == UNKNOWN else {}
        held.append(held_by(directory, worker, tallies))
    colours = [COLOURS[colour]] if colour in COLOURS else []
    part = replace(of_team, held=held, colours=colours)
    missed = role_called(role)
    return vacant_part(directory, missed, part) if missed else part


def _of_team(lists: Lists, team: str) -> CaseloadPart:
    if team == NO_TEAM:
        return CaseloadPart(teamless=True)
    return CaseloadPart(teams=teams_called(lists.directory, team)) if team else CaseloadPart()


def _only_team(viewer: Viewer) -> str:
    """The team shown first; none for whoever answers for the whole service."""
    return "" if _wide(viewer) else next(iter(teams_of(viewer)), "")


def _wide(viewer: Viewer) -> bool:
    return viewer.service_wide or any(one.service_wide for one in viewer.covers)


def _team(directory: Directory, plain: str, tally: Tally) -> TallyRow:
    named = _called(directory, plain) if plain else "No team"
    known = any(plain in spellings_of(key, team) for key, team in directory.teams.items())
    note = "" if known or not plain else "not a team of the directory"
    href = _at("", team=plain) if plain else _at("/children", team=NO_TEAM)
    return TallyRow(named, note, href, tally)


def _called(directory: Directory, team: str) -> str:
    spelt = teams_called(directory, team)
    key = next((key for key, one in directory.teams.items() if spellings_of(key, one) & spelt), None)
    return (name_of(directory, key) if key else None) or team


def _people(directory: Directory, team: str) -> set[str]:
    spelt = teams_called(directory, team)
    of_team = [one for key, one in directory.teams.items() if spellings_of(key, one) & spelt]
    return {key for one in of_team for keys in (one.members, *one.roles.values()) for key in keys}


def _title(directory: Directory, team: str, worker: str, role: str) -> str:
    if worker:
        return f"Children: {called(directory, worker)}"
    if team == NO_TEAM:
        return "Children of no team"
    if role_called(role):
        return f"Children without anybody as {role_name(role)}"
    return f"Children: {_called(directory, team)}" if team else "Children of all teams"


def _filters(asked: Mapping[str, str]) -> list[dict[str, object]]:
    shown = asked["colour"] if asked["colour"] in COLOURS else ""
    return [
        {"text": text, "href": _at("/children", **{**asked, "colour": colour}), "active": colour == shown}
        for colour, text in (("", "All"), ("red", "Red"), ("amber", "Amber"), ("green", "Green"))
    ]


def _tabs(visit: Visit, team: str) -> list[dict[str, object]]:
    """A manager of several teams goes from one to another."""
    teams = teams_of(visit.viewer)
    spelt = teams_called(visit.desk.directory, team)
    listed = [] if _wide(visit.viewer) or len(teams) < 2 else teams
    return [
        {
            "text": name_of(visit.desk.directory, one),
            "href": _at("", team=one),
            "active": bool(teams_called(visit.desk.directory, one) & spelt),
        }
        for one in listed
    ]


def _sorted(rows: list[TallyRow], sort: str) -> list[TallyRow]:
    return sorted(rows, key=ORDERS.get(sort, ORDERS["late"])[1])


def _sorts(team: str, sort: str) -> list[dict[str, object]]:
    shown = sort if sort in ORDERS else "late"
    return [
        {"text": text, "href": _at("", team=team, sort=name), "active": name == shown}
        for name, (text, _) in ORDERS.items()
    ]


def _sum(rows: list[TallyRow]) -> Tally:
    total = Tally()
    for row in rows:
        total.add(row.tally)
    return total


def _at(below: str, **asked: str) -> str:
    """An address of these pages, with what is asked for; keys of the directory only, and nothing personal."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{PATH}{below}" + (f"?{query}" if query else "")


def _looked(visit: Visit, where: str) -> None:
    visit.desk.views.write(visit.now, visit.viewer.key, None, where, None, allowed=True)
    visit.desk.caseload.renew_news(READER)
