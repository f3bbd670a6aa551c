"""What people read: agendas, actions and policies as tables, plain enough for a mail and a log."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import words
from cli.notice_words import AtOnceRow, at_once_rows, ruling_says, rulings
from cli.notice_words import what_it_says as what_is_told
from cli.policy_words import (
    Stated,
    glossary,
    ladder_ruling,
    law_of_policy,
    lineage,
    milestone_says,
    milestones,
    rung,
    stated,
    what_differs,
    what_it_says,
)
from cli.screen import COLOURS, RED_FIRST, plain_table
from domain.agenda import AgendaRow, earliest, overdue, rag, urgency
from domain.case.plan_history import PlanEntry
from domain.clocks.actions import Action
from domain.clocks.judgement import Said
from domain.clocks.rules import Notice, Policy
from domain.clocks.wording import booked, booking_in_words, in_words
from domain.journey import Journey
from domain.policy.loading import Policies, PolicyFile

STATUS_COLOURS: Final = {"overdue": "red", "due_soon": "yellow"}

Titles = Mapping[str, str]
"""What each obligation of each child is called, by child and obligation id."""


def _grid() -> Table:
    """Labels and what they say, indented under a heading."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, style="dim", min_width=11)
    grid.add_column(overflow="fold")
    return grid


# Agenda


def show_agendas(agendas: Sequence[tuple[Journey, list[AgendaRow]]], today: date, out: Console) -> None:
    """Each child's agenda at the end of a day, the most urgent first."""
    if not agendas:
        out.print(f"Nothing is known of any child by {in_words(today)}.")
        return
    by_urgency = sorted(agendas, key=lambda a: urgency(earliest(a[1]), a[0].child))
    if len(agendas) > 1:
        out.print(_summary(agendas, today))
        out.print()
    for place, (journey, rows) in enumerate(by_urgency):
        if place:
            out.print()
        _show_agenda(journey, rows, today, out)


def _summary(agendas: Sequence[tuple[Journey, list[AgendaRow]]], today: date) -> Text:
    colours = [rag(rows, journey.policy) for journey, rows in agendas]
    counts = ", ".join(f"{colours.count(c)} {c}" for c in RED_FIRST if c in colours)
    return Text(f"{len(agendas)} children at the end of {in_words(today)}: {counts}", style="bold")


def _show_agenda(journey: Journey, rows: list[AgendaRow], today: date, out: Console) -> None:
    colour = rag(rows, journey.policy)
    out.print(
        Text.assemble(
            (journey.child, "bold"), "  ", (colour.upper(), COLOURS[colour]), "  ", words.stage(journey.stage)
        )
    )
    out.print(f"{in_words(today)}, under policy {journey.policy.id}. {_in_short(journey, rows)}")
    for booking in journey.periods[-1].bookings if journey.periods else ():
        out.print(f"Booked: {booking_in_words(type(booking), booking.booked_for, today)}")
    if not rows:
        return
    out.print()
    out.print(agenda_table(rows, today))


def _in_short(journey: Journey, rows: list[AgendaRow]) -> str:
    """What a manager asks first: how many are late, and whether the journey goes on."""
    if journey.ended and journey.periods[-1].ended_on:
        return f"The journey ended on {in_words(journey.periods[-1].ended_on)}."
    late, soon = (sum(row.status == status for row in rows) for status in ("overdue", "due_soon"))
    counts = [f"{late} overdue"] * bool(late) + [f"{soon} due soon"] * bool(soon)
    silent = late and not overdue(rows, journey.policy)
    return (", ".join(counts) or "Nothing overdue or due soon") + (" (reminded only)." if silent else ".")


def agenda_table(rows: list[AgendaRow], today: date) -> Table:
    """What is open, the overdue first and forecasts last; below it what is done."""
    table = plain_table("Due", "What", "How it stands")
    repeated = {row.obligation for row in rows if row.occurrence > 1}
    for some in (_open_first(rows), sorted((r for r in rows if not r.is_open), key=lambda r: r.due)):
        for row in some:
            number = f" ({row.occurrence})" if row.obligation in repeated else ""
            table.add_row(words.day(row.due), _what(row, number), _standing(row, today))
        table.add_section()
    return table


