"""Judgement beside the rules: what may be put off, waived, held or explained, by whom, and where it is seen.

What the law sets cannot be loosened: the clock runs, and the reason stands beside it.
"""

import json

import pytest

from cli.offline import agenda_row
from domain.case.documents import EventRefused, parse_event
from tests.domain.story import agenda_at, raw_events, refusals, short, standing, story

PPM = "ppm-procedure"
ENTERED = "2026-01-05 became_looked_after\n"


def said(happened: str, about: str, at: str, policy: str = PPM) -> list[str]:
    """What stands beside each occurrence of an obligation at the end of a day."""
    rows = agenda_at(policy, happened, at, about)
    return [f"{r.occurrence} {s.kind} {s.on}: {s.reason} ({s.by})" for r in rows for s in r.said]


def explained(day: str, obligation: str, why: str) -> str:
    return f"{day} lateness_explained obligation={obligation} reason={why}\n"


# Whose word it takes


@pytest.mark.parametrize("kind", ["deadline_extended", "obligation_waived"])
def test_putting_off_and_waiving_take_somebodys_authority_and_a_reason(kind: str) -> None:
    [whole] = raw_events(f"2026-01-06 {kind} obligation=initial-ppm until=2026-01-30")
    if kind == "obligation_waived":
        del whole["until"]
    assert parse_event(whole).type == kind
    for field in ("authorised_by", "reason"):
        for poor in (None, ""):
            event = {k: v for k, v in whole.items() if k != field} | ({field: poor} if poor is not None else {})
            with pytest.raises(EventRefused, match=field):
                parse_event(event)


def test_explaining_takes_a_reason_and_acknowledging_takes_neither() -> None:
    with pytest.raises(EventRefused, match="reason: missing"):
        parse_event({"type": "lateness_explained", "id": "a", "child": "C", "on": "2026-01-06", "obligation": "ppm"})
    assert refusals(PPM, ENTERED + "2026-01-20 escalation_acknowledged obligation=initial-ppm") == []


# The law's limits


@pytest.mark.parametrize("obligation", ["first-review", "second-review", "subsequent-review", "placement-review"])
@pytest.mark.parametrize("kind", ["deadline_extended until=2026-03-01", "obligation_waived"])
def test_a_statutory_limit_is_neither_put_off_nor_waived(obligation: str, kind: str) -> None:
    event, _, rest = kind.partition(" ")
    [said] = refusals(PPM, ENTERED + f"2026-01-06 {event} obligation={obligation} {rest}".rstrip())
    assert "accepted: lateness_explained with the reason, while the clock runs" in said


def test_a_local_rule_over_the_law_is_as_firm_and_one_of_its_own_is_not() -> None:
    guide = "2026-01-06 obligation_waived obligation={}"
    assert refusals("quick-guide", ENTERED + guide.format("second-review")) != []
    assert refusals("quick-guide", ENTERED + guide.format("ppm")) == []


def test_the_clock_runs_on_and_the_reason_stands_beside_it() -> None:
    late = ENTERED + explained("2026-02-04", "first-review", "chair-ill")
    assert standing(PPM, late, "2026-02-20", "first-review") == ["1 overdue (due 2026-02-02)"]
    without = story(PPM, ENTERED, until="2026-04-01", about="first-review")
    assert story(PPM, late, until="2026-04-01", about="first-review") == without
    assert said(late, "first-review", "2026-02-20") == ["1 explained 2026-02-04: chair-ill (None)"]
    assert said(late, "first-review", "2026-02-03") == []


def test_an_explanation_given_after_the_meeting_stands_beside_the_meeting_held_late() -> None:
    held = ENTERED + "2026-02-09 review_held\n" + explained("2026-02-10", "first-review", "chair-ill")
    assert standing(PPM, held, "2026-02-11", "first-review") == ["1 met_late on 2026-02-09 (due 2026-02-02)"]
    assert said(held, "first-review", "2026-02-11") == ["1 explained 2026-02-10: chair-ill (None)"]


def test_an_explanation_is_of_the_occurrence_open_then_not_of_the_next() -> None:
    tracked = ENTERED + "2026-01-12 ppm_held\n" + explained("2026-02-12", "plan-tracking", "leave")
    tracked += "2026-02-13 plan_tracked\n"
    assert said(tracked, "plan-tracking", "2026-03-20") == ["1 explained 2026-02-12: leave (None)"]


def test_an_explanation_taken_back_no_longer_stands() -> None:
    back = ENTERED + "2026-02-04 lateness_explained #x obligation=first-review\n2026-02-05 event_voided event=x"
    assert said(back, "first-review", "2026-02-04") != []
    assert said(back, "first-review", "2026-02-05") == []


# What may be put off


def test_a_date_put_off_moves_and_says_until_when_and_why() -> None:
    off = ENTERED + "2026-01-16 deadline_extended obligation=initial-ppm until=2026-01-26 reason=snow"
    assert standing(PPM, off, "2026-01-20", "initial-ppm") == ["1 due_soon (due 2026-01-26)"]
    assert said(off, "initial-ppm", "2026-01-20") == ["1 extended 2026-01-16: snow (a service manager)"]
    [row] = agenda_at(PPM, off, "2026-01-20", "initial-ppm")
    assert json.loads(json.dumps(agenda_row(row)))["said"][0]["until"] == "2026-01-26"
    [plain] = agenda_at(PPM, ENTERED, "2026-01-10", "initial-ppm")
    assert "said" not in agenda_row(plain)


def test_a_final_order_goes_eight_weeks_at_a_time_and_each_time_is_seen() -> None:
    issued = ENTERED + "2026-01-08 care_proceedings_issued\n"
    once = issued + "2026-07-01 deadline_extended obligation=final-order until=2026-09-03\n"
    twice = once + "2026-09-01 deadline_extended obligation=final-order until=2026-10-29\n"
    assert standing(PPM, twice, "2026-09-02", "final-order") == ["1 upcoming (due 2026-10-29)"]
    assert len(said(twice, "final-order", "2026-09-02")) == 2
    at_once = issued + "2026-07-01 deadline_extended obligation=final-order until=2026-10-29"
    assert "more than 8 weeks on (CA89 s32(8)); accepted: up to 2026-09-03" in refusals(PPM, at_once)[0]
    assert (
        "accepted: lateness_explained"
        in refusals(PPM, issued + "2026-07-01 obligation_waived obligation=final-order")[0]
    )


def test_what_is_waived_says_on_whose_authority() -> None:
    waived = ENTERED + "2026-01-08 obligation_waived obligation=initial-ppm reason=held-elsewhere authorised_by=HoS"
    assert said(waived, "initial-ppm", "2026-01-09") == ["1 waived 2026-01-08: held-elsewhere (HoS)"]


def test_an_acknowledgement_holds_the_ladder_and_is_seen() -> None:
    held = ENTERED + "2026-01-20 escalation_acknowledged obligation=initial-ppm until=2026-01-30 by=IRO"
    assert said(held, "initial-ppm", "2026-01-21") == ["1 acknowledged 2026-01-20: None (IRO)"]
    assert short(story(PPM, held, until="2026-02-03", about="initial-ppm", since="2026-01-20")) == [
        "2026-01-20 09:00 initial-ppm/1 escalation 1",
        "2026-02-02 09:00 initial-ppm/1 escalation 3",
    ]
