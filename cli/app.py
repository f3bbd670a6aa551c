"""The command `permanence`: what it offers, and how it ends when something goes wrong."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import (
    adopting,
    backup,
    explaining,
    inbox,
    installation,
    intake,
    links,
    messages,
    offline,
    outbox,
    people,
    policy_check,
    record,
    returns,
    service,
)
from cli.errors import tell


class Commands(TyperGroup):
    """All commands. What they refuse, or fail at, ends in a message and an exit code."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run a command. Usage errors, Ctrl-C (130) and a closed pipe are typer's own to end."""
        debug = "--debug" in (sys.argv[1:] if args is None else args) or _debug_by_environment()
        try:
            return super().main(args, *rest, **options)
        except Exception as error:  # noqa: BLE001 (the outermost layer: every error ends in words here)
            sys.exit(tell(error, debug=debug))


def _debug_by_environment() -> bool:
    return os.environ.get("PERMANENCE_DEBUG", "").lower() not in ("", "0", "false", "no")


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
policy_group = offline.add_to(app)
adopting.add_to(policy_group)
policy_check.add_to(policy_group)
explaining.add_to(app)
messages.add_to(app)
service.add_to(app)
backup.add_to(app)
intake.add_to(app)
record.add_to(app)
installation.add_to(app)
returns.add_to(app)
links.add_to(app)
people.add_to(app)
inbox.add_to(app)
outbox.add_to(app)


def _version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        typer.echo(f"permanence {version('permanence')}")
    except PackageNotFoundError:
        typer.echo("permanence, run from its source folder and not installed")
    raise typer.Exit


@app.callback()
def permanence(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Reminders and escalations for permanence planning for looked-after children.

    Events of a case go in. Out comes what is due by when, who is reminded, and who is told when it is late.
    """


def main() -> None:
    """The entry point of the command `permanence`."""
    from service.closed import close_to_others

    close_to_others()
    code: object = 0
    try:
        app(prog_name="permanence")
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code if isinstance(code, int) else int(code is not None))
