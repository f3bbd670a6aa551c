"""Small returns written by hand: a line an episode, `-` for an empty cell."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.case.events import Event
from domain.policy.loading import Policies
from intake.returns.events import events_of
from intake.returns.rows import READ, Return, ReturnRow
from intake.sources.imported import Imported

TODAY = date(2026, 11, 25)
SAMPLE = Path(__file__).parents[4] / "shared" / "ssda903"
BORN = "10/05/2019"
POLICIES = Policies.load()


@dataclass
class Paper:
    """One year's return of, for the most part, one child called 101."""

    year: int = 2025
    tables: dict[str, list[ReturnRow]] = field(
        default_factory=lambda: {name: [] for name in ("Header", "Episodes", "Reviews")}
    )

    @classmethod
    def of(cls, episodes: str = "", *, year: int = 2025, born: str = BORN) -> "Paper":
        """A return with the child's header line and these episodes: DECOM RNE LS PLACE DEC REC."""
        return cls(year).header(f"101 {born}").episodes(episodes)

    def header(self, text: str) -> "Paper":
        """Lines of CHILD DOB."""
        return self._add("Header", ("CHILD", "DOB"), text)

    def episodes(self, text: str, child: str = "101") -> "Paper":
        """Lines of DECOM RNE LS PLACE DEC REC, the last ones left out where they are empty."""
        lines = "\n".join(f"{child} {line}" for line in text.strip().splitlines())
        return self._add("Episodes", ("CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC"), lines)

    def reviews(self, text: str, child: str = "101") -> "Paper":
        """Days on which reviews were held."""
        return self._add("Reviews", ("CHILD", "REVIEW"), "\n".join(f"{child} {day}" for day in text.split()))

    def decisions(self, text: str) -> "Paper":
        """Lines of DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED."""
        return self._add("PlacedAdoption", READ["PlacedAdoption"], _for_child(text))

    def matches(self, text: str) -> "Paper":
        """Lines of DATE_INT DATE_MATCH."""
        return self._add("AD1", READ["AD1"], _for_child(text))

    def _add(self, table: str, columns: tuple[str, ...], text: str) -> "Paper":
        rows = self.tables.setdefault(table, [])
        for line in text.strip().splitlines():
            values = ["" if cell == "-" else cell for cell in line.split()]
            cells = dict.fromkeys(columns, "") | dict(zip(columns, values, strict=False))
            rows.append(ReturnRow(f"{self.year}-{table.lower()}.csv", len(rows) + 2, cells))
        return self

    def as_return(self) -> Return:
        return Return(self.year, self.tables)


def _for_child(text: str) -> str:
    return "\n".join(f"101 {line}" for line in text.strip().splitlines())


def imported(*papers: Paper, today: date = TODAY) -> Imported:
    """What the returns say."""
    policy = POLICIES.resolve("ppm-procedure")
    return events_of([paper.as_return() for paper in papers], policy, POLICIES.ids(), today)


def told(*papers: Paper) -> list[str]:
    """The events of child 101 as `day type what`, in order."""
    return [_line(event) for event in imported(*papers).events.get("101", [])]


def doubted(*papers: Paper) -> list[str]:
    """The rules doubted, with the table's line, in order."""
    return [
        f"{doubt.rule} {doubt.table.split('-')[1].removesuffix('.csv')}:{doubt.line}"
        for doubt in imported(*papers).doubts
    ]


def _line(event: Event) -> str:
    what = getattr(event, "legal_status", None) or getattr(event, "reason", None)
    placed = getattr(event, "should_be_placed", None)
    said = what.value if what else "" if placed is None else str(placed).lower()
    return f"{event.on} {event.type} {said}".strip()
