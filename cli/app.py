"""The command `permanence`: what it offers, and how it ends when something goes wrong."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from cli.errors import tell
from cli.lazy import At, LazyGroup, group_of
from service.closing import close_to_others

FILES: Final = "On files, with no server"
SERVICE: Final = "With the service"
RUNNING: Final = "To run the service"

COMMANDS: Final = {
    "agenda": At(
        "cli.offline:agenda", "What must happen by when for each child, how it stands, and what is told next.", FILES
    ),
    "simulate": At("cli.offline:simulate", "Who would be told what and when, from the first event up to a day.", FILES),
    "policy": At("cli.app:policy", "The policies there are, and what each asks.", FILES),
    "explain": At(
        "cli.explaining:explain",
        "Why it is due on this date: what it counts from, what was skipped, what moved it; and who was told when.",
        FILES,
    ),
    "message": At("cli.messages:message", "What people are told, in which words.", FILES),
    "up": At(
        "cli.hosting:up",
        "Start the service: embedded Temporal server, web UI, worker, intake, case record. Ctrl-C stops all.",
        RUNNING,
    ),
    "demo": At(
        "cli.hosting:demo",
        "Show a living caseload of synthetic children on a server of its own, with the UI's address.",
        RUNNING,
    ),
    "health": At(
        "cli.health:health",
        "Is all well? Stuck journeys, workers, standing processes, schedules, the outbox, the daily proof, the disk.",
        RUNNING,
    ),
    "send": At(
        "cli.sending:send",
        "Send events to the journeys they concern; a child's first entry starts the journey.",
        SERVICE,
    ),
    "status": At(
        "cli.watching:status",
        "One child's journey as the service has it: stage, what is next, and the agenda.",
        SERVICE,
    ),
    "caseload": At(
        "cli.caseload:caseload",
        "Every child whose journey is under way: the most days late first, then what is due soonest.",
        SERVICE,
    ),
    "report": At(
        "cli.report:report",
        "Is the service keeping its promises? Reviews and meetings in time, drift, escalations; with every definition.",
        SERVICE,
    ),
    "timeline": At(
        "cli.timeline:timeline",
        "A child's timeline on one page, for a meeting or the court: what happened, is due, was told, was explained.",
        SERVICE,
    ),
    "reconcile": At(
        "cli.reconciling:reconcile",
        "Compare a source's children with the running journeys, both ways. Exit 1 if they differ.",
        SERVICE,
    ),
    "rehearse": At(
        "cli.rehearsing:rehearse",
        "The same as `simulate`, but lived through by the real workflow on a server whose time is skipped.",
        SERVICE,
    ),
    "backup": At(
        "cli.backup:backup",
        "Copy the embedded server's database and the case record, while the service runs, into a new folder in DIR.",
        RUNNING,
    ),
    "move": At(
        "cli.move:move",
        "Bring every open journey of another server to the one that the environment names, with every clock.",
        RUNNING,
    ),
    "intake": At("cli.intake:intake", "Take events over HTTP; `up` does so too.", RUNNING),
    "record": At(
        "cli.app:record",
        "The case record: is it as it was written, a child's file out of it, journeys started again from it.",
        RUNNING,
    ),
    "desk": At("cli.desk:desk", "The desk: who can come in, who is signed in, who may see whom.", RUNNING),
    "installation": At(
        "cli.installation:installation",
        "Whether case record, home folder and Temporal server are of one installation.",
        RUNNING,
    ),
    "namespace": At(
        "cli.namespace:namespace", "The namespace on a Temporal server of your own: make it ready for workers.", RUNNING
    ),
    "release": At(
        "cli.release:release",
        "The releases of this program on a Temporal server of your own: which run, which is meant, and going back.",
        RUNNING,
    ),
    "keys": At("cli.keys:keys", "What Temporal's payloads are sealed with: a new key, and one that is lost.", RUNNING),
    "import-903": At(
        "cli.returns:import_903",
        "Start journeys from SSDA903 returns (children looked after), or bring them what a return says now.",
        SERVICE,
    ),
    "sync": At("cli.app:sync", "Bring journeys what a case system says now; and what the nights brought.", SERVICE),
    "acknowledge": At(
        "cli.links:acknowledge",
        "Say that somebody is on to something overdue: the ladder pauses, and it stays due.",
        SERVICE,
    ),
    "explain-lateness": At(
        "cli.links:explain_lateness",
        "Say why something is late, and what is being done: it is kept with the case, and nothing pauses.",
        SERVICE,
    ),
    "calendar": At("cli.links:calendar", "Due dates and booked meetings in people's own calendars.", SERVICE),
    "people": At(
        "cli.people:people",
        "Who is told about a case today, role by role; without a child, check the directory.",
        SERVICE,
    ),
    "unallocated": At(
        "cli.people:unallocated",
        "The roles that open cases call for and nobody holds; the directory's fallback is told for them.",
        SERVICE,
    ),
    "inbox": At("cli.inbox:inbox", "Events that wait or were rejected, with the reasons.", SERVICE),
    "ui": At("cli.ui:ui", "Addresses of lists in the Temporal UI: by urgency, and somebody's own.", RUNNING),
    "outbox": At("cli.outbox:outbox", "Messages that wait or went wrong, and trying them again.", SERVICE),
}


class Commands(LazyGroup):
    """All commands. What they refuse, or fail at, ends in a message and an exit code."""

    table = COMMANDS

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
policy = group_of(
    {
        "list": At("cli.offline:policy_list", "The policies there are."),
        "show": At(
            "cli.offline:policy_show",
            "What a policy asks, in words: by when, of whom, what meets it, who is told, which rulings are ours.",
        ),
        "words": At(
            "cli.policy_lexicon:words",
            "List the words that a policy can say; of one word its meaning, the keys beside it and an example.",
        ),
        "new": At(
            "cli.policy_new:new",
            "Write a starter for your own policy: a commented rule of each kind, events that show them, and "
            "their agenda.",
        ),
        "preview": At(
            "cli.adopting:preview",
            "What adopting a policy would change, child by child: dates, what becomes overdue, what is "
            "sent. Changes nothing.",
        ),
        "adopt": At(
            "cli.adopting:adopt", "Have journeys adopt a policy, and account for every obligation that was open."
        ),
        "check": At(
            "cli.policy_check:check",
            "Check policy files: names, rungs, clauses and reasons, each slip with its line; then lay "
            "them beside the law.",
        ),
    },
    COMMANDS["policy"].line,
)
record = group_of(
    {
        "status": At(
            "cli.record:status", "Where the case record is, at which revision its tables are, and how much it holds."
        ),
        "rebuild": At(
            "cli.record:rebuild",
            "Work out anew how every child stands, for the lists, and stood, for the report; nothing of the record "
            "changes.",
        ),
        "verify": At(
            "cli.record:verify",
            "Work out every chain again and compare it with what stands: what was changed, removed, added or moved?",
        ),
        "export": At(
            "cli.record:export", "All that is known of one child: as JSON, complete, or as a page for people."
        ),
        "restart": At(
            "cli.restarting:restart",
            "Start every journey again that the case record knows as not ended and that does not run.",
        ),
    },
    COMMANDS["record"].line,
)


sync = group_of(
    {
        "ssd": At(
            "cli.ssd:sync_ssd",
            "Start journeys from a Standard Safeguarding Dataset (SSD), or bring them what it says now.",
        ),
        "report": At(
            "cli.nights:report",
            "What a night brought: taken, corrected, voided, doubted, refused, and who is missing on either side.",
        ),
    },
    COMMANDS["sync"].line,
)


def _version(asked: bool) -> None:
    if not asked:
        return
    # For this option alone: every other command would wait for it too.
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
