"""The alerts and the dashboard: right for Prometheus and Grafana, and each alert with its page in the runbook."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.metrics import ALERTS, DASHBOARD, DEPLOY, NAME, alerts, expressions, scaled_by

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (Debian and Ubuntu: apt install prometheus)"
)
RUNBOOK = DEPLOY.parent / "docs" / "runbook.md"
STORIES = [ALERTS.with_name("alerts.test.yaml"), ALERTS.with_name("alerts.days.test.yaml")]
SECTIONS = ("**For a child:**", "**Look:**", "**Do:**")


def promtool(*arguments: str | Path, folder: Path = ALERTS.parent) -> str:
    """What promtool says of something that it must find right."""
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_prometheus_takes_the_rules_and_the_example_of_a_configuration() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", ALERTS.name)
    promtool("check", "config", "--syntax-only", "prometheus.yaml")


@needs_promtool
def test_each_alert_comes_when_it_should_and_only_then() -> None:
    stories = "".join(file.read_text("utf-8") for file in STORIES)
    for alert in alerts():
        assert f"name: {alert['name']} comes" in stories
        assert f"name: {alert['name']} does not come" in stories
    promtool("test", "rules", *(file.name for file in STORIES))


@needs_promtool
def test_prometheus_can_read_every_expression_of_the_dashboard_and_what_workers_are_scaled_by(tmp_path: Path) -> None:
    read = [*expressions(), *scaled_by()]
    rules = "\n".join(f"  - record: panel:{n}\n    expr: {json.dumps(expr)}" for n, expr in enumerate(read))
    (tmp_path / "rules.yaml").write_text(f"groups:\n- name: dashboard\n  rules:\n{rules}\n", "utf-8")
    assert f"{len(read)} rules found" in promtool("check", "rules", "rules.yaml", folder=tmp_path)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["name"]))
def test_an_alert_has_its_page_in_the_runbook(alert: dict[str, str]) -> None:
    assert alert["runbook"] == f"docs/runbook.md#{alert['name'].lower()}"
    pages = re.split(r"(?m)^## ", RUNBOOK.read_text("utf-8"))
    [page] = [page for page in pages if page.split("\n", 1)[0] == alert["name"]]
    for section in SECTIONS:
        assert section in page, f"{alert['name']} does not say: {section}"
    assert alert["severity"] in ("page", "ticket")


def test_the_runbook_has_no_page_that_no_alert_leads_to() -> None:
    headings = re.findall(r"(?m)^## (.+)$", RUNBOOK.read_text("utf-8"))
    assert headings == [alert["name"] for alert in alerts()]


def test_commands_that_the_runbook_names_exist() -> None:
    from typer.main import get_group

    from cli.app import app

    said = set(re.findall(r"`permanence ([a-z]+)", RUNBOOK.read_text("utf-8")))
    assert said <= set(vars(get_group(app))["commands"])


def test_the_dashboard_is_one_that_grafana_can_load() -> None:
    board = json.loads(DASHBOARD.read_text("utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 15
    assert board["uid"] == "permanence"
    assert [one["name"] for one in board["templating"]["list"]] == ["datasource"]
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] <= 24 - place["w"]
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [t["refId"] for t in panel["targets"]] == list("ABCDE"[: len(panel["targets"])])
        assert all(NAME.search(target["expr"]) for target in panel["targets"])
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}
    assert len(places) == len(panels)
