"""Which events answer an obligation: those that a person may record so that it is met, by its row's `met_by`."""

from domain.case import events as ev
from domain.clocks.rules import Rule


def answers(rule: Rule) -> tuple[str, ...]:
    """The types of event that answer a row, each once, in the order in which it names them."""
    named = (one.partition(".")[0] for way in rule.ways for one in way.answers)
    return tuple(dict.fromkeys(one for one in named if one in ev.EVENT_TYPES))
