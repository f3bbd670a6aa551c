"""What stands in the way of a move: above all what would have one child's journey run twice, or go on from less."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.policy.loading import Policies
from journeys.moving import Relocation, RelocationSide
from journeys.unmovable import USED, refusals
from local.server import EmbeddedServer
from record.installation import take_on
from record.store import CaseRecord
from service.connection import connect
from service.installation import claim
from service.ports import own_port
from tests.databases import PostgreSQL
from tests.record.entries import entry_event, known, whole_entry
from tests.spoilt import spoil

pytestmark = pytest.mark.server


@asynccontextmanager
async def side(home: Path) -> AsyncIterator[RelocationSide]:
    """A server and the record beside it, if need be an empty one."""
    async with EmbeddedServer(home, ui=False, in_memory=True, grpc_port=own_port()) as server:
        record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
        yield RelocationSide(await connect(server.address), record, home, Policies.load(), "ppm-procedure")
        record.close()


@asynccontextmanager
async def sides(folder: Path, *names: str) -> AsyncIterator[list[RelocationSide]]:
    """Several, of which the first has lived."""
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(side(folder / name)) for name in names]
        take_on(made[0].record.engine, "the-first", datetime.now(UTC))
        made[0].record.write(whole_entry())
        yield made


def more_is_written(record: CaseRecord) -> None:
    """Another event of the child."""
    entry = whole_entry()
    record.write(entry.model_copy(update={"events": [*entry.events, known(entry_event(id="c1-more"))]}))


async def test_journeys_that_began_to_move_to_one_server_do_not_move_to_another(tmp_path: Path) -> None:
    """On 29 November 2026 all ran on both, and a message that was on its way was sent by both."""
    async with sides(tmp_path, "old", "one", "two") as (old, one, two):
        begun = Relocation(old, one)
        await begun.fence()
        await begun.bring_record()

        assert not any("begun to another namespace" in words for words in await refusals(Relocation(old, one)))
        [words] = [words for words in await refusals(Relocation(old, two)) if "begun to another namespace" in words]
        assert "`permanence installation claim` at the source first" in words

        await claim(old.home, old.record, old.client)
        assert not any("begun to another namespace" in words for words in await refusals(Relocation(old, two)))


async def test_a_copy_of_the_record_from_before_is_not_taken_for_the_record(tmp_path: Path) -> None:
    """On 29 November 2026 what had been written since was left behind, and a child whose journey had begun since."""
    async with sides(tmp_path, "old", "new") as (old, new):
        old.record.engine.dispose()
        new.record.engine.dispose()
        shutil.copy(tmp_path / "old" / "case-record.db", tmp_path / "new" / "case-record.db")
        move = Relocation(old, new)
        assert USED in await refusals(move)
        assert not move.record_is_there

        await move.fence()
        assert not any("older copy" in words for words in await refusals(move))
        await claim(old.home, old.record, old.client)
        more_is_written(old.record)
        await move.fence()

        [words] = [words for words in await refusals(move) if "older copy" in words]
        assert "of 1 children, such as c1, it lacks what was written last" in words


async def test_an_empty_record_that_bears_the_identity_is_no_record_that_was_brought(tmp_path: Path) -> None:
    """A worker gives it the identity of its namespace: what is brought then is all, and not nothing."""
    async with sides(tmp_path, "old", "new") as (old, new):
        take_on(new.record.engine, "the-first", datetime.now(UTC))
        move = Relocation(old, new)
        await move.fence()

        assert await move.bring_record()
        assert new.record.children() == ["c1"]
        more_is_written(new.record)
        assert not any("record" in words for words in await refusals(move))


async def test_who_may_not_fence_or_fill_a_record_is_told_before_anything_is_changed(
    tmp_path: Path, postgresql: PostgreSQL
) -> None:
    """On 29 November 2026 the move stopped amid the fence, or behind it with the record not brought."""
    with postgresql.database(postgresql.migrated) as one, postgresql.database(postgresql.migrated) as two:
        async with sides(tmp_path, "old", "new") as made:
            old, new = (replace(side, record=CaseRecord.open(url)) for side, url in zip(made, (one, two), strict=True))
            take_on(old.record.engine, "the-first", datetime.now(UTC))
            with_rights_of_a_worker(old.record)
            with_rights_of_a_worker(new.record)
            assert not any("does not own" in words for words in await refusals(Relocation(old, new)))

            mover = [replace(side, record=CaseRecord.open(as_worker(url))) for side, url in ((old, one), (new, two))]
            refused = [words for words in await refusals(Relocation(*mover)) if "does not own its tables" in words]

            assert [words.partition("'s record")[0] for words in refused] == [
                "the user of the source",
                "the user of the target",
            ]
            for each in (old, new, *mover):
                each.record.close()


def as_worker(url: str) -> str:
    return url.replace("//permanence@", "//no_owner@")


def with_rights_of_a_worker(record: CaseRecord) -> None:
    """As docs/operating.md has it."""
    with record.engine.begin() as connection:
        if not connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = 'no_owner'").scalar():
            connection.exec_driver_sql("CREATE ROLE no_owner LOGIN")
        connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO no_owner")


@pytest.mark.parametrize(("how", "copied"), [("no type that is known", True), ("cut short", False)])
async def test_who_cannot_be_read_is_named_and_the_others_move_if_that_is_said(
    tmp_path: Path, how: str, copied: bool
) -> None:
    """Until 29 November 2026 nobody could be moved beside such a child, of whom the first alone was named."""
    async with sides(tmp_path, "old", "new") as (old, new):
        old.record.write(whole_entry("BAD-1"))
        for child in ("BAD-1", "c1"):
            spoil(old.record, child, how)

        said = await refusals(Relocation(old, new))
        assert any("of BAD-1, c1 cannot be read" in words and "--even-so" in words for words in said)

        move = Relocation(old, new, even_so=True)
        said = await refusals(move)
        assert any("cannot even be copied" in words for words in said) is not copied
        assert not any("--even-so" in words for words in said)
        if copied:
            await move.fence()
            await move.bring_record()
            assert {one.child: one.became for one in await move.bring_journeys()} == {"BAD-1": "left", "c1": "left"}
            assert sorted(new.record.children()) == ["BAD-1", "c1"]
