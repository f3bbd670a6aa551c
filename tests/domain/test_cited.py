"""The address of the law that a clause names: made from the policy files, as the law stood on the day that counts."""

from datetime import date

import pytest

from domain.policy.check import check_policy
from domain.policy.cited import Citations, Cited
from domain.policy.loading import PolicyRefused, read_policy
from tests.domain.story import policies

DAY = date(2026, 1, 12)
CITED = policies().citations("ppm-procedure")

LAW = """
id = "another-law"
title = "Another law"
source = "An Act"
version = "1"
effective_from = 2026-01-01
statutory = true

[cited."CA89"]
title = "Children Act 1989"
legislation = "ukpga/1989/41"

[ladder]
ours = "as ever"
rungs = [{ after = 1, to = ["iro"] }]

[[notice]]
id = "somebody-told"
title = "Somebody is told"
clause = "CLAUSE"
kind = "notice"
to = ["iro"]
events = ["ppm_held"]
"""


@pytest.mark.parametrize(
    ("clause", "paths"),
    [
        ("CPPCR reg 33(1)", ["uksi/2010/959/regulation/33"]),
        ("CPPCR reg 33; AAR reg 36", ["uksi/2010/959/regulation/33", "uksi/2005/389/regulation/36"]),
        ("CA89 s32(1)(a)", ["ukpga/1989/41/section/32"]),
        ("ACA 2002 s18, s19", ["ukpga/2002/38/section/18", "ukpga/2002/38/section/19"]),
        ("CA89 Sch 2 para 19B", ["ukpga/1989/41/schedule/2/paragraph/19B"]),
        ("S1 §3, CPPCR reg 39(5)", ["uksi/2010/959/regulation/39"]),
        ("S1 §2, §4, §7", []),
    ],
)
def test_a_clause_of_the_law_has_the_address_of_its_day(clause: str, paths: list[str]) -> None:
    addresses = [text.address for text in CITED.of(clause, DAY)]
    assert addresses == [f"https://www.legislation.gov.uk/{path}/2026-01-12" for path in paths]
    assert [text.address for text in CITED.of(clause)] == [f"https://www.legislation.gov.uk/{path}" for path in paths]


def test_guidance_is_said_to_have_none() -> None:
    cited = Citations({"IRO Handbook": Cited(title="IRO Handbook (2010)", guidance=True)})
    [text, further] = cited.of("IRO Handbook 3.37, 6.3", DAY)
    assert (text.address, text.where) == (
        None,
        "guidance (IRO Handbook (2010)): legislation.gov.uk has no address for it",
    )
    assert further.words == "IRO Handbook 6.3"


def test_every_clause_of_the_law_that_is_shipped_has_one() -> None:
    law = policies().file("england-statutory")
    clauses = [row.clause for row in law.obligation] + [row.clause for row in law.notice]
    assert clauses
    assert not [part for clause in clauses for part in CITED.missing(clause)]


@pytest.mark.parametrize("clause", ["CA89", "CA89 somewhere", "XYZ reg 3", "CA89 s32; XYZ reg 3"])
def test_a_clause_of_the_law_that_nobody_could_look_up_is_refused(clause: str) -> None:
    text = LAW.replace("CLAUSE", clause)
    line = text[: text.index("clause =")].count("\n") + 1
    with pytest.raises(PolicyRefused, match=r"somebody-told: clause: .* has no address on legislation.gov.uk"):
        policies().with_file(read_policy("law.toml", text)).resolve("another-law")
    [finding] = check_policy(text, policies())[1]
    assert (finding.line, "has no address on legislation.gov.uk" in finding.text) == (line, True)
    assert check_policy(LAW.replace("CLAUSE", "CA89 s32"), policies())[1] == []


def test_a_text_is_law_or_guidance_and_not_both() -> None:
    text = LAW.replace('legislation = "ukpga/1989/41"', "")
    findings = check_policy(text.replace("CLAUSE", "CA89 s32"), policies())[1]
    assert any('cited CA89: row: either legislation = "uksi/2010/959"' in one.text for one in findings)
