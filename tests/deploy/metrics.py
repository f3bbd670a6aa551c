"""The names of metrics: in expressions of PromQL, and as a running service serves them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
ADAPTER = DEPLOY / "kubernetes" / "prometheus-adapter-values.yaml"
DASHBOARD = DEPLOY / "grafana" / "permanence.json"
NAME = re.compile(r"\b(?:permanence|temporal)_[a-z0-9_]+\b")


def alerts() -> list[dict[str, str]]:
    """Each alert's name, expression and runbook page, as its lines have them."""
    blocks = []
    for block in re.split(r"(?m)^ +- alert: ", ALERTS.read_text("utf-8"))[1:]:
        lines = dict(re.findall(r"(?m)^ +(\w+): (.+)$", block))
        blocks.append({"name": block.split("\n", 1)[0].strip(), **lines})
    return blocks


def expressions() -> Iterator[str]:
    """Every expression of the dashboard."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def scaled_by() -> Iterator[str]:
    """Every expression by which workers are scaled."""
    for rule in yaml.safe_load(ADAPTER.read_text("utf-8"))["rules"]["external"]:
        yield rule["metricsQuery"]


def named_in_deploy() -> set[str]:
    """The metrics that alerts, dashboard and scaling name."""
    read = (*(one["expr"] for one in alerts()), *expressions(), *scaled_by())
    return {name for text in read for name in NAME.findall(text)}


def names_in(served: str) -> set[str]:
    """The metrics that a service serves, as one asks for them."""
    return {re.split(r"[{ ]", line, maxsplit=1)[0] for line in served.splitlines() if line and not line.startswith("#")}
