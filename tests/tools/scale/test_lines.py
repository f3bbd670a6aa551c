"""Straight lines, what England costs by them, and the page that says so."""

from pathlib import Path

import pytest

from tools.faults.programs import ROOT
from tools.scale.lines import ENGLAND, England, Lines, line, summed
from tools.scale.page import write_page
from tools.scale.points import Point, ScaleRun

DATA = ROOT / "docs" / "scale.json"


def a_run() -> ScaleRun:
    """Two loads of 1,000; ten seconds of processor for a child loaded, one for one told."""
    points = [Point(what="load", size=1000, processor={"worker": 10_000}, counts={"temporal MB": 100})] * 2
    for children in (1000, 2000):
        points += [
            Point(what="memory", size=children, counts={"worker-1 MB": 100 + children / 10}),
            Point(what="reconcile", size=children, processor={"worker": children / 100}),
            Point(what="adopt", size=children, of="journeys", processor={"worker": children / 2}),
            Point(what="nine", size=children // 8, of="reminders", processor={"worker": children / 8}),
        ]
    wakes: dict[str, float] = {
        "wakes a day of 1,000": 50,
        "wakes of the busiest day of 1,000": 200,
        "wakes of the busiest 09:00 of 1,000": 100,
    }
    points.append(Point(what="wakes", size=35, counts=wakes))
    return ScaleRun(day="2026-11-28", machine="2 cores", sizes=[1000, 2000], busy=1.0, points=points)


def test_a_line_goes_through_points_that_lie_on_one_and_says_how_well_it_fits_others() -> None:
    straight = line([(1, 5), (2, 7), (4, 11)])
    assert (straight.each, straight.base, straight.fit) == pytest.approx((2, 3, 1))
    assert line([(1, 5), (2, 9), (4, 11)]).fit == pytest.approx(0.8622, abs=0.0001)
    assert (line([(10, 5)]).each, line([(10, 5)]).fit) == (0.5, None)


def test_loads_one_after_the_other_are_summed() -> None:
    [first, second] = summed(a_run().of("load"))
    assert (first.size, first.work, second.size, second.work) == (1000, 10_000, 2000, 20_000)


def test_england_is_reckoned_from_the_lines() -> None:
    england = England.of(a_run(), Lines.of(a_run()))
    assert england.loading == pytest.approx(ENGLAND * 10 / 3600)
    assert england.gigabytes == pytest.approx(8.2)
    assert england.memory == pytest.approx(8.3)
    assert (england.at_nine, england.nine_seconds) == pytest.approx((8_200, 8_200))
    # 227.8 hours in 8 at 60 %: 47.5 cores; machines have 8.
    assert (england.cores, england.why, england.machines) == (48, "loading them in a working day", 6)


def test_the_line_of_memory_leaves_out_a_size_that_the_workers_do_not_keep() -> None:
    run = a_run()
    run.points.append(Point(what="memory", size=8000, counts={"worker-1 MB": 500}))  # 900 by the line
    run.kept = 6000
    assert England.of(run, Lines.of(run)).memory == pytest.approx(8.3)
    run.kept = None
    assert England.of(run, Lines.of(run)).memory < 8


def test_the_page_is_what_the_command_makes_of_the_figures(tmp_path: Path) -> None:
    write_page(ScaleRun.model_validate_json(DATA.read_text("utf-8")), tmp_path / DATA.name)
    for suffix in (".md", ".svg"):
        made = (tmp_path / DATA.name).with_suffix(suffix).read_text("utf-8")
        assert made == DATA.with_suffix(suffix).read_text("utf-8"), "make scale ARGS=--page"
