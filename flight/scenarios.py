"""Scenarios, as far as the computers know them: the table that runs, the epoch, and what was commanded before the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from flight import lander, relay, rover
from flight.page import Page

# 2019-01-03T02:20:00 UTC in TAI seconds since 1958-01-01: some minutes before the touchdown of Chang'e-4.
DESCENT_EPOCH_TAI_S: Final = 1_925_173_237
NIGHT_EPOCH_TAI_S: Final = DESCENT_EPOCH_TAI_S + 1_017_600  # 2019-01-14T21:00:00 UTC
SEEDS: Final = 1 << 64  # so many there are, from 0


def _faster(page: Page, factor: float) -> Page:
    """The same page on a computer so many times as fast."""
    lines = tuple(replace(line, cost_us=line.cost_us / factor, budget_us=line.budget_us / factor) for line in page.schedule)
    return replace(page, schedule=lines)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`modes` are the modes at the start, where they are not those of a boot; `upload` says that navigation's state has been uploaded."""

    name: str
    tick_ns: int
    pages: tuple[Page, ...]
    epoch_tai_s: int
    modes: dict[str, str]
    upload: bool
    text: str


ABOARD: Final = {"rover": "ABOARD"}
LANDED: Final = {"lander": "LANDED"}
MISSION: Final = (lander.PAGE, rover.PAGE, relay.PAGE)

SCENARIOS: Final = {
    row.name: row
    for row in (
        Scenario("descent", 10_000_000, MISSION, DESCENT_EPOCH_TAI_S - 408, ABOARD | {"lander": "ORBIT"}, True, "15 km up, waits for `go`"),
        Scenario(
            "hover", 10_000_000, MISSION, DESCENT_EPOCH_TAI_S, ABOARD | {"lander": "HOVER"}, True, "500 m above the site, waits for `land`"
        ),
        Scenario("surface", 10_000_000, MISSION, DESCENT_EPOCH_TAI_S + 360, ABOARD | LANDED, True, "landed, the rover aboard"),
        Scenario(
            "rover-on-ground", 10_000_000, MISSION, DESCENT_EPOCH_TAI_S + 1560, LANDED, True, "the rover on the soil before the ramp"
        ),
        Scenario("night", 10_000_000, MISSION, NIGHT_EPOCH_TAI_S, ABOARD | LANDED, True, "landed, a day after the first sunset"),
        Scenario(
            "bench", 1_000_000, (_faster(relay.PAGE, 5.0),), DESCENT_EPOCH_TAI_S, {}, False, "one computer at 1 kHz, no world: for figures"
        ),
    )
}  # fmt: skip
