"""A spacecraft for your tests: the fixture `spacecraft` is a bench client of an emulator that is reset before each test.

In a `conftest.py` at the root of your tests:

    pytest_plugins = ["ground.pytest_plugin"]

and then:

    @pytest.mark.spacecraft(scenario="hover", seed=7)
    def test_the_lander_survives_ten_seconds_without_its_altimeter(spacecraft):
        spacecraft.bench.run(seconds=5)
        spacecraft.bench.inject("lander.altimeter", "off")
        spacecraft.bench.run(seconds=10)
        assert spacecraft.bench.truth()["lander.altitude_m"] > 490.0

The mark takes scenario, seed, options (a mapping) for the reset, and speed and link for the process; one process is kept for each pair of
these. It is not an entry point of pytest's: a plug-in that every pytest of the environment loads would import this package before the one
that stands in the current directory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ground.bench import Emulator

MARK = "spacecraft(scenario=None, seed=1, options=None, speed='max', link='lab'): what the fixture of that name starts from"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)


class Hangar:
    """The emulators of a test session, one for each speed and link."""

    def __init__(self) -> None:
        self.emulators: dict[tuple[str, str], Emulator] = {}

    def emulator(self, speed: str, link: str) -> Emulator:
        """A running one; a test that killed its own does not harm the next."""
        found = self.emulators.get((speed, link))
        if found is None or not found.is_running():
            if found is not None:
                found.stop()
            found = self.emulators[speed, link] = Emulator(speed=speed, link=link).start()
        return found

    def close(self) -> None:
        for emulator in self.emulators.values():
            emulator.stop()


@pytest.fixture(scope="session")
def hangar() -> Iterator[Hangar]:
    """Emulators that outlive a test."""
    kept = Hangar()
    yield kept
    kept.close()


@pytest.fixture
def spacecraft(request: pytest.FixtureRequest, hangar: Hangar) -> Iterator[Emulator]:
    """A running emulator at the start of a scenario, paused: `.bench`, and the ports `.tc` and `.tm`."""
    mark = request.node.get_closest_marker("spacecraft")
    wishes: dict[str, Any] = {"seed": 1} | (dict(mark.kwargs) if mark else {})
    emulator = hangar.emulator(str(wishes.pop("speed", "max")), str(wishes.pop("link", "lab")))
    emulator.bench.reset(**wishes)
    yield emulator
    if emulator.is_running():
        emulator.bench.pause()
