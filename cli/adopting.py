"""`permanence policy preview` and `policy adopt`: what another policy would change, and changing to it."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.as_data import as_data
from cli.errors import CommandFailed, Refused
from cli.offline import load_policies, simulated_from
from cli.options import Folder, Json, day_given
from cli.output import print_json, say
from cli.policy_kept import not_raised_here
from cli.policy_words import lineage
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console
from cli.take_up_words import show_adopted, show_preview
from domain.case.calendar import end_of
from domain.case.stages import STAGES
from domain.clocks.rules import Policy
from domain.clocks.wording import in_words
from domain.policy.loading import Policies, PolicyFile, read_policy
from domain.study.how_often import WEEKS, Foresight, foresee
from domain.study.take_up import Change
from journeys.taking_up import Left, Part, TakenUp, TakeUpStopped, chosen, others, preview_caseload
from journeys.taking_up import adopt as adopt_all
from service.locate import find_service

New = Annotated[str, typer.Argument(metavar="NEW", help="A policy's id, or a policy file (*.toml).")]
Children = Annotated[list[str] | None, typer.Option("--child", metavar="REF", help="This child; may be repeated.")]
Team = Annotated[str | None, typer.Option("--team", metavar="T", help="Journeys of this team.")]
Old = Annotated[str | None, typer.Option("--policy", metavar="OLD", help="Journeys that run on this policy.")]
Stage = Annotated[
    str | None, typer.Option("--stage", metavar="S", help="Journeys at this stage, such as looked_after.")
]
Every = Annotated[bool, typer.Option("--every", help="Show every change, however many there are.")]


def preview(
    *,
    new: New,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Events of children; absent: the running caseload.")
    ] = None,
    caseload: Annotated[bool, typer.Option("--caseload", help="The running caseload (so too without FILE).")] = False,
    policy: Old = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DATE", help="With FILE: at the end of this day.")] = None,
    child: Children = None,
    team: Team = None,
    stage: Stage = None,
    policies: Folder = None,
    weeks: Annotated[
        int, typer.Option("--weeks", metavar="N", min=1, max=52, help="How far ahead messages are counted.")
    ] = WEEKS,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """What adopting a policy would change, child by child: dates, what becomes overdue, what is sent. Changes nothing.

    Also who would be told what more or less often in the weeks ahead, if nothing more were recorded.
    With FILE, `--policy` is the policy of children whose events name none.
    """
    known = load_policies(policies)
    known, wanted = new_policy(known, new)
    if file is not None and caseload:
        raise Refused("FILE and --caseload exclude each other; give one of them")
    for words in _not_raised(known, wanted):
        say(f"Warning: {words}.", err=True)
    if file is not None:
        seen, today = _of_a_file(file, policy, at, policies, child, wanted, weeks)
    else:
        if at is not None:
            raise Refused("--at goes with a file of events; the caseload is looked at as it stands now")
        seen, today = _of_the_caseload(_part(child, team, policy, stage), wanted, weeks)
    _warn_unless_in_force(known.file(wanted.id), today)
    if as_json:
        print_json([_foresight_data(each) for each in seen])
        return

    show_preview(wanted, seen, weeks, known.titles(), console(), every=every)


def adopt(
    *,
    new: New,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who decided it; kept in every child's history.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in every child's history.")],
    child: Children = None,
    team: Team = None,
    policy: Old = None,
    stage: Stage = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every running journey.")] = False,
    policies: Folder = None,
    every: Every = False,
    as_json: Json = False,
) -> None:
    """Have journeys adopt a policy, and account for every obligation that was open.

    Say which: --child, --team, --policy, --stage (all that are given must hold), or --all. It can be stopped and
    begun again: a journey that has the policy in this version is passed by. Ends with 1 if an obligation is lost.
    """
    if not (by.strip() and reason.strip()):
        raise Refused("--by and --reason: who decided it, and why, in words")
    part = _part(child, team, policy, stage)
    if everyone == bool(child or team or policy or stage):
        raise Refused("say which journeys: --child, --team, --policy or --stage, or --all for every one")
    known, wanted = new_policy(load_policies(policies), new)
    if unraised := _not_raised(known, wanted):
        raise Refused("; ".join(unraised))
    done, rest = _adopt(part, known.file(wanted.id), wanted, by.strip(), reason.strip())
    if as_json:
        print_json([_adopted_data(one, as_data) for one in done])
    else:
        show_adopted(wanted, done, rest, known.titles(), console(), every=every)
    lost = [f"{one.child}: {problem}" for one in done for problem in one.problems]
    if lost:
        raise CommandFailed("\n".join(["not every open obligation is accounted for:", *lost]))
    refused = [f"{one.child}: {one.refusal}" for one in done if one.refusal]
    if refused:
        raise Refused("\n".join(["not every journey took it:", *refused]))
    left = [f"{one.child}: {one.left}" for one in done if one.left]
    if left:
        raise CommandFailed("\n".join(["left, and to be tried again by the same command:", *left]))


def new_policy(known: Policies, new: str) -> tuple[Policies, Policy]:
    """The policy asked for, with the policies it stands among. Raises Refused or PolicyRefused."""
    if not new.endswith(".toml"):
        return known, known.resolve(new)
    try:
        text = Path(new).read_text("utf-8")
        file = read_policy(new, text)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{new}: it cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8 text'}") from None
    known = known.with_file(file, text)
    return known, known.resolve(file.id)


def _not_raised(known: Policies, wanted: Policy) -> list[str]:
    """In words, what of a policy and those it extends was changed without a new version."""
    files = lineage(known, wanted.id)
    return not_raised_here([(file, known.texts[file.id]) for file in files if file.id in known.texts])


def _part(child: list[str] | None, team: str | None, policy: str | None, stage: str | None) -> Part:

    if stage is not None and stage not in STAGES:
        raise Refused(f"--stage: {stage!r} is no stage; accepted: {', '.join(STAGES)}")
    return Part(tuple(child or ()), team, policy, stage)


def _of_a_file(
    file: str, policy: str | None, at: str | None, folder: Any, children: list[str] | None, wanted: Policy, weeks: int
) -> tuple[list[Foresight | Left], date]:

    if policy is None or at is None:
        raise Refused("--policy and --at are needed with a file of events")
    today = day_given("--at", at)
    lived = simulated_from(file, policy, folder, today).items()
    now, asked = end_of(today), [one.journey for name, one in lived if children is None or name in children]
    return [foresee(journey, wanted, now, weeks) for journey in asked], today


def _of_the_caseload(part: Part, wanted: Policy, weeks: int) -> tuple[list[Foresight | Left], date]:

    async def work() -> list[Foresight | Left]:
        client = await find_service(settings())
        rows = await chosen(client, part)
        with progress_bar("Looking ahead") as progress:
            return await preview_caseload(client, rows, wanted, weeks, progress)

    return asyncio.run(work()), date.today()  # noqa: DTZ011 (only to warn of a policy not yet in force)


def _adopt(
    part: Part, file: PolicyFile, wanted: Policy, by: str, reason: str
) -> tuple[list[TakenUp], Mapping[str, int]]:
    """What became of each journey asked; and how many were not asked for, by policy."""

    async def work() -> tuple[list[TakenUp], Mapping[str, int]]:
        client = await find_service(settings())
        rows = await chosen(client, part)
        rest = await others(client, part)  # before: afterwards a part by its old policy is nobody
        with progress_bar("Adopting") as progress:
            return await adopt_all(client, rows, file, wanted, by, reason, progress), rest

    try:
        return asyncio.run(work())
    except TakeUpStopped as stopped:
        raise Refused(str(stopped)) from None


def _warn_unless_in_force(file: PolicyFile, today: date) -> None:

    if today < file.effective_from:
        say(
            f"{file.id} version {file.version} is in force from {in_words(file.effective_from)}: "
            "until then it cannot be adopted; this shows what it would change today",
            err=True,
        )


def _foresight_data(seen: Foresight | Left) -> dict[str, Any]:
    if isinstance(seen, Left):
        return {"child": seen.child, "left": seen.why}
    times = [
        {"role": role.value, "obligation": about, "times": was, "new_times": now}
        for role, about, was, now in seen.often.changed
    ]
    return {**change_data(seen.change, as_data), "told": times}


def change_data(change: Change, as_data: Any) -> dict[str, Any]:
    """One journey's change as JSON."""
    return {
        "child": change.child,
        "from": change.from_version,
        "to": change.to_version,
        "open_before": change.open_before,
        "open_after": change.open_after,
        "moved": [
            {**_row(m.was), "due": m.was.due.isoformat(), "new_due": m.now.due.isoformat(), "days": m.days}
            | {"becomes_overdue": m.becomes_overdue}
            for m in change.moved
        ],
        "gone": [{**_row(gone.was), "due": gone.was.due.isoformat(), "why": gone.why} for gone in change.gone],
        "opened": [{**_row(row), "due": row.due.isoformat(), "status": row.status} for row in change.opened],
        "sent": [
            {
                "obligation": a.obligation,
                "occurrence": a.occurrence,
                "kind": a.kind,
                "rung": a.rung,
                "to": as_data(a.to),
            }
            for a in change.sent
        ],
    }


def _row(row: Any) -> dict[str, Any]:
    return {"obligation": row.obligation, "occurrence": row.occurrence}


def _adopted_data(one: TakenUp, as_data: Any) -> dict[str, Any]:
    return {
        "child": one.child,
        "already": one.already,
        "refusal": one.refusal,
        "left": one.left,
        "change": change_data(one.change, as_data) if one.change else None,
        "sent_at_once": one.sent,
        "meanwhile": list(one.meanwhile),
        "problems": list(one.problems),
    }
