"""`permanence explain`: why an obligation is due on its date, and who was told about it when.

Of a file there is no delivery: what the journey decided stands there, and nobody is said to have been told.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import explain_words as said
from cli.as_data import as_data
from cli.errors import Refused
from cli.explained import show
from cli.known_on import as_known_by, show_as_known
from cli.offline import load_policies, only, simulated_from
from cli.options import Folder, Json, day_given
from cli.output import print_json
from cli.screen import console
from domain.case.calendar import end_of, local_date
from domain.study.explain import Explanation, NothingToExplain, decided_by
from domain.study.explain import explain as explain_occurrence

if TYPE_CHECKING:
    from delivery.account_line import AccountLine


def explain(
    *,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Events, one JSON object a line; absent: the running service is asked."),
    ] = None,
    child: Annotated[str, typer.Option("--child", metavar="REF", help="The child's reference.")],
    obligation: Annotated[str, typer.Option("--obligation", metavar="ID", help="As `agenda` names it.")],
    occurrence: Annotated[
        int | None,
        typer.Option("--occurrence", metavar="N", min=1, help="Absent: the earliest open, else the last."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="ID", help="With FILE: for children whose events name none.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="With FILE: at the end of this day, YYYY-MM-DD.")
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option(
            "--known-on",
            metavar="DATE",
            help="What was known at the end of this day and would have been said then, beside what is known now.",
        ),
    ] = None,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Why it is due on this date: what it counts from, what was skipped, what moved it; and who was told when."""
    if known_on is not None:
        day = day_given("--known-on", known_on)
        compared = as_known_by(file, child, (obligation, occurrence), day, policy, at, policies)
        show_as_known(compared, as_json=as_json)
        return
    try:
        if file is None:
            explained, today, lines = _of_the_service(child, obligation, occurrence, policy, at)
        else:
            explained, today = _of_a_file(file, child, obligation, occurrence, policy, at, policies)
            lines = None
    except NothingToExplain as nothing:
        raise Refused(f"{child}: {nothing}") from None
    if as_json:
        print_json(as_data(explained) | ({} if lines is None else {"account": said.as_plain(lines)}))
        return

    show(explained, today, console(), lines)


def _of_a_file(
    file: str,
    child: str,
    obligation: str,
    occurrence: int | None,
    policy: str | None,
    at: str | None,
    policies: Any,
) -> tuple[Explanation, date]:

    if policy is None or at is None:
        raise Refused("--policy and --at are needed with a file of events")
    today = day_given("--at", at)
    one = only(child, simulated_from(file, policy, policies, today), file, today)
    decided = decided_by(one.actions, one.passed_over)
    cited = load_policies(policies).citations(one.journey.policy.id)
    return explain_occurrence(one.journey, obligation, occurrence, end_of(today), decided, cited), today


def _of_the_service(
    child: str, obligation: str, occurrence: int | None, policy: str | None, at: str | None
) -> "tuple[Explanation, date, Sequence[AccountLine]]":
    if policy is not None or at is not None:
        raise Refused("--policy and --at go with a file of events; the service answers for its own rules and now")

    # The engine takes half a second to load, and an explanation from a file needs none of it.
    from cli.running import settings
    from journeys.whole import journey_of

    here = settings()
    whole, decided, lines = asyncio.run(journey_of(here, child, obligation))
    cited = load_policies(here.policies).citations(whole.journey.policy.id)
    explained = explain_occurrence(whole.journey, obligation, occurrence, whole.now, decided, cited)
    return explained, local_date(whole.now), [one for one in lines if said.is_about(explained, one)]
