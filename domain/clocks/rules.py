"""What an authority's procedure requires, as data: obligations, notices, gates and the ladder, each with its clause.

Where a local policy states an obligation that the policy it extends has too, the local row leads and the other
row keeps its own limit: the earliest date binds. A local rule can tighten the law, never loosen it.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.case import events as ev
from domain.case.calendar import FURTHEST, UNITS, Offset
from domain.case.facts import Facts
from domain.case.words import Role
from domain.clocks.anchors import Anchor
from domain.clocks.applying import Applies, all_of
from domain.clocks.fulfilling import Meets, read_meets
from domain.clocks.setting import Setting, read_setting
from domain.clocks.sittings import Sitting
from domain.clocks.starting import Start, read_start
from domain.clocks.vocabulary import SeveralWords, Word

DEFAULT_REMINDERS = (5, 1)
DateOfAnother = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\.(due|booked)$")]
ALWAYS = "always"
WHERE_NO_DISTANCE = frozenset({"counted_from", "date_field", "sitting"})
"""Where one of these stands, no distance is none: on the day itself."""
CountedFrom = Annotated[str, StringConstraints(pattern=r"^(anchor|previous|[a-z0-9-]+\.(due|booked))$")]


class Data(BaseModel):
    """Part of a policy. Policy files are read strictly; what stands in a history may have fields of another version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _offset_from_row(row: Any) -> Any:
    """Read `{ weeks = 2, when = ... }` as an offset and the rest: in a policy file the unit is the key."""
    if not isinstance(row, Mapping) or "offset" in row:
        return row
    offset = {key: value for key, value in row.items() if key in UNITS}
    if not offset and WHERE_NO_DISTANCE.intersection(row):
        offset = {"days": 0}
    return {**{key: value for key, value in row.items() if key not in UNITS}, "offset": offset}


def _applies_from_when(row: Any) -> Any:
    """Read `when`, as conditions of three kinds of row were called once; rulebooks in histories have it."""
    if not isinstance(row, Mapping) or "when" not in row or "applies" in row:
        return row
    when = row["when"]
    return {**{key: value for key, value in row.items() if key != "when"}, "applies": () if when == ALWAYS else (when,)}


def called(given: object, read: Applies | Start) -> str:
    """A word by its name, as data has it; a table, which has none, in words."""
    return given if isinstance(given, str) else read.says


class Conditional(Data):
    """Part of a rule that counts in some cases only: while all of `applies` hold."""

    applies: SeveralWords = ()

    _old = model_validator(mode="before")(_applies_from_when)

    @cached_property
    def conditions(self) -> tuple[Applies, ...]:
        """What must hold, read once. Raises WordRefused."""
        return all_of(self.applies)

    def holds(self, facts: Facts, anchor: Anchor, day: date) -> bool:
        """Whether all of it holds on a day (date.max: as things stand)."""
        return all(one.holds(facts, anchor, day) for one in self.conditions)

    @property
    def case(self) -> str:
        """The case in words."""
        return " and ".join(one.says for one in self.conditions)

    @property
    def named(self) -> str:
        """The case by its names, or in words where it has none."""
        return " and ".join(called(*one) for one in zip(self.applies, self.conditions, strict=True))


class Instead(Conditional):
    """Another offset in a case, such as while in care proceedings."""

    offset: Offset

    _read = model_validator(mode="before")(_offset_from_row)


class FromAnchor(Data):
    """A distance after an anchor: after the rule's own where none is named."""

    anchor: Word | None = None
    offset: Offset

    _read = model_validator(mode="before")(_offset_from_row)

    @cached_property
    def start(self) -> Start | None:
        """What it counts from, read once. Raises WordRefused."""
        return None if self.anchor is None else read_start(self.anchor)


class NotAfter(Data):
    """A date that another obligation's date may bring forward: so far before (or after) it, if that is earlier."""

    counted_from: DateOfAnother
    offset: Offset

    _read = model_validator(mode="before")(_offset_from_row)


