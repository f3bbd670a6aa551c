"""The guide to telling people shows what works."""

import re
from pathlib import Path

from delivery.directory import read_directory
from delivery.writing import SAMPLE, facts_of

GUIDE = Path(__file__).parents[2] / "docs" / "delivery.md"


def test_the_directory_shown_can_stand() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.S)

    assert read_directory(shown).fallback == "duty-desk"


def test_the_facts_named_for_templates_are_there() -> None:
    named = set(re.findall(r"`\(\((\w+)\)\)`", GUIDE.read_text("utf-8")))

    assert named - set(facts_of(SAMPLE)) == {"subject", "message"}
