"""Properties draw new examples in each run; its seed is in the report's header, so that the same can be drawn again."""

from random import SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine
from xdist.workermanage import WorkerController

SEED = "hypothesis_seed"

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
    """Before hypothesis looks for its option. A worker of pytest-xdist has the seed of the run that it is of."""
    if config.option.hypothesis_seed is None:
        given: str | None = getattr(config, "workerinput", {}).get(SEED)
        config.option.hypothesis_seed = given or str(SystemRandom().randrange(2**32))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Workers are given the command line alone: until 29 November 2026 each drew by a seed that no header had."""
    node.workerinput[SEED] = node.config.option.hypothesis_seed


def pytest_report_header(config: pytest.Config) -> str:
    return f'drawn with seed {config.option.hypothesis_seed}: ARGS="--hypothesis-seed={config.option.hypothesis_seed}"'
