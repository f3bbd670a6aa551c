"""The desk's rows, on each kind of database."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, text, update

from desk.drafts import KEPT, Drafts
from desk.page_views import PageViews
from desk.sessions import Lifetime, Sessions
from record.desk_tables import ExclusionRow, PageViewRow, RestrictionRow
from record.engine import open_engine
from record.failures import EntryRefused, RecordUnavailable, in_plain_words
from record.old_views import drop_old_views
from record.protections import OPEN, Protection, Protections
from record.store import CaseRecord
from tests.databases import PostgreSQL

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIFETIME = Lifetime(timedelta(hours=1), timedelta(hours=12))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_a_session_begins_once_by_what_is_good_once_and_ends(engine: Engine) -> None:
    sessions = Sessions(engine)
    cookie = sessions.begin("link", "link", "anna", ["operator"], NOW, entry="a-link")
    assert cookie is not None
    assert sessions.begin("link", "link", "anna", [], NOW, entry="a-link") is None

    session = sessions.find(cookie)
    assert session is not None
    assert (session.person, session.roles, session.began) == ("anna", ("operator",), NOW)
    assert not LIFETIME.over(session, NOW + timedelta(minutes=60))
    assert LIFETIME.over(session, NOW + timedelta(minutes=61))
    sessions.saw(session, NOW + timedelta(minutes=30))
    seen = sessions.find(cookie)
    assert seen is not None
    assert not LIFETIME.over(seen, NOW + timedelta(minutes=61))

    assert sessions.end("revoked", NOW, person="anna") == 1
    assert sessions.end("revoked", NOW, person="anna") == 0
    assert sessions.all() == []
    assert sessions.find("another") is None


def test_a_draft_is_of_one_person_and_form_and_kept_for_a_day(engine: Engine) -> None:
    drafts = Drafts(engine)
    for reason in ("first", "second"):
        drafts.keep("anna", "/form", {"reason": [reason]}, NOW)

    assert drafts.find("anna", "/form", NOW) == {"reason": ["second"]}
    assert drafts.find("ben", "/form", NOW) == drafts.find("anna", "/other", NOW) == {}
    assert drafts.find("anna", "/form", NOW + KEPT + timedelta(seconds=1)) == {}
    drafts.drop("anna", "/form")
    assert drafts.find("anna", "/form", NOW) == {}


def test_what_is_set_for_a_child_is_lifted_and_never_removed_or_rewritten(engine: Engine) -> None:
    protections = Protections(engine)
    for people in (["anna"], ["ben"]):
        protections.restrict("C-1", people, "why", date(2026, 6, 1), "head", NOW)
    protections.exclude("C-1", "iris", "why", "head", NOW)

    assert protections.of("C-1") == Protection(frozenset({"ben"}), frozenset({"iris"})), "the newest restriction"
    assert protections.of("C-2") == OPEN
    [restriction] = protections.restrictions()
    assert protections.lift("restriction", restriction.number, "head", NOW)
    assert not protections.lift("restriction", restriction.number, "head", NOW)
    assert protections.of("C-1") == Protection(None, frozenset({"iris"}))
    for row in (RestrictionRow, ExclusionRow):
        for change in (delete(row), update(row).values(reason="another")):
            with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
                connection.execute(change)


def test_views_are_added_and_never_changed(engine: Engine) -> None:
    views, now = PageViews(engine), datetime.now(UTC)  # the database itself lets go of what is a year old
    for child in ("C-1", "C-2", "C-1"):
        views.write(now, "anna", child, "/children/{child}", "allocated", allowed=True)
    views.write(now, "ben", "C-1", "/children/{child}", None, allowed=False)

    assert views.recent("anna") == ["C-1", "C-2"]
    assert views.recent("ben") == [], "whom they were not let to is not theirs"
    assert [(one.person, one.allowed) for one in views.of_child("C-1")] == [
        ("ben", False),
        ("anna", True),
        ("anna", True),
    ]
    for change in (update(PageViewRow).values(person="ben"), delete(PageViewRow)):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.execute(change)


def test_a_database_that_is_gone_is_told_in_words(record_file: str) -> None:
    engine = open_engine(record_file)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE desk_sessions")
    with pytest.raises((RecordUnavailable, EntryRefused)):
        Sessions(engine).find("any")
    engine.dispose()


def test_views_that_come_at_once_are_all_written_and_each_in_its_time(engine: Engine) -> None:
    views, people = PageViews(engine), [f"person-{number}" for number in range(24)]

    def look(person: str) -> list[str]:
        views.write(NOW, person, "C-1", "/page", "team", allowed=True)
        return views.recent(person)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(look, people)) == [["C-1"]] * len(people), "written before the page is shown"
    assert sorted(view.person for view in views.of_child("C-1")) == sorted(people)


def test_a_commit_that_fails_fails_whoever_waited_and_nobody_after(engine: Engine) -> None:
    views = PageViews(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE desk_views RENAME TO gone"))
    with ThreadPoolExecutor(4) as pool:
        tried = [pool.submit(views.write, NOW, f"a-{n}", "C-1", "/page", "team", allowed=True) for n in range(8)]
    assert all(isinstance(one.exception(), RecordUnavailable) for one in tried)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO desk_views"))
    views.write(NOW, "ben", "C-1", "/page", "team", allowed=True)
    assert [view.person for view in views.of_child("C-1")] == ["ben"]


def test_what_is_pressed_twice_at_once_is_set_once(engine: Engine) -> None:
    protections, review = Protections(engine), date(2026, 6, 1)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(protections.restrict, "C-1", ["anna"], "why", review, "head", NOW)
            pool.submit(protections.exclude, "C-1", "iris", "why", "head", NOW)
    assert (len(protections.restrictions()), len(protections.exclusions())) == (1, 1)
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT count(*) FROM desk_restrictions")).scalar_one()
    assert rows == 1, "and nothing was lifted for it"


def test_the_rights_that_the_guide_names_are_enough(postgresql: PostgreSQL) -> None:
    """On 29 November 2026 nobody could sign in by them."""
    said = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
    listed = re.search(r"and `DELETE` on (?P<tables>[^.]*) alone", said)
    assert listed
    with postgresql.database(postgresql.migrated) as url:
        owner = CaseRecord.open(url)
        with owner.engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE desk LOGIN")
            connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO desk")
            connection.exec_driver_sql("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO desk")
            for table in re.findall(r"`(\w+)`", listed["tables"]):
                connection.exec_driver_sql(f"GRANT DELETE ON {table} TO desk")
        by_desk = CaseRecord.open(url.replace("//permanence@", "//desk@"))

        assert Sessions(by_desk.engine).begin("provider", "s", "worker", [], NOW)
        Drafts(by_desk.engine).keep("worker", "/form", {"reason": ["so"]}, NOW)
        Drafts(by_desk.engine).drop("worker", "/form")
        assert drop_old_views(by_desk.engine, NOW) == 0
        lacking = pytest.raises(RecordUnavailable, match="its user lacks a right there")
        with lacking, in_plain_words(), by_desk.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM events")

        by_desk.close()
        owner.close()
