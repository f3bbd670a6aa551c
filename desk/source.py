"""The source that is read every night: what the nights brought, and what is doubtful, to be sent back and settled."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Response

from desk.desk import AT
from desk.elsewhere import as_sent, asked_for, shown_elsewhere
from desk.forms import Errors
from desk.lists import PAGE
from desk.needs import Need
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.rendering import page, to
from desk.taking import once_of
from desk.visits import Visit, Visited
from intake.configured import rules_of
from record.caseload import teams_of
from record.doubts import DoubtsKept, KeptDoubt, of_keys
from record.nights import Kind, Night, Nights

PATH: Final = f"{AT}/source"
NIGHTS: Final = 14
"""Nights listed (ours: two weeks)."""
NAMED: Final = 50
"""Children named of a kind (ours, as a page of a list); `permanence sync report --json` names all."""
LONGEST: Final = 500
"""Characters of a reason (ours: a sentence or two, as everywhere)."""
NO_TEAM: Final = "-"
"""In an address: the children of whom no team is known."""
COLUMNS: Final = ("child", "rule", "table", "line", "message", "action", "key", "team")
"""Those of the file that `import-903 --doubts` writes, and `--settled` reads."""
KINDS: Final[Mapping[Kind, str]] = {
    "not_taken": "Not taken by their journeys",
    "only_here": "In care here, and not in the source",
    "only_there": "In the source, and not here",
}
pages = Pages()


class DoubtShown(NamedTuple):
    """A doubt as somebody may see it; of a child who is not theirs to see only what its rule says in general."""

    doubt: KeptDoubt
    team: str
    message: str
    theirs: bool
    """Whether they see the child, and may open the page."""


class Grouped(NamedTuple):
    """The doubts of one rule, or of one team."""

    name: str
    number: int
    what: str
    action: str
    href: str


class DoubtFilter(NamedTuple):
    """Which doubts are asked for."""

    rule: str
    team: str

    def query(self, **more: str) -> str:
        """What an address with the same asks for."""
        return urlencode({name: value for name, value in {**self._asdict(), **more}.items() if value})

    def address(self, below: str) -> str:
        """An address with the same."""
        return f"{PATH}/{below}" + (f"?{query}" if (query := self.query()) else "")

    def takes(self, shown: DoubtShown) -> bool:
        """Whether a doubt is asked for."""
        team = shown.team or NO_TEAM
        return self.rule in ("", shown.doubt.rule) and self.team in ("", team)


class SourceSight:
    """What somebody may see of a source: whoever manages, of the children they see; an operator, all by reference.

    A child of whom nothing is known here has no team yet, and is for whoever answers for the whole service.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._record = visit.desk.reach.record()
        self.kept = DoubtsKept(self._record.engine)

    @cached_property
    def _seen(self) -> frozenset[str]:
        manages = self._visit.viewer.manager
        return self._visit.desk.lists(self._visit.viewer, self._visit.now).ever() if manages else frozenset()

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._record.children())

    def sees(self, child: str) -> bool:
        """Whether a child is theirs to see."""
        return child in self._seen or (self._visit.viewer.service_wide and child not in self._known)

    def opens(self, child: str) -> bool:
        """Whether there is a page of the child for them."""
        return child in self._seen

    def named(self, child: str) -> bool:
        """Whether they may see a child's reference here."""
        return self._visit.viewer.operator or self.sees(child)

    def doubts(self, asked: DoubtFilter) -> list[DoubtShown]:
        """What is doubtful and not settled, of what they may see."""
        own = [doubt for doubt in self.kept.open(asked.rule) if self.named(doubt.child)]
        teams = teams_of(self._record.engine, sorted({doubt.child for doubt in own}))
        shown = [self._shown(doubt, teams.get(doubt.child, "")) for doubt in own]
        return [one for one in shown if asked.takes(one)]

    def _shown(self, doubt: KeptDoubt, team: str) -> DoubtShown:
        message = doubt.message if self.sees(doubt.child) else in_general(doubt)
        return DoubtShown(doubt, team, message, self.opens(doubt.child))


