"""Inputs that are nearly right, made from right ones, beside plain garbage. The same chance makes the same input."""

import json
from random import Random
from typing import Any, Final

TEXTS: Final = (
    "", " ", "\x00", "\x1b[31m", "\x85\x9b", "\u202e\u2066", "\ufeff", "\ud800", "\U0001f476" * 60, "e\u0301" * 40,
    "../../etc/passwd", "'; drop table events; --", "{{7*7}}", "${x}", "%s%n", "a" * 5_000, "null", "NaN", "-0",
    "\r\nSubject: x", "<script>", "social_worker", "england-statutory", "no-such-policy",
)  # fmt: skip
DATES: Final = (
    "2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "2024-02-29", "20260105", "2026-W02-1", "2026-1-5",
    "2026-01-05T00:00:00Z", "+02026-01-05", "2026-01-05\n", "٢٠٢٦-٠١-٠٥", "2150-06-01", "1899-12-31",
)  # fmt: skip
INSTANTS: Final = (
    "2026-01-05T10:00:00", "2026-01-05T25:00:00Z", "2026-03-29T01:30:00Europe/London", "2026-01-05T10:00:00+99:99",
    "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00", "2026-06-30T23:59:60Z", "2026-01-05T10:00:00-00:00",
)  # fmt: skip
NUMBERS: Final = (0, -1, 2**31, 2**63, 2**64, 10**400, -(10**30), 1e308, 5e-324, 0.1, -0.0)
SCALARS: Final[tuple[Any, ...]] = (*TEXTS, *DATES, *INSTANTS, *NUMBERS, None, True, False)


def value(rng: Random, depth: int = 0) -> Any:
    """Any JSON value, seldom a sensible one."""
    kind = rng.random()
    if depth > 3 or kind < 0.8:
        return rng.choice(SCALARS)
    if kind < 0.9:
        return [value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {str(rng.choice(TEXTS)): value(rng, depth + 1) for _ in range(rng.randint(0, 4))}


def nested(rng: Random) -> Any:
    """Something deep."""
    nested: Any = value(rng, 4)
    for _ in range(rng.choice((5, 25, 200))):
        nested = [nested] if rng.random() < 0.5 else {"x": nested}
    return nested


def mutated(rng: Random, document: Any) -> Any:
    """A document with a thing or two changed somewhere in it."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        document = _changed(rng, document)
    return document


def _changed(rng: Random, part: Any) -> Any:
    if isinstance(part, dict) and part and rng.random() < 0.95:
        key = rng.choice(sorted(part, key=str))
        return rng.choice((_without, _with_more, _renamed, _deeper, _deeper, _deeper, _deeper))(rng, part, key)
    if isinstance(part, list) and part and rng.random() < 0.9:
        place = rng.randrange(len(part))
        doubled = [part[place]] * rng.choice((0, 1, 2, 2, 30))
        middle = [_changed(rng, part[place])] if rng.random() < 0.6 else doubled
        return [*part[:place], *middle, *part[place + 1 :]]
    if isinstance(part, str) and rng.random() < 0.4:
        return _bent(rng, part)
    return nested(rng) if rng.random() < 0.02 else value(rng)


def _without(_rng: Random, part: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: kept for name, kept in part.items() if name != key}


def _with_more(rng: Random, part: dict[str, Any], key: str) -> dict[str, Any]:
    return {
        **part,
        str(rng.choice(("extra", "policy", "corrects", "team", "people", *TEXTS))): value(rng),
        key: part[key],
    }


def _renamed(rng: Random, part: dict[str, Any], key: str) -> dict[str, Any]:
    return {(_bent(rng, name) if name == key else name): kept for name, kept in part.items()}


def _deeper(rng: Random, part: dict[str, Any], key: str) -> dict[str, Any]:
    return {**part, key: _changed(rng, part[key])}


def _bent(rng: Random, text: str) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + str(rng.choice((*TEXTS, "0", "x"))) + text[place + rng.choice((0, 0, 1, 3)) :]


def encoded(rng: Random, document: Any) -> bytes:
    """A document as bytes: mostly JSON in UTF-8."""
    try:
        text = json.dumps(document, ensure_ascii=rng.random() < 0.5)
        plain = text.encode("utf-8", rng.choice(("surrogatepass", "replace")))
    except (ValueError, RecursionError):
        plain = b"[" * 2_000
    how = rng.random()
    if how < 0.85:
        return plain
    if how < 0.95:
        return bent_bytes(rng, plain)
    return rng.choice((lambda: plain.decode("utf-8", "replace").encode("utf-16"), lambda: b"\xef\xbb\xbf" + plain,
                       lambda: garbage(rng), lambda: plain[: len(plain) // 2]))()  # fmt: skip


def bent_bytes(rng: Random, data: bytes) -> bytes:
    """Bytes with some changed, lost, doubled or new."""
    bent = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randint(0, len(bent))
        there = bytes(bent[at : at + 20])
        bent[at : at + rng.choice((0, 1, 1, 4, 40))] = rng.choice((b"", rng.randbytes(2), there * 2, b"\x00\r\n"))
    return bytes(bent)


def garbage(rng: Random) -> bytes:
    """Nothing anybody meant."""
    return rng.randbytes(rng.choice((0, 1, 10, 300, 3_000)))
