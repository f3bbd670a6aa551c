"""The example packs: each checks clean, and answers what is expected of it."""

from pathlib import Path

import pytest

from domain.policy.check import check_policy
from tests.docs.packs import PACKS, answered, expected
from tests.domain.story import policies


@pytest.mark.parametrize("policy", PACKS, ids=lambda path: path.parent.name)
def test_a_pack_checks_clean_and_answers_what_is_expected(policy: Path) -> None:
    file, findings = check_policy(policy.read_text("utf-8"), policies())
    assert findings == []
    assert file is not None
    assert {row.clause for row in file.obligation} - {""}
    assert answered(policy.parent, expected(policy.parent)["at"]) == expected(policy.parent)


def test_every_authority_that_was_asked_has_a_pack() -> None:
    assert [policy.parent.name for policy in PACKS] == [
        "blackburn", "central-bedfordshire", "islington", "kent", "kirklees", "middlesbrough",
        "north-east-lincolnshire", "northamptonshire",
    ]  # fmt: skip