def in_general(doubt: KeptDoubt) -> str:
    """What is doubtful by a rule, without what differs from line to line."""
    check = rules_of(doubt.source).get(doubt.rule)
    return check.in_general if check else doubt.rule


# The nights


@pages.show("/source", Need.SOURCE)
def show_nights(visit: Visited) -> Response:
    """What the last nights brought; of the last that ended who is missing on either side, and what was not taken."""
    _looked(visit, "/source")
    sight, kept = SourceSight(visit), Nights(visit.desk.reach.record().engine)
    nights = kept.latest(NIGHTS)
    ended = next((one for one in nights if one.ended), None)
    return page(
        visit,
        "source.html",
        "Source",
        tabs=_tabs("nights"),
        nights=nights,
        last=nights[0] if nights else None,
        ended=ended,
        missing=_missing(sight, kept, ended) if ended else [],
        configured=bool(visit.desk.reach.settings.sync_source),
        applies=visit.desk.reach.settings.sync == "apply",
        opens=sight.opens,
        named=NAMED,
    )


def _missing(sight: SourceSight, kept: Nights, last: Night) -> list[tuple[str, list[str]]]:
    """Each kind with the children of it whom somebody may see."""
    return [(title, list(filter(sight.named, kept.children(last.planned, kind)))) for kind, title in KINDS.items()]


# The doubts


@pages.show("/source/doubts", Need.SOURCE)
def show_doubts(visit: Visited) -> Response:
    """How much is doubtful, by rule and by team."""
    _looked(visit, "/source/doubts")
    shown = SourceSight(visit).doubts(DoubtFilter("", ""))
    return page(
        visit,
        "source_doubts.html",
        "Source: doubts",
        tabs=_tabs("doubts"),
        number=len(shown),
        rules=_by_rule(shown),
        teams=_by_team(shown),
        csv=f"{PATH}/csv",
    )


@pages.show("/source/doubts/lines", Need.SOURCE)
def show_lines(visit: Visited, rule: str = "", team: str = "", number: str = "1", settled: str = "") -> Response:
    """The lines of a rule or a team, to be settled."""
    _looked(visit, f"/source/doubts/lines {rule} {team}".rstrip())
    sent = as_sent(visit, asked_for(visit)[1])
    return _lines(sent or visit, DoubtFilter(rule, team), number, _wrong_in(sent) if sent else Errors(), settled)


@pages.take("/source/doubts/lines", Need.SOURCE)
def settle(visit: Visited, rule: str = "", team: str = "", number: str = "1") -> Response:
    """Settle what was ticked, with the reason. What is settled already stays as it is."""
    asked, sight = DoubtFilter(rule, team), SourceSight(visit)
    if errors := _wrong_in(visit):
        of = asked.query(number=number)
        return shown_elsewhere(visit, "mend", once_of(visit), of) or _lines(visit, asked, number, errors)
    ticked = of_keys([one.doubt for one in sight.doubts(asked)], set(visit.fields("key")))
    count = sight.kept.settle(ticked, visit.viewer.key, visit.field("why"), visit.now)
    visit.done()
    address = asked.address("doubts/lines")
    return to(f"{address}{'&' if '?' in address else '?'}settled={count}")


def _wrong_in(visit: Visit) -> Errors:
    errors = Errors()
    if not visit.fields("key"):
        errors.add("key", "Choose what is settled")
    if not 0 < len(visit.field("why")) <= LONGEST:
        errors.add("why", f"Enter why it is settled, in up to {LONGEST} characters")
    return errors


