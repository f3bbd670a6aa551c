"""Several years as one, and what a later import adds and corrects."""

from datetime import UTC, datetime
from itertools import chain

from domain.case.events import Event, document, parse_event
from domain.case.facts import Known
from domain.journey import Journey
from domain.refusals import judge
from domain.study.simulation import calendar_for
from intake.returns.corrections import news
from tests.intake.returns.paper import POLICIES, Paper, doubted, imported, told

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def known(events: list[Event]) -> list[Known]:
    return [Known(event, NOW) for event in events]


def events(*papers: Paper) -> list[Event]:
    return imported(*papers).events["101"]


def said(batches: list[list[Event]]) -> list[list[str]]:
    return [[event.id.removeprefix("903:101:") for event in batch] for batch in batches]


def test_an_episode_over_the_years_end_is_one() -> None:
    papers = Paper.of("03/06/2025 S C2 U6"), Paper.of("03/06/2025 S C2 U6 01/09/2026 E4A", year=2026)
    assert told(*papers) == ["2025-06-03 became_looked_after C2", "2026-09-01 ceased_to_be_looked_after E4A"]
    assert doubted(*papers) == []


def test_a_review_in_two_returns_is_one() -> None:
    papers = [Paper.of("03/06/2025 S C2 U6", year=year).reviews("27/06/2025") for year in (2025, 2026)]
    assert len(told(*papers)) == 2
    assert doubted(*papers) == []


def test_the_later_return_is_believed() -> None:
    papers = (
        Paper.of("03/06/2025 S V2 U6 01/09/2025 E4A"),
        Paper.of("03/06/2025 S C1 U6 08/09/2025 E4B", year=2026),
    )
    assert told(*papers) == ["2025-06-03 became_looked_after C1", "2025-09-08 ceased_to_be_looked_after E4B"]
    [doubt] = imported(*papers).doubts
    assert doubt.message == "a later return gives this episode another LS, DEC, REC"


def test_the_same_return_again_is_no_news() -> None:
    own = events(Paper.of("03/06/2025 S E1 A6").reviews("27/06/2025"))
    assert news(own, [], NOW) == [own]
    assert news(own, known(own), NOW) == []


def test_the_next_years_return_adds_what_is_new() -> None:
    first = events(Paper.of("03/06/2025 S C2 U6").reviews("27/06/2025"))
    second = events(Paper.of("03/06/2025 S C2 U6 01/09/2026 E47", year=2026).reviews("10/04/2026"))
    assert said(news(second, known(first), NOW)) == [["review:2026-04-10", "left:2025-06-03"]]


def test_a_fact_known_from_elsewhere_is_not_told_twice() -> None:
    own = events(Paper.of("03/06/2025 S C2 U6").reviews("27/06/2025 20/09/2025"))
    elsewhere = [parse_event({**document(event), "id": f"lcs-{n}"}) for n, event in enumerate(own)][:2]
    assert said(news(own, known(elsewhere), NOW)) == [["review:2025-09-20"]]


def test_a_correction_voids_what_it_corrects() -> None:
    first = events(Paper.of("03/06/2025 S V2 U6 01/09/2025 E4A"))
    second = events(Paper.of("03/06/2025 S C1 U6 08/09/2025 E4A"))
    sent = news(second, known(first), NOW)
    assert said(sent) == [
        ["entered:2025-06-03:void", "left:2025-06-03:void"],
        ["entered:2025-06-03~2", "left:2025-06-03~2"],
    ]
    by_now = known([*first, *chain(*sent)])
    assert news(second, by_now, NOW) == []
    assert said(news(first, by_now, NOW)) == [
        ["entered:2025-06-03~2:void", "left:2025-06-03~2:void"],
        ["entered:2025-06-03~3", "left:2025-06-03~3"],
    ]


def test_an_ending_withdrawn_is_voided() -> None:
    first = events(Paper.of("03/06/2025 S C2 U6 01/09/2025 E4A"))
    second = events(Paper.of("03/06/2025 S C2 U6", year=2026))
    assert said(news(second, known(first), NOW)) == [["left:2025-06-03:void"]]


def test_what_a_person_voided_stays_voided() -> None:
    own = events(Paper.of("03/06/2025 S C2 U6").reviews("27/06/2025"))
    voiding = parse_event(
        {"type": "event_voided", "id": "v1", "child": "101", "on": "2026-01-05", "event": own[1].id, "reason": "no"}
    )
    assert news(own, known([*own, voiding]), NOW) == []


def test_a_journey_takes_the_correction() -> None:
    first = events(Paper.of("03/06/2025 S V2 U6 01/09/2025 E4A"))
    policy = POLICIES.resolve("ppm-procedure")
    journey = Journey("101", policy, calendar_for(first[0].on, first[0].on))
    journey.step(NOW, judge(journey, first, NOW, POLICIES.ids())[0])
    assert [journey.ended] == [True]
    sent = news(events(Paper.of("03/06/2025 S C1 U6")), journey.known.values(), NOW)
    for batch in sent:
        taken, refused = judge(journey, batch, NOW, POLICIES.ids())
        assert refused == []
        journey.step(NOW, taken)
    assert not journey.ended
    assert journey.facts is not None
    assert journey.facts.legal_status() == "C1"
