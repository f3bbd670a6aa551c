"""The people of the synthetic children: a directory of everybody whom their events name, and who stands above."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from synthetic.story import MAILBOXES, TEAMS

SERVICE_MANAGER: Final = "service-manager"
DUTY: Final = "duty"
AWAY: Final = timedelta(days=10)


def directory(away: str, cover: str, today: date) -> str:
    """The directory as TOML; one social worker is away today, and another covers."""
    return "\n".join(_lines(away, cover, today))


def members(box: str) -> list[str]:
    """The keys of those who hold a role: `sw-01` and so on."""
    most = dict(MAILBOXES.values())[box]
    return [f"{box}-{number:02d}" for number in range(1, most + 1)]


def manager_of(team: str) -> str:
    """The key of who manages a team."""
    return members("tm")[TEAMS.index(team)]


def _lines(away: str, cover: str, today: date) -> Iterator[str]:
    yield f'fallback = "{DUTY}"\n[roles]'
    yield from (f'{role} = "{SERVICE_MANAGER}"' for role in ("service_manager", "cla_service_manager"))
    for key in (DUTY, SERVICE_MANAGER, *(key for box, _ in MAILBOXES.values() for key in members(box))):
        yield f'[people.{key}]\nemail = "{key}@example.org"'
        if key == away:
            yield f'absent = [{{ from = {today - AWAY}, until = {today + AWAY}, cover = "{cover}" }}]'
    workers = members("sw")
    for number, team in enumerate(TEAMS):
        mine = ", ".join(f'"{key}"' for key in workers[number :: len(TEAMS)])
        yield f'[teams.{team.lower()}]\nname = "{team}"\nmembers = [{mine}]'
        yield f'roles.team_manager = "{manager_of(team)}"'
