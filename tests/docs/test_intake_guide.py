"""What docs/intake.md shows is what the intake answers: each `curl` of it is sent."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from intake.credentials import ROLES
from intake.inbox import InboxState
from tests.intake.service import calling
from tests.workflows.house import house_in

GUIDE = (Path(__file__).parents[2] / "docs" / "intake.md").read_text("utf-8")


def curls() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(curl .*?)```", GUIDE, re.DOTALL)
    return [shlex.split(block.replace("\\\n", " ")) for block in blocks]


def request(words: list[str], token: str) -> tuple[str, dict[str, str], str]:
    """The path, headers and body of a command."""
    options = dict(pairwise(words))
    given = [words[place + 1] for place, word in enumerate(words) if word == "-H"]
    headers = dict(header.replace("$TOKEN", token).split(": ", 1) for header in given)
    path = next(word for word in words if word.startswith("$INTAKE")).removeprefix("$INTAKE")
    return path, headers, options["--data"]


@pytest.mark.server
async def test_every_curl_of_the_guide_is_taken(tmp_path: Path) -> None:
    commands = curls()
    assert len(commands) >= 3
    async with (
        house_in(tmp_path) as house,
        calling(tmp_path / "intake", house.client, house.record) as caller,
    ):
        answers: list[dict[str, Any]] = []
        for words in commands:
            path, headers, body = request(words, caller.token)
            answer = await caller.http.post(path, headers=headers, content=body.encode())
            assert answer.status_code == 202, answer.text
            answers.append(answer.json())
        assert [answer["results"][0]["outcome"] for answer in answers] == ["taken"] * len(commands)
        [shown] = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
        assert json.loads(shown) == answers[0]


def test_the_guide_names_every_outcome_and_role() -> None:
    assert [state for state in get_args(InboxState) if f"| `{state}` |" not in GUIDE] == []
    assert [role for role in ROLES if f"`{role}`" not in GUIDE] == []
