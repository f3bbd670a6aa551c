"""What recording changes, in sentences."""

from desk.effect_words import changes
from tests.domain.test_effect import foreseen, live_until


def test_what_is_late_from_the_start_is_said_to_be() -> None:
    review = "2026-02-02 review_held #held"
    said = changes(foreseen(live_until("2026-06-01"), "2026-06-01", review))
    assert "New: Second looked-after review, due on 2 May 2026, for the social worker: it is late already." in said
    said = changes(foreseen(live_until("2026-02-03"), "2026-02-03", review))
    assert "New: Second looked-after review, due on 2 May 2026, for the social worker." in said


def test_a_review_earlier_than_was_said_moves_the_next_into_the_past() -> None:
    held = live_until("2026-04-27", "2026-02-01 review_held #held")
    said = changes(foreseen(held, "2026-04-27", "2026-01-20 review_held corrects=held #right"))
    moved = "is due on 20 April 2026, and not on 1 May 2026 any more: it is late then."
    assert f"Second looked-after review {moved}" in said
