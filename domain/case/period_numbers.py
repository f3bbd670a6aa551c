"""What a period of care is known by: a number that it keeps, whatever becomes known of other periods.

What is told of a period, and what is remembered of it, goes by its number.
"""

from collections.abc import Mapping, Sequence

from domain.case.facts import Facts, Known

Numbers = dict[str, int]
"""The numbers of periods by the events that began them, those of periods that were taken back among them."""


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
    # care in 2024 too. That is the first by its days and number 2 by this: by places rung 2 would go again.
    new = [facts for facts in periods if facts.begun_by not in numbers]
    for place, facts in enumerate(before if new else (), 1):
        numbers.setdefault(str(facts.begun_by), place)
    for facts in new:
        if facts.begun_by not in numbers:
            number = _number_taken_back(facts, periods, known, numbers) or max(numbers.values(), default=0) + 1
            numbers[str(facts.begun_by)] = number


def _number_taken_back(
    facts: Facts, periods: Sequence[Facts], known: Mapping[str, Known], numbers: Numbers
) -> int | None:
    """The number of a period that was taken back, if no other lies between its beginning and this one's."""
    standing = {one.begun_by: one.began_on for one in periods}
    used = {numbers.get(str(begun_by)) for begun_by in standing}
    for begun_by, number in reversed(numbers.items()):
        if number in used or begun_by not in known:
            continue
        first, last = sorted((known[begun_by].event.on, facts.began_on))
        others = (day for name, day in standing.items() if name != facts.begun_by)
        if not any(first <= day <= last for day in others):
            return number
    return None
