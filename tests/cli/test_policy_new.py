"""`policy new`: a starter that runs as it is, on whatever it extends; and what it refuses."""

import json
import shlex
import tomllib
from pathlib import Path

import pytest

from domain.policy.loading import Policies
from tests.cli.conftest import Run

OWN = """
EXAMPLE-1 first-review due 2026-01-26 met
EXAMPLE-1 report-before-first-review due 2026-01-20 met
EXAMPLE-1 planning-meeting due 2026-02-16 met
EXAMPLE-1 minutes-sent due 2026-02-16 overdue
EXAMPLE-1 plan-looked-at due 2026-03-06 due_soon
EXAMPLE-1 next-family-meeting due 2026-02-23 met
EXAMPLE-2 first-review due 2026-02-02 met
EXAMPLE-2 report-before-first-review due 2026-01-28 overdue
EXAMPLE-2 planning-meeting due 2026-01-26 overdue
EXAMPLE-2 plan-looked-at due 2026-03-16 upcoming
EXAMPLE-3 first-review due 2026-02-09 overdue
EXAMPLE-3 report-before-first-review due 2026-02-04 overdue
"""

BY_HAND = """
2026-01-05 EXAMPLE-1 breach planned-entry-without-meeting to iro, team_manager
2026-01-12 EXAMPLE-2 reminder 1 planning-meeting to social_worker
2026-01-19 EXAMPLE-2 reminder 2 planning-meeting to social_worker
2026-01-23 EXAMPLE-2 reminder 3 planning-meeting to social_worker
2026-01-27 EXAMPLE-2 escalation 1 planning-meeting to social_worker, team_manager
2026-02-02 EXAMPLE-2 escalation 2 planning-meeting to iro
2026-02-09 EXAMPLE-2 escalation 3 planning-meeting to service_manager
2026-02-02 EXAMPLE-1 reminder 1 planning-meeting to social_worker
2026-02-09 EXAMPLE-1 reminder 2 planning-meeting to social_worker
2026-02-13 EXAMPLE-1 reminder 1 minutes-sent to ppm_chair
2026-02-17 EXAMPLE-1 escalation 1 minutes-sent to ppm_chair, team_manager
2026-02-23 EXAMPLE-1 escalation 2 minutes-sent to iro
2026-02-16 EXAMPLE-1 reminder 1 next-family-meeting to social_worker
2026-01-16 EXAMPLE-1 reminder 1 report-before-first-review to social_worker
2026-01-26 EXAMPLE-2 reminder 1 report-before-first-review to social_worker
2026-01-29 EXAMPLE-2 escalation 1 report-before-first-review to social_worker, team_manager
2026-02-04 EXAMPLE-2 escalation 2 report-before-first-review to iro
2026-02-11 EXAMPLE-2 escalation 3 report-before-first-review to service_manager
2026-02-02 EXAMPLE-3 reminder 1 report-before-first-review to social_worker
2026-02-05 EXAMPLE-3 escalation 1 report-before-first-review to social_worker, team_manager
2026-02-11 EXAMPLE-3 escalation 2 report-before-first-review to iro
2026-02-18 EXAMPLE-3 escalation 3 report-before-first-review to service_manager
2026-02-27 EXAMPLE-1 reminder 1 plan-looked-at to team_manager
"""
"""All that the starter's own rules decide up to the day shown, but for the first review, which the law has too."""


def lines(text: str) -> list[str]:
    return sorted(text.strip().splitlines())


def tried(said: str) -> list[list[str]]:
    """The commands that it says to try next."""
    return [shlex.split(line)[1:] for line in said.splitlines() if line.startswith("  permanence ")]


