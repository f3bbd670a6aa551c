"""Settings that nothing reads, since their name has a slip: by themselves they would change nothing and say nothing."""

import os
from typing import Final

import structlog

from service.settings import meant_by, no_setting, variables

PREFIX: Final = "PERMANENCE_"


def not_settings() -> list[str]:
    """Each variable of this environment that is no setting and is like one, in words; its value is not repeated.

    What is like none may be another program's. In a group of settings, such as PERMANENCE_SMTP_..., each is refused.
    """
    known = set(variables())
    given = sorted(name.removeprefix(PREFIX) for name in map(str.upper, os.environ) if name.startswith(PREFIX))
    return [f"{PREFIX}{name}: {no_setting(name)}" for name in given if name not in known and meant_by(name)]


def log_not_settings() -> list[str]:
    """The same, each with a line of the log."""
    said = not_settings()
    for words in said:
        structlog.get_logger("settings").warning("setting not known", what=words)
    return said
