"""Missions with small pictures, for the tests of pictures: `made` once a file, `flight` from the start for each, `built` to order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flight.picture_flight import PictureFlight, anew, small_pictures


@pytest.fixture(scope="module")
def made() -> Iterator[PictureFlight]:
    """A mission with small pictures, for all tests of a file."""
    with small_pictures():
        flight = PictureFlight()
    yield flight
    flight.close()


@pytest.fixture
def flight(made: PictureFlight) -> PictureFlight:
    """That mission, from the start."""
    return anew(made)


@pytest.fixture
def built() -> Iterator[Callable[..., PictureFlight]]:
    """Builds missions with settings of their own, and closes them."""
    flights: list[PictureFlight] = []

    def build(scenario: str = "surface", **settings: Any) -> PictureFlight:
        with small_pictures():
            flights.append(PictureFlight(scenario, **settings))
        return flights[-1]

    yield build
    for each in flights:
        each.close()
