"""Codes of the rules as people say and write them."""

from collections.abc import Iterable
from datetime import date, datetime

from domain.agenda import AgendaRow
from domain.case.events import LONDON
from domain.case.words import Role
from domain.clocks.return_home import ReturnHome
from domain.clocks.wording import days as days
from domain.clocks.wording import short_date, stage_in_words, when_due
from domain.clocks.wording import spaced as spaced


def roles(them: Iterable[Role]) -> str:
    """Roles as people say them, in order of their codes."""
    return ", ".join(spaced(role.value) for role in sorted(them))


stage = stage_in_words
day = short_date


def moment(at: datetime) -> str:
    """The day in London with its weekday; below it the time, where it is not 09:00."""
    local = at.astimezone(LONDON)
    return f"{local:%a} {day(local)}" + ("" if (local.hour, local.minute) == (9, 0) else f"\n{local:%H:%M}")


def action(kind: str, rung: int) -> str:
    """A kind of action with its rung, such as reminder 2; notices and breaches have none."""
    return f"{kind} {rung}" if rung else kind


def status(row: AgendaRow, today: date) -> str:
    """How an obligation stands, with the days that matter."""
    match row.status:
        case "overdue":
            return f"{days((today - row.due).days)} overdue"
        case "due_soon":
            return f"due soon, {when_due((row.due - today).days)}"
        case "met" if row.met_on:
            return f"met {day(row.met_on)}"
        case "met_late" if row.met_on:
            return f"met {day(row.met_on)}, {days((row.met_on - row.due).days)} late"
    return row.status_in_words


def what_is_next(row: AgendaRow) -> str:
    """What will be told about an open obligation, to whom and when; or why nothing will."""
    if row.next:
        what = action(row.next.kind, row.next.rung)
        return f"{day(row.next.at.astimezone(LONDON))}: {what} to {roles(row.next.to)}"
    return "silent until the date is fixed" if row.forecast else "nothing more will be sent"


def return_home(home: ReturnHome) -> list[str]:
    """How far a return home has come: what is there, what is missing, who may approve."""
    gathered = ", ".join(f"{spaced(kind)} {day(on)}" for kind, on in home.gathered.items()) or "nothing yet"
    lines = [f"Return home ({home.clause}): gathered {gathered}"]
    if home.approved_on and home.approved_by:
        lines.append(f"  approved {day(home.approved_on)} by {spaced(home.approved_by)}")
    else:
        missing = ", ".join(map(spaced, home.missing))
        lines.append(f"  still missing: {missing}" if missing else "  all evidence is there; not yet approved")
        lines.append(f"  may be approved by {roles(home.approvers)}")
    if home.returned_on:
        lines.append(f"  returned {day(home.returned_on)}")
    return lines
