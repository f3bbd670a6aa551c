"""The starter of an authority's own policy: a commented file with a rule of each kind, and events that show each."""

from collections.abc import Sequence
from datetime import date
from importlib import resources
from string import Template
from typing import Final

SHOWN_AT: Final = date(2026, 2, 27)
"""The day at which the sample events show something met, overdue and to come."""


def policy_text(name: str, extends: Sequence[str]) -> str:
    """The starter as a policy file of this name, on the policies it extends, the nearest first."""
    quoted = [f'"{one}"' for one in extends]
    named = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
    title = name.replace("-", " ").title()
    return Template(_text("policy.toml")).substitute(name=name, title=title, extends=named, at=SHOWN_AT)


def sample_events() -> str:
    """Events of three children, one JSON object a line, that set off each rule of the starter."""
    return _text("events.jsonl")


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")
