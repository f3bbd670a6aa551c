"""What `permanence release` says where it cannot do what it is asked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from local.server import EmbeddedServer
from service.build import DEPLOYMENT, build_id
from service.build import release_of as config_of
from service.connection import connect
from service.ports import own_port
from service.releases import (
    NO_NAME,
    NOT_THERE,
    TOO_OLD,
    ReleaseRefused,
    promote,
    promote_first,
    ramp,
    releases,
    roll_back,
    workers_of,
)
from tests.workflows.house import PATIENCE
from tests.workflows.releasing import ground_in, release_of
from worker import build_worker
from workflows.registry import WORKFLOWS
from workflows.released import IN_RELEASE

pytestmark = pytest.mark.server


class WithoutReleases(EmbeddedServer):
    """A server on which releases are switched off, as an older one has none."""

    def _arguments(self) -> Iterator[str]:
        yield from super()._arguments()
        yield from ("--dynamic-config-value", "system.enableDeploymentVersions=false")


async def test_a_server_that_knows_no_releases_is_told_in_words(tmp_path: Path) -> None:
    async with WithoutReleases(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        for asked in (releases(client), promote(client, "one"), ramp(client, "one", 5), roll_back(client)):
            with pytest.raises(ReleaseRefused) as refused:
                await asked
            assert str(refused.value) == TOO_OLD


async def test_what_is_not_there_is_named_and_the_first_release_alone_becomes_current_by_itself(tmp_path: Path) -> None:
    async with ground_in(tmp_path) as ground:
        client = ground.house.client
        assert await _refused(client, "one") == NOT_THERE
        await ground.start("one")
        assert await promote_first(client, "one")
        assert "no worker of the release two asks for work" in await _refused(client, "two")
        assert (await _refused(client, "two")).endswith("Releases with workers: one")
        with pytest.raises(ReleaseRefused, match="no release was current before one"):
            await roll_back(client)
        await ground.start("two")
        assert await promote_first(client, "two")
        assert {one.build: one.state for one in await releases(client)} == {"one": "current", "two": "waiting"}


async def _refused(client: Client, build: str) -> str:
    with pytest.raises(ReleaseRefused) as refused:
        await promote(client, build)
    return str(refused.value)


def test_a_worker_is_a_release_only_where_the_setting_says_so() -> None:
    assert config_of(None) is None
    by_code, named = config_of("code"), config_of("2026.11-1")
    assert by_code
    assert named
    assert by_code.version.build_id == build_id()
    assert named.version.to_canonical_string() == f"{DEPLOYMENT}.2026.11-1"


def test_a_release_has_the_same_workflows_of_which_all_but_journeys_move_at_once() -> None:
    def named(classes: list[type]) -> dict[str, object]:
        definitions = [getattr(one, "__temporal_workflow_definition") for one in classes]
        return {one.name: one.versioning_behavior.name for one in definitions}

    assert named(WORKFLOWS) == dict.fromkeys(named(IN_RELEASE), "UNSPECIFIED")
    moving = {name for name, how in named(IN_RELEASE).items() if how == "AUTO_UPGRADE"}
    assert moving == {"ScheduledTask", "StandingProcess"}


async def test_no_release_takes_the_work_of_workers_that_are_none(tmp_path: Path) -> None:
    async with ground_in(tmp_path) as ground:
        client = ground.house.client
        async with build_worker(client, ground.house.record, ground.house.policies, ground.settings):
            await ground.start("one")
            async with asyncio.timeout(PATIENCE):
                while not (await workers_of(client))[""]:
                    await asyncio.sleep(0.1)
            assert not await promote_first(client, "one")
            assert await _refused(client, "") == NO_NAME.format(there="one")  # not meant by an unset variable
            with pytest.raises(ReleaseRefused, match="this one is empty"):
                await ramp(client, "", 5)
            [life] = await ground.begin(1)
            assert await release_of(life) == ""

            await promote(client, "one")
            async with asyncio.timeout(PATIENCE):
                while await release_of(life) != "one":  # the first task or two may have been on their way
                    await life.tell("2026-01-05 person_assigned role=iro contact=iro-02@example.org")
