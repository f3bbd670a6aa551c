"""The directory file: what is refused, on which line, and what was probably meant."""

import os
from datetime import date
from pathlib import Path

import pytest

from delivery.directory import DirectoryRefused, read_directory, stand_in
from delivery.directory_file import DirectoryFile
from domain.case.words import Role
from tests.delivery.offices import OFFICE, office


def refusal(text: str) -> str:
    with pytest.raises(DirectoryRefused) as refused:
        read_directory(text, "people.toml")
    return str(refused.value)


def test_an_office_is_read() -> None:
    directory = office()

    assert directory.by_address("S.Worker@example.org") == "s-worker"
    assert directory.people["s-worker"].addresses("notify") == ("s.worker@example.org", "sam@example.net")
    assert directory.roles[Role.IRO] == ("i-first", "i-second")


def test_every_problem_is_told_with_its_line_its_field_and_what_was_meant() -> None:
    text = """fallback = "duty-desk"

[roles]
soical_worker = "a-patel"

[people.a-patel]
emial = "a.patel@example.org"
reminders = "dayly"

[[people.b-osei.absent]]
from = 2026-01-05
until = 2026-01-01
"""
    assert refusal(text).splitlines() == [
        "people.toml, line 4: roles.soical_worker: not accepted; did you mean social_worker?",
        "people.toml, line 7: people.a-patel.emial: unknown field; did you mean email?",
        "people.toml, line 8: people.a-patel.reminders: not accepted; did you mean daily?",
        "people.toml, line 10: people.b-osei.absent.0: until is before from",
    ]


def test_names_must_be_there() -> None:
    text = OFFICE + '\n[[people.a-patel.absent]]\nfrom = 2026-01-05\nuntil = 2026-01-09\ncover = "b-ossei"\n'

    assert refusal(text) == (
        f"people.toml, line {text.count(chr(10))}: people.a-patel.absent.0.cover: "
        "nobody is called b-ossei; did you mean b-osei?"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: fallback: missing: somebody must be told where nobody else can be"),
        ('fallback = "a"\n[people.a]\n', "people.a: has no address: email or webhook or teams"),
        ('fallback = "a"\n[teams.a]\n', "teams.a: has neither an address nor members"),
        ('fallback = "a"\n[people.a]\nemail = "a at b"\n', "people.a.email.0: no mail address"),
        ('fallback = "a"\n[people.a]\nemail = "a@b.org"\nchannels = "teams"\n', "a.channels: has no address for teams"),
        ('fallback = "a"\n[people.a]\nemail = "a@b.org"\nleft = 2026-01-01\n', "the fallback must always be there"),
        ('fallback = "a"\n[people."A B"]\nemail = "a@b.org"\n', "people.A B: no key; accepted: small letters"),
        ("fallback = ", "no TOML: Invalid value (at end of document)"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused(text: str, told: str) -> None:
    assert told in refusal(text)


def test_no_refusal_holds_a_contact() -> None:
    text = 'fallback = "a"\n[people.a]\nemail = ["secret name@example.org", "b@c@d"]\nwebhook = "ftp://secret"\n'

    assert "secret" not in refusal(text)


def test_covers_that_go_round_in_a_circle_are_found_on_the_day_they_do() -> None:
    def away(who: str, since: str, cover: str) -> str:
        return f'[[people.{who}.absent]]\nfrom = {since}\nuntil = 2026-03-31\ncover = "{cover}"\n'

    circle = away("a-patel", "2026-03-02", "b-osei") + away("b-osei", "2026-03-05", "s-worker")
    assert office(circle).people

    circle += away("s-worker", "2026-03-10", "a-patel")
    told = refusal(OFFICE + circle)
    assert "on 2026-03-10 the covers go round in a circle: s-worker -> a-patel -> b-osei -> s-worker" in told
    assert len(told.splitlines()) == 1


def away(who: str, since: str, until: str, cover: str = "") -> str:
    covered = f'cover = "{cover}"\n' if cover else ""
    return f"[[people.{who}.absent]]\nfrom = {since}\nuntil = {until}\n{covered}"


def test_a_circle_that_begins_where_an_absence_ends_is_found_too() -> None:
    """From the 6th on M. North alone covers Sam, and Sam M. North: the desk would look for ever who stands in."""
    circle = away("s-worker", "2026-02-02", "2026-02-05", "a-patel")
    circle += away("s-worker", "2026-02-02", "2026-02-13", "m-north")
    circle += away("m-north", "2026-02-04", "2026-02-13", "s-worker")
    told = refusal(OFFICE + circle)

    assert "on 2026-02-06 the covers go round in a circle: s-worker -> m-north -> s-worker" in told


def test_of_two_absences_on_a_day_the_one_that_names_a_cover_counts() -> None:
    both = away("s-worker", "2026-02-02", "9999-12-31") + away("s-worker", "2026-02-04", "2026-02-06", "a-patel")
    directory = office(both)

    assert [stand_in(directory, "s-worker", date(2026, 2, day)) for day in (3, 4, 6, 7)] == [
        None,
        "a-patel",
        "a-patel",
        None,
    ]


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text(OFFICE, "utf-8-sig")

    assert "s-worker" in DirectoryFile(tmp_path / "people.toml").current().people


def test_who_is_always_told_must_be_in_reach_of_a_channel_that_is_switched_on() -> None:
    text = 'copies = "case-system"\n' + OFFICE + '[people.case-system]\nwebhook = "https://example.org/hook"\n'
    assert read_directory(text, "people.toml", ("smtp", "webhook")).people

    with pytest.raises(DirectoryRefused) as refused:
        read_directory(text, "people.toml", ("webhook",))
    assert str(refused.value) == (
        "people.toml, line 3: fallback: duty-desk has no address for a channel that is switched on: webhook"
    )
    with pytest.raises(DirectoryRefused, match="line 1: copies: case-system has no address"):
        read_directory(text, "people.toml", ("smtp",))


# The file, edited while the service runs


def edit(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))


def test_an_edited_directory_is_picked_up_and_a_bad_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text(OFFICE, "utf-8")
    file = DirectoryFile(path)
    assert "c-new" not in file.current().people

    edit(path, OFFICE + '[people.c-new]\nemail = "c@example.org"\n')
    assert "c-new" in file.current().people

    edit(path, OFFICE + '[people.d-newer]\nemial = "d@example.org"\n')
    assert "c-new" in file.current().people
    assert file.problem is not None
    assert "did you mean email?" in file.problem

    path.unlink()
    assert "c-new" in file.current().people
    assert file.problem == "people.toml: cannot be read: No such file or directory"

    edit(path, OFFICE)
    assert "c-new" not in file.current().people
    assert file.problem is None


def test_a_bad_directory_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DirectoryRefused, match="cannot be read"):
        DirectoryFile(tmp_path / "none.toml")
