"""Containers and Kubernetes: images by version, nobody root, each checked, secrets from files, one set of settings.

Whether the tools take them is shown by those tools (docs/cluster.md says which, and when).
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = ("schema", "namespace")
"""They do one thing and end."""
OURS = [DEPLOY / "kubernetes" / f"{name}.yaml" for name in ("worker", "intake", "prepare")]


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
    [workload] = [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one["kind"] in ("Deployment", "Job")]
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
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8"))
    assert "PERMANENCE_BUILD_ID=code" in kustomization["configMapGenerator"][0]["literals"]
    worker, beside = SERVICES["worker"], SERVICES["worker-next"]
    assert worker["environment"]["PERMANENCE_BUILD_ID"] == "code"
    assert beside == worker | {"image": beside["image"], "profiles": ["upgrade"]}
