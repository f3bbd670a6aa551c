"""A caseload of synthetic children as of a day: every stage and every colour, in believable shares.

The shares are arranged, not left to luck: each child has a path, a stage and a colour to be found in, and is
drawn anew from a seed of its own until the domain itself says that it is there.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random

from domain.agenda import Rag, agenda, rag
from domain.case.calendar import WorkingCalendar, end_of, england_and_wales
from domain.case.children import children_of
from domain.case.events import LONDON, Event
from domain.clocks.rules import Policy
from domain.journey import Journey
from domain.policy.loading import Policies
from synthetic.diary import REVIEWS, Diary, Habits
from synthetic.outlines import OUTLINES, Outline
from synthetic.remarks import remark
from synthetic.story import Family, Story

FIRST_REF = 3001
ATTEMPTS = 150
DAYS_OF_A_YEAR = 365.25
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SyntheticChild:
    """A child that never was. A meeting held for several children stands with the child its event names."""

    ref: str
    policy: str
    path: str
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child is to be found today: on which path, how many days in, at which stage and colour."""

    path: str
    days: tuple[int, int]
    stage: str
    colour: Rag
    policy: str | None = None
    """The policy under which the path is told best, if it is among those wanted."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The children drawn together: one, or brothers and sisters with joint meetings."""

    places: tuple[Place, ...]


def _one(path: str, days: tuple[int, int], stage: str, colour: Rag, policy: str | None = None) -> Cast:
    return Cast((Place(path, days, stage, colour, policy),))


S1, S2 = "ppm-procedure", "quick-guide"
SIBLINGS_DAYS = (130, 260)
CASTS: tuple[Cast, ...] = (
    _one("long_term_fostering", (120, 700), "second_review", "amber", S1),
    _one("adoption", (200, 420), "placement_order", "green"),
    _one("section_20_drift", (120, 420), "second_review", "red", S1),
    _one("pre_proceedings", (10, 120), "pre_proceedings", "green"),
    _one("adoption", (260, 620), "placed_for_adoption", "green"),
    _one("long_term_fostering", (10, 60), "ppm", "amber", S1),
    _one("settled_fostering", (330, 500), "permanence", "green"),
    _one("long_term_fostering", (1, 22), "looked_after", "green", S2),
    _one("adoption", (440, 1000), "left_care", "green"),
    _one("long_term_fostering", (25, 130), "first_review", "red"),
    _one("special_guardianship", (22, 110), "first_review", "amber"),
    _one("older", (100, 500), "second_review", "green", S2),
    Cast(
        (
            Place("brothers_and_sisters", SIBLINGS_DAYS, "second_review", "green", S2),
            Place("brothers_and_sisters", SIBLINGS_DAYS, "second_review", "green", S2),
        )
    ),
    _one("special_guardianship", (8, 45), "looked_after", "red"),
    _one("adoption", (3, 28), "ppm", "green", S1),
    _one("return_home", (22, 110), "first_review", "green"),
    _one("relinquished", (100, 380), "placed_for_adoption", "amber"),
    _one("re_entry", (110, 500), "second_review", "red"),
    _one("short_breaks", (20, 600), "looked_after", "green", S2),
    _one("turning_18", (150, 420), "left_care", "green", S2),
    _one("section_20_drift", (15, 70), "ppm", "red", S1),
    _one("adoption", (22, 110), "first_review", "amber", S2),
    _one("home_under_care_order", (150, 420), "permanence", "green"),
    _one("adoption_unlikely", (200, 420), "placement_order", "red"),
    _one("long_term_fostering", (22, 110), "first_review", "amber"),
    _one("long_term_fostering", (1, 26), "looked_after", "amber"),
    _one("pre_proceedings", (5, 120), "pre_proceedings", "green"),
    _one("long_term_fostering", (120, 700), "second_review", "red"),
    _one("relinquished", (60, 200), "placement_order", "green"),
    _one("older", (5, 40), "ppm", "amber", S1),
    Cast(
        (
            Place("brothers_and_sisters", (420, 640), "second_review", "red", S2),
            Place("adoption", (420, 640), "placed_for_adoption", "green", S2),
        )
    ),
    _one("special_guardianship", (100, 200), "second_review", "green"),
    _one("section_20_drift", (110, 400), "second_review", "amber", S1),
    _one("settled_fostering", (330, 600), "permanence", "red"),
    _one("return_home", (3, 28), "ppm", "green", S1),
    _one("special_guardianship", (180, 420), "left_care", "green"),
    _one("re_entry", (22, 110), "first_review", "amber"),
    _one("long_term_fostering", (120, 700), "second_review", "red"),
)
"""Forty children: twenty green, ten amber, ten red; every stage and colour, and the later ones rarer."""


