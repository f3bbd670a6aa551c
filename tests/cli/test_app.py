"""How the command ends: help, version, and errors without a traceback. Some in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.service import RPCError, RPCStatusCode

from cli import offline
from cli.errors import CommandFailed
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
SIBLINGS = str(ROOT / "tests" / "cases" / "siblings-quick-guide.jsonl")
SIMULATE = ("simulate", SIBLINGS, "--policy", "quick-guide", "--until", "2026-07-31", "--json")


def in_a_process(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options}
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(offline, "load_policies", failing)


def test_help_groups_the_commands(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "On files, with no server" in result.stdout
    assert "--install-completion" not in result.stdout


@pytest.mark.parametrize("arguments", [(), ("policy",)])
def test_no_command_shows_the_help(run: Run, arguments: tuple[str, ...]) -> None:
    assert "Usage: permanence" in run(*arguments).output


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("permanence")


def test_a_missing_option_is_named(run: Run) -> None:
    result = run("simulate", SIBLINGS, "--until", "2026-07-31")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--policy" in result.stderr


def test_an_unexpected_error_is_one_line_that_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, RuntimeError("Mary Smith\nlives at"))
    result = run("policy", "list")
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("permanence: unexpected RuntimeError; ")
    assert "--debug" in line


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--debug", "policy", "list"], "0"), (["policy", "list"], "1")],
)
def test_the_traceback_is_shown_when_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: str
) -> None:
    fail(monkeypatch, RuntimeError("out of luck"))
    monkeypatch.setenv("PERMANENCE_DEBUG", environment)
    assert "Traceback" in run(*arguments).stderr


def test_a_command_that_fails_says_why_and_ends_with_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, CommandFailed("the service does not answer; start it with `permanence up`"))
    result = run("policy", "list")
    assert result.exit_code == 1
    assert result.stderr == "permanence: the service does not answer; start it with `permanence up`\n"


def test_a_server_that_gives_no_answer_is_said_to_be_one_and_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, RPCError("canary", RPCStatusCode.DEADLINE_EXCEEDED, b""))
    result = run("policy", "list")
    assert result.exit_code == 1
    assert result.stderr.startswith("permanence: the Temporal server gave no answer (deadline exceeded). What was done")
    assert "`permanence health`" in result.stderr
    assert "canary" not in result.stderr


def test_ctrl_c_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, KeyboardInterrupt())
    result = run("policy", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")


def test_a_process_prints_json_in_utf_8_whatever_the_terminal() -> None:
    utf_8 = in_a_process(*SIMULATE)
    latin = in_a_process("policy", "show", "ppm-procedure", "--json", PYTHONIOENCODING="latin-1")
    assert (utf_8.returncode, utf_8.stderr) == (0, "")
    assert "§" in latin.stdout


def test_a_process_that_refuses_prints_nothing_on_stdout(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{}\n[]\n", "utf-8")
    result = in_a_process("simulate", str(file), "--policy", "quick-guide", "--until", "2026-07-31")
    assert (result.returncode, result.stdout) == (2, "")
    assert "line 1: " in result.stderr
    assert "line 2: " in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("form", ["--json", "--policies=."])
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, form: str) -> None:
    read, written = os.pipe()
    os.close(read)
    (tmp_path / "own").mkdir()
    command = [sys.executable, "-m", "cli", *SIMULATE[:-1], form]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with os.fdopen(written, "wb") as stdout:
        ended = subprocess.run(
            command, env=environment, cwd=tmp_path / "own", stdout=stdout, stderr=subprocess.PIPE, timeout=60
        )
    assert ended.stderr == b""


def test_offline_commands_load_neither_the_engine_nor_the_record() -> None:
    code = (
        "import os, sys, runpy; os._exit = sys.exit; sys.argv = ['permanence', *sys.argv[1:]]\n"
        "try: runpy.run_module('cli', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print([name for name in ('temporalio', 'sqlalchemy') if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *SIMULATE], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.stderr.strip() == "[]"
