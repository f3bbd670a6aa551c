"""A look on a busy service: what comes while it is under way is younger than the look itself."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog

from journeys.looking import InRecord, Look
from journeys.watching import Lookout
from service.connection import runtime_with_metrics
from service.ports import own_port

BEGAN = datetime(2026, 11, 29, 13, 8, 15, tzinfo=UTC)


@pytest.mark.server
def test_a_message_that_came_while_the_watch_looked_has_not_waited_and_all_else_is_said() -> None:
    # Seen on 29 November 2026: the outbox took a message within the look, and metrics and log had nothing of that look.
    runtime, address = runtime_with_metrics("127.0.0.1", own_port())
    came = BEGAN + timedelta(milliseconds=40)
    seen = Look(BEGAN, "the Temporal server does not answer", InRecord(came, None), free=0.5, backup=None)

    with structlog.testing.capture_logs() as logged:
        Lookout(runtime.metric_meter).see(seen)

    said = httpx.get(f"http://{address}/metrics", timeout=10).text
    assert re.search(r"^permanence_outbox_oldest_seconds\{.*\} 0$", said, re.MULTILINE)
    assert re.search(r"^permanence_record_up\{.*\} 1$", said, re.MULTILINE)
    assert [(line["event"], line["what"]) for line in logged] == [("watch_found", "server")]
