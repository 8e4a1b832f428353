"""The on-board clock, and how it is reported: every sixteenth frame of the real-time channel is a reference."""

from __future__ import annotations

import pytest

from flight.doors.outlet import OutletReader
from flight.mission import Mission
from ground.correlation import Clocks
from tests.flight.station import Station, relay_mission
from wire import crc
from wire.time_code import to_ns
from wire.tm_frame import Reassembler


def time_reports(mission: Mission, reader: OutletReader, ticks: int) -> tuple[list[int], list[bytes]]:
    """The ticks at which reference frames left, and the time packets that came."""
    references, packets, channel = [], [], Reassembler()
    for _ in range(ticks):
        tick = mission.tick
        mission.run(1)
        for frame in iter(reader.take, None):
            if frame[1] >> 1 & 7 == 0:
                packets += [packet for packet in channel.feed(frame) if packet[:2] == b"\0\0"]
                references += [tick] if frame[3] % 16 == 0 else []
    return references, packets


def test_a_time_report_tells_when_the_sixteenth_frame_left() -> None:
    mission = relay_mission()
    references, packets = time_reports(mission, mission.outlet.reader(), 40_000)
    assert len(references) >= 2
    # version 0, APID 0; sequence count 1; 10 octets; 2^4 frames; CUC: epoch 1925173237 = 72bfcff5h, and 16.xxx s later
    assert packets[1][:11].hex() == "0000c001000904" + f"{1925173237 + references[1] // 1000:08x}"
    told = [(to_ns(packet[7:14]) - 1925173237 * 10**9) / 1e6 for packet in packets]
    assert told == pytest.approx(references, abs=1e-4)
    assert {crc.checksum(packet) for packet in packets} == {0}


def test_all_on_board_times_come_from_a_clock_that_runs_free() -> None:
    mission = relay_mission(options={"relay.clock_offset_s": -1.25, "relay.clock_drift_ppm": 40.0})
    references, packets = time_reports(mission, mission.outlet.reader(), 40_000)
    told = [(to_ns(packet[7:14]) - 1925173237 * 10**9) / 1e6 for packet in packets]
    assert told == pytest.approx([tick * 1.00004 - 1250.0 for tick in references], abs=1e-4)
    mission.computer("relay", "reset")
    mission.run(5_000)
    with pytest.raises(ValueError, match="clock_drift_ppm"):
        mission.reset("bench", 1, {"relay.clock_drift_ppm": 1001.0})
    assert mission.peek("relay.telemetry.clock_drift_ppb") == 40_000
    mission.reset("bench", 1, {})
    assert mission.peek("relay.telemetry.clock_drift_ppb") == 0


YEAR_S = 31_557_600.0


@pytest.mark.parametrize("jump_s", [1.0, -1.0, 86_400.0, -86_400.0, 100 * YEAR_S, -100 * YEAR_S])
def test_a_clock_that_jumps_changes_the_times_of_packets_and_nothing_else(jump_s: float) -> None:
    steady, jumping = relay_mission(), relay_mission()
    stations = [Station(steady), Station(jumping)]
    for mission, station in zip((steady, jumping), stations, strict=True):
        mission.run(3_000)
        station.listen()
        if mission is jumping:
            mission.poke("relay.telemetry.clock_offset_ns", int(jump_s * 1e9))
        for _ in range(10):
            station.send("relay", "ping")
            mission.run(500)
        station.listen()
    kinds = [[(p.secondary.service, p.secondary.subtype, p.data) for p in station.packets] for station in stations]
    assert kinds[0] == kinds[1]
    ahead = [to_ns(bytes(b.secondary.time)) - to_ns(bytes(a.secondary.time)) for a, b in zip(*(s.packets for s in stations), strict=True)]
    assert ahead[-1] % (2**32 * 10**9) == pytest.approx(jump_s * 1e9 % (2**32 * 10**9), abs=1000)
    assert steady.peek("relay.mode.mode") == jumping.peek("relay.mode.mode")


def test_a_clock_that_stands_still_stops_nothing() -> None:
    mission = relay_mission()
    station = Station(mission)
    mission.run(3_000)
    mission.poke("relay.telemetry.clock_drift_ppb", -(10**9))
    station.send("relay", "ping")
    mission.run(2_000)
    station.listen()
    pongs = [p for p in station.packets if p.secondary.service == 17]
    assert len(pongs) == 1
    assert to_ns(bytes(pongs[0].secondary.time)) == 1925173237 * 10**9


def test_a_jump_of_the_clock_begins_the_correlation_anew() -> None:
    clocks = Clocks("lab")
    for i in range(20):
        clocks.take("lander", 10**18 + i * 16 * 10**9, 5 * 10**17 + i * 16 * 10**9)
    for i, jump_ns in enumerate((86_400 * 10**9, -86_400 * 10**9, 3 * 10**9, -3 * 10**9), 20):
        clocks.take("lander", 10**18 + i * 16 * 10**9 + jump_ns, 5 * 10**17 + i * 16 * 10**9)
        found = clocks.get("lander")
        assert found is not None
        assert found.samples == 1
        assert found.offset_ns == 5 * 10**17 + jump_ns
