"""Properties draw new examples in each run; its seed is in the report's header, so that the same can be drawn again."""

from random import SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine

settings.register_profile(
    "ours",
    settings.get_profile("default"),  # not its own for CI, which draws the same each time
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # so is a busy machine
    phases=[phase for phase in Phase if phase is not Phase.explain],  # for journeys it takes minutes
)
settings.load_profile("ours")

# What fails is made smaller for a minute, not for five: pytest-timeout's limit is no end to it, since hypothesis
# takes that for one more failure, and the whole worker would be ended (tests/limits.py). It has no setting for it.
engine.MAX_SHRINKING_SECONDS = 60


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before hypothesis looks for its option, and before workers of pytest-xdist are given theirs."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(SystemRandom().randrange(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    return f'drawn with seed {config.option.hypothesis_seed}: ARGS="--hypothesis-seed={config.option.hypothesis_seed}"'
