"""How a digest says things: the same in its text and in its HTML part."""

from typing import Any, Final

from delivery.digest import CaseLines, Digest, DigestLine
from domain.clocks.wording import days, in_words, short_date, spaced, when_due

IN_FULL: Final = 40
"""Children of whom everything is said; of the rest a line each (ours: some four screens, the worst on the first)."""

OFTEN_FROM: Final = 10
"""Overdue things from which on it is also said what is overdue most often (ours: fewer are seen at a glance)."""

OFTEN: Final = 5
ADVICE: Final = (
    "Record in the case system what has been done. For what is late and not done, record why and what is being done "
    "(lateness explained). If you are on to something overdue, acknowledge it by its link or reference: the ladder "
    "pauses for up to ten working days, and whoever would be told meanwhile is not; you are shown who before you do. "
    "It stays due."
)
HEADINGS: Final = {
    "daily": "Your daily digest for",
    "weekly": "Your weekly digest for",
    "backlog": "Cases that were loaded, and what is overdue in them on",
}
MARKED: Final = " What is yours to do is marked *."


def facts_of(digest: Digest) -> dict[str, Any]:
    """What the templates of a digest may name."""
    many = digest.counts["overdue"] >= OFTEN_FROM
    return {
        "digest": digest,
        "heading": HEADINGS[digest.kind],
        "reference": digest.reference,
        "advice": ADVICE,
        "marked": MARKED,
        "often": digest.overdue_by_what[:OFTEN] if many else [],
        "detailed": digest.cases[:IN_FULL],
        "short": digest.cases[IN_FULL:],
    }


def number(count: int, one: str, many: str) -> str:
    """Such as 1 child, 70 children."""
    return f"{count} {one if count == 1 else many}"


def how_it_stands(line: DigestLine) -> str:
    """Such as: 12 days overdue."""
    match line.standing:
        case "overdue":
            return f"{days(line.days)} overdue"
        case "due_soon":
            return f"due {when_due(line.days)}"
        case "done":
            return f"met, {days(line.days)} late" if line.days > 0 else "met"
    return "you need to know"


def dated(line: DigestLine) -> str:
    """Such as: was due 7 Jan 2026."""
    match line.standing:
        case "overdue" if line.due:
            return f"was due {short_date(line.due)}"
        case "due_soon" if line.due:
            return f"on {short_date(line.due)}"
        case "done" if line.done_on:
            return f"on {short_date(line.done_on)}"
    return ""


def to_do(line: DigestLine) -> str:
    """Who is to do it, and how far it is taken care of."""
    if line.standing == "told":
        return f"Reference {line.reference}." if line.reference else ""
    said = f"B{line.booking[1:]}. " if line.booking else ""
    said += "" if line.yours else f"To do by {spaced(line.owner)}."
    if line.paused_until:
        said += f" Acknowledged: the ladder pauses until {in_words(line.paused_until)}."
    if line.reference:
        said += f" Reference {line.reference}."
    return said.strip()


def in_short(case: CaseLines) -> str:
    """Such as: 2 overdue, 1 due soon (the first on 3 Mar 2026)."""
    counts = {
        standing: sum(line.standing == standing for line in case.lines) for standing in ("overdue", "due_soon", "done")
    }
    words = {"overdue": "overdue", "due_soon": "due soon", "done": "met"}
    said = ", ".join(f"{count} {words[standing]}" for standing, count in counts.items() if count)
    first = min((line.due for line in case.lines if line.due and line.standing != "done"), default=None)
    return f"{said} (the first on {short_date(first)})" if first else said
