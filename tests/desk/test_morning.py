"""Everybody's morning, in a real browser before the real service and real journeys: sign in, see, act, and it is so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from delivery.outbox import Outbox
from delivery.references import reference_of
from delivery.tokens import Tokens
from domain.clocks.wording import in_words
from tests.desk.mornings import BEHIND, BLANK, Morning, begun, morning_in, press, printed, sound, to_by_keys
from tests.desk.office import TODAY
from tests.ui.browser import IN_A_BROWSER

pytestmark = [*IN_A_BROWSER, pytest.mark.server]
PPM = "Initial permanency planning meeting"


@pytest_asyncio.fixture(scope="module")
async def morning(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morning]:
    async with morning_in(tmp_path_factory.mktemp("morning")) as running:
        yield running


async def test_a_social_worker_goes_from_the_mail_to_done_and_corrects_and_undoes_a_slip(morning: Morning) -> None:
    life = morning.life("M-1")
    row = (await life.agenda())["initial-ppm/1"]
    assert row.status == "overdue"
    assert row.next is not None, "the ladder goes on"

    # The mail's link leads to the step, by way of signing in.
    page = await morning.tab()
    await page.goto(link_of(morning, "M-1"))
    await page.get_by_role("link", name="Sign in and record, book or explain it").click()
    await page.get_by_role("button", name="Social worker").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Record for M-1")
    await page.get_by_role("link", name="Record: PPM held").first.click()

    # Late, with the reason.
    await page.get_by_label("Which day was it?").fill(f"{TODAY - timedelta(days=1):%d %b}")
    await page.get_by_role("group", name="Primary plan").get_by_label("Return home").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check before you record it")
    await expect(page.get_by_text("about it will not be sent")).to_be_visible()
    await page.get_by_label("Why is it late?").fill("The chair was ill")
    await page.get_by_role("button", name="Record it").click()

    # The receipt, and the journey itself.
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is recorded")
    await expect(page.locator(".govuk-body-l")).to_contain_text("stopped, next due")
    row = (await life.agenda())["initial-ppm/1"]
    assert (row.status, row.met_on, row.next) == ("met_late", TODAY - timedelta(days=1), None)
    assert [(said.kind, said.by, said.reason) for said in row.said] == [("explained", "anna", "The chair was ill")]

    # A slip: corrected, in one act.
    await page.get_by_role("link", name="correct it").click()
    await expect(page.get_by_label("Which day was it?")).to_have_value(f"{in_words(TODAY - timedelta(days=1))}")
    await page.get_by_label("Which day was it?").fill(f"{BEHIND + timedelta(days=2):%d %b %Y}")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Initial permanency planning meeting is met on")).to_contain_text("in time")
    await page.get_by_role("button", name="Correct it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is corrected")
    await sound(page)
    row = (await life.agenda())["initial-ppm/1"]
    assert (row.status, row.met_on, row.said) == ("met", BEHIND + timedelta(days=2), ())
    await page.get_by_role("link", name="The child's page").click()
    await expect(page.get_by_text(f"corrected on {in_words(TODAY)} by anna")).to_be_visible()
    await page.get_by_role("link", name="look at it, correct it or take it back").click()

    # It did not happen at all: taken back with a reason, and what it said at first with it.
    await page.get_by_role("link", name="Take it back").click()
    await expect(page.get_by_text("Initial permanency planning meeting is open again")).to_be_visible()
    await page.get_by_label("Why do you take it back?").fill("It was put off")
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is taken back")
    await expect(page.get_by_text("Late today: Initial permanency planning meeting")).to_be_visible()
    await sound(page)
    row = (await life.agenda())["initial-ppm/1"]
    assert (row.status, row.said) == ("overdue", ())
    assert row.next is not None, "the ladder goes on"
    await page.goto(BLANK)


async def test_one_meeting_for_brother_and_sister_is_taken_by_both_their_journeys(morning: Morning) -> None:
    lives = {}
    for child in ("B-1", "B-2"):
        entry = f"{BEHIND} became_looked_after @{child} #{child}-in policy=ppm-procedure siblings=B-1,B-2"
        worker = f"{BEHIND} person_assigned @{child} #{child}-sw role=social_worker contact=anna"
        await begun(morning.house, child, f"{entry}\n{worker}")
        lives[child] = morning.life(child)
    page = await morning.sign_in("anna", "/desk/children/B-1/record/ppm_held")
    await expect(page.get_by_role("group", name="B-2").get_by_label("Primary plan")).to_be_visible()
    await sound(page)
    anna = await morning.office.browser("anna")
    meeting = {
        "on": str(TODAY - timedelta(days=1)),
        "primary_plan": "adoption",
        "plans.B-2.primary_plan": "return_home",
        "do": "record",
        "why_late": "The chair was ill",
        "once": "both",
    }
    receipt = (await anna.send_form("/desk/children/B-1/record/ppm_held", **meeting)).headers["location"]
    assert "B-2 has it too." in (await anna.get(receipt)).text
    for life, plan in zip(lives.values(), ("adoption", "return_home"), strict=True):
        row = (await life.agenda())["initial-ppm/1"]
        assert (row.status, [said.reason for said in row.said]) == ("met_late", ["The chair was ill"])
        assert (await life.view()).primary_plan == plan

    # Only one of them was planned for, as it turns out: corrected for both.
    alone = {**meeting, "plans.B-2.primary_plan": "", "once": "alone"}
    await anna.send_form(f"{receipt}/correct", **alone)
    assert [(await life.agenda())["initial-ppm/1"].status for life in lives.values()] == ["met_late", "overdue"]
    await page.goto(BLANK)


async def test_a_team_manager_finds_who_is_late_and_hands_a_child_over(morning: Morning) -> None:
    page = await morning.sign_in("mo")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Team: north")
    await expect(page.get_by_role("row", name="anna")).to_contain_text("2")

    await page.get_by_role("link", name="anna", exact=True).click()
    await page.get_by_role("link", name="Red", exact=True).click()
    await expect(page.get_by_role("link", name="M-4")).to_be_visible()
    await page.get_by_role("button", name="Hand children over").click()

    await page.get_by_label("Who takes them over").select_option("ben")
    await page.get_by_label("N-1").uncheck()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check before you hand over")
    await page.get_by_role("button", name="Hand over").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Handed over")
    await expect(page.get_by_role("row", name="M-4")).to_contain_text("ben")
    assert morning.house.record.history("M-4")[-1].event["contact"] == "ben"
    await page.get_by_role("link", name="Team", exact=True).first.click()
    await expect(page.get_by_role("row", name="ben")).to_contain_text("1")
    await page.goto(BLANK)


async def test_an_iro_answers_an_escalation_by_keys_alone_and_says_that_the_plan_drifts(morning: Morning) -> None:
    life = morning.life("M-2")
    before = (await life.agenda())["initial-ppm/1"].next
    page = await morning.sign_in("iris")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Oversight: children I review")
    await expect(page.get_by_role("row", name="M-2")).to_contain_text("Red")
    await expect(page.get_by_role("row", name="M-2")).to_contain_text("anna")
    await expect(page.get_by_role("link", name="M-3")).to_have_count(0)

    # What escalated, to whom, and how it stands.
    await press(page, page.get_by_role("link", name="Escalations"))
    late = page.get_by_role("row", name=f"M-2 {PPM}")
    await expect(late).to_contain_text("Escalation")
    await expect(late.locator(".govuk-tag")).to_have_text("Late")
    await sound(page)
    await press(page, late.get_by_role("link", name="Record"))
    await press(page, page.get_by_role("link", name="I am on to it: pause the escalations").first)
    await press(page, page.get_by_role("button", name="Continue"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check before you record it")
    await to_by_keys(page, page.get_by_role("button", name="Record it"))

    # The session has ended meanwhile: nothing is lost, and nothing recorded unasked.
    morning.office.sessions.end("signed out", datetime.now(UTC), person="iris")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("We kept what you had typed")).to_be_visible()
    assert (await life.agenda())["initial-ppm/1"].said == ()
    await press(page, page.get_by_role("button", name="IRO"))
    await expect(page.locator(".govuk-notification-banner")).to_contain_text("Nothing was recorded yet")
    await press(page, page.get_by_role("button", name="Continue"))
    await press(page, page.get_by_role("button", name="Record it"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is recorded")
    row = (await life.agenda())["initial-ppm/1"]
    assert [(said.kind, said.by) for said in row.said] == [("acknowledged", "iris")]
    assert before is not None
    assert row.next is None or row.next.at > before.at, "the ladder stands still"

    # A plan that drifts is recorded, and stands under Drift.
    morning.office.list_all()
    await page.goto(f"{morning.office.url}/desk/oversight?tab=escalations")
    await expect(late.locator(".govuk-tag")).to_have_text("Late, in hand")
    await page.goto(f"{morning.office.url}/desk/children/M-2/record/drift_identified")
    await page.get_by_label("Which day was it?").fill(f"{TODAY:%d %b}")
    await page.get_by_label("Reasons").fill("No meeting, and nobody has asked for one")
    await press(page, page.get_by_role("button", name="Continue"))
    await press(page, page.get_by_role("button", name="Record it"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is recorded")
    assert life.recorded()[-1] == "drift_identified"
    await page.goto(f"{morning.office.url}/desk/oversight?tab=drift")
    await expect(page.get_by_role("row", name="M-2")).to_contain_text("Drift identified")
    await page.goto(BLANK)


async def test_a_service_manager_sees_every_team_prints_the_reds_explains_one_and_restricts_it(
    morning: Morning,
) -> None:
    assert (await (await morning.office.browser("ben")).get("/desk/children/M-3")).status_code == 404
    page = await morning.sign_in("head")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Teams")
    await expect(page.get_by_role("row", name="north")).to_be_visible()
    await page.get_by_role("link", name="Red alone").click()
    await expect(page.get_by_role("row", name="M-3")).to_contain_text("Red")
    paper = await printed(page)
    assert "M-3" in paper
    assert "Restrictions" not in paper, "menus stay on the screen"
    assert "Find a child" not in paper

    # Explained, by a double click: once.
    await page.get_by_role("link", name="M-3").click()
    await page.get_by_role("link", name=f"Record {PPM}").click()
    await page.get_by_role("link", name="Say why it is late").first.click()
    await page.get_by_label("reason").fill("No chair until Monday")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Record it").dblclick()
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is recorded")
    said = (await morning.life("M-3").agenda())["initial-ppm/1"].said
    assert [(one.kind, one.by, one.reason) for one in said] == [("explained", "head", "No chair until Monday")]

    # Who looked, and who was not let.
    await page.get_by_role("link", name="The child's page").click()
    await page.get_by_role("link", name="Who looked").click()
    await expect(page.get_by_role("row", name="ben")).to_contain_text("not let")
    await expect(page.get_by_role("row", name="head").first).to_contain_text("Answers for the service")

    # Restricted, by a form that stood in an old tab while she signed in anew.
    await page.get_by_role("link", name="Child", exact=True).click()
    await page.get_by_role("link", name="Restrict who may see this child").click()
    await expect(page.get_by_label("Who may see the child")).to_have_value("anna")
    await page.get_by_label("Reason").fill("A relative works here")
    await page.get_by_label("To be looked at again on").fill(f"{TODAY + timedelta(days=30):%d %b %Y}")
    await sound(page)
    other = await morning.sign_in("head")
    await other.close()
    await page.get_by_role("button", name="Restrict").click()
    await expect(page.get_by_text("We kept what you had typed")).to_be_visible()
    await expect(page.get_by_label("Reason")).to_have_value("A relative works here")
    await page.get_by_role("button", name="Restrict").click()
    await expect(page.get_by_role("row", name="M-3")).to_contain_text("A relative works here")
    await page.get_by_label("Find a child").fill("m-3")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    assert (await (await morning.office.browser("anna")).get("/desk/children/M-3")).status_code == 200
    await page.goto(BLANK)


async def test_an_operator_tries_again_what_failed_and_sees_no_child(morning: Morning) -> None:
    outbox, reach = Outbox(morning.house.record.engine), morning.reach()
    failed = next(row for row in outbox.claim("w", *lease(), 1000) if row.child == "M-5")
    outbox.settle("w", failed.number, "failed", "No such mailbox: anna@example.org")
    outbox.release("w")
    await morning.arrives("M-5", f"{TODAY} review_booked for={TODAY} corrects=M-5-b1 @M-5 #M-5-b2")
    assert [item.child for item in reach.inbox().listed(["rejected"])] == ["M-5"]

    # What is wrong stands first, by references and clocks alone.
    page = await morning.sign_in("sysop")
    await expect(page.get_by_role("heading", level=1)).to_have_text("The service")
    await expect(page.get_by_role("heading", name="Events: rejected: 1")).to_be_visible()
    await expect(page.get_by_role("heading", name="Messages: failed: 1")).to_be_visible()
    await expect(page.get_by_text("review_booked of M-5")).to_be_visible()
    shown = await page.locator("body").inner_text()
    assert [word for word in ("anna", "mailbox", "corrects", "My children", "Find a child") if word in shown] == []
    await sound(page)

    # The message is tried again, by her; pressed twice, once.
    await page.get_by_role("button", name="Try messages again").dblclick()
    await expect(page.locator(".govuk-notification-banner")).to_contain_text("Tried again")
    await expect(page.get_by_role("heading", name="Messages: failed")).to_have_count(0)
    assert outbox.counts()["failed"] == 0

    # So is the event, once what it lacked is there; and the journey has it.
    await morning.arrives("M-5", f"{TODAY} review_booked for={TODAY + timedelta(days=1)} @M-5 #M-5-b1")
    await page.get_by_role("button", name="Try events again").click()
    await expect(page.locator(".govuk-notification-banner")).to_contain_text("Tried again: 1 events")
    await expect(page.get_by_text("No event was rejected.")).to_be_visible()
    booked = [row.booked_for for row in (await morning.life("M-5").agenda()).values() if row.booked_for]
    assert booked == [TODAY], "as corrected"

    # No child, and nobody's work.
    await page.goto(f"{morning.office.url}/desk/children/M-5")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    await page.goto(f"{morning.office.url}/desk/my-children")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page is for others")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")
    await page.goto(BLANK)


def lease() -> tuple[datetime, datetime]:
    """From now for a moment."""
    return datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=30)


def link_of(morning: Morning, child: str) -> str:
    """The link in the message about the late meeting."""
    sent = [one.action for one in morning.house.record.actions(child) if one.action.kind == "escalation"]
    late = next(action for action in sent if action.obligation == "initial-ppm")
    tokens = Tokens(morning.office.settings.link_keys)
    return f"{morning.office.url}/acknowledge/{tokens.for_acknowledging(reference_of(child, late.key), 'anna')}"