@pytest.mark.parametrize("above", Policies.load().ids())
def test_a_starter_on_any_policy_checks_clean_and_does_what_its_comments_say(
    run: Run, tmp_path: Path, above: str
) -> None:
    made = run("policy", "new", "newtown", "--extends", above, "--in", str(tmp_path))
    assert (made.exit_code, made.stderr) == (0, "")
    check, agenda, explain = tried(made.stdout)
    folder = tmp_path / "newtown"
    assert tomllib.loads((folder / "policy.toml").read_text("utf-8"))["extends"] == above

    checked = json.loads(run(*check, "--year", "2026", "--json").stdout)
    assert (checked["problems"], checked["warnings"]) == ([], {"newtown": []})
    own = {row.id for row in Policies.load(folder).file("newtown").obligation}
    assert not {row["rule"] for row in checked["beside_the_law"]} & own

    answered = run(*agenda, "--json").stdout
    assert answered == (folder / "agenda.json").read_text("utf-8")
    rows = [row for row in json.loads(answered) if row["obligation"] in own]
    assert sorted(f"{r['child']} {r['obligation']} due {r['due']} {r['status']}" for r in rows) == lines(OWN)

    explained = run(*explain)
    assert explained.exit_code == 0
    assert "10 working days because this case holds" in " ".join(explained.stdout.split())

    events = [str(folder / "events.jsonl"), "--policy", "newtown", "--policies", str(folder)]
    actions = [json.loads(a) for a in run("simulate", *events, "--until", "2026-02-27", "--json").stdout.splitlines()]
    rules = (own | {"planned-entry-without-meeting"}) - {"first-review"}
    assert sorted(in_short(a) for a in actions if a["obligation"] in rules) == lines(BY_HAND)


def in_short(action: dict[str, object]) -> str:
    rung = f" {action['rung']}" if action["rung"] else ""
    to = action["to"]
    assert isinstance(to, list)
    return (
        f"{str(action['at'])[:10]} {action['child']} {action['kind']}{rung} {action['obligation']} to {', '.join(to)}"
    )


def test_a_starter_may_build_on_several(run: Run, tmp_path: Path) -> None:
    two = ("--extends", "quick-guide", "--extends", "iro-handbook")
    made = run("policy", "new", "new-town", *two, "--in", str(tmp_path))
    assert made.exit_code == 0
    policy = Policies.load(tmp_path / "new-town").resolve("new-town")
    assert {"ppm", "review-record-done", "planning-meeting"} <= {one.id for one in policy.obligations}
    assert Policies.load(tmp_path / "new-town").file("new-town").title == "New Town: planning for permanence"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["New Town"],
            "'New Town' is not accepted; give up to 64 lower-case letters, digits and hyphens, such as new-t",
        ),
        (["../newtown"], "'../newtown' is not accepted"),
        (["quick-guide"], "'quick-guide' is a policy already; accepted: another name, with --extends quick-guide"),
        (["newtown", "--extends", "quik-guide"], "ppm-procedure, quick-guide; did you mean quick-guide?"),
        (["newtown", "--in", "none"], "cannot be written: No such file or directory"),
    ],
)
def test_what_is_refused_is_refused_in_words_and_nothing_is_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("policy", "new", *arguments)
    assert (result.exit_code, result.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert reason in result.stderr


def test_a_name_that_the_authoritys_own_folder_has_is_refused_and_any_other_is_not(run: Run, tmp_path: Path) -> None:
    assert run("policy", "new", "county", "--in", str(tmp_path)).exit_code == 0
    beside = ("--policies", str(tmp_path / "county"))
    (tmp_path / "else").mkdir()
    again = run("policy", "new", "county", "--in", str(tmp_path / "else"), *beside)
    assert (again.exit_code, "'county' is a policy already" in again.stderr) == (2, True)
    assert run("policy", "new", "newtown", "--in", str(tmp_path / "else"), *beside).exit_code == 0


def test_what_is_there_is_never_written_over(run: Run, tmp_path: Path) -> None:
    run("policy", "new", "newtown", "--in", str(tmp_path))
    (tmp_path / "newtown" / "policy.toml").write_text("mine", "utf-8")
    again = run("policy", "new", "newtown", "--in", str(tmp_path))
    assert (again.exit_code, "is there already, and nothing of it was touched" in again.stderr) == (2, True)
    assert (tmp_path / "newtown" / "policy.toml").read_text("utf-8") == "mine"
