"""What another policy changes, in words and, where there is much of it, as a picture."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import words
from cli.screen import plain_table
from domain.case.words import Role
from domain.clocks.rules import Policy
from domain.study.how_often import Foresight, HowOften
from domain.study.take_up import Change, Why
from journeys.taking_up import Left, TakenUp

FEW: Final = 40
"""Lines of changes shown without being asked for (ours: a screen or two)."""

GREATEST: Final = 12
"""Changes in how often somebody is told, shown without being asked for (ours: half a screen)."""

BAR: Final = 30
WHY: Final[Mapping[Why, str]] = {
    "not_in_policy": "the policy does not ask for it",
    "met": "met by its rules",
    "waived": "waived",
    "lapsed": "lapsed by its rules",
    "does_not_apply": "does not apply by its rules",
    "unexplained": "UNEXPLAINED",
}
SHIFTS: Final = (
    ("more than 4 weeks earlier", -10_000, -29),
    ("1 to 4 weeks earlier", -28, -7),
    ("up to a week earlier", -6, -1),
    ("same day, firm or forecast only", 0, 0),
    ("up to a week later", 1, 6),
    ("1 to 4 weeks later", 7, 28),
    ("more than 4 weeks later", 29, 10_000),
)
"""Ranges of calendar days by which a date moves (ours: what a manager would ask to see apart)."""

Titles = Mapping[str, str]
Line = tuple[str, str, str, str]


def show_preview(
    policy: Policy, seen: Sequence[Foresight | Left], weeks: int, titles: Titles, out: Console, *, every: bool
) -> None:
    """What would change: how much of it, a picture where it is long, then child by child; and who hears more."""
    changes = [each.change for each in seen if isinstance(each, Foresight)]
    concerned = [change for change in changes if not change.nothing]
    out.print(
        Text.assemble(
            (policy.version, "bold"),
            f": {_children(len(changes))} looked at, {len(concerned)} would change. Nothing has been changed.",
        )
    )
    if concerned:
        _show_counts(concerned, "would", out)
        _show_changes(concerned, titles, out, every=every)
    _show_how_often([each.often for each in seen if isinstance(each, Foresight)], weeks, titles, out, every=every)
    _show_left([(each.child, each.why) for each in seen if isinstance(each, Left)], "looked at", out)


def _show_how_often(several: Sequence[HowOften], weeks: int, titles: Titles, out: Console, *, every: bool) -> None:
    """Who would be told what more or less often; the greatest changes first."""
    often = HowOften.together(several)
    was, now, rows = sum(often.was.values()), sum(often.now.values()), often.changed
    out.print()
    out.print(Text(f"In the next {weeks} week{'' if weeks == 1 else 's'}, if nothing more were recorded", style="bold"))
    out.print(f"{was} times somebody is told by the present rules, {now} by these.")
    if not rows:
        out.print("Nobody would be told anything more or less often.")
        return
    out.print(_times("All that is told", [(role, "", was, now) for role, was, now in often.by_role]))
    out.print()
    shown = rows if every else rows[:GREATEST]
    out.print(_times("What", [(role, titles.get(about, about), was, now) for role, about, was, now in shown]))
    if len(rows) > len(shown):
        out.print(f"The {len(shown)} greatest of {len(rows)} changes; --every shows each, --json tells a program.")


def _times(what: str, rows: Iterable[tuple[Role, str, int, int]]) -> Table:
    table = plain_table("For", what, "Now", "Then", "")
    for column in table.columns[2:]:
        column.justify = "right"
    for role, about, was, now in rows:
        table.add_row(words.spaced(role.value), about, str(was), str(now), f"{now - was:+}" if now != was else "")
    return table


def _show_left(left: Sequence[tuple[str, str]], what: str, out: Console) -> None:
    if left:
        out.print()
        out.print(Text(f"{_children(len(left))} could not be {what}", style="bold red"))
    for child, why in left:
        out.print(f"{child}: {why}")


def show_adopted(
    policy: Policy, done: Sequence[TakenUp], others: Mapping[str, int], titles: Titles, out: Console, *, every: bool
) -> None:
    """What was changed, the account of every obligation that was open, and which journeys were left as they are."""
    changed = [one.change for one in done if one.change is not None]
    already = [one for one in done if one.already]
    refused = sum(one.refusal is not None for one in done)
    counts = [f"{_children(len(changed))} adopted it"] + [f"{len(already)} had it already"] * bool(already)
    counts += [f"{refused} refused"] * bool(refused)
    left = sum(one.left is not None for one in done)
    counts += [f"{left} left"] * bool(left)
    out.print(Text.assemble((policy.version, "bold"), f": {', '.join(counts)}."))
    if changed:
        _show_account(changed, done, out)
        _show_counts([change for change in changed if not change.nothing], "did", out)
        out.print(f"{sum(one.sent for one in done)} messages sent at once")
        _show_changes([change for change in changed if not change.nothing], titles, out, every=every)
    if others:
        on = ", ".join(f"{number} on {policy_id}" for policy_id, number in sorted(others.items()))
        out.print(f"Not asked for, and left as they are: {_children(sum(others.values()))} ({on}).")


def _show_account(changed: Sequence[Change], done: Sequence[TakenUp], out: Console) -> None:
    """Open before, less what is gone and why, with what opened, is open after."""
    gone = Counter(gone.why for change in changed for gone in change.gone)
    table = plain_table("Open obligations", "")
    table.columns[1].justify = "right"
    table.add_row("before", str(sum(change.open_before for change in changed)))
    for why, number in sorted(gone.items()):
        table.add_row(f"no longer open: {WHY[why]}", f"-{number}", style="bold red" if why == "unexplained" else "")
    table.add_row("newly open", f"+{sum(len(change.opened) for change in changed)}")
    table.add_row("after", str(sum(change.open_after for change in changed)))
    out.print()
    out.print(table)
    lost = sum(len(one.problems) for one in done)
    out.print()
    if lost:
        out.print(Text(f"{lost} not accounted for: see below.", style="bold red"))
    else:
        out.print(Text("Every obligation that was open is accounted for.", style="bold green"))
    meanwhile = [one.child for one in done if one.meanwhile]
    if meanwhile:
        out.print(f"Other events reached these meanwhile: {', '.join(meanwhile)}")


def _show_counts(changes: Sequence[Change], did: str, out: Console) -> None:
    """How many dates move and by how much, as bars; what becomes overdue; what is sent at once."""
    moved = [m for change in changes for m in change.moved]
    shifts = [(label, sum(low <= m.days <= high for m in moved)) for label, low, high in SHIFTS]
    most = max((number for _, number in shifts), default=0)
    if moved:
        out.print()
        out.print(Text(f"{len(moved)} due dates {'would move' if did == 'would' else 'moved'}", style="bold"))
        for label, number in shifts:
            if number:
                bar = "█" * max(1, round(number * BAR / most))
                out.print(
                    Text.assemble(f"{label:>32}  ", (bar, "yellow" if "earlier" in label else "cyan"), f" {number}")
                )
    out.print()
    for text, number in _totals(changes, did):
        if number:
            out.print(f"{number} {text}")


def _totals(changes: Sequence[Change], did: str) -> Iterator[tuple[str, int]]:
    would = "would " if did == "would" else ""
    yield f"{would}open", sum(len(change.opened) for change in changes)
    yield f"{would}no longer be open" if would else "no longer open", sum(len(change.gone) for change in changes)
    yield f"{would}become overdue" if would else "became overdue", sum(len(change.overdue) for change in changes)
    if would:
        yield "messages would be sent at once", sum(len(change.sent) for change in changes)


def _show_changes(changes: Sequence[Change], titles: Titles, out: Console, *, every: bool) -> None:
    lines = [line for change in changes for line in _lines(change, titles)]
    out.print()
    if len(lines) > FEW and not every:
        _show_by_obligation(changes, titles, out)
        out.print(f"{len(lines)} changes; --every shows each, --json gives them to a program.")
        return
    table = plain_table("Child", "What", "Due", "Change")
    last = ""
    for child, what, due, change in lines:
        style = "red" if "overdue" in change or "UNEXPLAINED" in change else ""
        table.add_row("" if child == last else child, what, due, Text(change, style=style))
        last = child
    out.print(table)


def _show_by_obligation(changes: Sequence[Change], titles: Titles, out: Console) -> None:
    """Of each obligation: how many move, open, go and become overdue."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        for moved in change.moved:
            counts.setdefault(moved.was.obligation, Counter())["moved"] += 1
        for gone in change.gone:
            counts.setdefault(gone.was.obligation, Counter())["gone"] += 1
        for row in change.opened:
            counts.setdefault(row.obligation, Counter())["opened"] += 1
        for row in change.overdue:
            counts.setdefault(row.obligation, Counter())["overdue"] += 1
    table = plain_table("Obligation", "Dates moved", "Opened", "No longer open", "Become overdue")
    for column in table.columns[1:]:
        column.justify = "right"
    for obligation, count in sorted(counts.items(), key=lambda item: -item[1].total()):
        cells = [str(count[kind] or "") for kind in ("moved", "opened", "gone", "overdue")]
        table.add_row(titles.get(obligation, obligation), *cells)
    out.print(table)
    out.print()


