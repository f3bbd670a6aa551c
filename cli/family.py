"""`permanence caseload --siblings CHILD`: a group of brothers and sisters, and who in it lacks a plan."""

from typing import Any

from rich.console import Console
from rich.text import Text

from cli import words
from cli.output import print_json
from cli.screen import COLOURS, console, plain_table
from journeys.family import Member, family_of
from service.locate import find_service
from service.settings import Settings


async def show_family(settings: Settings, child: str, *, as_json: bool) -> None:
    """The group that a child belongs to. Raises NoJourney."""
    members = await family_of(await find_service(settings), child)
    if as_json:
        print_json([_as_data(member) for member in members])
    else:
        show_members(members, console())


def _as_data(member: Member) -> dict[str, Any]:
    view = member.view
    return {
        "child": member.child,
        "journey": view is not None,
        "stage": view.stage if view else None,
        "rag": view.rag if view else None,
        "primary_plan": view.primary_plan if view else None,
        "contingency_plan": view.contingency_plan if view else None,
        "lacks_a_plan": member.lacks_a_plan,
        "left_out_of_joint_meeting": view.siblings_without_plan if view else [],
        "overdue": view.overdue if view else [],
    }


def show_members(members: list[Member], out: Console) -> None:
    """A row for each, then in words what is missing."""
    shown = plain_table("Child", "Rag", "Stage", "Plan", "Contingency", "Overdue")
    for member in members:
        shown.add_row(*_cells(member))
    out.print(shown)
    lacking = [member.child for member in members if member.lacks_a_plan]
    if lacking:
        out.print(Text(f"No plan of their own yet: {', '.join(lacking)}", style="red"))
    looked_after = {member.child for member in members if member.view}
    left_out = {child for member in members if member.view for child in member.view.siblings_without_plan}
    left_out &= looked_after
    if left_out:
        out.print(
            Text(f"Left out when the others were planned for together: {', '.join(sorted(left_out))}", style="red")
        )


def _cells(member: Member) -> list[str | Text]:
    view = member.view
    if view is None:
        return [member.child, "-", "no journey", "-", "-", "-"]
    plan = words.spaced(view.primary_plan) if view.primary_plan else "-"
    contingency = words.spaced(view.contingency_plan) if view.contingency_plan else "-"
    rag = Text(view.rag, style=COLOURS[view.rag])
    plan_cell = Text("none yet", style="red") if member.lacks_a_plan else plan
    return [member.child, rag, words.stage(view.stage), plan_cell, contingency, ", ".join(view.overdue) or "-"]
