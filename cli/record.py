"""`permanence record`: the case record looked at, verified and exported. All but `restart` need no service."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.known import must_be_known
from cli.left_out import left_out_in_words
from cli.options import Json
from cli.output import print_json
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from cli.writing import write_privately
from delivery.account import account_as_data
from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper, utc_now
from domain.policy.loading import Policies
from record.caseload_reading import CaseloadReading
from record.export import case_file, knows
from record.heads import Head, HeadsRefused, fingerprint, head_lines, heads_of
from record.page import page
from record.verifying import Flaw, Verified
from record.verifying import verify as verify_record
from reporting.keeping import ReportKeeper
from service.logs import configure_logs

SHOWN: Final = 100
"""Faults shown to people; `--json` has all."""

Child = Annotated[str | None, typer.Argument(metavar="[CHILD]", help="This child only.")]


def status(*, as_json: Json = False) -> None:
    """Where the case record is, at which revision its tables are, and how much it holds."""
    with case_record() as record:
        summary = record.summary()
    if as_json:
        print_json(summary)
        return

    table = plain_table("What", "")
    for name, value in summary.items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else value)
    console().print(table)


def rebuild(*, as_json: Json = False) -> None:
    """Work out anew how every child stands, for the lists, and stood, for the report; nothing of the record changes.

    The workers do so by themselves whenever anything is written, and every night.
    """
    here = settings()
    policies = Policies.load(*([here.policies] if here.policies else []))
    configure_logs("ERROR")
    with case_record() as record, progress_bar("Working out") as progress:
        keeper = CaseloadKeeper(record, Cases(policies, here.default_policy))
        worked_out = keeper.rebuild(progress)
        of_report = ReportKeeper(record, policies, here.default_policy)
        of_report.rebuild(progress)
        reading = CaseloadReading(record.engine, utc_now())
        left_out = sorted({*reading.left_out(), *reading.unknown(), *of_report.left_out()})
    if as_json:
        print_json({"children": worked_out, "unknown": left_out})
    else:
        console().print(f"Worked out: {_counted(worked_out, 'child', 'children')}.")
    if left_out:
        raise CommandFailed(left_out_in_words(left_out))


def verify(
    *,
    child: Child = None,
    heads: Annotated[
        Path | None, typer.Option("--heads", metavar="FILE", help="Compare with heads that were kept elsewhere.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FILE", help="Write the heads to a file, to be kept elsewhere.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Work out every chain again and compare it with what stands: what was changed, removed, added or moved?

    Ends with exit code 1 and names each fault, if there is one.
    """
    kept = _heads_in(heads) if heads else {}
    if child is not None:
        kept = {name: head for name, head in kept.items() if name == child}
    with case_record() as record, progress_bar("Verifying") as progress:
        verified = verify_record(record.engine, child, kept, progress)
        if child is not None and not verified.heads and not verified.faults:
            must_be_known(record, child)
    if keep and not verified.faults:
        write_privately(keep, "".join(f"{line}\n" for line in head_lines(verified.heads)))
    _show(verified, as_json=as_json)


def export(
    *,
    child: Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page to be read and printed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """All that is known of one child: as JSON, complete, or as a page for people.

    It holds what is personal: whoever gets it must be entitled to it.
    """
    with case_record() as record:
        file = case_file(record, child, datetime.now(UTC), account_as_data)
        if not knows(file):
            must_be_known(record, child)
    if as_json or html is None:
        print_json(file)
    if html is not None:
        write_privately(html, page(file))
    if faults := len(file["verified"]["faults"]):
        raise CommandFailed(f"the record of {child} is not as it was written: {_counted(faults, 'fault', 'faults')}")


def _show(verified: Verified, *, as_json: bool) -> None:

    data = {"children": len(verified.heads), "entries": verified.entries, "fingerprint": fingerprint(verified.heads)}
    if as_json:
        print_json({**data, "faults": [fault._asdict() for fault in verified.faults]})
    elif verified.faults:
        _show_faults(verified.faults)
    else:
        console().print(
            f"As it was written: {_counted(verified.entries, 'entry', 'entries')} "
            f"of {_counted(len(verified.heads), 'child', 'children')}.\n"
            f"Fingerprint of the heads: {data['fingerprint']}"
        )
    if verified.faults:
        raise CommandFailed(
            f"the case record is not as it was written: {_counted(len(verified.faults), 'fault', 'faults')} in "
            f"{_counted(verified.entries, 'entry', 'entries')}; keep the database as it is, compare it with a backup, "
            "and find out who wrote to it"
        )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _show_faults(faults: list[Flaw]) -> None:

    table = plain_table("Child", "Entry", "What")
    for fault in faults[:SHOWN]:
        table.add_row(fault.child, str(fault.position or "-"), fault.what)
    console().print(table)
    if len(faults) > SHOWN:
        console().print(f"... and {len(faults) - SHOWN} more; --json has all")


def _heads_in(file: Path) -> dict[str, Head]:

    try:
        return heads_of(file.read_text("utf-8").splitlines())
    except HeadsRefused as refused:
        raise Refused(f"{file}: {refused}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise Refused(f"{file}: it cannot be read: {reason}") from None
