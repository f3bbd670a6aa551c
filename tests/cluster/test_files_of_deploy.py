"""What is in deploy/, checked by what will read it: Compose's own library, kustomize and Kubernetes' own schemas."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tools.cluster.building import CHECKING, programs_of
from tools.faults.programs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # the first time both are built

DEPLOY = ROOT / "deploy"
SCHEMAS = ROOT / ".venv-checking" / "bin" / "kubernetes-validate"
"""Put there by `make cluster-test`, from deploy/checking/requirements.lock."""
KINDS = {
    "Namespace": 1,
    "ServiceAccount": 1,
    "ConfigMap": 1,
    "Job": 1,
    "Service": 1,
    "Deployment": 3,
    "PodDisruptionBudget": 3,
    "HorizontalPodAutoscaler": 2,
}


@pytest.fixture(scope="module")
def checkers() -> dict[str, Path]:
    """The programs by name."""
    return programs_of(CHECKING, print)


def said(*words: str | Path) -> str:
    """What a program says of something that it must find right."""
    done = subprocess.run([*map(str, words)], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warn" not in done.stderr.lower(), done.stderr
    return done.stdout


def test_compose_takes_the_file_and_knows_every_word_in_it(checkers: dict[str, Path], tmp_path: Path) -> None:
    services = yaml.safe_load(said(checkers["compose-spec"], "compose.yaml"))["services"]
    assert {"worker", "background", "intake", "frontend", "history", "matching", "postgresql"} <= set(services)
    serves = {name: services[name]["environment"]["PERMANENCE_WORKER_SERVES"] for name in ("worker", "background-next")}
    assert serves == {"worker": "journeys", "background-next": "background"}

    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DEPLOY / "compose.yaml").read_text("utf-8").replace("stop_grace_period", "stop_grace_perod"))
    done = subprocess.run([checkers["compose-spec"], wrong], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "stop_grace_perod" in done.stdout + done.stderr


def test_kustomize_renders_and_each_document_is_one_of_kubernetes(checkers: dict[str, Path], tmp_path: Path) -> None:
    rendered = said(checkers["kustomize"], "build", "kubernetes")
    documents = list(yaml.safe_load_all(rendered))
    kinds = [one["kind"] for one in documents]
    assert {kind: kinds.count(kind) for kind in kinds} == KINDS
    workloads = [one for one in documents if one["kind"] in ("Deployment", "Job")]
    images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in workloads}
    assert len(images) == 1
    assert ":" in images.pop()
    file = tmp_path / "rendered.yaml"
    file.write_text(rendered, "utf-8")
    said(SCHEMAS, "--strict", file)


def test_what_kubernetes_does_not_know_is_found(tmp_path: Path) -> None:
    """A checker that takes everything would show nothing."""
    text = (DEPLOY / "kubernetes" / "background.yaml").read_text("utf-8")
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace("maxUnavailable", "maxUnavailble"), "utf-8")
    done = subprocess.run([SCHEMAS, "--strict", file], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "maxUnavailble" in done.stdout + done.stderr
