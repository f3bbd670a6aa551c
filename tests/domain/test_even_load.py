"""Even load: each child's journey wakes a fixed share of ten minutes later, and the instant itself stays nominal."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.clocks.even_load import SPREAD_OVER, share_of
from tests.domain.story import Live, events, london, short

references = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@given(child=references)
def test_a_share_lies_within_the_window_and_is_always_the_same(child: str) -> None:
    share = share_of(child, SPREAD_OVER)
    assert timedelta() <= share < SPREAD_OVER <= timedelta(minutes=10)
    assert share == share_of(child, SPREAD_OVER)
    assert share_of(child, timedelta()) == timedelta()


def test_shares_do_not_change_from_version_to_version() -> None:
    """A caseload that wakes at other seconds after an update would tell nobody anything twice, but be a puzzle."""
    assert [round(share_of(child, SPREAD_OVER).total_seconds()) for child in ("CLA-1001", "CLA-1002")] == [491, 116]


def test_references_given_out_in_order_are_spread_evenly() -> None:
    tenths = Counter(int(10 * (share_of(f"CLA-{n}", SPREAD_OVER) / SPREAD_OVER)) for n in range(1000, 3000))
    assert set(tenths) == set(range(10))
    assert all(150 < count < 250 for count in tenths.values())


def test_what_is_told_minutes_later_was_due_at_nine() -> None:
    live = Live("ppm-procedure")
    live.told(london("2026-01-05"), events("2026-01-05 became_looked_after"))
    assert short(live.told(london("2026-01-12", "09:07"))) == ["2026-01-12 09:00 initial-ppm/1 reminder 1"]


def test_a_message_in_between_takes_what_was_due_at_nine() -> None:
    live = Live("ppm-procedure")
    live.told(london("2026-01-05"), events("2026-01-05 became_looked_after"))
    sent = live.told(london("2026-01-12", "09:03"), events("2026-01-12 legal_status_changed #x legal_status=C1"))
    assert short(sent) == ["2026-01-12 09:00 initial-ppm/1 reminder 1"]
    assert live.told(london("2026-01-12", "09:07")) == []


def test_a_message_in_between_that_answers_it_leaves_nothing_to_tell() -> None:
    live = Live("ppm-procedure")
    live.told(london("2026-01-05"), events("2026-01-05 became_looked_after"))
    assert "initial-ppm" not in str(live.told(london("2026-01-12", "09:03"), events("2026-01-12 ppm_held #m")))
    assert live.told(london("2026-01-12", "09:07")) == []
