"""How many working days there can be between the start of a clock and its end: nothing can be told before it starts."""

from typing import Final

from domain.clocks.rules import Due

WORKING_DAYS_OF_A_CHILDHOOD: Final = 18 * 253
WORKING_DAYS_IN: Final = {"hours": 5 / 7 / 24, "days": 5 / 7, "weeks": 5, "months": 23}
"""The most working days that can lie in an hour or a day (on average), a week, a month."""


def days_at_most(due: Due) -> int:
    """The most working days there can be from the start of a count to its end, where that is known."""
    offset = due.offset
    if "." in (due.counted_from or "") or due.date_field or due.sitting or due.not_sooner_than:
        return WORKING_DAYS_OF_A_CHILDHOOD
    if offset.unit == "working_days":
        return max(offset.number, 0)
    return max(int(offset.number * WORKING_DAYS_IN[offset.unit]) + 1, 0)
