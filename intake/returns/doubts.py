"""What cannot be true, or does not go together, in a return: never guessed at, each a row in a report.

A rule says what is doubtful and what is done about it. Where the Department's own validation has a rule for it, that
rule's number stands beside ours.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from intake.returns.rows import READ, ReturnRow
from intake.sources.doubts import BESIDE_OURS, Check, Doubt

CELLS: Final = frozenset(column for columns in READ.values() for column in columns)


_RULES: Final = (
    # The cells
    Check("no-child", "", "the line has no CHILD", "left out"),
    Check("child-reference", "", "CHILD cannot be a reference here", "a reference is derived from it, always the same"),
    Check("unreadable-date", "", "{column} is no date; accepted: dd/mm/yyyy", "taken as empty"),
    Check("unknown-code", "143-149", "{column} is none of its codes", "taken as empty"),
    Check("other-years-code", "143-149", "{column} has {code}, which is a code of other years' returns",
          "taken as it was meant then"),
    Check("ahead", "", "{column} is after the day of the import", "left out"),
    # The child
    Check("no-birth", "", "no Header line gives the child's date of birth", "the child is left out"),
    Check("births-differ", "", "the Header lines give different dates of birth", "the latest return's is taken"),
    Check("born-later", "", "an episode begins before the child's birth", "the child is left out"),
    Check("no-episode", "", "the child has no episode that can be read", "no journey is started"),
    # Merging the years
    Check("restated", "", "a later return gives this episode another {columns}", "the later return's is taken"),
    Check("same-start", "", "another episode of the child begins the same day",
          "the one that lasts longer is taken, then the graver status"),
    Check("not-in-later", "", "a later return that speaks for that day does not have it", "left out"),
    Check("redated", "", "{column} is {day} in a later return", "the later return's is taken"),
    Check("absent-later", "", "open in this return, and in no later one", "the period of care stays open"),
    # Beginnings
    Check("not-started", "357", "the first episode known is not RNE S",
          "care is counted from it; earlier returns would give the true day"),
    Check("starts-in-care", "431-433", "RNE S, though the child is looked after already",
          "no new period of care; the running one goes on"),
    Check("restarts-unsaid", "431-433", "not RNE S, though care had ended on {day}", "taken as a new period of care"),
    Check("no-status", "", "the first episode known has no LS", "left out; care is counted from the next episode"),
    # Ends
    Check("ends-before-start", "", "DEC is before DECOM", "DEC and REC taken as empty"),
    Check("ceased-undated", "148", "REC says that care ceased, and there is no DEC", "the period of care stays open"),
    Check("x1-undated", "148", "REC is X1, and there is no DEC", "the episode is taken as open"),
    Check("rec-missing", "148", "DEC without REC", "the period of care stays open"),
    Check("nothing-follows", "", "REC is X1, and no episode follows", "the period of care stays open"),
    Check("open-then-followed", "", "no DEC, though another episode follows", "it is taken to last until the next"),
    Check("ends-and-goes-on", "431-433", "REC says that care ceased, and an episode follows by the same day",
          "the ending is passed over; care goes on"),
    Check("overlap", "431-433", "it lasts beyond the start of the next episode", "the next one counts from its start"),
    Check("gap", "431-433", "REC is X1, and the next episode begins later than DEC", "care is taken to have gone on"),
    Check("adult", "386", "dated after the 18th birthday", "left out; the journey ends on that birthday"),
    # Legal status and placement
    Check("freeing-order", "445", "LS D1 in an episode after 2005", "the status is taken as it stands"),
    Check("status-against-rne", "", "RNE {rne} and the legal status do not agree", "the status is taken as it stands"),
    Check("placed-without-order", "408", "PLACE {place} without LS E1",
          "the placement is taken; the journey tells of the breach"),
    # Reviews
    Check("review-outside-care", "", "a review on a day when the child was not looked after", "left out"),
    Check("review-in-short-breaks", "399", "a review of a child in short breaks",
          "taken; it counts for the reviews of short breaks alone"),
    # Adoption
    Check("decision-outside-care", "", "{column} on a day when the child was not looked after", "left out"),
    Check("decision-after-order", "554", "DATE_PLACED is after the placement order", "both are taken as they stand"),
    Check("decision-after-placement", "552", "DATE_PLACED is after the adoptive placement", "both taken as they stand"),
    Check("order-without-decision", "553", "LS E1 without a DATE_PLACED", "the order is taken as it stands"),
    Check("reversal-before-decision", "", "DATE_PLACED_CEASED is before DATE_PLACED", "the reversal is left out"),
    Check("decisions-overlap", "579, 583", "a decision while an earlier one stands", "both are taken as they stand"),
    Check("left-without-reversal", "557", "left care not adopted, and the decision to place was not reversed",
          "nothing is added"),
    Check("decisions-differ", "523", "DATE_INT is another day than DATE_PLACED", "DATE_PLACED is taken"),
    Check("match-after-placement", "331", "DATE_MATCH is after the adoptive placement", "both taken as they stand"),
)  # fmt: skip

RULES: Final = {rule.id: rule for rule in (*_RULES, *BESIDE_OURS)}


@dataclass
class Doubts:
    """The doubts found so far."""

    noted: list[Doubt] = field(default_factory=list)

    def add(self, rule: str, child: str, row: ReturnRow, **specifics: object) -> None:
        """Note a doubt about a row; `specifics` are codes, dates and column names, never free text of a cell."""
        cells = {name: value for name, value in row.cells.items() if name in CELLS and value}
        self.noted.append(RULES[rule].doubt(child, row.file, row.line, cells, specifics))

    def counts(self) -> Counter[str]:
        """How many doubts of each rule, those first that are found most."""
        return Counter(doubt.rule for doubt in self.noted)
