"""A policy text that was changed and whose version was not: noticed, and named by what decides otherwise."""

from datetime import date
from importlib import resources

import pytest

from domain.policy.versions import version_not_raised

TEXT = (resources.files("domain.policy") / "quick-guide.toml").read_text("utf-8")
SINCE = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("due = [{ days = 28 }]", "due = [{ days = 35 }]", "other there: care-plan-updated (due)."),
        ('id = "pathway-plan"', 'id = "pathway"', "pathway (only here), pathway-plan (only there)."),
        ("{ after = 5, to", "{ after = 6, to", "other there: ladder."),
        ('extends = "england-statutory"', "", "other there: extends."),
    ],
)
def test_what_decides_otherwise_is_named(old: str, new: str, named: str) -> None:
    assert old in TEXT
    words = version_not_raised(TEXT, TEXT.replace(old, new, 1), SINCE)
    assert words is not None
    assert words.startswith(
        "quick-guide: this is not the text of version 2 that the service has had since 3 March 2026;"
    )
    assert named in words


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("S2 says what it says", "S2 says so"),
        ('title = "Second looked', 'title = "The second looked'),
        ("\n\n", "\n\n# x\n"),
    ],
)
def test_what_only_people_read_needs_no_new_version(old: str, new: str) -> None:
    assert old in TEXT
    assert version_not_raised(TEXT, TEXT.replace(old, new, 1), SINCE) is None
