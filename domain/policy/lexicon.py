"""Every word that a policy can say, with its meaning and a row that runs: one list, for the guide and the command."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.case import events as ev
from domain.case.accepted import accepted_for
from domain.case.words import Role
from domain.clocks import applying, fulfilling, starting
from domain.clocks.anchors import anchor
from domain.clocks.choosing import fields_of
from domain.clocks.conditions import case, condition
from domain.clocks.fulfilment import fulfilment
from domain.clocks.gates import check
from domain.clocks.notices import occasion
from domain.clocks.registry import Names
from domain.clocks.spelling import in_full, spaced
from domain.clocks.vocabulary import MEANINGS, WordMeaning

DUE, MET, TOLD, AT_ONCE, CHOICE, HEAD = (
    "a due date",
    "what meets an obligation",
    "who is told",
    "a notice or breach",
    "a choice of events",
    "the head of a file",
)

KEYS: Final = (
    WordMeaning(
        CHOICE,
        "where",
        "The values of an event's fields, all of which it must have; of a list of tables one. A value is "
        "one, a list (one of them), or a table with not, has, given, from, under.",
        'anchor = { event = "ppm_held", where = [{ primary_plan = "adoption" }, { contingency_plan = "adoption" }] }',
    ),
    WordMeaning(
        CHOICE,
        "not",
        "Another value than this, or than any of a list.",
        'anchor = { event = "became_looked_after", where = { entry = { not = "remand" } } }',
    ),
    WordMeaning(
        CHOICE,
        "has",
        "A field of several values holds all of these.",
        'anchor = { event = "ppm_held", where = { views = { has = ["child", "parents"] } } }',
    ),
    WordMeaning(
        CHOICE,
        "given",
        "Whether the field is there at all.",
        'anchor = { event = "ppm_held", where = { contingency_plan = { given = false } } }',
    ),
    WordMeaning(
        CHOICE,
        "from",
        "This number or date, or more.",
        'anchor = { event = "review_held", where = { number = { from = 3 } } }',
    ),
    WordMeaning(
        CHOICE,
        "under",
        "Less than this number, or before this date.",
        'anchor = { event = "review_held", where = { number = { from = 1, under = 3 } } }',
    ),
    WordMeaning(
        CHOICE,
        "since",
        "From when events count: entry, ever; in a condition also anchor (its day or later) and day_after_anchor.",
        'applies = [{ before = { event = "ppm_held", since = "day_after_anchor" } }]',
    ),
    WordMeaning(
        DUE,
        "working_days",
        "Monday to Friday, bank holidays of England and Wales left out; negative counts back.",
        "due = [{ working_days = 20 }]",
    ),
    WordMeaning(
        DUE,
        "hours",
        "Whole days of 24 hours, since an event has its day and not its hour: 36 hours are one day.",
        "due = [{ hours = 48 }]\nreminders = [1]",
    ),
    WordMeaning(
        DUE,
        "days",
        "Calendar days.",
        "due = [{ days = 28 }]",
    ),
    WordMeaning(
        DUE,
        "weeks",
        "Calendar weeks.",
        "due = [{ weeks = 6 }]",
    ),
    WordMeaning(
        DUE,
        "months",
        "The same day of the month, or its last.",
        "due = [{ months = 4 }]",
    ),
    WordMeaning(
        DUE,
        "counted_from",
        "anchor, previous, or the date of another obligation: ID.due, or ID.booked (the day booked, if not "
        "later than due).",
        'due = [{ weeks = -2, counted_from = "second-review.booked" }]',
    ),
    WordMeaning(
        DUE,
        "date_field",
        "The day that the anchor's event carries in a field.",
        'anchor = { event = "ppm_booked" }\ndue = [{ date_field = "for" }]',
    ),
    WordMeaning(
        DUE,
        "sitting",
        "The counted day moved to a sitting: of a weekday each week, or the nth of a month (-1 the last), "
        "left_out dates aside; side on_or_before or on_or_after; with a distance, so long from the sitting.",
        'due = [{ weeks = 8, sitting = { weekday = "tuesday", nth = 2, left_out = [2026-08-11], working_days = -5 } }]',
    ),
    WordMeaning(
        DUE,
        "not_sooner_than",
        "Whatever is counted, no sooner than so long after the anchor, or another one.",
        'due = [{ weeks = 4, not_sooner_than = { months = 2, anchor = "became_looked_after" } }]',
    ),
    WordMeaning(
        DUE,
        "not_before",
        "The count starts no earlier than so long after another anchor. What is done too early: see met_by.",
        'due = [{ working_days = 5, not_before = { months = 6, anchor = "placement_order_made" } }]',
    ),
    WordMeaning(
        DUE,
        "not_after",
        "Another obligation's date may bring it forward.",
        'due = [{ weeks = 2, not_after = { working_days = -1, counted_from = "first-review.due" } }]',
    ),
    WordMeaning(
        DUE,
        "instead",
        "Another distance in some case.",
        'due = [{ weeks = 16, instead = [{ applies = "in_care_proceedings", weeks = 14 }] }]',
    ),
    WordMeaning(
        DUE,
        "again",
        "Where it had lapsed by permanence, which a changed plan has ended: so long after that day.",
        "due = [{ weeks = 4, again = { working_days = 20 } }]",
    ),
    WordMeaning(
        "an obligation",
        "applies",
        "Conditions, all of which must hold; also in due, instead, reminders_to, notices.",
        'applies = ["before_permanence", { age_at = "now", under = 16 }]',
    ),
    WordMeaning(
        "an obligation",
        "occurs",
        "once; each (once for each anchor); series (each follows on the one before).",
        'occurs = "each"\nanchor = "ppm_held"',
    ),
    WordMeaning(
        "an obligation",
        "restarts",
        "A new anchor begins the series anew; numbers go on.",
        'occurs = "series"\nrestarts = true\nanchor = "ppm_held"',
    ),
    WordMeaning(
        "an obligation",
        "before_entry",
        "Its clock runs before the child is looked after too.",
        'before_entry = true\nanchor = "care_proceedings_issued"',
    ),
    WordMeaning(
        "an obligation",
        "forecast_from",
        "Until the anchor has happened, foreseen from another obligation's due date.",
        'anchor = "first_review_held"\nforecast_from = "first-review.due"',
    ),
    WordMeaning(
        "an obligation",
        "stands_beside",
        "The obligation of the law that it is a local figure for; for policy check.",
        'stands_beside = "second-review"',
    ),
    WordMeaning(
        MET,
        "met_since",
        "From when things done count: anchor, entry (on the anchor's day), or ever, before entry too.",
        'met_since = "ever"',
    ),
    WordMeaning(
        MET,
        "met_before",
        "What was done up to so many days before certain anchors counts too.",
        'anchor = "plan_changed"\nmet_before = { days = 14, anchors = ["plan_changed"] }',
    ),
    WordMeaning(
        MET,
        "covers",
        "The roles that papers, taken together, must have reached.",
        'met_by = ["ppm_minutes_sent"]\ncovers = ["iro", "team_manager"]',
    ),
    WordMeaning(
        TOLD,
        "reminders",
        "Working days before due on which the owner is reminded.",
        "reminders = [10, 5, 1]",
    ),
    WordMeaning(
        TOLD,
        "reminders_to",
        "Roles that are reminded too in some case.",
        'reminders_to = [{ applies = "primary_plan_is_return_home", to = ["iro"] }]',
    ),
    WordMeaning(
        TOLD,
        "ladder",
        "true, false (reminded only, never red), or a ladder of its own.",
        'ladder = { rungs = [{ after = 1, to = ["iro"], and_owner = true }], repeat_after = [20] }',
    ),
    WordMeaning(
        AT_ONCE,
        "events",
        "The events that set it off, each a type or a choice of events.",
        'events = [{ event = "became_looked_after", where = { entry = "planned" } }]',
    ),
    WordMeaning(
        AT_ONCE,
        "missing",
        "Only if none of these had happened by the day of the event.",
        'missing = [{ event = "ppm_held", since = "ever" }]',
    ),
    WordMeaning(
        AT_ONCE,
        "not_since",
        "Only if none of these has happened from the day of the event on.",
        'not_since = ["ppm_held"]',
    ),
    WordMeaning(
        AT_ONCE,
        "later_than",
        "Only if the event came later than so long after the last of an anchor's days.",
        'later_than = { working_days = 10, anchor = "became_looked_after" }',
    ),
    WordMeaning(
        AT_ONCE,
        "kind",
        "notice: told because of an event; breach: told because something required was not there first.",
        'kind = "breach"',
    ),
    WordMeaning(
        AT_ONCE,
        "to",
        "The roles that are told.",
        'to = ["iro", "team_manager"]',
    ),
    WordMeaning(
        AT_ONCE,
        "booked_after",
        "Instead of events: the next review is booked later than these are due.",
        'booked_after = ["first-review"]',
    ),
    WordMeaning(
        AT_ONCE,
        "until_explained",
        "It stays in sight until lateness_explained names it.",
        "until_explained = true",
    ),
    WordMeaning(
        HEAD,
        "extends",
        "The policy, or several, whose rows stand too.",
        'extends = "england-statutory"',
    ),
    WordMeaning(
        HEAD,
        "roles",
        "Roles of your own, each named own_...",
        'roles = ["own_agency_adviser"]',
    ),
    WordMeaning(
        HEAD,
        "milestone",
        "An event of your own: [milestone.ID] with title, clause, details (text, number, yes_no, date) and "
        "before_entry. A rule names it milestone.ID.",
        '[milestone.report]\ntitle = "Report"\nclause = "x"\ndetails = { pages = "number" }',
    ),
)
"""The keys of rows and files; the words that are tables stand in `MEANINGS`."""

NAMED: Final[tuple[tuple[str, Names[Any], str, Mapping[str, Any]], ...]] = (
    ("an anchor", anchor, 'anchor = "{}"', starting.SHORTHANDS),
    ("a condition", condition, 'applies = ["{}"]', applying.SHORTHANDS),
    ("a condition", case, 'applies = ["{}"]', applying.SHORTHANDS),
    ("what meets an obligation", fulfilment, 'met_by = ["{}"]', fulfilling.SHORTHANDS),
    (AT_ONCE, occasion, 'applies = ["{}"]', {}),
    ("a gate", check, 'check = "{}"', {}),
)

BESIDE: Final = {"in_these_short_breaks": '\nanchor = "short_breaks_started"'}
"""What a name wants beside it, or its rule never has its turn."""


def lexicon() -> list[WordMeaning]:
    """Every word, by the part of a rule that it belongs to: general words first, then the names."""
    every = [*KEYS, *MEANINGS, *_names()]
    parts = list(dict.fromkeys(one.part for one in every))
    return sorted(every, key=lambda one: parts.index(one.part))


def _names() -> Iterator[WordMeaning]:
    for part, names, example, shorthands in NAMED:
        for name in names.names():
            meaning = in_full(names, name)
            short = f" (short for {as_toml(shorthands[name])})" if name in shorthands else ""
            shown = example.format(name) + BESIDE.get(name, "")
            yield WordMeaning(part, name, f"{meaning[:1].upper()}{meaning[1:]}.{short}", shown)


def as_toml(value: object) -> str:
    """Data as it is written in a policy file."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def event_words() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each type of event with the fields that a policy may compare, and what each takes."""
    for name in sorted(ev.EVENT_TYPES):
        yield name, [(field, _taken(name, field)) for field in fields_of(name)]


def _taken(name: str, field: str) -> str:
    if (name, field) == ("review_held", "number"):
        return "the place of the review among the looked-after reviews, from 1"
    return accepted_for(ev.EVENT_TYPES[name], [field])


def role_words() -> list[tuple[str, str]]:
    """Each role of the contract, as a policy names it and as people read it."""
    return [(role.value, spaced(role.value)) for role in Role]
