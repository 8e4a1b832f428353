"""For every test: the code under test is the one that lies here, and `long(n)` says how often a test repeats."""

import os

import pytest
from hypothesis import HealthCheck, settings

import flight
from tests.house import ROOT

if not flight.__file__ or not flight.__file__.startswith(str(ROOT)):
    raise pytest.UsageError(f"the tests lie in {ROOT}, but would test {flight.__file__}")

# No test depends on how fast the machine is today.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


FUZZ_SEED = int(os.environ.get("FARSIDE_FUZZ_SEED", "1"))


def pytest_report_header() -> str:
    return f"fuzzing seed: {FUZZ_SEED} (FARSIDE_FUZZ_SEED)"


@pytest.fixture
def repetitions(request: pytest.FixtureRequest) -> int:
    """What the mark `long(n)` says: n when the long tests were asked for (`-m long`), else a hundredth of it."""
    mark = request.node.get_closest_marker("long")
    full = int(mark.args[0])
    return full if request.config.option.markexpr == "long" else max(1, full // 100)
