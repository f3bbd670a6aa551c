"""A report as one HTML document that needs nothing else, and what its templates share with the desk's page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from jinja2 import BaseLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from domain.case.events import LONDON
from domain.clocks.wording import in_words, short_date
from domain.visible import visible
from reporting.bars import picture
from reporting.listed import ChildrenBehind
from reporting.report import Report
from reporting.tables import ReportTable
from reporting.uncollected import uncollected


def templates() -> dict[str, BaseLoader]:
    """By the prefix under which templates name them."""
    return {"reporting": PackageLoader("reporting")}


def columns_said(table: ReportTable) -> Iterator[tuple[str, str]]:
    """What each column counts; of columns that count the same, such as by week or for two limits, once."""
    titles: dict[str, list[str]] = {}
    for column in table.columns:
        titles.setdefault(column.counts, []).append(column.title)
    for counts, those in titles.items():
        yield those[0] if len({*those}) == 1 else f"{those[0]} to {those[-1]}", counts


@uncollected()
def page(report: Report, numbers_only: bool = False) -> str:
    """The document. Each number leads to its children, by reference; with `numbers_only` no child is in it."""
    behind = None if numbers_only else ChildrenBehind(report)
    html = ENVIRONMENT.get_template("reporting/report.html").render(
        report=report,
        pictures={table.key: picture(table) for table in report.tables},
        open=behind.anchor if behind else _no_link,
        behind=behind.listed() if behind else [],
    )
    return visible(html, lines=True)


def _no_link(*_: object) -> None:
    """A number of a file without children leads nowhere."""


def _clock(instant: datetime) -> str:
    here = instant.astimezone(LONDON)
    return f"{short_date(here.date())}, {here:%H:%M}"


ENVIRONMENT: Final = Environment(
    loader=PrefixLoader(templates()), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
ENVIRONMENT.filters |= {"day": in_words, "clock": _clock}
ENVIRONMENT.globals |= {"columns_said": columns_said}
