"""`permanence message preview`: what people would get, before anybody gets it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.errors import CommandFailed, Refused
from cli.output import say
from delivery.message import Written
from delivery.previewing import KINDS, previews
from delivery.writing import TemplateRefused, Writer
from domain.case.calendar import local_date

RULE: Final = "=" * 78

Kind = Annotated[str | None, typer.Option("--kind", help="Only this kind, such as escalation or digest.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE.html", help="Write the HTML part there, to open in a browser.")
]
Templates = Annotated[
    Path | None,
    typer.Option(
        "--templates",
        metavar="DIR",
        envvar="PERMANENCE_DELIVERY_TEMPLATES",
        help="A folder with templates of your authority.",
    ),
]


def preview(*, kind: Kind = None, out: Out = None, templates: Templates = None) -> None:
    """Show each kind of message, about synthetic children, as people would get it."""
    if kind is not None and kind not in KINDS:
        raise Refused(f"--kind: no message is called {kind!r}; there are {', '.join(KINDS)}")
    try:
        shown = previews(Writer(templates), local_date(datetime.now(UTC)), [kind] if kind else KINDS)
    except TemplateRefused as refused:
        raise Refused(str(refused)) from None
    if out is not None:
        _write(out, shown)
        return
    for one in shown.values():
        sys.stdout.write(f"{RULE}\nSubject: {one.subject}\n\n{one.text}\n")


def _write(out: Path, shown: dict[str, Written]) -> None:
    """One file for one kind; for several, one each beside it, named for its kind."""
    for name, one in shown.items():
        path = out if len(shown) == 1 else out.with_name(f"{out.stem}-{name}{out.suffix}")
        try:
            path.write_text(one.html or f"<pre>{one.text}</pre>", "utf-8")
        except OSError as error:
            raise CommandFailed(f"{path} cannot be written ({error.strerror})") from None
        say(str(path))


message = typer.Typer(no_args_is_help=True, help="What people are told, in which words.")
message.command("preview")(preview)
