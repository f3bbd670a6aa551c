"""`permanence release`: the releases of this program on a Temporal server of one's own, and which is meant."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, TypeVar

import typer
from temporalio.client import Client
from temporalio.service import RPCError

from cli.errors import CommandFailed
from cli.options import Json
from cli.output import print_json, say
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from journeys.release import InRelease, held, move, of_no_release
from service.locate import find_service
from service.releases import ReleaseRefused, promote, ramp, roll_back

T = TypeVar("T")
Build = Annotated[str, typer.Argument(metavar="RELEASE", help="As `permanence release show` names it.")]

release = typer.Typer(
    no_args_is_help=True,
    help="The releases of this program on a Temporal server of your own: which run, which is meant, and going back.",
)
ABANDONED = (
    "{journeys} journeys are on release {build}, which has no workers: start them again, or `permanence release move`"
)
FAILING = "{failing} journeys fail: `permanence release roll-back`, then `permanence release move` (docs/releases.md)"
LEFT = "Journeys asleep move when they next wake; `permanence release move` wakes them now."


@release.callback()
def of_a_server() -> None:
    """The releases of this program on a Temporal server of your own: which run, which is meant, and going back.

    TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say which server; docs/releases.md has the whole.
    """


@release.command()
def show(*, as_json: Json = False) -> None:
    """Each release: current, ramping, draining; its workers, its journeys, and how many of them fail.

    Ends with exit code 1 where journeys fail, or are held by a release without workers.
    """
    stand, none = _with_service(_looked)
    if as_json:
        print_json([_as_data(one) for one in stand])
    else:
        _show(stand, none)
    if wrong := list(_wrong(stand)):
        raise CommandFailed("; ".join(wrong))


@release.command("ramp")
def ramp_up(
    build: Build,
    percent: Annotated[float, typer.Argument(min=0.1, max=100, help="Of the journeys, always the same ones.")],
) -> None:
    """Let a release be meant for a share of the journeys, new ones and old."""
    _with_service(lambda client: ramp(client, build, percent))
    say(f"Release {build} is meant for {percent:g} % of the journeys. {LEFT}")


@release.command("promote")
def make_current(build: Build) -> None:
    """Let a release be the one that is meant, for all journeys."""
    _with_service(lambda client: promote(client, build))
    say(f"Release {build} is current. {LEFT} Keep the workers of the one before until it holds no journey.")


@release.command("roll-back")
def take_back() -> None:
    """Take a ramp back; without one, make current again what was current before."""
    build = _with_service(roll_back)
    say(f"Release {build} is current, for all journeys. {LEFT}")


@release.command("move")
def move_on() -> None:
    """Wake every journey that may be on another release than is meant for it, so that it moves.

    One whose release has no workers, or whose tasks fail, is taken up by the current release as it stands.
    """
    with progress_bar("Waking journeys") as progress:
        done = _with_service(lambda client: move(client, progress))
    say(f"{done.woken} woken, {done.fetched} taken up as they stood, {done.gone} ended meanwhile.")


def _with_service(work: Callable[[Client], Awaitable[T]]) -> T:
    async def done() -> T:
        client = await find_service(settings())
        try:
            return await work(client)
        except ReleaseRefused as refused:
            raise CommandFailed(str(refused)) from None
        except RPCError as error:
            raise CommandFailed(f"the Temporal server did not do it: {error.message}") from None

    return asyncio.run(done())


async def _looked(client: Client) -> tuple[list[InRelease], int]:
    return await held(client), await of_no_release(client)


def _show(stand: list[InRelease], none: int) -> None:
    table = plain_table("Release", "State", "Workers", "Journeys", "Failing", "Was current")
    for one in stand:
        state = f"ramping, {one.release.share:g} %" if one.release.state == "ramping" else one.release.state
        since = one.release.was_current
        when = f"{since:%d %B %Y %H:%M} UTC" if since else ""
        table.add_row(one.release.build, state, str(one.release.workers), str(one.journeys), str(one.failing), when)
    console().print(table)
    if none:
        say(f"{none} journeys are of no release yet; their next wake brings them to the current one.")


def _wrong(stand: list[InRelease]) -> Iterator[str]:
    # In all: one that fails at the first task of a run is counted with the release it came from, or with none.
    if failing := sum(one.failing for one in stand):
        yield FAILING.format(failing=failing)
    for one in stand:
        if one.journeys and not one.release.workers:
            yield ABANDONED.format(journeys=one.journeys, build=one.release.build)


def _as_data(one: InRelease) -> dict[str, Any]:
    return {
        "release": one.release.build,
        "state": one.release.state,
        "share": one.release.share,
        "workers": one.release.workers,
        "journeys": one.journeys,
        "failing": one.failing,
        "was_current": one.release.was_current and one.release.was_current.isoformat(),
    }
