"""What the rows of a case system tell, as councils have them: words for codes, gaps, cover, copies of six years."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.case.events import BecameLookedAfter
from intake.ssd.reading import day_of
from tests.intake.ssd.cabinet import Drawers, drawers, imported, json_of, rules, told

Row = dict[str, Any]


def day(text: str) -> date:
    return date.fromisoformat(text)


def until(text: str) -> date | None:
    return day(text) if text else None


def episode(key: str, start: str, reason: str = "S", end: str = "", ceased: str = "", **more: Any) -> Row:
    return {"clae_cla_episode_id": key, "clae_person_id": "101", "clae_cla_id": "C1",
            "clae_cla_episode_start_date": day(start), "clae_cla_episode_start_reason": reason,
            "clae_cla_episode_ceased_date": day(end) if end else None,
            "clae_cla_episode_ceased_reason": ceased, **more}  # fmt: skip


def status(key: str, start: str, code: str, end: str = "") -> Row:
    return {"lega_legal_status_id": key, "lega_person_id": "101", "lega_legal_status": code,
            "lega_legal_status_start_date": day(start), "lega_legal_status_end_date": until(end)}  # fmt: skip


def place(key: str, start: str, code: str, end: str = "") -> Row:
    return {"clap_cla_placement_id": key, "clap_person_id": "101", "clap_cla_placement_type": code,
            "clap_cla_placement_start_date": day(start), "clap_cla_placement_end_date": until(end)}  # fmt: skip


def ssd(**tables: list[Row]) -> Drawers:
    """The child 101, in care under section 20 since 5 January 2026, unless the tables say otherwise."""
    usual: dict[str, list[Row]] = {
        "person": [{"pers_person_id": "101", "pers_dob": day("2019-05-10")}],
        "cla_episodes": [episode("E1", "2026-01-05")],
        "legal_status": [status("L1", "2026-01-05", "V2")],
    }
    return drawers(**(usual | tables))


def test_words_of_a_case_system_are_the_codes_they_mean() -> None:
    said = imported(
        ssd(
            cla_episodes=[episode("E1", "2026-01-05", "Started to be looked after", "2026-06-01",
                                  "Special guardianship order made to former foster carers")],
            legal_status=[status("L1", "2026-01-05", "Single period of accommodation under S20"),
                          status("L2", "2026-02-02", "Interim Care Order"), status("L3", "2026-03-02", "Care leaver")],
        )
    )  # fmt: skip
    assert told(said) == [
        "2026-01-05 became_looked_after V2",
        "2026-02-02 legal_status_changed C1",
        "2026-06-01 special_guardianship_order_made",
    ]
    assert rules(said) == []


def test_a_placement_order_stands_before_the_care_order_beside_it_which_stands_again_after() -> None:
    statuses = [status("L1", "2026-01-05", "C2"), status("L2", "2026-03-02", "E1", "2026-09-01")]
    assert told(imported(ssd(legal_status=statuses))) == [
        "2026-01-05 became_looked_after C2",
        "2026-03-02 placement_order_made",
        "2026-03-02 legal_status_changed E1",
        "2026-09-01 placement_order_revoked",
        "2026-09-01 legal_status_changed C2",
    ]


def test_a_child_whose_first_episodes_left_the_dataset_entered_on_the_day_that_stands_in_it() -> None:
    episodes = [episode("E9", "2026-05-01", "L", clae_entered_care_date=day("2019-08-05"))]
    said = imported(ssd(cla_episodes=episodes, legal_status=[status("L9", "2026-05-01", "C2")]))
    assert told(said) == ["2019-08-05 became_looked_after C2"]
    assert rules(said) == ["status-late"]


def test_a_stay_in_hospital_ends_no_placement_and_another_family_is_another() -> None:
    places = [place("P1", "2026-01-05", "U6", "2026-03-02"), place("P2", "2026-03-02", "A6", "2026-04-13"),
              place("P3", "2026-04-13", "T1", "2026-04-27"), place("P4", "2026-04-27", "A6", "2026-07-01"),
              place("P5", "2026-07-01", "A6", "2026-09-01"), place("P6", "2026-09-01", "U4")]  # fmt: skip
    said = imported(ssd(cla_placement=places, legal_status=[status("L1", "2026-01-05", "E1")]))
    assert [line for line in told(said) if "plac" in line] == [
        "2026-01-05 placement_order_made",
        "2026-03-02 placed_for_adoption",
        "2026-07-01 placed_for_adoption",
        "2026-09-01 adoption_placement_ended",
    ]


def test_reviews_held_are_told_with_how_the_child_took_part_and_no_others() -> None:
    def review(key: str, on: str, **more: str) -> Row:
        return {"clar_cla_review_id": key, "clar_cla_id": "C1", "clar_cla_review_date": day(on), **more}

    said = imported(ssd(cla_reviews=[
        review("R1", "2026-02-02", clar_cla_review_participation="PN4"),
        review("R2", "2026-03-02", clar_cla_review_cancelled="Y"),
        review("R3", "2027-02-02"),
        review("R4", "2025-02-02"),
    ]))  # fmt: skip
    assert told(said)[1:] == ["2026-02-02 review_held PN4"]
    assert rules(said) == ["outside-care"]


def test_a_death_and_an_order_end_care_though_no_episode_does() -> None:
    died = [{"pers_person_id": "101", "pers_dob": day("2019-05-10"), "pers_death_date": day("2026-06-01")}]
    said = imported(ssd(person=died))
    assert (told(said)[-1], rules(said)) == ("2026-06-01 ceased_to_be_looked_after E2", ["ended-elsewhere"])
    order = [{"perm_table_id": "A1", "perm_person_id": "101", "perm_permanence_order_date": day("2026-06-01"),
              "perm_permanence_order_type": "Special Guardianship"}]  # fmt: skip
    said = imported(ssd(permanence=order))
    assert (told(said)[-1], rules(said)) == ("2026-06-01 special_guardianship_order_made", ["ended-elsewhere"])


def test_decisions_matches_and_what_only_the_permanence_table_dates() -> None:
    row = {"perm_table_id": "A1", "perm_person_id": "101", "perm_adm_decision_date": day("2026-02-02"),
           "perm_placement_order_date": day("2026-02-16"), "perm_matched_date": day("2026-03-02"),
           "perm_placed_for_adoption_date": day("2026-03-16")}  # fmt: skip
    back = {"perm_table_id": "A2", "perm_person_id": "101", "perm_decision_reversed_date": day("2026-05-01"),
            "perm_decision_reversed_reason": "RD3"}  # fmt: skip
    assert told(imported(ssd(permanence=[row, back])))[1:] == [
        "2026-02-02 adm_decision_made True",
        "2026-02-16 placement_order_made",
        "2026-03-02 matched",
        "2026-03-16 placed_for_adoption",
        "2026-05-01 adm_decision_made reason RD3 False",
    ]


def test_a_care_plan_is_told_each_time_and_the_plan_where_it_is_another() -> None:
    def plan(key: str, on: str, **ticked: str) -> Row:
        return {"lacp_table_id": key, "lacp_person_id": "101", "lacp_cla_care_plan_start_date": day(on),
                "lacp_cla_care_plan_json": json_of(**ticked) if ticked else None}  # fmt: skip

    plans = [plan("K1", "2026-01-12", RETURN6M="Y", ADOPTION="N"), plan("K2", "2026-02-02", RETURN1M="1"),
             plan("K3", "2026-03-02"), plan("K4", "2026-04-01", ADOPTION="Yes", LTFOST18="Yes")]  # fmt: skip
    said = imported(ssd(cla_care_plan=plans))
    assert [line.split(" as the")[0] for line in told(said) if "plan_changed" in line] == [
        "2026-01-12 plan_changed return_home",
        "2026-04-01 plan_changed long_term_fostering adoption",
    ]
    assert sum("care_plan_updated" in line for line in told(said)) == 4
    assert rules(said) == ["plans-parallel"]


def test_pre_proceedings_of_a_child_not_yet_born_begin_a_journey() -> None:
    pre = {"prep_table_id": "Q1", "prep_person_id": "101", "prep_pre_pro_decision_date": day("2026-10-01"),
           "prep_pre_pro_outcome": "Decision to Issue Care Proceedings",
           "prep_agree_stepdown_issue_date": day("2026-11-02")}  # fmt: skip
    unborn = [{"pers_person_id": "101", "pers_expected_dob": day("2027-01-15")}]
    said = imported(ssd(person=unborn, cla_episodes=[], legal_status=[], pre_proceedings=[pre]))
    assert told(said) == [
        "2026-10-01 policy_adopted",
        "2026-10-01 pre_proceedings_started 2027-01-15",
        "2026-11-02 care_proceedings_issued",
    ]


def involved(key: str, who: str, role: str, start: str, end: str = "", **more: str) -> Row:
    return {"invo_involvements_id": key, "invo_person_id": "101", "invo_professional_id": who,
            "invo_professional_role_id": role, "invo_involvement_start_date": day(start),
            "invo_involvement_end_date": day(end) if end else None, **more}  # fmt: skip


def test_who_holds_a_role_is_covered_and_comes_back() -> None:
    people = [involved("I1", "P1", "Allocated Case Worker", "2025-03-03", invo_professional_team="T1"),
              involved("I2", "P2", "Allocated Case Worker", "2026-05-04", "2026-06-01",
                       invo_worker_change_reason="ABSENC"),
              involved("I3", "P3", "Health Visitor", "2026-01-05")]  # fmt: skip
    staff = [{"prof_professional_id": "P1", "prof_staff_id": "JD042"}]
    teams = [{"dept_team_id": "T1", "dept_team_name": "North"}]
    said = imported(ssd(involvements=people, professionals=staff, department=teams))
    assert told(said) == [
        "2025-03-03 person_assigned social_worker jd042",
        "2026-01-05 became_looked_after V2 North",
        "2026-05-04 person_assigned absence cover, or back from it social_worker p2",
        "2026-06-01 person_assigned social_worker jd042",
    ]
    assert rules(said) == ["role-unmapped", "nobody-known"]


def test_brothers_and_sisters_are_those_in_care_by_the_entry_and_later_ones_from_that_day() -> None:
    others = {"102": "2025-11-03", "103": "2026-04-06"}
    said = imported(
        ssd(
            person=[{"pers_person_id": ref, "pers_dob": day("2019-05-10")} for ref in ("101", *others)],
            cla_episodes=[episode("E1", "2026-01-05"), *(
                episode(f"E{ref}", start, clae_person_id=ref, clae_cla_id=ref) for ref, start in others.items())],
            legal_status=[status("L1", "2026-01-05", "V2"), *(
                status(f"L{ref}", start, "V2") | {"lega_person_id": ref} for ref, start in others.items())],
            family=[{"fami_table_id": ref, "fami_family_id": "F1", "fami_person_id": ref} for ref in ("101", *others)],
        )
    )  # fmt: skip
    assert told(said) == ["2026-01-05 became_looked_after V2 102", "2026-04-06 siblings_changed 102,103"]
    assert told(said, "103") == ["2026-04-06 became_looked_after V2 101,102"]


@pytest.mark.parametrize(
    ("tables", "rule", "lines"),
    [
        ({"person": [{"pers_person_id": "101"}]}, "no-birth", 0),
        ({"legal_status": []}, "no-status", 0),
        ({"cla_episodes": [episode("E1", "2026-01-05", "L")]}, "not-started", 1),
        ({"cla_episodes": [episode("E1", "2018-01-05")]}, "born-later", 0),
        ({"cla_episodes": [episode("E1", "2026-01-05", "?")]}, "unknown-code", 1),
        ({"cla_episodes": [episode("E1", "2026-01-05", end="2026-02-02")]}, "reason-missing", 1),
        ({"cla_episodes": [episode("E1", "2026-01-05", ceased="E4A")]}, "ceased-undated", 1),
        ({"cla_episodes": [episode("E1", "2026-01-05"), episode("E2", "2026-02-02")]}, "starts-in-care", 1),
        ({"cla_episodes": [episode("E1", "2026-01-05") | {"clae_cla_episode_start_date": "31/02/2026"}]},
         "unreadable-date", 0),
        ({"cla_placement": [place("P1", "2026-01-05", "A5")]}, "placed-without-order", 2),
        ({"family": [{"fami_table_id": str(n), "fami_family_id": "-1", "fami_person_id": "101"} for n in range(20)]},
         "", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_doubted_by_its_rule(tables: dict[str, list[Row]], rule: str, lines: int) -> None:
    said = imported(ssd(**tables))
    assert rule in rules(said) if rule else rules(said) == []
    assert len(told(said)) == lines


def test_a_cell_that_stands_for_no_family_makes_nobody_brothers_and_sisters() -> None:
    refs = [str(ref) for ref in range(101, 121)]
    said = imported(
        ssd(
            person=[{"pers_person_id": ref, "pers_dob": day("2019-05-10")} for ref in refs],
            cla_episodes=[episode(f"E{ref}", "2026-01-05", clae_person_id=ref, clae_cla_id=ref) for ref in refs],
            legal_status=[status(f"L{ref}", "2026-01-05", "V2") | {"lega_person_id": ref} for ref in refs],
            family=[{"fami_table_id": ref, "fami_family_id": "-1", "fami_person_id": ref} for ref in refs],
        )
    )
    assert rules(said) == ["family-too-large"]
    assert told(said) == ["2026-01-05 became_looked_after V2"]


def test_the_order_of_the_rows_is_no_matter() -> None:
    places = [place("P1", "2026-01-05", "U6", "2026-03-02"), place("P2", "2026-03-02", "A4")]
    there, back = ssd(cla_placement=places), ssd(cla_placement=places[::-1])
    assert imported(there).events == imported(back).events


def test_what_happens_once_a_day_is_told_once_however_many_rows_there_are_of_it() -> None:
    review = {"clar_cla_review_id": "R1", "clar_cla_id": "C1", "clar_cla_review_date": day("2026-02-01")}
    permanence = {"perm_table_id": "P1", "perm_person_id": "101", "perm_adm_decision_date": day("2026-03-01"),
                  "perm_matched_date": day("2026-04-01")}  # fmt: skip
    plan = {"lacp_table_id": "K1", "lacp_person_id": "101", "lacp_cla_care_plan_start_date": day("2026-02-10")}
    tables = ssd(
        cla_reviews=[review, review, review | {"clar_cla_review_id": "R2", "clar_cla_review_participation": "PN1"}],
        permanence=[permanence, permanence],
        cla_placement=[place("B1", "2026-05-01", "A4"), place("B1", "2026-05-01", "A4")],
        cla_care_plan=[plan, plan],
    )
    said = imported(tables)
    assert told(said) == [
        "2026-01-05 became_looked_after V2",
        "2026-02-01 review_held",
        "2026-02-10 care_plan_updated",
        "2026-03-01 adm_decision_made True",
        "2026-04-01 matched",
        "2026-05-01 placement_consent_given",
        "2026-05-01 placed_for_adoption",
    ]
    assert rules(said) == ["same-day"] * 5
    assert "review_held of 2026-02-01 stands in more than one row" in [doubt.message for doubt in said.doubts]


def test_two_people_may_take_over_on_one_day() -> None:
    worker = {"invo_person_id": "101", "invo_professional_id": "P1", "invo_involvement_start_date": day("2026-01-05")}
    said = imported(
        ssd(involvements=[worker | {"invo_involvements_id": "I1", "invo_professional_role_id": "Social Worker"},
                          worker | {"invo_involvements_id": "I2", "invo_professional_role_id": "IRO"}])
    )  # fmt: skip
    assert sum("person_assigned" in line for line in told(said)) == 2
    assert "same-day" not in rules(said)


def test_of_a_person_who_stands_twice_the_earlier_birth_counts_in_whatever_order() -> None:
    one, other = ({"pers_person_id": "101", "pers_dob": day(born)} for born in ("2019-05-10", "2015-05-10"))
    for people in ([one, other], [other, one]):
        said = imported(ssd(person=people))
        assert [event.birth for event in said.events["101"] if isinstance(event, BecameLookedAfter)] == [
            day("2015-05-10")
        ]
        assert rules(said) == ["births-differ"]
    assert rules(imported(ssd(person=[one, one]))) == []


def test_a_review_of_a_period_that_several_children_share_by_name_is_of_none_of_them() -> None:
    other = {"pers_person_id": "102", "pers_dob": day("2019-05-10")}
    tables = ssd(
        person=[{"pers_person_id": "101", "pers_dob": day("2019-05-10")}, other],
        cla_episodes=[episode("E1", "2026-01-05"), episode("E2", "2026-01-05") | {"clae_person_id": "102"}],
        legal_status=[status("L1", "2026-01-05", "V2"), status("L2", "2026-01-05", "V2") | {"lega_person_id": "102"}],
        cla_reviews=[{"clar_cla_review_id": "R1", "clar_cla_id": "C1", "clar_cla_review_date": day("2026-02-01")},
                     {"clar_cla_review_id": "R2", "clar_cla_id": "C1", "clar_cla_review_date": day("2026-02-02"),
                      "clar_cla_person_id": "101"}],
    )  # fmt: skip
    said = imported(tables)
    assert told(said) == ["2026-01-05 became_looked_after V2", "2026-02-02 review_held"]
    assert told(said, "102") == ["2026-01-05 became_looked_after V2"]
    assert rules(said) == ["whose-review"]


@pytest.mark.parametrize(
    ("cell", "is_of"),
    [
        ("2026-06-03T23:00:00Z", day("2026-06-04")),
        ("2026-06-03 23:00:00.0000000 +00:00", day("2026-06-04")),
        ("2026-06-04T00:00:00+01:00", day("2026-06-04")),
        ("2026-01-03T23:00:00Z", day("2026-01-03")),
        ("2026-06-03 23:00:00", day("2026-06-03")),
        ("04/06/2026 23:00:00Z", day("2026-06-04")),
        ("2026-06-99T23:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        (datetime(1, 1, 1, tzinfo=UTC), None),
        (datetime(2026, 6, 3, 23, tzinfo=UTC), day("2026-06-04")),
    ],
)
def test_an_instant_is_of_the_day_it_was_in_london(cell: object, is_of: date | None) -> None:
    assert day_of(cell) == is_of


@pytest.mark.parametrize("no_day", ["0001-01-01", "1753-01-01 00:00:00", "1899-12-30", "01/01/1900"])
def test_the_first_day_that_a_system_knows_is_none(no_day: str) -> None:
    tables = ssd(
        pre_proceedings=[{"prep_table_id": "Q1", "prep_person_id": "101", "prep_pre_pro_decision_date": no_day}]
    )
    said = imported(tables)
    assert (told(said), rules(said)) == (["2026-01-05 became_looked_after V2"], [])


def test_a_row_that_is_no_event_is_left_out_by_itself() -> None:
    tables = ssd(
        pre_proceedings=[{"prep_table_id": "Q1", "prep_person_id": "101", "prep_pre_pro_decision_date": "03/02/1926"}],
        involvements=[{"invo_involvements_id": "I1", "invo_person_id": "101", "invo_professional_id": "P" * 300,
                       "invo_professional_role_id": "IRO", "invo_involvement_start_date": day("2026-01-05")}],
    )  # fmt: skip
    said = imported(tables)
    assert told(said) == ["2026-01-05 became_looked_after V2"]
    assert sorted(rules(said)) == ["nobody-known", "refused", "unreadable-date"]
    [refused] = [doubt.message for doubt in said.doubts if doubt.rule == "refused"]
    assert "ssd:101:person:I1 (person_assigned): contact: 300 characters" in refused