class Due(Conditional):
    """How one occurrence's due date is counted.

    `counted_from` is `anchor`, `previous` (what met the occurrence before), or the date of another obligation:
    `ID.due`, or `ID.booked` (the day its review is booked for, if that is not later than its due date). `date_field`
    instead: the day that the anchor's event carries in a field. `sitting`: on that of a body, the last by then or the
    first from then on. `not_sooner_than`: whatever is counted, no sooner than so long after an anchor.
    """

    offset: Offset
    counted_from: CountedFrom | None = None
    date_field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None
    instead: tuple[Instead, ...] = ()
    not_before: FromAnchor | None = None
    """The count starts no earlier than so long after another anchor."""
    not_after: NotAfter | None = None
    sitting: Sitting | None = None
    not_sooner_than: FromAnchor | None = None
    again: Offset | None = None
    """Where it lapsed by permanence, which a changed plan has ended: so long after that day. Else as ever, or, where it
    hangs on a date of another obligation, on that date."""

    _read = model_validator(mode="before")(_offset_from_row)

    @cached_property
    def other(self) -> str | None:
        """The date of another obligation that it is counted from, `ID.due` or `ID.booked`, if it is one's."""
        return self.counted_from if self.counted_from and "." in self.counted_from else None

    @cached_property
    def depends(self) -> bool:
        """Whether how far it counts depends on the case."""
        return bool(self.instead or self.again)

    @property
    def moved(self) -> str:
        """In words, what moves the counted day: a sitting, or an earliest day; nothing where nothing does."""
        said = []
        if self.sitting is not None:
            ahead = "after" if self.sitting.offset and self.sitting.offset.number > 0 else "before"
            distance = f"{self.sitting.offset} {ahead} " if self.sitting.offset else ""
            said.append(f"{distance}the sitting {self.sitting.side.replace('_', ' ')} that day, {self.sitting}")
        if self.not_sooner_than is not None:
            start = self.not_sooner_than.start
            said.append(f"no sooner than {self.not_sooner_than.offset} after {start.says if start else 'the anchor'}")
        return "; ".join(said)


class MetBefore(Data):
    """Something done up to so many days before certain anchors meets the obligation too, on the anchor's day."""

    days: int
    anchors: tuple[str, ...]


class RoleInCase(Conditional):
    """Roles that an action is for too in some case, as it stands when it is told."""

    to: tuple[Role, ...]


class Rung(Data):
    """A step of the ladder: so many working days after due, these roles are told (and the owner, if said so)."""

    after: Annotated[int, Field(le=FURTHEST["working_days"])]
    to: tuple[Role, ...]
    and_owner: bool = False


