"""A million frames that must be refused, through the radio of a computer with keys: what they leave behind is a count of each reason."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.flight.forgeries import DAMAGED, Forger, is_judged
from tests.flight.secured import SPACECRAFT, SecuredStation, counters, new_keys, secured
from tests.flight.station import SHAPES
from wire import sdls
from wire.frame_shapes import build_tc_frame
from wire.sdls import Direction, Mode, Refusal

EXECUTED = [SHAPES["ACCEPTED"], SHAPES["STARTED"], SHAPES["COMPLETED"]]
BOOTED = 3000
AT_ONCE = 8  # frames; those of a batch
STEP = 3  # ticks for them
BETWEEN = 2000  # forgeries between two commands of ours
RECORDS = ("requests", "farm", "mode")


def command(mission: Any, station: SecuredStation) -> None:
    """One of ours, executed in whatever state the forgeries have left the uplink."""
    request = station.send("relay", "ping")
    mission.run(60)
    assert station.stages(request) == EXECUTED
    station.packets.clear()


def state(mission: Any) -> dict[str, bytes]:
    """What commands can move: queue of requests and what is deferred, FARM-1, mode, numbers, counts of what was accepted."""
    arena, kept = mission.vehicles[0].arena, mission.harness.view("security.relay")
    accepted = [int(arena.view("link")[name]) for name in ("tc_frames_accepted", "tc_packets_accepted", "tc_packets_rejected")]
    return {name: arena.view(name).tobytes() for name in RECORDS} | {"next": kept["next"].tobytes(), "accepted": repr(accepted).encode()}


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATED_ENCRYPTION, Mode.AUTHENTICATION])
@pytest.mark.long(500_000)
@pytest.mark.timeout(7200)
def test_of_a_million_forged_damaged_and_replayed_frames_nothing_reaches_state(tmp_path: Path, repetitions: int, mode: Mode) -> None:
    """Half a million in each mode of ours; between them commands, executed. State is to the bit that of a run that heard those alone."""
    seed = random.randrange(10**9)
    print("seed", seed)
    for name in ("ours", "others"):
        (tmp_path / name).mkdir()
    (_, ours), (_, others) = new_keys(tmp_path / "ours", tc=mode), new_keys(tmp_path / "others", tc=mode)
    forger = Forger(random.Random(seed), ours, others)
    steps = [min(BETWEEN, repetitions - done) // AT_ONCE for done in range(0, repetitions, BETWEEN)]
    with secured(tmp_path / "quiet", ours) as (mission, station):
        mission.run(BOOTED)
        for count in steps:
            command(mission, station)
            mission.run(count * STEP)
        command(mission, station)
        expected = state(mission)
    found: Counter[Refusal | None] = Counter()
    possible: Counter[frozenset[Refusal | None]] = Counter()
    with secured(tmp_path / "loud", ours) as (mission, station):
        mission.run(BOOTED)
        spi = station.row.association.spi
        for count in steps:
            command(mission, station)
            forger.heard, forger.last[spi] = station.sent, station.number
            for _ in range(count):
                before = refusals(mission)
                reasons: Counter[frozenset[Refusal | None]] = Counter()
                for _ in range(AT_ONCE):
                    frame, may = forger.make()
                    assert is_judged(frame) == (may != {DAMAGED}), f"seed {seed}: {frame.hex()}"
                    station.radiate(frame)
                    reasons[may] += 1
                mission.run(STEP)
                possible += reasons
                told = refusals(mission) - before
                assert agree(told, reasons), f"seed {seed}, tick {mission.tick}: {told}, {reasons}"
            station.listen()
        found = refusals(mission)
        command(mission, station)
        assert state(mission) == expected, f"seed {seed}"
    sent = sum(count * AT_ONCE for count in steps)
    assert sum(found.values()) == sum(possible.values()) == sent
    print(f"{sent} refused:", ", ".join(f"{'damaged' if reason is None else reason.name.lower()} {n}" for reason, n in found.most_common()))
    assert all(found[reason] for reason in (Refusal.SHORT, Refusal.ASSOCIATION, Refusal.MAC, Refusal.REPLAYED, Refusal.AHEAD, DAMAGED))


def refusals(mission: Any) -> Counter[Refusal | None]:
    """By reason; those that security had nothing to say about are the rest of what the computer has rejected."""
    refused = {Refusal[name.upper()]: n for name, n in counters(mission).items() if name != "passed"}
    rejected = int(mission.vehicles[0].arena.view("link")["tc_frames_rejected"])
    return Counter(refused | {DAMAGED: rejected - sum(refused.values())})


def agree(found: Counter[Refusal | None], reasons: Counter[frozenset[Refusal | None]]) -> bool:
    """Every frame was refused, and for a reason that it may have: no reason has more frames than could have it, or fewer than must."""
    if sum(found.values()) != sum(reasons.values()):
        return False
    must = {reason: sum(n for may, n in reasons.items() if may == {reason}) for reason in (*Refusal, DAMAGED)}
    most = {reason: sum(n for may, n in reasons.items() if reason in may) for reason in (*Refusal, DAMAGED)}
    return all(must[reason] <= found[reason] <= most[reason] for reason in must)


def test_numbers_at_the_edges_of_the_window_are_taken_and_refused(tmp_path: Path) -> None:
    """The last number and those to it: refused; the next, and the window's last: taken, and from there on."""
    _, keys = new_keys(tmp_path, tc=Mode.AUTHENTICATION)
    row = keys.sender("relay", Direction.TC)
    window = row.association.window
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        steps = [
            (0, "passed"), (0, "replayed"), (1, "passed"), (0, "replayed"), (1 + window + 1, "ahead"), (1 + window, "passed"),
            (1 + window, "replayed"), (2, "replayed"), (row.association.last_number, "passed"), (row.association.last_number, "replayed"),
        ]  # fmt: skip
        for number, outcome in steps:
            before = counters(mission)
            station.radiate(sdls.seal_tc(row.unit, build_tc_frame(SPACECRAFT, 0, bytes(30)), number))
            mission.run(20)
            assert Counter(counters(mission)) - Counter(before) == {outcome: 1}, number