def _open_first(rows: list[AgendaRow]) -> list[AgendaRow]:
    return sorted((r for r in rows if r.is_open), key=lambda r: (r.status != "overdue", r.forecast, r.due))


def _what(row: AgendaRow, number: str) -> Text:
    text = Text(row.title + number)
    text.append(f"\n{words.spaced(row.owner)}; {row.obligation}; {row.clause}", style="dim")
    for limit in row.limits:
        if limit.clause != row.clause:
            text.append(f"\nfurther limit {words.day(limit.due)}; {limit.clause}", style="dim")
    return text


def _said(said: Said) -> str:
    until = f" until {words.day(said.until)}" if said.until else ""
    by = f" by {said.by}" if said.by else ""
    return f"{said.kind} {words.day(said.on)}{until}{by}" + (f": {said.reason}" if said.reason else "")


def _standing(row: AgendaRow, today: date) -> Text:
    text = Text(words.status(row, today), style=STATUS_COLOURS.get(row.status, ""))
    if row.booked_for:
        text.append(f"\n{booked(row.booked_for, today)}", style="not dim")
    if row.is_open:
        text.append(f"\n{words.what_is_next(row)}", style="not bold dim")
    for said in row.said:
        text.append(f"\n{_said(said)}", style="not bold italic")
    return text


def plan_table(history: Sequence[PlanEntry]) -> Table:
    """The plan over time: since when, primary and contingency, who changed it and why."""
    table = plain_table("Plan since", "Primary", "Contingency", "By and why")
    for entry in history:
        primary = Text(words.spaced(entry.primary), style="bold" if entry.changed else "")
        contingency = "final" if entry.final else words.spaced(entry.contingency) if entry.contingency else "-"
        how = Text(words.spaced(entry.type) + (f" by {entry.by}" if entry.by else ""))
        if entry.reasons:
            how.append(f"\n{entry.reasons}", style="dim")
        table.add_row(words.day(entry.on), primary, contingency, how)
    return table


# Actions


def show_actions(actions: Sequence[Action], titles: Titles, until: date, out: Console) -> None:
    """What is told to whom and when, in order of time, with a count at the end."""
    if actions:
        out.print(_action_table(actions, titles))
        out.print()
    out.print(_counted(actions, until))


def _action_table(actions: Sequence[Action], titles: Titles) -> Table:
    several = len({a.child for a in actions}) > 1
    table = plain_table("When", *(["Child"] if several else []), "Action", "About")
    last = None
    for action in actions:
        when = words.moment(action.at)
        about = Text(titles.get(action.obligation, action.obligation))
        about.append(f"\n{_to_whom(action)}", style="dim")
        kind = Text(words.action(action.kind, action.rung), style="" if action.kind == "reminder" else "red")
        table.add_row("" if when == last else when, *([action.child] if several else []), kind, about)
        last = when
    return table


def _to_whom(action: Action) -> str:
    due = f"due {words.day(action.due)}; " if action.due else ""
    return f"to {words.roles(action.to)}\n{due}{action.clause}"


def _counted(actions: Sequence[Action], until: date) -> str:
    kinds = [a.kind for a in actions]
    counted = [
        f"{kinds.count(kind)} {_plural(kind, kinds.count(kind))}"
        for kind in ("reminder", "escalation", "notice", "breach")
        if kind in kinds
    ]
    if not counted:
        return f"Nothing is sent by the end of {in_words(until)}."
    return f"By the end of {in_words(until)}: {', '.join(counted)}. At 09:00 where no time is shown."


def _plural(kind: str, number: int) -> str:
    if number == 1:
        return kind
    return "breaches" if kind == "breach" else f"{kind}s"


# Policies


def show_policies(policies: Policies, out: Console) -> None:
    """The policies there are."""
    for place, policy_id in enumerate(policies.ids()):
        if place:
            out.print()
        everything, own = (
            len(policies.resolve(policy_id).obligations),
            len(policies.file(policy_id).obligation),
        )
        grid = _header(policies.file(policy_id), out)
        grid.add_row("Obligations", f"{everything}" if own == everything else f"{everything}, {own} stated by it")
        out.print(grid)


