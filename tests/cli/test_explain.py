"""`explain` on a file: the answer in words and as JSON, and what it refuses."""

import json

import pytest

from tests.cli.conftest import Run
from tests.domain.story import CASES

CASE = str(CASES / "adoption-ppm-procedure.jsonl")


def ask(run: Run, obligation: str, at: str, *more: str) -> str:
    arguments = (CASE, "--policy", "ppm-procedure", "--child", "CLA-1001", "--obligation", obligation, "--at", at)
    result = run("explain", *arguments, *more, env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.stderr
    return result.stdout


def plain(text: str) -> str:
    return " ".join(text.split())


def test_a_date_in_words(run: Run) -> None:
    said = plain(ask(run, "first-review", "2026-01-20"))
    assert "At the end of Tue 20 Jan 2026: due soon, in 6 days. Due Mon 26 Jan 2026 (CPPCR reg 33(1))" in said
    assert "20 working days after Wed 24 Dec 2025, entry (became looked after, event a1, known" in said
    assert (
        "(skipped: 10 days of weekends; Christmas Day (Thu 25 Dec 2025), Boxing Day (Fri 26 Dec 2025), "
        "New Year's Day (Thu 1 Jan 2026))"
    ) in said
    assert "Mon 19 Jan 2026 09:00 reminder 1 social worker decided on time 5 working days before due" in said


def test_the_law_has_its_address_of_the_day_the_clock_began_in_one_piece(run: Run) -> None:
    case = (CASE, "--policy", "ppm-procedure", "--child", "CLA-1001", "--obligation", "first-review")
    result = run("explain", *case, "--at", "2026-01-20", env={"COLUMNS": "60"})
    address = "https://www.legislation.gov.uk/uksi/2010/959/regulation/33/2025-12-24"
    assert f"CPPCR reg 33(1), as it stood on Wed 24 Dec 2025: {address}\n" in result.stdout
    [limit] = json.loads(ask(run, "first-review", "2026-01-20", "--json"))["limits"]
    assert [text["address"] for text in limit["law"]] == [address]


def test_why_nobody_was_told_yet_and_why_nobody_will_be(run: Run) -> None:
    said = plain(ask(run, "permanence-plan-agreed", "2026-03-20"))
    assert "Nobody has been told yet: the first time to tell is Wed 25 Mar 2026 09:00." in said
    met = plain(ask(run, "first-review", "2026-02-08"))
    assert "Ended met on Thu 22 Jan 2026 by review held of 22 Jan 2026 (event a5)" in met
    assert "8 more not needed: met by then" in met


def test_the_same_as_json(run: Run) -> None:
    shown = json.loads(ask(run, "initial-ppm", "2026-01-08", "--json"))
    assert (shown["row"]["due"], shown["row"]["status"]) == ("2026-01-07", "overdue")
    [limit] = shown["limits"]
    assert (limit["base"], limit["because"], limit["offset"]) == ("2025-12-24", "anchor", {"weeks": 2})
    assert [step["fate"] for step in shown["steps"]][:4] == ["decided", "decided", "decided", "planned"]
    assert shown["steps"][2]["at"] == "2026-01-08T09:00:00+00:00"


def test_what_was_known_on_a_day_beside_what_is_known_now(run: Run) -> None:
    case = (CASE, "--policy", "ppm-procedure", "--child", "CLA-1001", "--obligation", "first-review")
    known_on = ("--known-on", "2026-01-12", "--at", "2026-02-08")
    said = plain(run("explain", *case, *known_on, env={"COLUMNS": "100"}).stdout)
    assert "Said on Mon 12 Jan 2026 due Mon 26 Jan 2026 (CPPCR reg 33(1)), upcoming" in said
    assert "Known now due Mon 26 Jan 2026 (CPPCR reg 33(1)), met on Thu 22 Jan 2026 by review held" in said
    assert "At the end of Mon 12 Jan 2026: upcoming." in said
    shown = json.loads(run("explain", *case, *known_on, "--json").stdout)
    assert (shown["differs"], shown["then"]["explained"]["row"]["status"]) == (True, "upcoming")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([CASE], "--policy and --at are needed with a file of events"),
        ([CASE, "--policy", "ppm-procedure", "--at", "2026-01-08", "--occurrence", "2"], "accepted: 1"),
        ([CASE, "--known-on", "2026-01-08"], "--policy is needed with a file of events"),
        ([CASE, "--policy", "ppm-procedure", "--known-on", "2026-02-01", "--at", "2026-01-08"], "is ahead of"),
        (["--at", "2026-01-08"], "the service answers for its own rules and now"),
    ],
)
def test_what_is_refused(run: Run, arguments: list[str], reason: str) -> None:
    result = run("explain", *arguments, "--child", "CLA-1001", "--obligation", "initial-ppm")
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
