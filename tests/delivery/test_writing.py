"""Messages in words: what a person reads, and what no subject may hold."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from delivery.digest import CaseLines, Digest, DigestLine
from delivery.links import Links
from delivery.tokens import Tokens
from delivery.writing import TemplateRefused, Writer
from domain.clocks.schedule import Kind
from tests.delivery.letters import letter


def test_a_reminder_says_what_is_due_when_by_which_clause_and_what_to_do() -> None:
    written = Writer().write(letter())

    assert written.subject == "Permanence: something of yours is due soon (K7QX-2MPA-V4TD)"
    assert written.text == (
        "Initial permanency planning meeting is due tomorrow.\n"
        "\n"
        "Case        CLA-1001\n"
        "Due         7 January 2026\n"
        "Clause      S1 §2, §5\n"
        "For         social worker\n"
        "\n"
        "What to do\n"
        "See that it is done by 7 January 2026, and record it in the case system. Then\n"
        "nothing more is sent about it.\n"
        "\n"
        "The whole journey\n"
        "https://temporal.example/namespaces/default/workflows/child-CLA-1001\n"
        "\n"
        "Reference   K7QX-2MPA-V4TD\n"
    )


def test_a_breach_leads_to_where_it_is_recorded_or_explained() -> None:
    links = Links("https://temporal.example", intake_url="https://permanence.example/", tokens=Tokens(["key"]))
    url = links.record("CLA-1001", "adm-before-plan")
    written = Writer().write(
        letter(kind="breach", rung=0, due=None, record_url=url, journey_url=links.journey("CLA-1"))
    )

    at = "https://permanence.example/desk/children"
    assert f"Sign in and record, book or explain it\n{at}/CLA-1001/record?step=adm-before-plan\n" in written.text
    assert f"The whole journey\n{at}/CLA-1\n" in written.text
    assert "temporal.example" not in written.text


@pytest.mark.parametrize(
    ("written_on", "said"),
    [
        (date(2026, 1, 8), "is 1 day overdue."),
        (date(2026, 1, 12), "is 5 days overdue."),
    ],
)
def test_an_escalation_is_true_on_the_day_it_is_written_however_long_it_waited(written_on: date, said: str) -> None:
    now = datetime.combine(written_on, datetime.min.time(), UTC)
    written = Writer().write(
        letter(kind="escalation", rung=1, now=now, told=("case_supervisor", "iro", "social_worker"))
    )

    assert said in written.text
    assert "For         social worker (also told: case supervisor, IRO)" in written.text
    assert "Acknowledge it" in written.text


@pytest.mark.parametrize("kind", get_args(Kind))
def test_no_subject_holds_anything_of_the_case(kind: Kind) -> None:
    written = Writer().write(letter(kind=kind, rung=1))

    for private in ("CLA", "1001", "permanency", "meeting", "January", "social"):
        assert private not in written.subject


def test_a_case_reference_that_stands_in_the_messages_own_by_chance_is_no_leak() -> None:
    assert Writer().write(letter(child="A-V4", reference="K7QX-2MPA-V4TD")).text


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_case_system_may_call_its_children_by_a_number_or_a_letter(kind: Kind) -> None:
    for child in ("2", "e", "re", "Permanence"):
        assert Writer().write(letter(kind=kind, rung=2, child=child)).text


def test_the_digest_of_a_child_with_a_number_that_is_counted_too_is_written() -> None:
    line = DigestLine("overdue", "First looked-after review", "CPPCR reg 33(1)", "iro", due=date(2026, 1, 7), days=12)
    told = Writer().write_digest(digest_of(*(CaseLines(str(number), (line,)) for number in range(1, 14))))

    assert "13 overdue" in told.subject


def test_the_subject_of_a_digest_names_no_child_by_an_authoritys_own_words_either(tmp_path: Path) -> None:
    (tmp_path / "digest.txt").write_text("Subject: {{ digest.cases[0].child }}\n\n{{ heading }}\n", "utf-8")

    with pytest.raises(TemplateRefused, match=r"digest\.txt: the subject must hold nothing of the case"):
        Writer(tmp_path).write_digest(digest_of(CaseLines("2", (DigestLine("told", "a", "b", "iro"),))))


def digest_of(*cases: CaseLines) -> Digest:
    day, reference = date(2026, 1, 19), "K7QX-2MPA-V4TD"
    return Digest("s-worker", "daily", day, day, day, reference, len(cases), cases)


def test_what_comes_to_somebody_for_another_says_why() -> None:
    why = "You are told because you cover for the social worker of this case."

    assert why in Writer().write(letter(why_you=why)).text


def test_a_providers_own_template_gets_each_fact_as_text() -> None:
    facts = Writer().write(letter(told=("iro", "social_worker"))).facts

    assert facts["child"] == "CLA-1001"
    assert facts["due"] == "2026-01-07"
    assert facts["days_left"] == "1"
    assert facts["others"] == "iro"


# Templates of the authority's own


def test_an_authority_words_it_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "reminder.txt").write_text("Subject: From the county\n\n{{ what }} by {{ due | day }}\n", "utf-8")
    writer = Writer(tmp_path)

    assert writer.write(letter()).text == "Initial permanency planning meeting by 7 January 2026\n"
    assert "overdue" in writer.write(letter(kind="escalation")).text


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("Subject: a\n\n{{ waht }}", "reminder.txt: 'waht' is undefined"),
        ("Subject: a\n\n{% if due %}", "reminder.txt, line 3: Unexpected end of template"),
        ("{{ what }}", "reminder.txt: begins with 'Subject: ' and an empty line"),
        ("Subject: {{ child }}\n\na", "reminder.txt: the subject must hold nothing of the case"),
        ("Subject: {{ what }}\n\na", "reminder.txt: the subject must hold nothing of the case"),
        ('{% extends "laoyut.txt" %}', "reminder.txt: laoyut.txt"),
    ],
)
def test_a_template_that_cannot_be_used_is_told_with_its_file_and_line(
    tmp_path: Path, template: str, told: str
) -> None:
    (tmp_path / "reminder.txt").write_text(template, "utf-8")

    with pytest.raises(TemplateRefused) as refused:
        Writer(tmp_path).write(letter())

    assert str(refused.value).startswith(told)
