"""What each run draws of the examples of one case, and what it leaves to others."""

from pathlib import Path

import pytest

from tests.fewer import drawn_out


@pytest.mark.drawn("policy")
@pytest.mark.parametrize("policy", ["first", "second", "third"])
@pytest.mark.parametrize("case", ["siblings", "adoption"])
def test_one_of_three_is_run_for_each_of_two_cases(policy: str, case: str) -> None:
    assert {policy, case} <= {"first", "second", "third", "siblings", "adoption"}


def test_every_run_draws_one_for_each_case_and_all_are_drawn_in_time(request: pytest.FixtureRequest) -> None:
    module = pytest.Module.from_parent(request.session, path=Path(__file__))
    items = [each for each in module.collect() if isinstance(each, pytest.Function) and "one_of_three" in each.name]
    everything = {item.nodeid for item in items}
    assert len(everything) == 6

    drawn = [everything - drawn_out([*items], str(seed)) for seed in range(40)]

    for each in drawn:
        assert sorted(name.partition("[")[2].partition("-")[0] for name in each) == ["adoption", "siblings"]
    assert set().union(*drawn) == everything
    assert drawn_out([*items], "7") == drawn_out([*items], "7"), "each worker leaves the same"
    assert drawn_out([*items[:1]], "7") == set(), "what is asked for alone is run"
