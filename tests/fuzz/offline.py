"""Files of events, policy files and addresses: what is read in this process, without a server."""

import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from delivery.channels.channel import NotSent, Parcel
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.directory import DirectoryRefused, read_directory
from delivery.message import Written
from domain.case.documents import document_of
from domain.policy.check import check_policy
from domain.policy.loading import Policies, PolicyRefused, read_policy
from domain.study.simulation import FileRefused, Simulation
from intake.files import FileUnreadable, read_events
from tests.fuzz.mutations import TEXTS, bent_bytes, encoded, garbage, mutated
from tests.fuzz.tally import Tally, memory
from tests.random_journeys import random_journey

POLICIES: Final = ("england-statutory", "ppm-procedure", "quick-guide")
LAST: Final = date(2028, 1, 1)
LIVED: Final = 0.1
"""The share of policies that can be used which a journey is lived under: that takes long."""


@cache
def policies() -> Policies:
    """The project's own."""
    return Policies.load()


@cache
def journey(number: int) -> list[dict[str, Any]]:
    """One of some right journeys."""
    rng = Random(number)
    return [document_of(event) for event in random_journey(rng, f"F-{number}", rng.choice(POLICIES))]


@cache
def policy_text(policy: str) -> str:
    """A right policy file."""
    return (resources.files("domain.policy") / f"{policy}.toml").read_text("utf-8")


# Files


def file(rng: Random, folder: Path) -> None:
    """Read a file of events and, where it can be read, live through it."""
    chosen, length = rng.sample(range(40), rng.choice((1, 1, 2))), rng.choice((2, 5, 10, 40))
    events = [event for number in chosen for event in journey(number)[:length]]
    for _ in range(rng.choice((0, 1, 1, 1, 3))):
        place = rng.randrange(len(events))
        events[place] = mutated(rng, events[place])
    path = folder / "events.jsonl"
    path.write_bytes(_laid_out(rng, events))
    try:
        lines = read_events(str(path))
        Simulation(policies(), rng.choice(POLICIES)).run(lines, LAST)
    except (FileUnreadable, FileRefused, PolicyRefused):
        pass


def _laid_out(rng: Random, events: list[Any]) -> bytes:
    how = rng.random()
    if how < 0.05:
        return garbage(rng)
    if how < 0.2:
        return encoded(rng, events)
    lines = [encoded(rng, event) if rng.random() < 0.05 else encoded(Random(0), event) for event in events]
    data = rng.choice((b"\n", b"\n", b"\r\n", b"\n\n")).join(lines)
    return bent_bytes(rng, data) if how < 0.4 else data


# Policies


def policy(rng: Random, _folder: Path) -> None:
    """Check a policy file and, where it can be used, use it."""
    text = _bent_policy(rng, policy_text(rng.choice(POLICIES)))
    _, findings = check_policy(text, policies())
    try:
        read = read_policy("fuzzed.toml", text)
        known = policies().with_file(read)
        known.resolve(read.id)
    except PolicyRefused as refused:
        if not findings:
            raise AssertionError("`policy check` finds nothing, and it is refused") from refused
        return
    if rng.random() < LIVED:
        _live_under(known, read.id, rng)