def _header(file: PolicyFile, out: Console) -> Table:
    out.print(Text.assemble((file.id, "bold"), f"  {file.title}"))
    grid = _grid()
    grid.add_row("Source", file.source)
    grid.add_row("Version", f"{file.version}, in force from {in_words(file.effective_from)}")
    grid.add_row("Extends", ", ".join(file.parents) or "nothing")
    return grid


def show_policy(policies: Policies, policy: Policy, today: date, out: Console) -> None:
    """A policy with everything it extends, in words; the law it names as it stands today."""
    files = lineage(policies, policy.id)
    out.print(_header(files[0], out))
    out.print()
    _show_ladder(policy, ladder_ruling(files), out)
    for one in stated(policies, policy):
        out.print()
        _show_obligation(one, policy.id, out)
    for row in at_once_rows(policies, policy):
        out.print()
        _show_at_once(row, policy.id, out)
    for own, file in milestones(policies, policy):
        out.print()
        out.print(Text.assemble((f"milestone {own.id}", "bold"), f"  {own.title}"))
        _show_lines([("Clause", f"{own.clause}{_origin(file, policy.id)}"), *milestone_says(own)], out)
    for file, ruling in rulings(policies, policy):
        out.print()
        out.print(Text.assemble(("Ruling ", "dim"), (ruling.id, "bold"), _origin(file, policy.id)))
        _show_lines(ruling_says(ruling), out)
    _show_glossary(policy, out)
    show_law(f"The law, as it stands on {in_words(today)}", law_of_policy(policies, policy, today), out)


def _show_ladder(policy: Policy, ruling: str | None, out: Console) -> None:
    out.print(Text("When something is overdue", style="bold"))
    grid = _grid()
    for number, step in enumerate(policy.ladder.steps, 1):
        when, who = rung(step)
        again = " again" if number > len(policy.ladder.rungs) else ""
        grid.add_row(f"Rung {number}", f"{when}: {who}{again}")
    if ruling:
        grid.add_row("Ours", ruling)
    out.print(grid)


def _show_obligation(one: Stated, policy_id: str, out: Console) -> None:
    lead = one.lead
    out.print(Text.assemble((lead.rule.id, "bold"), f"  {lead.rule.title}"))
    grid = _grid()
    grid.add_row("Clause", f"{lead.rule.clause}{_origin(lead.file, policy_id)}")
    _add(grid, what_it_says(lead))
    for row in one.limits:
        grid.add_row("Also", f"{row.rule.clause} (from {row.file.id}); the earlier date binds:")
        _add(grid, ((f"  {label}", text) for label, text in what_differs(row, lead)))
    out.print(grid)


def _show_at_once(row: AtOnceRow, policy_id: str, out: Console) -> None:
    rule = row.rule
    title = rule.title if isinstance(rule, Notice) else "What must be there before it may be recorded"
    out.print(Text.assemble((rule.id, "bold"), f"  {title}"))
    _show_lines([("Clause", f"{rule.clause}{_origin(row.file, policy_id)}"), *what_is_told(row)], out)


def _show_lines(lines: Iterable[tuple[str, str]], out: Console) -> None:
    grid = _grid()
    _add(grid, lines)
    out.print(grid)


def _origin(file: PolicyFile, policy_id: str) -> str:
    return "" if file.id == policy_id else f" (from {file.id})"


def _show_glossary(policy: Policy, out: Console) -> None:
    out.print()
    out.print(Text("In full", style="bold"))
    for short, rest in glossary(policy):
        out.print(f"{short}: {rest}")


def show_law(title: str, lines: Iterable[str], out: Console) -> None:
    """Where the law can be read. An address is never broken, however narrow the screen: it is to be opened."""
    lines = list(dict.fromkeys(lines))
    if lines:
        out.print()
        out.print(Text(title, style="bold"))
        for line in lines:
            out.print(Text(line), soft_wrap=True)


def _add(grid: Table, lines: Iterable[tuple[str, str]]) -> None:
    last = ""
    for label, text in lines:
        grid.add_row("" if label == last else label, text)
        last = label