def _lines(change: Change, titles: Titles) -> Iterator[Line]:
    """One child's changes: what moves, what is gone and why, what opens, what is sent."""

    def name(obligation: str, occurrence: int) -> str:
        return titles.get(obligation, obligation) + (f" ({occurrence})" if occurrence > 1 else "")

    for moved in change.moved:
        days = abs(moved.days)
        how = f"{words.days(days)} {'later' if moved.days > 0 else 'earlier'}" if days else "no longer a forecast"
        how = "now a forecast" if moved.now.forecast and not days else how
        late = ", then overdue" if moved.becomes_overdue else ""
        dates = f"{words.day(moved.was.due)}\n→ {words.day(moved.now.due)}" if days else words.day(moved.was.due)
        yield change.child, name(moved.was.obligation, moved.was.occurrence), dates, how + late
    for gone in change.gone:
        why = f"no longer open: {WHY[gone.why]}"
        yield change.child, name(gone.was.obligation, gone.was.occurrence), words.day(gone.was.due), why
    for row in change.opened:
        late = ", overdue at once" if row.status == "overdue" else ", a forecast" if row.forecast else ""
        yield change.child, name(row.obligation, row.occurrence), words.day(row.due), f"opens{late}"
    for action in change.sent:
        due = words.day(action.due) if action.due else ""
        at_once = f"{words.action(action.kind, action.rung)} at once to {words.roles(action.to)}"
        yield change.child, name(action.obligation, action.occurrence), due, at_once


def _children(number: int) -> str:
    return "1 journey" if number == 1 else f"{number} journeys"
