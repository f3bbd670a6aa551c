"""Reviews, care plans and pre-proceedings of a child."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from domain.case.words import Plan
from intake.ssd.codes import OUTCOMES, PARTICIPATION_CODES, PLANS, TICKED_NOT
from intake.ssd.periods import SsdPeriod, Told, within
from intake.ssd.reading import CellReader, is_empty, is_yes
from intake.ssd.rows import SsdRow

REASONS: Final = "as the care plan in the case system has it"


def tell_reviews(periods: list[SsdPeriod], rows: Iterable[SsdRow], told: Told, cells: CellReader) -> None:
    """Reviews held. One that was cancelled, or is to come, is none yet."""
    for row in rows:
        day = None if is_yes(row["clar_cla_review_cancelled"]) else cells.day(row, "clar_cla_review_date")
        if day is None or day > cells.today:
            continue
        if within(periods, day) is None:
            cells.doubt("outside-care", row, column="clar_cla_review_date")
            continue
        code = cells.code(row, "clar_cla_review_participation", PARTICIPATION_CODES)
        participation = {"participation": code} if code else {}
        told.tell("review", "review_held", day, row.key, **participation)


def tell_plans(periods: list[SsdPeriod], rows: Iterable[SsdRow], told: Told, cells: CellReader) -> None:
    """Care plans, each on the day it begins; and the plan for permanence, where it is another than before."""
    begun = [(day, row.key, row) for row in rows if (day := cells.past(row, "lacp_cla_care_plan_start_date"))]
    standing: tuple[SsdPeriod, Plan] | None = None
    for day, _, row in sorted(begun, key=lambda each: each[:2]):
        period = within(periods, day)
        if period is None:
            cells.doubt("outside-care", row, column="lacp_cla_care_plan_start_date")
            continue
        told.tell("plan", "care_plan_updated", day, row.key)
        plans = _ticked(row, cells)
        if plans and (standing is None or standing[0] is not period or standing[1] is not plans[0]):
            contingency = {"contingency_plan": plans[1].value} if len(plans) > 1 else {}
            told.tell("change", "plan_changed", day, row.key, primary_plan=plans[0].value, reasons=REASONS,
                      **contingency)  # fmt: skip
            standing = period, plans[0]


def _ticked(row: SsdRow, cells: CellReader) -> list[Plan]:
    """The plans that are ticked, the primary one first; parallel planning ticks several."""
    cell = row["lacp_cla_care_plan_json"]
    if is_empty(cell):
        return []
    try:
        said: Any = json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        said = None
    if not isinstance(said, dict):
        cells.doubt("plan-unreadable", row)
        return []
    ticked = [code for code, _ in PLANS if str(said.get(code) or "").strip().lower() not in TICKED_NOT]
    plans = list(dict.fromkeys(plan for code, plan in PLANS if plan and code in ticked))
    if ticked and not plans:
        cells.doubt("plan-other", row)
    if len(plans) > 1:
        cells.doubt("plans-parallel", row, primary=plans[0].value)
    return plans


def issued_on(rows: Iterable[SsdRow], cells: CellReader) -> list[tuple[date, SsdRow]]:
    """The days on which care proceedings were issued, as pre-proceedings say."""
    return [
        (day, row)
        for row in rows
        if cells.code(row, "prep_pre_pro_outcome", words=OUTCOMES) == "issued"
        and (day := cells.past(row, "prep_agree_stepdown_issue_date"))
    ]


def tell_pre_proceedings(
    periods: Sequence[SsdPeriod], rows: Iterable[SsdRow], birth: dict[str, str], policy: str, told: Told,
    cells: CellReader,
) -> None:  # fmt: skip
    """Pre-proceedings, which begin a journey where they came before care; `birth`: the field that says of it."""
    for row in rows:
        day = cells.past(row, "prep_pre_pro_decision_date")
        if day is None:
            continue
        told.tell("pre", "pre_proceedings_started", day, row.key, **birth)
        if not periods or day < periods[0].start:
            told.tell("policy", "policy_adopted", day, row.key, policy=policy)
        stepped_down = cells.code(row, "prep_pre_pro_outcome", words=OUTCOMES) == "stepped-down"
        if stepped_down and (not periods or periods[-1].start < day):
            cells.doubt("stepped-down", row)
