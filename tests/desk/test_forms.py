"""Forms: sent from our own pages only, kept when the session has ended, and done once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from domain.case.calendar import local_date
from record.desk_tables import DraftRow, ExclusionRow, RestrictionRow, SessionRow
from record.failures import RecordUnavailable
from tests.desk.office import TODAY, Browser, Office

FORM = "/desk/restrictions/restrict"
EXCLUDE = "/desk/restrictions/exclude"
KEPT = "We kept what you had typed"
REVIEW = str(TODAY + timedelta(days=30))


def restriction(**other: Any) -> dict[str, Any]:
    return {
        "child": "N-1",
        "people": "iris, mo",
        "reason": "A relative works here",
        "review_on": REVIEW,
        "once": "1",
        **other,
    }


def standing(office: Office) -> list[tuple[str, tuple[str, ...]]]:
    with office.record.engine.connect() as connection:
        rows = connection.execute(RestrictionRow.__table__.select().where(RestrictionRow.lifted_at.is_(None)))
        return [(row.child, tuple(row.people)) for row in rows]


@pytest.fixture(autouse=True)
def lifted(office: Office) -> Any:
    """Each test leaves no restriction, exclusion or draft behind."""
    yield
    with office.record.engine.begin() as connection:
        now = datetime.now(UTC)
        for row in (RestrictionRow, ExclusionRow):
            connection.execute(update(row).where(row.lifted_at.is_(None)).values(lifted_at=now, lifted_by="test"))
        connection.execute(delete(DraftRow))


async def test_a_restriction_leaves_the_named_people_only_until_it_is_lifted(office: Office) -> None:
    head, anna, iris = [await office.browser(who) for who in ("head", "anna", "iris")]

    assert (await head.send_form(FORM, **restriction())).headers["location"] == "/desk/restrictions"

    assert [(await who.get("/desk/children/N-1")).status_code for who in (head, anna, iris)] == [404, 404, 200]
    assert "N-1" not in (await anna.get("/desk/my-children")).text
    assert "Restricted: only iris, mo may see this child here" in (await iris.get("/desk/children/N-1")).text
    page = (await head.get("/desk/restrictions")).text
    assert "iris, mo" in page
    number = page.partition('name="number" value="')[2].partition('"')[0]
    for _ in range(2):
        assert (await head.send_form("/desk/restrictions", kind="restriction", number=number)).status_code == 303
    assert (await anna.get("/desk/children/N-1")).status_code == 200


async def test_a_restriction_begins_with_who_works_with_the_child_takes_addresses_and_stands_once(
    office: Office,
) -> None:
    head = await office.browser("head")
    assert 'value="anna, iris"' in (await head.get(f"{FORM}?child=N-1")).text
    assert "anna" not in (await head.get(f"{FORM}?child=no-such-child")).text
    for _ in range(2):
        await head.send_form(FORM, **restriction(people="iris@example.org; MO@example.org"))
    with office.record.engine.connect() as connection:
        rows = connection.execute(RestrictionRow.__table__.select().where(RestrictionRow.lifted_by.is_(None))).all()
    assert [tuple(row.people) for row in rows] == [("iris", "mo")]


async def test_that_a_restriction_was_to_be_looked_at_again_is_said_once_the_day_has_passed(office: Office) -> None:
    """It was to be looked at again in August, and stood in November as if nothing were to be done."""
    head, iris = await office.browser("head"), await office.browser("iris")
    today, yesterday = local_date(datetime.now(UTC)), local_date(datetime.now(UTC) - timedelta(days=1))
    for day, said in ((today, 0), (yesterday, 1)):
        office.protections.restrict("N-1", ["iris"], "A relative works here", day, "head", datetime.now(UTC))
        for page in (await head.get("/desk/restrictions"), await iris.get("/desk/children/N-1")):
            assert page.text.count("that day has passed") == said


async def test_an_exclusion_beats_every_relation_and_stands_once(office: Office) -> None:
    head, anna = await office.browser("head"), await office.browser("anna")
    for _ in range(2):
        sent = {"child": "N-1", "person": "anna", "reason": "She knows the family"}
        assert (await head.send_form("/desk/restrictions/exclude", **sent)).status_code == 303

    assert (await anna.get("/desk/children/N-1")).status_code == 404
    assert (await head.get("/desk/restrictions")).text.count("She knows the family") == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"child": "no-such-child"}, "Enter the reference of a child who has a journey here"),
        ({"child": ""}, "Enter the reference"),
        ({"people": ""}, "Enter who may see the child"),
        ({"people": "iris, nobody-here"}, "does not know nobody-here"),
        ({"reason": ""}, "Enter the reason"),
        ({"review_on": "31 Feb"}, "There is no such day"),
        ({"review_on": "soon"}, "Enter a day, such as 3 Jan"),
        ({"review_on": "1/1/2020"}, "Enter a day after today"),
    ],
)
async def test_what_is_wrong_is_told_at_the_field_and_what_was_typed_stays(
    office: Office, wrong: dict[str, str], said: str
) -> None:
    head = await office.browser("head")
    page = (await head.send_form(FORM, **restriction(**wrong))).text

    assert "<title>Error: " in page
    assert page.count(said) == 2, "at the top and at the field"
    assert f'href="#{next(iter(wrong))}"' in page
    for name, value in restriction(**wrong).items():
        assert value in page, name
    assert standing(office) == []


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (FORM, restriction(reason="")),
        (EXCLUDE, {"child": "N-1", "person": "", "reason": "She knows the family", "once": "2"}),
    ],
)
async def test_what_is_wrong_is_shown_by_an_address_of_its_own_so_that_going_back_sends_nothing_again(
    office: Office, form: str, wrong: dict[str, str]
) -> None:
    head = await office.browser("head")
    answer = await head.post(form, data={"token": head.token, **wrong})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{form}?mend={wrong['once']}")
    for _ in range(2):
        assert "<title>Error: " in (await head.get(answer.headers["location"])).text


@pytest.mark.parametrize("form", [FORM, EXCLUDE])
async def test_what_was_typed_of_one_child_does_not_stand_in_the_form_that_another_childs_page_leads_to(
    office: Office, form: str
) -> None:
    head = await office.browser("head")
    await head.send_form(form, **restriction(reason=""))
    assert 'value="N-1"' in (await head.get(f"{form}?child=N-1")).text
    of_another = (await head.get(f"{form}?child=S-1")).text
    assert 'value="S-1"' in of_another
    assert "N-1" not in of_another
    assert KEPT not in of_another


async def test_what_was_typed_survives_signing_in_again(office: Office) -> None:
    head = await office.browser("head")
    with office.record.engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        connection.execute(update(SessionRow).where(SessionRow.person == "head").values(seen=long_ago))

    answer = await head.send_form(FORM, **restriction())

    assert answer.headers["location"].endswith("&kept=1")
    assert "We kept what you had typed" in (await head.get(answer.headers["location"])).text
    assert standing(office) == []
    page = (await (await office.browser("head")).get(FORM)).text
    assert KEPT in page
    assert "A relative works here" in page
    other = await office.browser("sysop")
    assert (await other.get(FORM)).status_code == 403
    again = await office.browser("head")
    await again.send_form(FORM, **restriction())
    assert standing(office) == [("N-1", ("iris", "mo"))]
    assert KEPT not in (await again.get(FORM)).text, "once it is sent the draft is gone"


async def test_a_tab_older_than_the_session_is_shown_again_and_sends_nothing(office: Office) -> None:
    head = await office.browser("head")
    answer = await head.send_form(FORM, **restriction(), token="of-an-older-session")

    assert answer.headers["location"] == FORM
    assert standing(office) == []
    assert KEPT in (await head.get(FORM)).text


async def test_after_signing_out_an_old_tab_keeps_but_a_revoked_session_does_not(office: Office) -> None:
    for why, kept in (("signed out", True), ("revoked", False)):
        head = await office.browser("head")
        office.sessions.end(why, datetime.now(UTC), person="head")
        answer = await head.send_form(FORM, **restriction())
        assert answer.headers["location"].endswith("&kept=1") is kept


async def test_a_stranger_writes_no_draft(office: Office) -> None:
    stranger = Browser(office.url, "a-cookie-of-nobody")
    async with stranger:
        answer = await stranger.send_form(FORM, **restriction())
    assert "kept" not in answer.headers["location"]
    with office.record.engine.connect() as connection:
        assert connection.execute(DraftRow.__table__.select()).all() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "", "origin": "https://elsewhere.example"},
    ],
)
async def test_a_form_sent_by_another_site_is_refused_even_with_the_token(
    office: Office, headers: dict[str, str]
) -> None:
    head = await office.browser("head")
    answer = await head.post(FORM, data={"token": head.token, **restriction()}, headers=headers)

    assert answer.status_code == 403
    assert standing(office) == []


async def test_a_body_that_is_too_large_is_refused_in_words(office: Office) -> None:
    head = await office.browser("head")
    answer = await head.send_form(FORM, reason="x" * 1_100_000)
    assert answer.status_code == 413
    assert "could not be taken" in answer.text


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_form_of_too_many_fields_is_refused_in_words(office: Office, signed_in: bool) -> None:
    somebody = await office.browser("head" if signed_in else "")
    answer = await somebody.send_form(FORM, **{f"field{number}": "" for number in range(1000)})
    assert answer.status_code == 413
    assert "could not be taken" in answer.text


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "\u0663" * 30], ids=["long", "longest", "arabic"])
async def test_lifting_what_cannot_be_there_is_not_found(office: Office, number: str) -> None:
    head = await office.browser("head")
    answer = await head.send_form("/desk/restrictions", kind="restriction", number=number)
    assert answer.status_code == 404


@pytest.mark.parametrize("rows", [f"{'9' * 30}-{'9' * 30}", f"{'9' * 5000}-{'9' * 5000}"], ids=["long", "longest"])
async def test_the_receipt_of_an_act_that_cannot_be_there_has_no_rows(office: Office, rows: str) -> None:
    head = await office.browser("head")
    answer = await head.get("/desk/team/handed-over", params={"rows": rows})
    assert answer.status_code in (200, 404)


async def test_the_record_being_down_is_told_and_nothing_is_taken(office: Office, monkeypatch: Any) -> None:
    head = await office.browser("head")

    def down(*_: object) -> None:
        raise RecordUnavailable("the case record: locked")

    monkeypatch.setattr("desk.sessions.Sessions.find", down)
    answer: httpx.Response = await head.send_form(FORM, **restriction())
    assert answer.status_code == 503
    assert "cannot be used just now" in answer.text