class Ladder(Data):
    """Who is told, in which order, when something is overdue. The last rung comes again after `repeat_after`."""

    rungs: tuple[Rung, ...] = Field(min_length=1)
    repeat_after: tuple[Annotated[int, Field(le=FURTHEST["working_days"])], ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> "Ladder":
        for days in ([rung.after for rung in self.rungs], [0, *self.repeat_after]):
            if any(later <= earlier for earlier, later in pairwise(days)):
                raise ValueError("each rung must come later than the one before it")
        return self

    @cached_property
    def steps(self) -> tuple[Rung, ...]:
        """All rungs in order, repeats of the last included; the first is rung 1."""
        last = self.rungs[-1]
        repeats = tuple(last.model_copy(update={"after": last.after + more}) for more in self.repeat_after)
        return self.rungs + repeats

    @cached_property
    def days(self) -> tuple[int, ...]:
        """How many working days after due each rung comes, repeats of the last included."""
        return tuple([step.after for step in self.steps])


class Rule(Data):
    """One row of a policy: what must happen, by when, whose it is, and the clause that says so.

    `occurs`: once; for each anchor; or as a series, each occurrence following on the one before (`restarts`: a
    new anchor begins the series anew, numbers going on). `reminders` are working days before due.
    """

    id: ev.ObligationId
    title: str
    clause: str
    owner: Role
    occurs: Literal["once", "each", "series"] = "once"
    anchor: Word
    due: tuple[Due, ...] = Field(min_length=1)
    applies: SeveralWords = ()
    met_by: SeveralWords = Field(min_length=1)
    met_since: Literal["anchor", "entry", "ever"] = "anchor"
    met_before: MetBefore | None = None
    covers: tuple[Role, ...] = ()
    covers_if_adoption_planned: tuple[Role, ...] = ()
    to_any: tuple[Role, ...] = ()
    restarts: bool = False
    first_number: int = 1
    review_number: int | None = None
    resumes_from_last_review: bool = False
    forecast_from: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\.due$")] | None = None
    meets_two_after: Offset | None = None
    reminders: tuple[Annotated[int, Field(ge=0, le=FURTHEST["working_days"])], ...] = DEFAULT_REMINDERS
    reminders_to: tuple[RoleInCase, ...] = ()
    limits_from: Annotated[int, Field(ge=1)] = 1
    """The place in its run of a series from which it sets a limit; the rule it tightens sets those before."""
    ladder: bool | Ladder = True
    """Whether anybody is told once it is overdue; or a ladder of its own, in place of the policy's."""
    before_entry: bool = False
    """Its clock runs before the child is looked after too, from the day the case was taken up."""
    statutory: bool = False

    @cached_property
    def start(self) -> Start:
        """What its clock starts from, read once. Raises WordRefused."""
        return read_start(self.anchor)

    @cached_property
    def conditions(self) -> tuple[Applies, ...]:
        """What must hold for it to apply, read once. Raises WordRefused."""
        return all_of(self.applies)

    @cached_property
    def ways(self) -> tuple[Meets, ...]:
        """What meets it, read once. Raises WordRefused."""
        return tuple(read_meets(given) for given in self.met_by)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The ways to meet it of which no more is asked than that such a thing happens."""
        return frozenset(way.kind for way in self.ways if way.kind)

    @property
    def references(self) -> set[str]:
        """The ids of the obligations whose dates this rule counts from."""
        named = [due.counted_from for due in self.due] + [self.forecast_from]
        named += [due.not_after.counted_from for due in self.due if due.not_after]
        starts = [one.start for due in self.due for one in (due.not_before, due.not_sooner_than) if one]
        dates = {name.rpartition(".")[0] for name in named if name and "." in name}
        return dates.union(*(one.obligations for one in (self.start, *starts) if one))

    @property
    def ages(self) -> frozenset[int]:
        """The birthdays on which what it asks changes by time alone."""
        cases = [*self.due, *(instead for due in self.due for instead in due.instead)]
        read = [*self.conditions, *(one for case in cases for one in case.conditions)]
        return frozenset().union(*(one.ages for one in read))

    @cached_property
    def opens_by_a_date(self) -> bool:
        """Whether only what happens from the day it opens meets it; `met_since` may say otherwise."""
        return self.hangs_on_a_date and self.met_since == "anchor"

    @property
    def hangs_on_a_date(self) -> bool:
        """Whether the first due date is counted from another obligation's date rather than from an event."""
        return self.due[0].other is not None

    @cached_property
    def follows_another(self) -> bool:
        """Whether any due date is counted from another obligation's date."""
        return any(due.other for due in self.due)

    @cached_property
    def reminder_days(self) -> tuple[int, ...]:
        """How many working days after due each reminder comes, the earliest first: negative, since it is before."""
        return tuple(sorted([-days for days in self.reminders]))


class Notice(Data):
    """What is told at once when something happens: a notice, or a breach of what must come first.

    It is told of an event of `events`, if all of `applies` hold on its day, and of `missing` (by that day),
    `not_since` (from that day on) nothing has happened, and, where `later_than` stands, it came later than that.
    """

    id: ev.ObligationId
    title: str
    clause: str
    kind: Literal["notice", "breach"]
    to: tuple[Role, ...]
    events: SeveralWords = ()
    applies: SeveralWords = ()
    missing: SeveralWords = ()
    not_since: SeveralWords = ()
    later_than: FromAnchor | None = None
    booked_after: tuple[ev.ObligationId, ...] = ()
    """Instead of `applies`: the next review is booked later than the earliest due of these obligations."""
    until_explained: bool = False
    """A breach that stays visible until `lateness_explained` names this rule's id."""

    _old = model_validator(mode="before")(_applies_from_when)

    @cached_property
    def told_of(self) -> Setting:
        """On which events it goes, and in which case, read once. Raises WordRefused."""
        return read_setting(self.events, self.applies, self.missing, self.not_since)


class Gate(Data):
    """What must be there before an event may be recorded; else it is refused, saying what is missing."""

    id: ev.ObligationId
    clause: str
    event: str
    check: str
    from_age: int | None = None
    approvers: tuple[Role, ...] = ()
    approvers_at_16_under_section_20: tuple[Role, ...] = ()


Detail = Literal["text", "number", "yes_no", "date"]
"""What a field of a milestone holds."""


class Milestone(Data):
    """An event of the authority's own: what it is called, where the procedure names it, and the fields it may carry."""

    id: ev.ObligationId
    title: str
    clause: str
    details: Mapping[ev.DetailName, Detail] = Field(default_factory=dict)
    before_entry: bool = False
    """Whether it may be dated before the child becomes looked after."""


class Obligation(Data):
    """A rule as an authority runs it: the row that leads, and further rows that set limits of their own."""

    rule: Rule
    limits: tuple[Rule, ...] = ()

    @cached_property
    def id(self) -> str:
        return self.rule.id

    @cached_property
    def rows(self) -> tuple[Rule, ...]:
        """The row that leads, and those that set limits beside it."""
        return (self.rule, *self.limits)

    @property
    def has_statutory_limit(self) -> bool:
        """Whether the law sets a limit here, so that nobody may extend or waive it."""
        return self.rule.statutory or any(row.statutory for row in self.limits)


class Policy(Data):
    """An authority's procedure, resolved: everything needed to decide, and nothing else.

    Reasons and alternatives stay in the policy file. This is what stands in a journey's history.
    """

    id: ev.PolicyId
    version: str
    to_the_letter: bool = False
    """Read by the rulings of 27 November 2026. A journey that runs on rules from before goes on as it did, or its
    history would not replay; it comes to them with the next adoption (docs/adr/0034-the-letter.md)."""
    amended: bool = False
    """Read by what was mended on 29 November 2026 too, in the same way (docs/adr/0063-amended.md)."""
    amended_again: bool = False
    """And by what was mended in the evening of that day."""
    amended_at_night: bool = False
    """And by what was mended in the night after it."""
    ladder: Ladder
    obligations: tuple[Obligation, ...]
    notices: tuple[Notice, ...] = ()
    gates: tuple[Gate, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    roles: tuple[Role, ...] = ()
    """Roles of the authority's own."""

    @property
    def amendments(self) -> int:
        """How many of the amendments of 29 November 2026 it is read by, the earlier one first."""
        return 1 + self.amended_again + (self.amended_again and self.amended_at_night) if self.amended else 0

    @property
    def own_version(self) -> str:
        """The version of the policy's own file; `version` names those of the policies it extends too."""
        return self.version.partition("+")[0].rpartition("@")[2]

    def obligation(self, obligation_id: str) -> Obligation | None:
        """The obligation of an id, or None."""
        return self._by_id.get(obligation_id)

    def milestone(self, milestone_id: str) -> Milestone | None:
        """The milestone of an id, or None."""
        return next((one for one in self.milestones if one.id == milestone_id), None)

    def ladder_of(self, rule: Rule) -> Ladder:
        """Who is told when a rule is overdue: by its own ladder, else by the policy's; `Rule.ladder` may say nobody."""
        return rule.ladder if type(rule.ladder) is Ladder else self.ladder

    def told_of(self, obligation_id: str) -> Ladder:
        """The ladder of an obligation by its id; the policy's where it has none of that id."""
        obligation = self.obligation(obligation_id)
        return self.ladder_of(obligation.rule) if obligation else self.ladder

    @cached_property
    def ages(self) -> tuple[int, ...]:
        """The birthdays on which some rule changes by time alone."""
        rows = (row for o in self.obligations for row in (o.rule, *o.limits))
        return tuple(sorted(frozenset().union(*(row.ages for row in rows))))

    @cached_property
    def begins_before_entry(self) -> bool:
        """Whether any clock runs before the child is looked after."""
        return any(o.rule.before_entry for o in self.obligations)

    @cached_property
    def _by_id(self) -> dict[str, Obligation]:
        return {o.id: o for o in self.obligations}
