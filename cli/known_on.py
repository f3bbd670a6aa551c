"""`permanence explain --known-on`: what was known at the end of a day and would have been said, and what is now."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

from cli.as_data import as_data
from cli.errors import Refused
from cli.explained import section, show
from cli.offline import load_policies, only
from cli.options import day_given
from cli.output import print_json
from cli.screen import console
from domain.case.calendar import end_of, local_date
from domain.clocks.wording import in_words
from domain.policy.loading import Policies
from domain.study.as_known import AsKnown, as_known
from domain.study.explain import NothingToExplain, decided_by
from domain.study.explain_words import known_now
from domain.study.simulation import Simulation
from intake.files import read_events

Step = tuple[str, int | None]
"""An obligation and the number of its occurrence, if one is asked for."""


def as_known_by(
    file: str | None, child: str, step: Step, day: date, policy: str | None, at: str | None, folder: Path | None
) -> AsKnown:
    """A step as known at the end of a day, of a file of events or of the service. Raises Refused."""
    try:
        if file is None:
            if policy is not None or at is not None:
                raise Refused("--policy and --at go with a file of events; the service answers for its own rules")
            return _of_the_service(child, step, day)
        if policy is None:
            raise Refused("--policy is needed with a file of events")
        today = day_given("--at", at) if at else local_date(datetime.now(UTC))
        return _of_a_file(file, child, step, day, policy, today, load_policies(folder))
    except NothingToExplain as nothing:
        raise Refused(f"{child}: {nothing}") from None


def _of_a_file(file: str, child: str, step: Step, day: date, policy: str, today: date, policies: Policies) -> AsKnown:
    _refuse_ahead(day, today)
    lines = list(read_events(file))
    now = only(child, Simulation(policies, policy).run(lines, today), file, today)
    then = Simulation(policies, policy).run(lines, day).get(child)
    cited = policies.citations(now.journey.policy.id)
    decided = decided_by(now.actions, now.passed_over)
    return as_known(day, then.journey if then else None, (now.journey, end_of(today)), step, decided, cited)


def _of_the_service(child: str, step: Step, day: date) -> AsKnown:
    # The engine takes half a second to load, and an explanation from a file needs none of it.
    from cli.running import settings
    from delivery.case_now import Cases
    from journeys.whole import looking_back

    here = settings()
    policies = load_policies(here.policies)
    cases = Cases(policies, here.default_policy)
    whole, decided, then = asyncio.run(looking_back(here, child, cases, end_of(day)))
    _refuse_ahead(day, local_date(whole.now))
    cited = policies.citations(whole.journey.policy.id)
    return as_known(day, then.journey if then else None, (whole.journey, whole.now), step, decided, cited)


def _refuse_ahead(day: date, today: date) -> None:
    if day > today:
        raise Refused(f"--known-on: {day} is ahead of {today}; give a day that is over, or today")


def show_as_known(compared: AsKnown, *, as_json: bool) -> None:
    """What was known and what is, and below the whole explanation of that day."""
    if as_json:
        print_json({**as_data(compared), "differs": compared.differs})
        return
    out = console()
    section(f"As known on {in_words(compared.day)}", known_now(compared), out)
    if compared.then.explained:
        out.print()
        show(compared.then.explained, compared.day, out)
