"""On which event a notice or breach is told, and in which case: read once from its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.case import events as ev
from domain.case.facts import Facts
from domain.case.milestone import name_of
from domain.clocks.anchors import Anchor
from domain.clocks.applying import Applies, read_condition
from domain.clocks.choosing import ChosenEvents, choice
from domain.clocks.notices import occasion
from domain.clocks.spelling import in_short
from domain.clocks.vocabulary import within


@dataclass(frozen=True, slots=True)
class Setting:
    """What sets a notice off.

    `occasions` are named cases that say more in the message; `events` the choices of events, of which one must be it.
    """

    events: tuple[ChosenEvents, ...]
    occasions: tuple[str, ...]
    conditions: tuple[Applies, ...]
    missing: tuple[ChosenEvents, ...]
    not_since: tuple[ChosenEvents, ...]
    names: tuple[str, ...]
    """The types of the events that set it off."""

    def is_of(self, facts: Facts, event: ev.Event) -> bool:
        """Whether an event is one of those that set it off."""
        return any(
            name_of(event) in chosen.names and (chosen.test is None or chosen.test(facts, event))
            for chosen in self.events
        )

    def more(self, facts: Facts, event: ev.Event) -> str | None:
        """What to add to the message (or nothing to add); None where the case does not hold."""
        anchor = Anchor(event.on, event)
        if not all(one.holds(facts, anchor, event.on) for one in self.conditions):
            return None
        if any(
            _happened(chosen, facts, lambda other: other.on <= event.on and other.id != event.id)
            for chosen in self.missing
        ):
            return None
        if any(
            _happened(chosen, facts, lambda other: other.on >= event.on and other.id != event.id)
            for chosen in self.not_since
        ):
            return None
        said = [occasion[name](facts, event) for name in self.occasions]
        return None if None in said else " ".join(one for one in said if one)

    def says(self) -> str:
        """When it is told, in words."""
        events = " or ".join(chosen.says for chosen in self.events)
        cases = [in_short(occasion, name) for name in self.occasions] + [one.says for one in self.conditions]
        cases += [f"{chosen.says} is missing" for chosen in self.missing]
        cases += [f"there has been no {chosen.says} since" for chosen in self.not_since]
        return f"{events}: {'; '.join(cases)}" if cases else events


def _happened(chosen: ChosenEvents, facts: Facts, counts: Callable[[ev.Event], bool]) -> bool:
    return any(counts(event) for event in chosen.find(facts, date.min))


def read_setting(
    events: Sequence[object], applies: Sequence[object], missing: Sequence[object], not_since: Sequence[object]
) -> Setting:
    """Read when a notice is told. Raises WordRefused with the key and the place in it."""
    conditions = []
    for place, given in enumerate(applies):
        if not (isinstance(given, str) and given in occasion):
            with within("applies", place):
                conditions.append(read_condition(given))
    occasions = tuple(given for given in applies if isinstance(given, str) and given in occasion)
    chosen = _choices(events, "events", since="ever")
    return Setting(
        chosen,
        occasions,
        tuple(conditions),
        _choices(missing, "missing"),
        _choices(not_since, "not_since"),
        tuple(dict.fromkeys(name for one in chosen for name in one.names)),
    )


def _choices(given: Sequence[object], key: str, since: str | None = None) -> tuple[ChosenEvents, ...]:
    read = []
    for place, one in enumerate(given):
        with within(key, place):
            read.append(choice(one, since=since))
    return tuple(read)