@dataclass
class _Draft:
    """One attempt at a cast: the stories, by child."""

    stories: list[Story] = field(default_factory=list)

    def events(self) -> dict[str, list[Event]]:
        return {s.diary.child: _in_order(s.diary.events) for s in self.stories}

    def of(self, child: str) -> list[Event]:
        """The events of a child, those of joint meetings included."""
        return [e for s in self.stories for e in s.diary.events if child in children_of(e)]


def caseload(count: int, *, seed: int, today: date, policies: Sequence[str] = (S1, S2)) -> list[SyntheticChild]:
    """So many synthetic children as they stand on a day; the same seed and day give the same children.

    Nothing is dated or recorded on the day itself, so that all is known at any hour of it.
    """
    rulebook = Policies.load()
    resolved = {policy: rulebook.resolve(policy) for policy in policies}
    teller = _Teller(seed, today, resolved)
    children: list[SyntheticChild] = []
    for number, cast in enumerate(_casts(count, Random(f"{seed}/order"))):
        children += teller.children(number, cast, FIRST_REF + len(children))
    return children


def concerning(children: Sequence[SyntheticChild], ref: str) -> list[Event]:
    """All events that concern one child of a caseload, joint meetings included, as they become known."""
    return _in_order([e for child in children for e in child.events if ref in children_of(e)])


def _casts(count: int, rng: Random) -> Iterator[Cast]:
    """Whole rounds of the casts and a part of one for the rest, in an order of the seed's."""
    chosen: list[Cast] = []
    left = count
    while left > 0:
        for cast in CASTS:
            kept = cast if len(cast.places) <= left else Cast(cast.places[:left])
            chosen += [kept] if left else []
            left -= len(kept.places) if left else 0
    rng.shuffle(chosen)
    yield from chosen


@lru_cache(maxsize=4)
def _calendar(year: int) -> WorkingCalendar:
    """The calendar of the childhoods of all who are children in a year."""
    return england_and_wales(year - 20, year + 21)


