"""`permanence people` and `permanence unallocated`: who is told, and which roles nobody holds. They need no service."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.text import Text

from cli import words
from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.known import must_be_known
from cli.left_out import left_out_in_words
from cli.options import Json
from cli.output import print_json
from cli.running import settings
from cli.screen import console, plain_table
from delivery.allocation import Allocated, allocation
from delivery.allocation import unallocated as gaps
from delivery.case_now import Cases
from delivery.directory import DirectoryRefused
from delivery.directory_file import DirectoryFile
from delivery.people import People
from domain.case.words import Role
from domain.policy.loading import Policies

NAME_SOMEBODY: Final = (
    "To name somebody: under [roles] of the directory for all children, under roles of a team for its own, or by an "
    "event person_assigned for one child. The roles are written"
)


def people(
    *,
    child: Annotated[str | None, typer.Argument(metavar="[CHILD]", help="Whom a case would tell today.")] = None,
    as_json: Json = False,
) -> None:
    """Who is told about a case today, role by role; without a child, check the directory."""
    known, cases = _people(), _cases()
    if child is None:
        directory = known.directory
        console().print(
            f"The directory stands: {len(directory.people)} people, {len(directory.teams)} teams, "
            f"{len(directory.roles)} roles for the whole authority; the fallback is {directory.fallback}."
        )
        return

    with case_record() as record:
        must_be_known(record, child)
        roles = allocation(record, cases, known, child, datetime.now(UTC))
    if as_json:
        print_json([_as_data(one) for one in roles])
        return
    _show(child, roles)


def unallocated(*, as_json: Json = False) -> None:
    """The roles that open cases call for and nobody holds; the directory's fallback is told for them."""
    known, cases = _people(), _cases()
    with case_record() as record:
        without, left_out = gaps(record, cases, known, datetime.now(UTC))
    _show_unallocated(without, as_json=as_json)
    if left_out:
        raise CommandFailed(left_out_in_words(left_out))


def _show_unallocated(without: Mapping[tuple[Role, str], list[str]], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [{"role": role.value, "why": why, "children": children} for (role, why), children in without.items()]
        )
        return

    if not without:
        console().print("Every role that an open case calls for is held.")
        return
    shown = plain_table("Role", "Why", "Children")
    for (role, why), children in sorted(without.items(), key=lambda gap: -len(gap[1])):
        some = ", ".join(children[:8]) + (f" and {len(children) - 8} more" if len(children) > 8 else "")
        shown.add_row(words.spaced(role.value), why, f"{len(children)}: {some}")
    console().print(shown)
    codes = sorted({role.value for role, _ in without})
    console().print(f"{NAME_SOMEBODY}: {', '.join(codes)}", highlight=False)


def _people() -> People:
    """The directory of the settings. Raises Refused."""
    delivery = settings().delivery
    if delivery.directory is None:
        raise Refused("no directory is named; PERMANENCE_DELIVERY_DIRECTORY names one (docs/delivery.md shows it)")
    try:
        return People(DirectoryFile(delivery.directory, delivery.channels, delivery.mail_domains).current())
    except DirectoryRefused as refused:
        raise Refused(str(refused)) from None


def _cases() -> Cases:

    here = settings()
    return Cases(Policies.load(*([here.policies] if here.policies else [])), here.default_policy)


def _as_data(one: Allocated) -> dict[str, object]:
    people = [{"person": r.key, "via": r.via} for r in one.audience.recipients]
    return {"role": one.role.value, "told": people, "why": one.audience.why}


def _show(child: str, roles: list[Allocated]) -> None:

    if not roles:
        console().print(f"Nothing is open for {child}.")
        return
    shown = plain_table("Role", "Told today", "How")
    for one in roles:
        keys = ", ".join(r.key for r in one.audience.recipients) or "nobody"
        how = ", ".join(sorted({r.via for r in one.audience.recipients}))
        gap = Text(f"unallocated: {one.audience.why}", style="red")
        shown.add_row(words.spaced(one.role.value), keys, gap if one.audience.unallocated else how)
    console().print(shown)
