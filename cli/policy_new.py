"""`permanence policy new`: a commented starter for an authority's own policy, with events that show what it does."""

import json
import re
import shlex
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.errors import Refused
from cli.offline import agenda_row, load_policies, simulated_from
from cli.options import Folder
from cli.output import say
from domain.agenda import agenda
from domain.case.calendar import end_of
from domain.clocks.vocabulary import listed, nearest
from domain.policy.loading import Policies
from domain.policy.starter import SHOWN_AT, policy_text, sample_events

A_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
"""What the id of a policy is; its folder has the same name."""

LAW: Final = "england-statutory"


def new(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Your policy's id, such as newtown; and its folder.")],
    extends: Annotated[
        list[str] | None,
        typer.Option(
            "--extends", metavar="ID", help=f"What stands too, nearest first; may be repeated. Absent: {LAW}."
        ),
    ] = None,
    into: Annotated[
        Path, typer.Option("--in", metavar="DIR", help="The folder in which NAME is made; absent: this one.")
    ] = Path(),
    policies: Folder = None,
) -> None:
    """Write a starter for your own policy: a commented rule of each kind, events that show them, and their agenda.

    Makes the folder NAME with policy.toml, events.jsonl and agenda.json, which is what `agenda --json` answers. It
    runs as it is: change one rule, look at what became of the agenda, and go on to the next.
    """
    _refuse_name(name, load_policies(policies).ids())
    above = list(dict.fromkeys(extends or [LAW]))
    _refuse_unknown(above, Policies.load().ids())
    folder = into / name
    _write(folder, name, above)
    say(_what_next(folder, name))


def _refuse_name(name: str, taken: list[str]) -> None:
    if not A_NAME.fullmatch(name):
        would = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "newtown"
        raise Refused(
            f"NAME: {name!r} is not accepted; give up to 64 lower-case letters, digits and hyphens, such as {would}"
        )
    if name in taken:
        raise Refused(
            f"NAME: {name!r} is a policy already; accepted: another name, with --extends {name} if yours builds on it. "
            f"Taken: {', '.join(taken)}"
        )


def _refuse_unknown(above: list[str], known: list[str]) -> None:
    for one in above:
        if one not in known:
            raise Refused(
                f"--extends: {one!r} is none of the policies that are here for everybody (one of your own is named in "
                f"the file afterwards, both files in one folder); accepted: {listed(known)}{nearest(one, known)}"
            )


def _write(folder: Path, name: str, above: list[str]) -> None:
    """The three files, in a folder that was not there before. Raises Refused."""
    try:
        folder.mkdir()
        (folder / "policy.toml").write_text(policy_text(name, above), "utf-8")
        (folder / "events.jsonl").write_text(sample_events(), "utf-8")
        (folder / "agenda.json").write_text(_agenda(folder, name), "utf-8")
    except FileExistsError:
        raise Refused(
            f"{folder} is there already, and nothing of it was touched; give another NAME, or another folder with --in"
        ) from None
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}; give a folder that can with --in") from None


def _agenda(folder: Path, name: str) -> str:
    """What `agenda --json` answers for the sample events, byte for byte."""
    lived = simulated_from(str(folder / "events.jsonl"), name, folder, SHOWN_AT).values()
    rows = [agenda_row(row) for one in lived for row in agenda(one.journey, end_of(SHOWN_AT))]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _what_next(folder: Path, name: str) -> str:
    own = shlex.quote(str(folder))
    policy, events = shlex.quote(str(folder / "policy.toml")), shlex.quote(str(folder / "events.jsonl"))
    on_these = f"{events} --policy {name} --policies {own}"
    return (
        f"Written to {folder}: policy.toml, a rule of each kind, each with what to change; events.jsonl, three "
        f"children that set them off; agenda.json, what comes of it on {SHOWN_AT}.\n\n"
        "Try next:\n"
        f"  permanence policy check {policy}\n"
        f"  permanence agenda {on_these} --at {SHOWN_AT}\n"
        f"  permanence explain {on_these} --child EXAMPLE-2 --obligation planning-meeting --at {SHOWN_AT}"
    )