class _Teller:
    """Draws children until they are found where they are wanted."""

    def __init__(self, seed: int, today: date, policies: dict[str, Policy]) -> None:
        self.seed = seed
        self.today = today
        self.policies = policies
        self.calendar = _calendar(today.year)
        self.given = Counter[str]()

    def children(self, number: int, cast: Cast, first_ref: int) -> list[SyntheticChild]:
        """The children of one cast, at the places wanted (or, failing that for long, at the stages)."""
        refs = [f"CLA-{first_ref + n}" for n in range(len(cast.places))]
        policy = self._policy(cast.places[0], len(refs))
        best, closest = _Draft(), -1
        for attempt in range(ATTEMPTS):
            draft = self._tell(Random(f"{self.seed}/{number}/{attempt}"), cast, refs, policy)
            close = sum(self._fit(draft, place, ref, policy) for place, ref in zip(cast.places, refs, strict=True))
            if close > closest:
                best, closest = draft, close
            if closest == 3 * len(refs):
                break
        events = best.events()
        paths = [place.path for place in cast.places]
        return [SyntheticChild(ref, policy.id, path, events[ref]) for ref, path in zip(refs, paths, strict=True)]

    def _policy(self, place: Place, children: int) -> Policy:
        """The policy a place asks for, else the one that fewest children have so far."""
        fewest = min(self.policies, key=lambda name: self.given[name])
        name = place.policy if place.policy in self.policies else fewest
        self.given[name] += children
        return self.policies[name]

    def _fit(self, draft: _Draft, place: Place, ref: str, policy: Policy) -> int:
        """How near a child is to its place: two points for the stage, one for the colour."""
        stage, colour = standing(draft.of(ref), ref, policy, self.calendar, self.today)
        return 2 * (stage == place.stage) + (colour == place.colour)

    def _tell(self, rng: Random, cast: Cast, refs: list[str], policy: Policy) -> _Draft:
        draft = _Draft()
        outlines = [OUTLINES[place.path] for place in cast.places]
        days = rng.randint(*cast.places[0].days)
        family = self._family(refs, outlines)
        for place, ref, outline in zip(cast.places, refs, outlines, strict=True):
            diary = Diary(ref, rng, self.calendar, self._habits(rng, place, policy), self.today - DAY)
            story = self._story(diary, place, outline, policy, days)
            story.family = family
            if place.stage != "pre_proceedings":
                story.tell()
            draft.stories.append(story)
        self._tell_siblings(draft)
        for story in draft.stories:
            if story.diary.events and not _is_before_care(story):
                remark(story)
        return draft

    def _family(self, refs: list[str], outlines: list[Outline]) -> Family:
        if len(refs) == 1:
            return Family()
        return Family(tuple(refs), {r: (o,) for r, o in zip(refs, outlines, strict=True)})

    def _tell_siblings(self, draft: _Draft) -> None:
        for story in draft.stories:
            for other in draft.stories:
                if other is not story and other.placed and other.placed <= story.diary.last_day:
                    story.sibling_placed(other.diary.child, other.placed)

    def _story(self, diary: Diary, place: Place, outline: Outline, policy: Policy, days: int) -> Story:
        entry = self.today - days * DAY
        if diary.rng.random() < 0.85:
            entry = self.calendar.on_or_before(entry)
        born = entry - timedelta(days=round(diary.rng.uniform(*outline.age) * DAYS_OF_A_YEAR))
        if outline.before is not None:
            self._tell_period_before(diary, outline.before, policy, entry, born)
        story = Story(diary, outline, policy, entry, born)
        story.early_ppm = story.early_ppm or place.stage == "ppm"
        self._tell_pre_proceedings(story, place)
        return story

    def _tell_period_before(self, diary: Diary, outline: Outline, policy: Policy, entry: date, born: date) -> None:
        """A first period of care that ended at home, some months before this one began."""
        began = self.calendar.on_or_before(entry - diary.rng.randint(330, 560) * DAY)
        last_day, diary.last_day = diary.last_day, entry - 20 * DAY
        habits, diary.habits = diary.habits, Habits()
        first = Story(diary, outline, policy, began, min(born, began))
        first.tell()
        if first.over > diary.last_day:
            diary.write("ceased_to_be_looked_after", diary.last_day, reason="E4B", prompt=True)
        diary.not_before = datetime.combine(entry, time(9), LONDON)
        diary.last_day, diary.habits = last_day, habits
        diary.events = [e for e in diary.events if e.known_from < diary.not_before]
        diary.lateness.clear()

    def _tell_pre_proceedings(self, story: Story, place: Place) -> None:
        """The time before entry, for a child who is still there or came in through it."""
        diary, still_there = story.diary, place.stage == "pre_proceedings"
        if not still_there and (story.outline.before or diary.rng.random() > 0.15):
            return
        started = story.entry if still_there else story.entry - diary.rng.randint(14, 60) * DAY
        born = min(story.born, started).isoformat()
        diary.hold_back(diary.write("pre_proceedings_started", started, prompt=True, date_of_birth=born))
        if still_there:
            diary.write("policy_adopted", started, prompt=True, policy=story.policy.id)
            if diary.rng.random() < 0.3:
                diary.write("care_proceedings_issued", self.today - diary.rng.randint(1, 60) * DAY, prompt=True)
        else:
            story.outline = replace(story.outline, entries=("pre_proceedings",))

    def _habits(self, rng: Random, place: Place, policy: Policy) -> Habits:
        """Green works ahead, amber at the last moment; red leaves some things undone for a while."""
        if place.colour == "green":
            return Habits(share=(0.4, 0.75))
        if place.colour == "amber":
            return Habits(share=(0.8, 1.0))
        names = [o.id for o in policy.obligations if o.rule.ladder]
        if place.stage == "permanence":
            return Habits(neglects=frozenset(REVIEWS), since=self.today - rng.randint(20, 100) * DAY)
        if policy.id == S1 or rng.random() < 0.6:
            names = [n for n in names if not n.endswith("-review")] or names
        neglected = frozenset(rng.sample(names, rng.randint(1, max(1, len(names) // 2))))
        return Habits(share=(0.6, 1.0), neglects=neglected, since=self.today - rng.randint(6, 75) * DAY)


def _is_before_care(story: Story) -> bool:
    return not any(e.type == "became_looked_after" for e in story.diary.events)


def _in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda e: (e.known_from, e.on, e.id))


def standing(
    events: Sequence[Event], child: str, policy: Policy, calendar: WorkingCalendar, today: date
) -> tuple[str, Rag]:
    """The stage and the colour of a journey at the end of a day, its events taken as one history."""
    journey = Journey(child, policy, calendar)
    now = end_of(today)
    journey.learn([e for e in events if e.known_from <= now], now)
    return journey.stage, rag(agenda(journey, now), policy)
