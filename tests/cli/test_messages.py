"""`message preview`: what people would get."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_it_shows_every_kind(run: Run) -> None:
    shown = run("message", "preview")
    assert shown.exit_code == 0
    assert shown.stdout.count("Subject: Permanence: ") == 6
    assert "70 children: " in shown.stdout


def test_it_shows_one_kind(run: Run) -> None:
    shown = run("message", "preview", "--kind", "escalation").stdout
    assert shown.count("Subject: ") == 1
    assert "1 day overdue" in shown


def test_it_writes_html(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "reminder.html"
    shown = run("message", "preview", "--kind", "reminder", "--out", str(out))
    assert shown.stdout.strip() == str(out)
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "remind"), "no message is called 'remind'; there are reminder, escalation"),
        (("--kind", "notice", "--out", "/no/such/folder/x.html"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_told(run: Run, arguments: tuple[str, ...], said: str) -> None:
    refused = run("message", "preview", *arguments)
    assert refused.exit_code != 0
    assert said in refused.stderr


def test_an_authority_sees_its_own_wording(run: Run, tmp_path: Path) -> None:
    (tmp_path / "reminder.txt").write_text("Subject: From the county\n\n{{ what }}\n", "utf-8")
    shown = run("message", "preview", "--kind", "reminder", "--templates", str(tmp_path)).stdout
    assert "Subject: From the county" in shown


def test_a_template_that_cannot_be_used_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "digest.txt").write_text("Subject: x\n\n{{ digset }}\n", "utf-8")
    refused = run("message", "preview", "--templates", str(tmp_path))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "digest.txt: 'digset' is undefined" in refused.stderr
