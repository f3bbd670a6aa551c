"""Properties draw new examples in each run; its seed is in the report's header, so that the same can be drawn again."""

from random import SystemRandom

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ours",
    settings.get_profile("default"),  # not its own for CI, which draws the same each time
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # so is a busy machine
)
settings.load_profile("ours")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before hypothesis looks for its option, and before workers of pytest-xdist are given theirs."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(SystemRandom().randrange(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    return f'drawn with seed {config.option.hypothesis_seed}: ARGS="--hypothesis-seed={config.option.hypothesis_seed}"'
