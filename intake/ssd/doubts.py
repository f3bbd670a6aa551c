"""What cannot be true, or does not go together, in an SSD: never guessed at, each a line of a report."""

from dataclasses import dataclass, field
from typing import Final

from intake.sources.doubts import BESIDE_OURS, Check, Doubt
from intake.ssd.rows import SsdRow

_RULES: Final = (
    # The tables
    Check("no-table", "", "{table} is not there, or may not be read", "what would be in it is not told"),
    Check("no-column", "", "{column} is not in the table", "taken as empty"),
    Check("column-type", "", "{column} is a column of {kind}; accepted: a date, or text as yyyy-mm-dd or dd/mm/yyyy",
          "taken as empty"),
    Check("no-key", "", "{rows} rows have no {column}", "left out"),
    Check("role-unmapped", "", "{role} is no role of ours", "nobody is told of as that"),
    Check("family-too-large", "", "{size} children in care are one family", "not taken for brothers and sisters"),
    # The cells
    Check("no-child", "", "the row says of nobody in ssd_person", "left out"),
    Check("whose-review", "", "its period of care is of several children, and no column says of which the review is",
          "left out"),
    Check("child-reference", "", "the person's id cannot be a reference here",
          "a reference is derived from it, always the same"),
    Check("unreadable-date", "", "{column} is no date", "taken as empty"),
    Check("unknown-code", "", "{column} is none of its codes, nor the words of one", "taken as empty"),
    Check("ahead", "", "{column} is after the day of the reading", "left out"),
    # The child
    Check("no-birth", "", "no date of birth", "the child is left out"),
    Check("births-differ", "", "the person stands twice, with different dates of birth", "the earlier is taken"),
    Check("same-day", "", "{what} of {day} stands in more than one row", "taken once, as the first row has it"),
    Check("born-later", "", "an episode begins before the child's birth", "the child is left out"),
    Check("no-status", "", "no legal status stands at any time of this period of care", "the period is left out"),
    Check("status-late", "", "no legal status stands on the first day; the first is of {day}",
          "that is taken for the first day too"),
    Check("status-gap", "", "no legal status stands from {day} on, for a while", "the one before is taken to go on"),
    # Episodes
    Check("not-started", "", "the first episode known does not begin care, and no day of entry stands in it",
          "care is counted from it"),
    Check("entered-differs", "", "the day of entry is not the day of the episode that begins care",
          "the episode's day is taken"),
    Check("starts-in-care", "", "begins care, though the child is looked after already",
          "no new period of care; the running one goes on"),
    Check("restarts-unsaid", "", "does not begin care, though it had ended on {day}", "taken as a new period of care"),
    Check("ends-before-start", "", "it ends before it begins", "its end is taken as empty"),
    Check("ceased-undated", "", "a reason for ceasing, and no day", "the period of care stays open"),
    Check("reason-missing", "", "a day of ceasing, and no reason", "the period of care stays open"),
    Check("nothing-follows", "", "X1, and no episode follows", "the period of care stays open"),
    Check("ends-and-goes-on", "", "care ceased, and an episode follows by the same day",
          "the ending is passed over; care goes on"),
    Check("adult", "", "dated after the 18th birthday", "left out; the journey ends on that birthday"),
    Check("ended-elsewhere", "", "no episode ends care, and {column} says that it ended", "the ending is taken"),
    Check("order-and-reason", "", "the permanence order is another ending than the last episode's",
          "the episode's is taken"),
    # Placements, orders, adoption
    Check("placed-without-order", "", "placed under an order (A5, A6) that no legal status or date tells of",
          "the placement is taken; the journey tells of the breach"),
    Check("order-differs", "", "the placement order is of another day than the legal status E1", "E1 is taken"),
    Check("placed-differs", "", "placed for adoption on another day than the placement begins",
          "the placement's day is taken"),
    Check("outside-care", "", "{column} on a day when the child was not looked after", "left out"),
    Check("reversal-before-decision", "", "the reversal is before the decision", "the reversal is left out"),
    # Plans and pre-proceedings
    Check("plan-unreadable", "", "the plan is not JSON", "the plan is passed over"),
    Check("plan-other", "", "the plan is ticked as another than those there are", "the plan before is taken to stand"),
    Check("plans-parallel", "", "several plans are ticked", "{primary} is taken as the primary plan"),
    Check("stepped-down", "", "pre-proceedings were stepped down, and the child is not looked after",
          "nothing is told; whether the journey should go on, somebody must say"),
    # People
    Check("nobody-known", "", "the professional is not in ssd_professionals", "the row's own id stands for them"),
    Check("nobody-follows", "", "the last {role} ended on {day}, and nobody follows", "they are still told"),
)  # fmt: skip

RULES: Final = {rule.id: rule for rule in (*_RULES, *BESIDE_OURS)}


@dataclass
class SsdDoubts:
    """The doubts so far."""

    noted: list[Doubt] = field(default_factory=list)

    def add(self, rule: str, child: str, row: SsdRow, **specifics: object) -> None:
        """Note a doubt about a row; `specifics` are codes, days and column names, never free text of a cell."""
        cells = {name: str(cell) for name, cell in row.cells.items()}
        self.noted.append(RULES[rule].doubt(child, f"{row.table} {row.key}".strip(), 0, cells, specifics))

    def of_table(self, rule: str, table: str, /, **specifics: object) -> None:
        """Note a doubt about a table as a whole."""
        self.add(rule, "", SsdRow(table, "", {}), **specifics)
