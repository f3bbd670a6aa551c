"""One period of care told from entry on: courts, reviews, meetings, papers and the daily routine.

A story is told along the dates its policy sets and the habits of the diary; whatever would happen after the
diary's last day is simply not written yet.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.case.calendar import Offset, age_on, birthday
from domain.clocks.rules import Policy
from synthetic.diary import Diary
from synthetic.outlines import Outline

TEAMS = ("North", "South", "East", "West")
EVIDENCE = (
    "detailed_assessment",
    "dbs_checks",
    "single_assessment_updated",
    "childs_wishes",
    "arrangements_suitable",
)
MAILBOXES = {
    "social_worker": ("sw", 24),
    "team_manager": ("tm", 6),
    "iro": ("iro", 8),
    "ppm_chair": ("chair", 3),
}
AT_EVERY_PPM = ["case_supervisor", "social_worker", "fostering_social_worker", "iro"]
OF_AGE = 16


@dataclass
class Family:
    """What brothers and sisters have in common: their references, and the meetings held for all of them."""

    children: tuple[str, ...] = ()
    plans: dict[str, tuple[Outline, ...]] = field(default_factory=dict)
    meetings: list[date] | None = None
    """The days of the joint meetings, once the first child's story has set them."""


class Story:
    """A child's period of care, from `entry` to its end or the diary's last day."""

    def __init__(self, diary: Diary, outline: Outline, policy: Policy, entry: date, born: date) -> None:
        self.diary = diary
        self.rng = diary.rng
        self.outline = outline
        self.policy = policy
        self.entry = entry
        self.born = born
        self.over = birthday(born, 18)
        """From this day on nothing of this period happens."""
        self.settled: date | None = None
        self.issued: date | None = None
        self.concluded: date | None = None
        self.order: date | None = None
        self.placed: date | None = None
        self.reviews: list[date] = []
        self.second_review_due = entry
        self.early_ppm = self.has("initial-ppm")
        self.family = Family()
        self.children: tuple[str, ...] = ()

    def tell(self) -> None:
        """Write the whole period of care into the diary."""
        self._enter()
        if self.outline.course == "short_breaks":
            self._short_break_reviews()
            return
        self._to_court()
        self._course()
        self._hold_reviews()
        self._meet()
        self._older_children()
        self._brothers_and_sisters()

    def has(self, obligation: str) -> bool:
        """Whether the policy knows an obligation."""
        return self.policy.obligation(obligation) is not None

    def note(self, kind: str, on: date | None, /, **fields: Any) -> bool:
        """Write an event of this period of care, if it comes to it before the period is over."""
        if on is None or on >= self.over:
            return False
        return self.diary.write(kind, on, **fields) is not None

    def months(self, day: date, number: int) -> date:
        """The day some calendar months later."""
        return self.diary.calendar.add(day, Offset(number=number, unit="months"))

    def working_days(self, day: date, number: int) -> date:
        return self.diary.calendar.add(day, Offset(number=number, unit="working_days"))

    # Entry

    def _enter(self) -> None:
        entry = self.diary.write(
            "became_looked_after",
            self.entry,
            prompt=True,
            date_of_birth=self.born.isoformat(),
            legal_status=self.outline.legal_status,
            entry=self.rng.choice(self.outline.entries),
            relinquished=self.outline.relinquished or None,
            siblings=[c for c in self.family.children if c != self.diary.child] or None,
            policy=self.policy.id,
            team=self.rng.choice(TEAMS),
            people=self._people(),
        )
        self.diary.hold_back(entry)

    def _people(self) -> dict[str, str]:
        """Role mailboxes that are plainly made up."""
        return {role: f"{box}-{self.rng.randint(1, most):02d}@example.org" for role, (box, most) in MAILBOXES.items()}

    # Courts and the course the case takes

    def _to_court(self) -> None:
        if self.outline.to_court is None:
            return
        self.issued = self.diary.later(self.entry, *self.outline.to_court)
        self.note("care_proceedings_issued", self.issued, prompt=True)
        if self.outline.legal_status == "V2":
            self.note("legal_status_changed", self.diary.later(self.issued, 0, 6), legal_status="C1")
        due = self.issued + timedelta(weeks=26)
        if self.rng.random() < 0.25:
            due = self._final_order_extended(due)
        self.concluded = self.diary.perform("final-order", self.issued + timedelta(weeks=17), due)
        self.note("care_proceedings_concluded", self.concluded, outcome=self._outcome())
        if self.outline.course not in ("guardianship", "adoption"):
            self.note("legal_status_changed", self.concluded, legal_status="C2")

    def _outcome(self) -> str:
        return "special guardianship order" if self.outline.course == "guardianship" else "care order"

    def _final_order_extended(self, due: date) -> date:
        until = due + timedelta(weeks=self.rng.randint(3, 8))
        extended = self.note(
            "deadline_extended",
            self.diary.calendar.on_or_before(due - timedelta(days=self.rng.randint(6, 20))),
            prompt=True,
            obligation="final-order",
            until=until.isoformat(),
            reason="The court allowed more time for an expert report (synthetic).",
            authorised_by="court",
        )
        return until if extended else due

    def _course(self) -> None:
        match self.outline.course:
            case "adoption":
                self._adoption()
            case "home":
                self._home()
            case "guardianship":
                self._ends("special_guardianship_order_made", self.concluded)
            case "drift":
                self._drift()
            case _:
                pass

    def _ends(self, kind: str, on: date | None, /, **fields: Any) -> None:
        """End the period of care by an event, from the day after which nothing more of it happens."""
        if on is None or on >= self.over:
            return
        self.diary.write(kind, on, prompt=True, **fields)
        self.over = on

    def _adoption(self) -> None:
        decided = self._agency_decides()
        if self.outline.relinquished:
            self.order = self.diary.later(decided, 1, 10)
            self.note("placement_consent_given", self.order, prompt=True)
        else:
            self.order = self.concluded
            self.note("placement_order_made", self.order, prompt=True)
            self.note("legal_status_changed", self.order, legal_status="E1")
        if self.order is None:
            return
        if self.outline.adoption_unlikely:
            self._adoption_unlikely(self.order)
            return
        matched = self.diary.later(self.order, 50, 190)
        self.note("matched", matched)
        self.placed = self.diary.later(matched, 12, 40)
        self.note("placed_for_adoption", self.placed, prompt=True)
        self._ends("adoption_order_made", self.diary.later(self.placed, 150, 290))

    def _agency_decides(self) -> date:
        """The agency decision maker's decision, and the search for a family that follows it."""
        before_court = self.concluded and self.concluded - timedelta(days=self.rng.randint(25, 60))
        decided = self.diary.later(before_court or self.entry + timedelta(days=45), 0, 6)
        booked = self.diary.calendar.on_or_before(decided - timedelta(days=self.rng.randint(7, 21)))
        self.note("adm_decision_booked", max(booked, self.entry), for_=decided.isoformat())
        self.note("adm_decision_made", decided, should_be_placed=True)
        self.note(
            "family_finding_started",
            self.diary.perform("family-finding", decided, self.working_days(decided, 1)),
        )
        return decided

    def _adoption_unlikely(self, order: date) -> None:
        unlikely = self.diary.later(order, 100, 200)
        self.note("adoption_unlikely", unlikely, reasons="No family found after a national search (synthetic).")
        opened = max(unlikely, self.months(order, 6))
        if self.has("head-of-service-referral"):
            referred = self.diary.perform("head-of-service-referral", opened, self.working_days(opened, 5))
            self.note("care_plan_referred", referred, to="head_of_children_looked_after")
        changed = self.diary.later(opened, 20, 60)
        fields = {
            "primary_plan": "long_term_fostering",
            "reasons": "A family for life with foster carers (synthetic).",
        }
        self.note("plan_changed", changed, **fields)
        revoked = self.diary.later(changed, 90, 160)
        self.note("placement_order_revoked", revoked, prompt=True)
        self.note("legal_status_changed", revoked, legal_status="C2")

    def _home(self) -> None:
        approved = self.diary.later(self.entry, 80, 190)
        for kind in EVIDENCE:
            self.note("return_home_evidence", self.diary.later(approved, -45, -8), kind=kind, prompt=True)
        under_section_20 = self.outline.legal_status == "V2" and self.outline.to_court is None
        needs_director = under_section_20 and age_on(self.born, approved) >= OF_AGE
        if self.rng.random() > 0.1:
            by_role = "assistant_director" if needs_director else "team_manager"
            self.note("return_home_approved", approved, prompt=True, by_role=by_role)
        home = self.diary.later(approved, 3, 20)
        if self.note("returned_home", home, prompt=True):
            self.settled = home
        if self.outline.ceases_at_home:
            self._ends("ceased_to_be_looked_after", self.diary.later(home, 1, 6), reason="E4A")

    def _drift(self) -> None:
        """Months under section 20 without a plan that moves, until somebody says so."""
        drifting = self.diary.later(self.entry, 120, 190)
        self.note("drift_identified", drifting, reasons="No progress on the assessment of the parents (synthetic).")
        if self.has("drift-plan"):
            agreed = self.diary.perform("drift-plan", drifting, self.working_days(drifting, 5))
            self.note("drift_plan_agreed", agreed)
        self.note(
            "plan_changed",
            self.diary.later(drifting, 30, 80),
            primary_plan=self.outline.final_plan,
            contingency_plan="kinship_care",
            reasons="Return home cannot be made safe in the child's time (synthetic).",
        )

    # Reviews

    def _hold_reviews(self) -> None:
        """Review after review, each due as the law and the policy say after the one before."""
        last = self.entry
        while last < self.over:
            obligation, due = self._next_review(last)
            day = self.diary.perform(obligation, last, due)
            if self._is_placed_by(day or due, last):
                placed = self.placed or last
                day = self.diary.perform("placement-review", placed, placed + timedelta(weeks=4))
            self._book_review(last, day or due)
            if day is None or day > self.diary.last_day or not self._hold_review(day):
                return
            last = day

    def _is_placed_by(self, day: date, last: date) -> bool:
        return self.placed is not None and last < self.placed <= min(day, self.diary.last_day)

    def _next_review(self, last: date) -> tuple[str, date]:
        """Which review comes next, and by when."""
        held = len(self.reviews)
        if self.placed is not None and self.placed <= last:
            return "placement-review", self.months(last, 3 if sum(r >= self.placed for r in self.reviews) == 1 else 6)
        if held == 0:
            obligation, due = "first-review", self.working_days(self.entry, 20)
        elif held == 1:
            obligation, due = "second-review", self._second_review_due(last)
        else:
            obligation, due = "subsequent-review", self.months(last, 6)
        adoption = self._adoption_review_due(last)
        return ("adoption-review", adoption) if adoption and adoption < due else (obligation, due)

    def _second_review_due(self, first: date) -> date:
        due = self.months(first, 3)
        if self.has("permanence-plan-agreed"):
            due = min(due, self.months(self.entry, 4))
        if self.has("care-plan-updated"):
            weeks = 14 if self.issued and self.issued < due else 16
            due = min(due, self.entry + timedelta(weeks=weeks))
        self.second_review_due = due
        return due

    def _adoption_review_due(self, last: date) -> date | None:
        order = self.order
        if order is None or order > self.diary.last_day:
            return None
        held = sum(review > order for review in self.reviews)
        if held == 0:
            return self.months(order, 3)
        if self.has("head-of-service-referral"):
            return self.months(last, 3)
        return self.months(order, 6) if held == 1 else self.months(last, 6)

    def _book_review(self, last: date, day: date) -> None:
        booked = self.diary.later(last, 3, 16)
        if booked >= day:
            return
        self.note("review_booked", booked, for_=day.isoformat())
        if self.rng.random() < 0.12:
            moved = day + timedelta(days=self.rng.randint(-6, 5))
            again = self.diary.later(booked, 5, 20)
            if again < min(day, moved):
                self.note("review_booked", again, for_=moved.isoformat(), note="Rebooked (synthetic).")

    def _hold_review(self, day: date) -> bool:
        number = len(self.reviews) + 1
        ratified = self.outline.ratified and number > 2 and self.settled is None and age_on(self.born, day) >= 14
        fields: dict[str, Any] = {}
        if number == 1 and self.outline.course != "adoption":
            fields["reunification_prospect"] = self.rng.random() < 0.6
        if number == 2:
            fields["plan_agreed"] = True
        if ratified:
            fields["long_term_placement_ratified"] = True
        held = self.note("review_held", day, **fields)
        if held:
            self.reviews.append(day)
            self.settled = day if ratified else self.settled
            self._after_review(number, day)
        return held

    def _after_review(self, number: int, day: date) -> None:
        if number == 1 and self.has("care-plan-updated"):
            due = day + timedelta(days=28)
            self.note("care_plan_updated", self.diary.perform("care-plan-updated", day, due))

    def _short_break_reviews(self) -> None:
        last, number = self.entry, 3
        while last <= self.diary.last_day:
            day = self.diary.perform("short-break-review", last, self.months(last, number))
            if day is None or not self.note("review_held", day):
                return
            last, number = day, 6

    # Meetings and papers

    def _meet(self) -> None:
        """Permanency planning meetings and what each sets off; joint ones for brothers and sisters."""
        days = self.family.meetings
        if days is None:
            days = self._days_of_meetings()
            self.family.meetings = days
            for number, day in enumerate(days):
                self._hold_ppm(number, day)
        for number, day in enumerate(days):
            self._papers(number, day)
        if days:
            self._routine(days[0])
        if self.has("plan-implemented"):
            opened, due = self.months(self.entry, 2), self.months(self.entry, 4)
            self.note("plan_implemented", self.diary.perform("plan-implemented", opened, due))

    def _days_of_meetings(self) -> list[date]:
        second = self.reviews[1] if len(self.reviews) > 1 else self.second_review_due
        series: list[date | None] = []
        if self.early_ppm:
            series.append(self.diary.perform("initial-ppm", self.entry, self.entry + timedelta(weeks=2)))
            if series[0] and self.reviews:
                due = self.working_days(second, -5)
                series.append(self.diary.perform("second-ppm", self.reviews[0] + timedelta(days=1), due))
        elif self.reviews:
            due = second - timedelta(weeks=2)
            series.append(self.diary.perform("ppm", self.reviews[0], due))
        if self.order and not self.outline.relinquished:
            series.append(self.diary.later(self.order, -80, -62))
        if self.order and self.outline.adoption_unlikely:
            series.append(self.diary.later(self.order, 125, 160))
        days = {day for day in series if day and self.entry <= day < self.over and day <= self.diary.last_day}
        return sorted(days)

    def _hold_ppm(self, number: int, day: date) -> None:
        primary, contingency, final = self._plan(self.outline, number)
        plans = {}
        for child, outlines in self.family.plans.items():
            own, other, done = self._plan(outlines[0], number)
            plans[child] = {"primary_plan": own, "contingency_plan": other, "plan_final": done}
        attended = [role for role in AT_EVERY_PPM if self.rng.random() > 0.05]
        if "adoption" in (primary, contingency):
            attended.append("adoption_service")
        self.note(
            "ppm_held",
            day,
            primary_plan=primary,
            contingency_plan=contingency if self.rng.random() > 0.05 else None,
            plan_final=final or None,
            chair="ppm_chair",
            attended=attended,
            views=["child", "parents"] if self.rng.random() > 0.08 else ["parents"],
            adoption_advice_issued=self._advice(number) or None,
            plans=plans or None,
        )

    def _plan(self, outline: Outline, number: int) -> tuple[str, str, bool]:
        if number == 0 and self.early_ppm:
            return outline.first_plan, outline.contingency, False
        if number == 0:
            return (
                outline.first_plan,
                outline.final_plan,
                outline.course == "stays" and self.rng.random() < 0.5,
            )
        return outline.final_plan, "kinship_care", outline.course != "drift"

    def _advice(self, number: int) -> bool:
        return self.has("adoption-advice-circulated") and self.outline.course == "adoption" and number == 0

    def _papers(self, number: int, day: date) -> None:
        due = self.working_days(day, 5)
        if self.has("ppm-decisions-sent"):
            sent = self.diary.perform("ppm-decisions-sent", day, due)
            self.note("ppm_decisions_sent", sent, to=["iro", "team_manager", "adoption_service"])
            self.note("ppm_decisions_uploaded", self.diary.perform("ppm-decisions-uploaded", day, due))
        if self._advice(number):
            advice = self.diary.perform("adoption-advice-circulated", day, due)
            self.note("adoption_advice_circulated", advice, to=["social_worker", "iro", "adoption_team_manager"])
        if self.has("ppm-minutes-sent"):
            self.note("ppm_minutes_available", self.diary.later(day, 2, 6))
            due = max(self.working_days(self.second_review_due, -5), self.working_days(day, 3))
            self.note("ppm_minutes_sent", self.diary.perform("ppm-minutes-sent", day, due), to=["iro"])

    def _routine(self, first_meeting: date) -> None:
        """Tracking and oversight of the plan, over and over until permanence."""
        if self.has("plan-tracking"):
            self._track(first_meeting)
        last: date | None = first_meeting
        while self.has("plan-oversight") and last and last <= self.diary.last_day and not self._settled_by(last):
            last = self.diary.perform("plan-oversight", last, self.months(last, 3))
            if not self._settled_by(last):
                self.note("plan_overseen", last)

    def _track(self, last: date) -> None:
        while last <= self.diary.last_day:
            accommodated = self.outline.legal_status == "V2" and not (self.issued and self.issued <= last)
            due = last + timedelta(weeks=2 if accommodated else 4)
            day = self.diary.perform("plan-tracking", last, due)
            if day is None or self._settled_by(day):
                return
            drifting = self.outline.course == "drift" and len(self.reviews) > 1 and self.rng.random() < 0.1
            self.note("plan_tracked", day, progress="drifting" if drifting else "on_track")
            last = day

    def _settled_by(self, day: date | None) -> bool:
        return day is not None and self.settled is not None and day >= self.settled

    # Older children, brothers and sisters

    def _older_children(self) -> None:
        if self.has("pathway-plan") and age_on(self.born, self.entry) >= 15:
            assessed = self.diary.later(self.entry, 30, 70)
            self.note("needs_assessment_completed", assessed)
            due = self.second_review_due if self.reviews else self.entry + timedelta(weeks=16)
            self.note("pathway_plan_completed", self.diary.perform("pathway-plan", assessed, max(due, assessed)))

    def _brothers_and_sisters(self) -> None:
        if not self.family.children or not self.has("sibling-assessment"):
            return
        last, due = self.entry, self.working_days(self.entry, 20)
        while last <= self.diary.last_day and not self._settled_by(last):
            day = self.diary.perform("sibling-assessment", last, due)
            if day is None or not self.note("sibling_assessment_completed", day):
                break
            last, due = day, self.months(day, 6)
        if self.outline.course == "adoption" and self.order:
            together = {"together": False, "reasons": "Needs that one family cannot meet (synthetic)."}
            self.note("siblings_decision_recorded", self.diary.later(self.order, -60, -45), **together)

    def sibling_placed(self, sibling: str, on: date) -> None:
        """Tell this child's journey that a brother or sister was placed for adoption."""
        self.note("sibling_placed_for_adoption", on, sibling=sibling)
        day = self.diary.perform("siblings-decision", on, self.working_days(on, 20))
        reasons = "Contact is planned in both families (synthetic)."
        self.note("siblings_decision_recorded", day, together=False, reasons=reasons)
