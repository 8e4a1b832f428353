"""Round trip of a no-op in real time on `lab`, at 100 Hz and 1 kHz, alone and with a busy Python thread in the emulator.

The bound of the 99th percentile is two ticks and a millisecond. Published: the two leading frameworks as shipped take 340 ms and 44 ms.
"""

from collections.abc import Iterator

from tools.bench.emulator import emulator, pings, quantile
from tools.bench.result import Result

TABLES = [("100 Hz", "hover", "lander", 10_000), ("1 kHz", "bench", "relay", 1_000)]
BOOTED_US = 2_000_000  # the computers have booted, and said so
PEERS = [("framework A as shipped, published", 44_000.0), ("framework B as shipped, published", 340_000.0)]


def run(quick: bool) -> Iterator[Result]:
    for label, scenario, vehicle, tick_us in TABLES:
        for busy in (False, True):
            with emulator(busy, scenario=scenario, speed="real", link="lab") as flying:
                times = pings(flying, vehicle, 30 if quick else 10_000, tick_us, BOOTED_US)
            name = f"no-op round trip, {label}{', busy Python thread' if busy else ''}"
            yield Result(
                f"{name}, 99th percentile", quantile(times, 0.99), "us", "lower", "bound: two ticks and 1 ms", 2.0 * tick_us + 1000.0
            )
            yield Result(f"{name}, median", quantile(times, 0.5), "us", "lower", *PEERS[0])
            yield Result(f"{name}, median", quantile(times, 0.5), "us", "lower", *PEERS[1])
            yield Result(f"{name}, maximum", max(times), "us", "lower")
