"""Containers and Kubernetes: images by version, nobody root, each checked, secrets from files, one set of settings.

Whether the tools take them is shown by those tools (docs/cluster.md says which, and when).
"""

import itertools
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context
from typer.main import get_group

from cli.app import app
from cli.lazy import LaterCommand
from intake import health
from service.settings import variables
from worker import SERVES

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = ("schema", "namespace")
"""They do one thing and end."""
KUBERNETES = DEPLOY / "kubernetes"
OURS = [KUBERNETES / f"{name}.yaml" for name in ("worker", "background", "intake", "prepare")]
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
BY_QUEUE = {"worker": "journeys", "background": "background"}
"""The workers by name, and what each serves."""


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_of_a_version_not_root_checked_and_closed(name: str) -> None:
    service = SERVICES[name]
    image = re.sub(r"^\$\{[A-Z_]+:-(.+)\}$", r"\1", service["image"])
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[\w.-]*", image)
    assert int(service["user"].split(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("healthcheck" in service) == (name not in ONCE)
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_what_a_container_is_told_holds_no_secret_and_each_secret_is_a_file() -> None:
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    for service in SERVICES.values():
        given = [name for name in service.get("environment", {}) if re.search("PASS|PWD|SECRET|KEY", name)]
        assert all(name.upper().endswith("_FILE") for name in given), given
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])


def test_every_file_that_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], source


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_pod_of_ours_is_not_root_and_writes_nowhere_but_where_it_should(path: Path) -> None:
    [workload] = [one for one in documents(path.stem) if one["kind"] in ("Deployment", "Job")]
    pod = workload["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    if workload["kind"] == "Deployment":
        assert {"readinessProbe", "livenessProbe", "startupProbe"} <= set(container)


def test_helm_processes_and_containers_are_told_the_same() -> None:
    values = yaml.safe_load((DEPLOY / "kubernetes" / "temporal-values.yaml").read_text("utf-8"))["server"]
    given = dict(
        line.split("=") for line in (DEPLOY / "temporal" / "server.env").read_text("utf-8").split() if "=" in line
    )
    assert values["dynamicConfig"] == yaml.safe_load((DEPLOY / "temporal" / "dynamic.yaml").read_text("utf-8"))
    stores = values["config"]["persistence"]
    assert stores["numHistoryShards"] == int(given["NUM_HISTORY_SHARDS"])
    assert stores["datastores"]["default"]["sql"]["maxConns"] == int(given["SQL_MAX_CONNS"])
    pinned = re.search(r"go\.temporal\.io/server v(\S+)", (DEPLOY / "cluster" / "go.mod").read_text("utf-8"))
    assert pinned
    assert values["image"]["tag"] == pinned[1]
    assert SERVICES["frontend"]["image"] == f"temporalio/server:{pinned[1]}"


def test_secrets_that_are_files_come_into_the_environment_and_other_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "PGPASSWORD").write_text("of-the-record\n", "utf-8")
    (tmp_path / "credentials.toml").write_text("x", "utf-8")
    (tmp_path / "kubernetes.io").mkdir()
    words = ["/bin/sh", str(DEPLOY / "image" / "with-secrets"), "env"]

    done = subprocess.run(
        words, env={"SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )

    assert "PGPASSWORD=of-the-record" in done.stdout.splitlines()
    assert "credentials" not in done.stdout


def test_workers_are_releases_and_a_second_one_can_stand_beside() -> None:
    assert "PERMANENCE_BUILD_ID=code" in KUSTOMIZATION["configMapGenerator"][0]["literals"]
    for name in BY_QUEUE:
        worker, beside = SERVICES[name], SERVICES[f"{name}-next"]
        assert worker["environment"]["PERMANENCE_BUILD_ID"] == "code"
        assert beside == worker | {"image": beside["image"], "profiles": ["upgrade"]}


def test_workers_are_parted_by_queue_and_each_queue_has_its_own() -> None:
    in_compose = {name: SERVICES[name]["environment"]["PERMANENCE_WORKER_SERVES"] for name in BY_QUEUE}
    in_pods = {name: given_to(name)["PERMANENCE_WORKER_SERVES"] for name in BY_QUEUE}
    assert in_compose == in_pods == BY_QUEUE
    assert {queue for serves in BY_QUEUE.values() for queue in SERVES[serves]} == set(SERVES["all"])


def test_each_kind_of_worker_is_scaled_by_how_long_its_own_queue_waits() -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in documents("scaling")}
    assert scaled.keys() == BY_QUEUE.keys()
    brought = {
        rule["name"]["as"]: rule["metricsQuery"]
        for rule in documents("prometheus-adapter-values")[0]["rules"]["external"]
    }
    for name, spec in scaled.items():
        [metric] = spec["metrics"]
        [queue] = SERVES[BY_QUEUE[name]]
        assert (
            f'_schedule_to_start_latency_bucket{{task_queue="{queue}"}}'
            in brought[metric["external"]["metric"]["name"]]
        )
        assert spec["minReplicas"] > 1


def test_every_setting_of_ours_that_is_named_exists() -> None:
    named = [name for service in SERVICES.values() for name in service.get("environment", {})]
    named += [line.split("=")[0] for line in KUSTOMIZATION["configMapGenerator"][0]["literals"]]
    named += [name for kind in BY_QUEUE for name in given_to(kind)]
    named += [name for name in COMPOSE["secrets"] if name.isupper()]
    ours = {name.removeprefix("PERMANENCE_") for name in named if name.startswith("PERMANENCE_")}
    assert len(ours) > 7
    assert ours <= set(variables())


def test_every_command_of_ours_and_every_path_that_is_asked_exists() -> None:
    commands = [service["command"] for service in SERVICES.values() if "permanence" in service["image"]]
    commands += [container(name)["args"] for name in ("worker", "background", "intake", "prepare")]
    assert ["permanence", "namespace", "prepare"] in commands
    for words in commands:
        assert words == ["python", "-m", "worker"] or is_a_command(words[1:]), words
    asked = {
        (name, probe["httpGet"]["path"])
        for name in ("worker", "background", "intake")
        for kind, probe in container(name).items()
        if kind.endswith("Probe")
    }
    # The worker's are those of its metrics, which answer any path (tests/worker/ reads them).
    assert asked == {("worker", "/metrics"), ("background", "/metrics"), ("intake", "/healthz")}
    assert "/healthz" in {getattr(route, "path", "") for route in health.router.routes}


def documents(name: str) -> list[dict[str, Any]]:
    """What a file for Kubernetes has."""
    return list(yaml.safe_load_all((KUBERNETES / f"{name}.yaml").read_text("utf-8")))


def container(name: str) -> dict[str, Any]:
    """The one container of a workload of ours."""
    [workload] = [one for one in documents(name) if one["kind"] in ("Deployment", "Job")]
    [only] = workload["spec"]["template"]["spec"]["containers"]
    return dict(only)


def given_to(name: str) -> dict[str, str]:
    """What a workload of ours is told beside all of them."""
    return {one["name"]: one["value"] for one in container(name).get("env", ())}


def is_a_command(words: list[str]) -> bool:
    """Whether `permanence` has a command, options aside."""
    at: Any = get_group(app)
    for word in itertools.takewhile(lambda word: not word.startswith("-"), words):
        there = at and at.get_command(Context(at), word)
        at = there.load() if isinstance(there, LaterCommand) else there
    return at is not None
