"""`permanence ui`: ready addresses of lists, without a service at hand."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.ui import address, lists
from tests.cli.conftest import Run


def test_each_list_by_urgency_begins_where_the_one_before_ends() -> None:
    """On 27 November 2026 what was due on 29 October is late for more than four weeks, on 20 November for a week."""
    late = [one.query.partition(" AND OldestOverdue")[2] for one in lists(date(2026, 11, 27), "s-worker")[1:4]]
    assert late == [
        ' < "2026-10-30T00:00:00Z"',
        ' >= "2026-10-30T00:00:00Z" AND OldestOverdue < "2026-11-20T00:00:00Z"',
        ' >= "2026-11-20T00:00:00Z"',
    ]


def test_the_lists_are_printed_with_their_addresses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMANENCE_DELIVERY_UI_URL", "https://ui.example/")
    printed = run("ui", "--for", "s-worker", "--keep").stdout.splitlines()
    mine = '(SocialWorker="s-worker" OR Iro="s-worker")'
    assert printed[0] == "Mine:"
    assert printed[1].endswith(mine)
    opened = urlsplit(printed[2].strip())
    assert opened._replace(query="").geturl() == "https://ui.example/namespaces/default/workflows"
    asked = parse_qs(opened.query)
    assert asked["query"][0].endswith(mine)
    assert asked["savedQuery"] == ["Mine"]
    assert "Stuck: mend these first:" in run("ui").stdout
    assert "savedQuery" not in address("https://ui.example", lists(date(2026, 11, 27))[0])


def test_what_can_be_nobodys_key_is_refused(run: Run) -> None:
    refused = run("ui", "--for", 'x" OR Rag="red')
    assert refused.exit_code == 2
    assert "accepted: a key of the directory" in refused.stderr
