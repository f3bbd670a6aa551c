"""Policies that once loaded in silence, or were refused without a way out: each is refused with what would do."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.clocks.rules import Ladder, Policy
from domain.policy.check import check_policy
from domain.policy.loading import Policies, PolicyRefused
from tests.domain.story import agenda_at, policies, story
from tests.domain.test_new_authority import HEAD
from tests.domain.test_vocabulary import BEGUN, LADDER, NOTICE, known_with, row

PACKS = Path(__file__).parents[2] / "docs" / "packs"
PANEL = (
    '[milestone.panel-asked]\ntitle = "Panel asked"\nclause = "N 1"\ndetails = { panel_on = "date", note = "text" }\n'
)
TOLD = f"[[notice]]\n{NOTICE.replace('breach', 'notice')}"
LAW_ONLY = HEAD.partition("[ladder]")[0]


def own(said: str) -> str:
    return LADDER + PANEL + row(said)


def refused(text: str) -> str:
    """What loading says of a policy that `policy check` refuses too, in the same words."""
    with pytest.raises(PolicyRefused) as loading:
        known_with(text, head="")
    _, findings = check_policy(text, policies())
    assert findings
    said = str(loading.value)
    assert all(finding.text.removeprefix("ladder: ") in said for finding in findings), (findings, said)
    return said


# A date that no event carries


@pytest.mark.parametrize(
    ("anchor", "field", "said"),
    [
        ('{ event = "milestone.panel-asked" }', "panel_onn",
         "own: due.date_field: 'panel_onn' is no date of milestone.panel-asked; accepted: panel_on; did you mean "
         'panel_on?; to define it, add details = { panel_onn = "date" } to [milestone.panel-asked]'),
        ('"milestone.panel-asked"', "note", "own: due.date_field: 'note' is no date of milestone.panel-asked; acc"),
        ('{ event = "ppm_booked" }', "fore", "own: due.date_field: 'fore' is no date of ppm_booked; accepted: for; did "
         "you mean for?; a date of your own is a detail of a [milestone.ID]: details = { fore = \"date\" }"),
        ('"ppm_held"', "for", "'for' is no date of ppm_held; accepted: none; a date of your own"),
        ('"ppm_held"', "primary_plan", "'primary_plan' is no date of ppm_held; accepted: none"),
        ('{ event = ["ppm_booked", "ppm_held"] }', "for", "'for' is no date of ppm_held"),
        ('{ each_of = ["ppm_booked", { event = "milestone.panel-asked" }] }', "for",
         "'for' is no date of milestone.panel-asked"),
        ('{ obligation = "first-review", day = "met" }', "for", "'for' is no date of the day of first-review"),
        ('"placement_order_made"', "for", "'for' is no date of placement_order_made"),
    ],
)  # fmt: skip
def test_a_date_that_the_anchors_event_does_not_carry_is_refused(anchor: str, field: str, said: str) -> None:
    assert said in refused(own(f'anchor = {anchor}\ndue = [{{ date_field = "{field}" }}]\nmet_by = ["plan_overseen"]'))


@pytest.mark.parametrize(
    ("anchor", "field"),
    [
        ('"ppm_booked"', "for"),
        ('{ event = ["ppm_booked", "review_booked"] }', "for"),
        ('{ latest_of = ["ppm_booked", { event = "review_booked" }] }', "for"),
        ('"became_looked_after"', "date_of_birth"),
        ('{ event = "milestone.panel-asked" }', "panel_on"),
    ],
)
def test_a_date_that_it_carries_is_none_the_worse(anchor: str, field: str) -> None:
    known_with(own(f'anchor = {anchor}\ndue = [{{ date_field = "{field}" }}]\nmet_by = ["plan_overseen"]'), head="")


# Ladders


def laddered(rungs: str) -> str:
    return own(f"reminders = []\nladder = {{ rungs = [{rungs}] }}")


def newtown(rungs: str) -> str:
    return f'{LAW_ONLY}[ladder]\nours = "x"\nrungs = [{rungs}]\n'


NOBODY = "nobody is told; accepted: roles in to, or and_owner"
TOO_EARLY = "nothing is late by then; accepted: 1 working day after due or more; what goes before is one of reminders"


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ("{ after = 1, to = [] }", f"rung 1: {NOBODY}"),
        ('{ after = 1, to = ["iro"] }, { after = 5, to = [] }', f"rung 2: {NOBODY}"),
        ('{ after = -3, to = ["iro"] }', f"rung 1: after = -3: {TOO_EARLY}"),
        ('{ after = 0, to = ["iro"] }, { after = 5, to = ["iro"] }', f"rung 1: after = 0: {TOO_EARLY}"),
    ],
)
def test_a_rung_that_nobody_hears_or_that_comes_before_it_is_late_is_refused(rungs: str, said: str) -> None:
    assert f"policy newtown, own: ladder: {said}" in refused(laddered(rungs))
    assert f"policy newtown, ladder: {said}" in refused(newtown(rungs))


def test_a_rung_for_the_owner_alone_tells_somebody() -> None:
    for text in (
        laddered("{ after = 1, to = [], and_owner = true }"),
        newtown("{ after = 1, to = [], and_owner = true }"),
    ):
        known_with(text, head="")


def test_a_policy_that_extends_one_with_a_silent_ladder_is_refused_too(tmp_path: Path) -> None:
    above, below = newtown("{ after = 1, to = [] }"), LAW_ONLY.replace("newtown", "oldtown")
    (tmp_path / "newtown.toml").write_text(above, "utf-8")
    (tmp_path / "oldtown.toml").write_text(below.replace("england-statutory", "newtown"), "utf-8")
    with pytest.raises(PolicyRefused, match="policy newtown, ladder: rung 1: nobody is told"):
        Policies.load(tmp_path).resolve("oldtown")


def test_a_ladder_that_stands_in_a_history_is_read_as_it_is() -> None:
    kept = policies().resolve("england-statutory").model_dump(mode="json")
    kept["ladder"]["rungs"] = [{"after": -3, "to": []}, {"after": 0, "to": ["iro"]}]
    assert Policy.model_validate(kept).ladder.days == (-3, 0, *Ladder.model_validate(kept["ladder"]).days[2:])


# Obligations that nobody defines


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (row('anchor = { obligation = "frist-review", day = "met" }'), "own: anchor"),
        (row('anchor = { each_of = ["ppm_held", { obligation = "frist-review", day = "met" }] }'), "own: anchor"),
        (row('due = [{ days = 7, counted_from = "frist-review.due" }]'), "own: due.counted_from"),
        (row('due = [{ days = 7, not_after = { days = 1, counted_from = "frist-review.due" } }]'),
         "own: due.not_after.counted_from"),
        (row('due = [{ days = 7, not_sooner_than = { days = 1, anchor = { obligation = "frist-review", day = "due" } } '
             "}]"), "own: due.not_sooner_than.anchor"),
        (row('due = [{ days = 7, not_before = { days = 1, anchor = { obligation = "frist-review", day = "due" } } }]'),
         "own: due.not_before.anchor"),
        (row('anchor = "first_review_held"\nforecast_from = "frist-review.due"'), "own: forecast_from"),
        (f'{TOLD}booked_after = ["frist-review"]\n', "told: booked_after"),
    ],
)  # fmt: skip
def test_an_obligation_that_is_not_defined_is_refused_with_the_nearest_and_how_to_define_it(
    rule: str, field: str
) -> None:
    said = refused(LADDER + rule)
    defined = {o.id for o in known_with(rule.replace("frist-review", "first-review")).resolve("newtown").obligations}
    assert f"{field}: no obligation 'frist-review'; defined: {', '.join(sorted(defined))}" in said
    assert '; did you mean first-review?; to define it, add [[obligation]] with id = "frist-review"' in said


def test_where_a_count_starts_no_earlier_than_another_obligations_date_that_one_is_worked_out_first() -> None:
    late = row(
        'anchor = "ppm_held"\ndue = [{ days = 1, not_before = { weeks = 10, '
        'anchor = { obligation = "later", day = "due" } } }]\n'
        'met_by = ["plan_overseen"]'
    )
    other = row('due = [{ days = 10 }]\nmet_by = ["plan_overseen"]').replace('"own"', '"later"')
    rows = agenda_at("newtown", f"{BEGUN}2026-02-20 ppm_held\n", "2026-02-21", "own", known=known_with(late + other))
    assert [str(one.due) for one in rows] == ["2026-03-27"], (
        "the other is due on 15 January, ten weeks after is 26 March"
    )


# Sittings: a date left out is the one before


@pytest.mark.parametrize(
    ("left_out", "day", "before_it_was_mended"),
    [
        ([], "2026-02-10", "2026-02-10"),
        (["2026-02-10"], "2026-01-13", "2026-03-10"),
        (["2026-02-10", "2026-01-13"], "2025-12-09", "2026-03-10"),
        (["2026-03-10"], "2026-02-10", "2026-02-10"),
    ],
)
def test_a_first_sitting_from_a_day_on_that_is_left_out_is_the_one_before(
    left_out: Sequence[str], day: str, before_it_was_mended: str
) -> None:
    sat = f'{{ weekday = "tuesday", nth = 2, side = "on_or_after", left_out = [{", ".join(left_out)}] }}'
    known = known_with(row(f"due = [{{ days = 30, sitting = {sat} }}]"))  # 4 February 2026
    assert [str(one.due) for one in agenda_at("newtown", BEGUN, "2026-01-06", "own", known=known)] == [day]
    before = known.resolve("newtown").model_copy(update={"amended": False})
    known._resolved["newtown"] = before
    assert [str(one.due) for one in agenda_at("newtown", BEGUN, "2026-01-06", "own", known=known)] == [
        before_it_was_mended
    ]


# The packs


def in_pack(name: str, happened: str, until: str, about: str) -> list[str]:
    return story(name, happened, until=until, about=about, known=Policies.load(PACKS / name))


def test_each_step_of_northamptonshires_dispute_has_five_working_days() -> None:
    """Opened on 2 February 2026: the manager has 3 to 9 February, the next 10 to 16, the one after that 17 to 23."""
    lines = in_pack("northamptonshire", f"{BEGUN}2026-02-02 dispute_opened reasons=x\n", "2026-03-15", "dispute")
    assert [line for line in lines if "escalation" in line] == [
        "2026-02-10 09:00 dispute/1 escalation 1 -> service_manager (due 2026-02-09)",
        "2026-02-17 09:00 dispute/1 escalation 2 -> assistant_director (due 2026-02-09)",
        "2026-02-24 09:00 dispute/1 escalation 3 -> director_of_childrens_services (due 2026-02-09)",
    ]


@pytest.mark.parametrize(("held", "status"), [("2026-03-22", "overdue"), ("2026-03-23", "met")])
def test_week_12_begins_in_middlesbrough_as_week_4_does(held: str, status: str) -> None:
    """Entry on 5 January 2026: week 4 is 26 January to 1 February, week 12 is 23 to 29 March."""
    known = Policies.load(PACKS / "middlesbrough")
    happened = f"{BEGUN}{held} ppm_held\n"
    [meeting] = agenda_at("middlesbrough", happened, "2026-05-01", "meeting-by-week-16", known=known)
    assert meeting.status == status