def _live_under(known: Policies, policy_id: str, rng: Random) -> None:
    events = [{**event, "policy": policy_id} if "policy" in event else event for event in journey(rng.randrange(40))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(b"\n".join(encoded(Random(0), event) for event in events))
        with suppress(FileRefused):
            Simulation(known, policy_id).run(read_events(str(path)), LAST)


WORDS: Final = (
    "0", "-1", "99999999999999999999", "1e400", "true", "[]", "{}", '""', "[[]]", "2026-01-01", "nan", '"ppm_held"',
    '"no_such_event"', '"1 working day"', '"first"', "[1, 1]", '["iro"]', '"social_worker"', "{ days = 5 }",
    "{ working_days = -3 }", "{ months = 100000 }",
)  # fmt: skip


def _bent_policy(rng: Random, text: str) -> str:
    lines = text.split("\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(lines))
        lines[at : at + 1] = _bent_line(rng, lines[at], rng.choice(lines))
    return "\n".join(lines)


def _bent_line(rng: Random, line: str, other: str) -> list[str]:
    """A line lost, doubled, in another's place, with a key more, with another value, or with a letter that is none."""
    key, equals, _ = line.partition(" = ")
    valued = f"{key}{equals}{rng.choice(WORDS)}"
    more = f"{key}x{equals}{rng.choice(WORDS)}"
    slip = line.replace(rng.choice("abcdeimnst_"), rng.choice(TEXTS), 1)
    return rng.choice(([], [line, line], [other], [line, more], [valued], [valued], [slip]))


# Addresses

ADDRESSES: Final = (
    "s.worker@example.org", "sw@[example.org", "a,b@example.org", "a@b@example.org", '"a b"@example.org',
    "a@[127.0.0.1]",
    "a@example.org\r\nBcc: c@example.org", "a@exa\x00mple.org", "\x1b[2Ja@example.org", "a@xn--nxasmq6b",
    "ä@exämple.org",
    "a@" + "b." * 130 + "org", "a" * 70 + "@example.org", "Sam <sam@example.org>", "a@example.org;b@example.org",
    "https://example.org/hook", "https://user:secret@example.org/", "http://169.254.169.254/", "https://[::1]/",
    "https://[",
    "http://localhost:99999/", "https://example.org/\r\nx", "HTTPS://EXAMPLE.ORG", "javascript:alert(1)", "file:///etc",
    "+44 20 7946 0000", "07700900000", "07700 900 000 000 000", "٠٧٧٠٠",
)  # fmt: skip


class _NoServer(SmtpChannel):
    """Makes the mail; that nobody takes it is not the matter here."""

    def made(self, address: str) -> bytes:
        """The mail as it would be sent."""
        return self._mail(Parcel("fuzz", address, Written("reminder", "A reminder", "Text"))).as_bytes()


def address(rng: Random, _folder: Path) -> None:
    """Read a directory with an address in it and, where it is taken, make a mail to it."""
    given = rng.choice(ADDRESSES)
    for _ in range(rng.choice((0, 1, 1, 2))):
        place = rng.randint(0, len(given))
        given = given[:place] + rng.choice((*TEXTS, "@", ".", "[", ",", " ", '"')) + given[place + rng.choice((0, 1)) :]
    field = rng.choice(("email", "email", "webhook", "teams", "sms"))
    shown = "".join(f"\\U{ord(c):08x}" if not 0xD800 <= ord(c) < 0xE000 else c for c in given)
    try:
        read_directory(f'fallback = "desk"\n[people.desk]\n{field} = "{shown}"\n')
    except DirectoryRefused:
        return
    if field == "email":
        _mail_to(given)


def _mail_to(given: str) -> None:
    channel = _NoServer(SmtpSettings(sender="permanence@example.org"))
    try:
        made = channel.made(given)
    except NotSent:
        return
    heads = made.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert not any(line.startswith(b"bcc") for line in heads), "an address wrote a header line of its own"


# All of them

KINDS: Final[dict[str, Callable[[Random, Path], None]]] = {"files": file, "policies": policy, "addresses": address}


def run_offline(seed: int, work: Iterable[tuple[str, int]]) -> tuple[Tally, float]:
    """Give each its input; what was found, and the memory held afterwards."""
    tally = Tally()
    with TemporaryDirectory() as folder:
        for kind, number in work:
            tally.inputs[kind] += 1
            try:
                KINDS[kind](Random(f"{seed} {kind} {number}"), Path(folder))
            except (Exception, RecursionError):  # noqa: BLE001 # whatever escapes is what is looked for
                tally.fault("tracebacks", f"{kind} {number}", traceback.format_exc()[-1_500:])
    return tally, memory()