def _lines(visit: Visit, asked: DoubtFilter, number: str, errors: Errors, settled: str = "") -> Response:
    shown = SourceSight(visit).doubts(asked)
    paging = Paging(page_number(number), len(shown), asked.address("doubts/lines"), PAGE)
    of_page = shown[paging.begins : paging.begins + PAGE]
    return page(
        visit,
        "source_lines.html",
        f"Doubts: {asked.rule}" if asked.rule else "Doubts",
        errors=errors,
        shown=of_page,
        asked=asked,
        no_team=NO_TEAM,
        ticked=set(visit.fields("key")),
        labels=visit.labels(dict.fromkeys(one.doubt.child for one in of_page if one.theirs)),
        paging=paging,
        csv=asked.address("csv"),
        settled=settled if settled.isdecimal() else "",
    )


@pages.show("/source/csv", Need.SOURCE)
def show_csv(visit: Visited, rule: str = "", team: str = "") -> Response:
    """The lines for a spreadsheet, to be sent back; `import-903 --settled` takes the file."""
    asked = DoubtFilter(rule, team)
    _looked(visit, f"/source/csv {rule} {team}".rstrip())
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(_row(one) for one in SourceSight(visit).doubts(asked))
    name = "-".join(filter(None, ("doubts", rule, team.replace(" ", "-"), f"{visit.today}")))
    return Response(
        "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue(),  # as desk/report.py: else spreadsheets take an old code page
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{quote(name)}.csv"', "Cache-Control": "no-store"},
    )


def _row(shown: DoubtShown) -> dict[str, object]:
    said = {name: getattr(shown.doubt, name) for name in COLUMNS[:-1]}
    return said | {"message": shown.message, "team": shown.team}


def _by_rule(shown: Sequence[DoubtShown]) -> list[Grouped]:
    """Each rule, that with the most lines first."""
    first = {one.doubt.rule: one.doubt for one in reversed(shown)}
    return [
        Grouped(rule, count, in_general(first[rule]), first[rule].action, DoubtFilter(rule, "").address("doubts/lines"))
        for rule, count in Counter(one.doubt.rule for one in shown).most_common()
    ]


def _by_team(shown: Iterable[DoubtShown]) -> list[Grouped]:
    """Each team with its rules, that with the most lines first."""
    by_team: dict[str, Counter[str]] = {}
    for one in shown:
        by_team.setdefault(one.team, Counter())[one.doubt.rule] += 1
    return [
        Grouped(
            team or "No team known",
            counts.total(),
            ", ".join(f"{rule} {count}" for rule, count in counts.most_common()),
            DoubtFilter("", team or NO_TEAM).address("csv"),
            DoubtFilter("", team or NO_TEAM).address("doubts/lines"),
        )
        for team, counts in sorted(by_team.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


# What was settled


@pages.show("/source/settled", Need.SOURCE)
def show_settled(visit: Visited, number: str = "1") -> Response:
    """What is settled, the latest first: by whom and why."""
    _looked(visit, "/source/settled")
    sight = SourceSight(visit)
    settled = [one for one in sight.kept.settlings() if sight.named(one.child)]
    paging = Paging(page_number(number), len(settled), f"{PATH}/settled", PAGE)
    of_page = settled[paging.begins : paging.begins + PAGE]
    tabs = _tabs("settled")
    return page(visit, "source_settled.html", "Source: settled", tabs=tabs, settled=of_page, paging=paging, sight=sight)


@pages.take("/source/settled", Need.SOURCE)
def reopen(visit: Visited) -> Response:
    """Take back that a doubt was settled, so that it comes again."""
    sight, key = SourceSight(visit), visit.field("key")
    own = [
        (one.key, one.child, one.rule) for one in sight.kept.settlings() if one.key == key and sight.named(one.child)
    ]
    sight.kept.reopen(own, visit.viewer.key, visit.now)
    return to(f"{PATH}/settled")


TABS: Final = {
    "nights": ("Nights", PATH),
    "doubts": ("Doubts", f"{PATH}/doubts"),
    "settled": ("Settled", f"{PATH}/settled"),
}


def _tabs(active: str) -> list[dict[str, object]]:
    return [{"text": text, "href": href, "active": name == active} for name, (text, href) in TABS.items()]


def _looked(visit: Visit, path: str) -> None:
    visit.desk.views.write(visit.now, visit.viewer.key, None, path, None, allowed=True)
