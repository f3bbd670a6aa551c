"""What a period of care is known by: a number that it keeps, whatever becomes known of other periods.

What is told of a period, and what is remembered of it, goes by its number.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from domain.case.facts import Facts, Known

Numbers = dict[str, int]
"""The numbers of periods by the events that began them, those of periods that were taken back among them."""

MISTAKEN_BY: Final = timedelta(days=92)
"""Between the day of an entry that was taken back and of the one in its place (ours: who mistakes the day of an entry
does so by days or weeks; one years away is another)."""


def number_of(facts: Facts, periods: Sequence[Facts], numbers: Mapping[str, int]) -> int:
    """The number of a period of care; its place, where it was given none."""
    return numbers.get(facts.begun_by or "") or periods.index(facts) + 1


def number_periods(
    periods: Sequence[Facts], before: Sequence[Facts], known: Mapping[str, Known], numbers: Numbers
) -> None:
    """Give each period that has none the next number; `before`: the periods as they stood until now.

    One that began in the place of another, which was taken back, goes by the number of that.
    """
    # In care since 5 January 2026, rung 2 told on 9 February; on the 11th it is recorded that the child had been in
    # care in 2024 too. That is the first by its days and number 2 by this: by places its meetings would be counted on
    # with those of 2026.
    new = {str(facts.begun_by): facts.began_on for facts in periods if facts.begun_by not in numbers}
    for place, facts in enumerate(before if new else (), 1):
        numbers.setdefault(str(facts.begun_by), place)
    standing = {str(facts.begun_by) for facts in periods}
    until_now = {str(facts.begun_by) for facts in before}
    free = {name: known[name].event.on for name in numbers if name not in standing and name in known} if new else {}
    near = sorted(
        (name not in until_now, abs(day - on), begun, name) for begun, on in new.items() for name, day in free.items()
    )
    for _, distance, begun, name in near:
        used = {numbers.get(one) for one in standing}
        if distance <= MISTAKEN_BY and begun not in numbers and numbers[name] not in used:
            numbers[begun] = numbers[name]
    for begun in new:
        numbers.setdefault(begun, max(numbers.values(), default=0) + 1)
