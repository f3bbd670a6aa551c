"""What people find, and who has looked at whom."""

import re

from record.desk_tables import PageViewRow
from tests.desk.office import Office


def views(office: Office) -> list[tuple[str, str | None, str, str | None, bool]]:
    with office.record.engine.connect() as connection:
        rows = connection.execute(PageViewRow.__table__.select().order_by(PageViewRow.number)).all()
    return [(row.person, row.child, row.page, row.relation, row.allowed) for row in rows]


async def test_every_asking_is_logged_and_managers_see_it(office: Office) -> None:
    anna, ben, mo = [await office.browser(who) for who in ("anna", "ben", "mo")]
    before = len(views(office))
    await anna.get("/desk/my-children")
    await anna.get("/desk/children/N-1")
    await ben.get("/desk/children/N-1")
    await ben.get("/desk/children/S-1")
    await anna.get("/desk/children/N-1/views")

    assert views(office)[before:] == [
        ("anna", None, "/my-children mine", None, True),
        ("anna", "N-1", "/children/{child}", "allocated", True),
        ("ben", "N-1", "/children/{child}", None, False),
        ("ben", "S-1", "/children/{child}", "covering", True),
        ("anna", "N-1", "/children/{child}/views", "allocated", False),
    ]
    page = (await mo.get("/desk/children/N-1/views")).text
    assert "ben" in page
    assert "not let" in page


async def test_nothing_of_a_page_is_kept_by_the_browser_and_its_address_goes_to_no_other_site(office: Office) -> None:
    answer = await (await office.browser("anna")).get("/desk/children/N-1")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    style = answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in (await (await office.browser()).get(style)).headers["cache-control"]


async def test_a_child_is_found_by_reference_from_every_page(office: Office) -> None:
    anna = await office.browser("anna")
    for path in ("/desk/my-children", "/desk/children/N-1", "/desk/children/none"):
        assert 'action="/desk/find"' in (await anna.get(path)).text
    answer = await anna.get("/desk/find", params={"reference": " N-1 "})
    assert answer.headers["location"] == "/desk/children/N-1"
    assert "N-1" in (await anna.get("/desk/find", params={"reference": "n 1"})).headers["location"], "as people type it"
    for copied in ("N\N{EN DASH}1", "n\N{NON-BREAKING HYPHEN}1", "N - 1", "n\N{NO-BREAK SPACE}1"):
        answer = await anna.get("/desk/find", params={"reference": copied})
        assert answer.headers["location"].endswith("/N-1"), copied
    for short in ("N1", "n1", "1"):
        answer = await anna.get("/desk/find", params={"reference": short})
        assert answer.headers["location"] == "/desk/children/N-1", short
    head = await office.browser("head")
    several = await head.get("/desk/find", params={"reference": "1"})
    assert several.headers["location"] == "/desk/children/1", "N-1 or S-1: nobody is guessed at"
    odd = await anna.get("/desk/find", params={"reference": "../../metrics?x"})
    assert (await anna.get(odd.headers["location"])).status_code == 404


async def test_everybody_begins_with_what_they_answer_for(office: Office) -> None:
    assert (await (await office.browser()).get("/")).headers["location"] == "/desk/", "the bare address leads here"
    begins = {}
    for person in ("anna", "iris", "mo", "head", "sysop"):
        begins[person] = (await (await office.browser(person)).get("/desk/")).headers["location"]

    assert begins == {
        "anna": "/desk/my-children",
        "iris": "/desk/oversight",
        "mo": "/desk/team",
        "head": "/desk/team",
        "sysop": "/desk/service",
    }
    service = (await (await office.browser("sysop")).get("/desk/service")).text
    assert "Find a child" not in service
    assert ("No channel is switched on" in service) is not bool(office.settings.delivery.channels)


async def test_my_children_are_late_soon_or_later_and_those_i_cover_stand_apart(office: Office) -> None:
    anna, ben = await office.browser("anna"), await office.browser("ben")
    page = (await anna.get("/desk/my-children")).text
    assert re.search(r"1 child: \d steps? late", page)
    assert ">Late</caption>" in page
    assert "S-1" not in page
    assert "No child names you" in (await ben.get("/desk/my-children")).text
    covering = (await ben.get("/desk/my-children?tab=covering")).text
    assert "S-1" in covering
    assert "You cover today for away." in covering
    assert "Due soon" in covering
