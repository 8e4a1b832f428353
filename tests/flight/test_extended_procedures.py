"""BI-100: the extended procedures of SDLS (CCSDS 355.1) do not exist on board, and whatever looks like one changes nothing.

Keys are changed by a new file at both ends (docs/security.md). So a procedure has no status of its own: it is refused for what it is on
this link, a control command that is not known, a packet that is none, or one for nobody.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flight.secured import SPACECRAFT, SecuredStation, counters, new_keys, secured
from tests.flight.station import SHAPES, Station, relay_mission
from wire import pus, space_packet
from wire.dictionary.codes import FAILURE_CODE, UPLINK_REASON
from wire.frame_shapes import build_tc_control, build_tc_frame
from wire.sdls import Mode

EXECUTED = [SHAPES["ACCEPTED"], SHAPES["STARTED"], SHAPES["COMPLETED"]]
REPLY, USER = 0x80, 0x40
KEY_MANAGEMENT, ASSOCIATIONS, MONITORING = 0x00, 0x10, 0x30  # service groups
FOREIGN_APID = 0x180  # where an open implementation listens for such PDUs


def pdu(tag: int, value: bytes, bits: int | None = None) -> bytes:
    """A procedure's PDU (CCSDS 355.1): tag, length in bits, value."""
    return bytes([tag]) + (8 * len(value) if bits is None else bits).to_bytes(2, "big") + value


def procedures(draw: random.Random) -> list[bytes]:
    """Commands as they should be, for the association and key in use and others; replies as commands; and lengths that lie."""
    key, challenge = draw.randbytes(32), draw.randbytes(16)
    mine = b"\0\1"  # the index of the association in use, and the key's number
    orders = {
        KEY_MANAGEMENT | 1: mine + draw.randbytes(12) + mine + key + draw.randbytes(16),  # keys over the air, one of them in use
        KEY_MANAGEMENT | 2: mine,  # key activation
        KEY_MANAGEMENT | 3: mine,  # key deactivation
        KEY_MANAGEMENT | 4: mine + challenge,  # key verification, with a challenge that nobody asked
        KEY_MANAGEMENT | 7: mine + mine,  # key inventory
        ASSOCIATIONS | 1: mine + b"\0\0\0\1",  # create
        ASSOCIATIONS | 4: mine + b"\0\x80",  # stop
        ASSOCIATIONS | 5: mine + b"\0\1" + draw.randbytes(12),  # expire, re-key while it works
        ASSOCIATIONS | 6: mine + b"\0\2" + draw.randbytes(12),  # re-key while it works
        ASSOCIATIONS | 10: mine + bytes(12),  # set the number back to 0
        ASSOCIATIONS | 11: mine + b"\xff" * 4,  # open the window
        MONITORING | 1: b"",  # ping
        MONITORING | 7: b"",  # reset the alarm
    }
    found = [pdu(tag, value) for tag, value in orders.items()]
    found += [pdu(tag | flag, value) for tag, value in orders.items() for flag in (REPLY, USER, REPLY | USER)]
    found += [pdu(tag, value, bits) for tag, value in orders.items() for bits in (0, 1, 8 * len(value) + 8, 0xFFFF)]
    found += [pdu(tag, draw.randbytes(draw.randrange(40))) for tag in range(256)]
    return found


def untouched(mission: Any, keys_file: Path) -> tuple[Any, ...]:
    """What no procedure may change: associations and keys, the file, and what the computer executes."""
    arena = mission.vehicles[0].arena
    farm = [int(arena.view("farm")[name]) for name in ("state", "v_r", "lockout", "wait", "retransmit")]
    rows = [(row.fingerprint, row.sends, repr(row.association)) for row in mission.security.keys.rows]
    return rows, keys_file.read_bytes(), [arena.view(name).tobytes() for name in ("requests", "mode")], farm


def as_packet(octets: bytes) -> bytes:
    return pus.build_tc(FOREIGN_APID, 1, 8, 1, octets)


WAYS: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "in the place of a packet": (lambda octets: build_tc_frame(SPACECRAFT, 0, octets), set()),
    "in a segment of the MAP of long commands": (lambda octets: build_tc_frame(SPACECRAFT, 0, octets, 1), set()),
    "on a MAP of its own": (lambda octets: build_tc_frame(SPACECRAFT, 0, octets, 2), {"FRAME_MAP"}),
    "on a channel of its own": (lambda octets: build_tc_frame(SPACECRAFT, 4, octets), {"FRAME_CHANNEL"}),
    "as a control command": (lambda octets: build_tc_control(SPACECRAFT, 0, octets), {"FRAME_DIRECTIVE"}),
    "in a packet of its own": (lambda octets: build_tc_frame(SPACECRAFT, 0, as_packet(octets)), {"routing"}),
}


def reasons(station: SecuredStation) -> list[str]:
    """Why units were refused, by events and by failures of routing, since the last time."""
    station.packets.clear()
    station.listen()
    told = [UPLINK_REASON.name_of(p.data[2]) for p in station.packets if p.secondary.service == 5 and int.from_bytes(p.data[:2]) == 7]
    lost = [p for p in station.packets if (p.secondary.service, p.secondary.subtype) == (1, 10)]
    assert all(int.from_bytes(p.data[4:6]) == FAILURE_CODE["UNKNOWN_APID"] for p in lost)
    return told + ["routing"] * len(lost)


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
@pytest.mark.parametrize("way", WAYS)
def test_bi_100_a_procedure_of_whoever_holds_the_keys_is_refused_with_a_reason_and_changes_nothing(
    tmp_path: Path, way: str, mode: Mode
) -> None:
    keys_file, keys = new_keys(tmp_path, tc=mode)
    wrap, expected = WAYS[way]
    with secured(tmp_path, keys) as (mission, station):
        mission.run(3000)
        reasons(station)
        before = untouched(mission, keys_file)
        sent = procedures(random.Random(100))
        for octets in sent:
            frame = wrap(octets)
            if way == "as a control command":
                station.radiate(frame)
            else:
                station.send_frame(frame)
            mission.run(4)
            told = reasons(station)
            assert len(told) == 1, octets.hex()
            assert told[0] in expected or (not expected and told[0].startswith("PACKET_"))
        assert untouched(mission, keys_file) == before
        assert counters(mission) == {"passed": len(sent)}
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED


def test_bi_100_a_procedure_in_clear_or_under_other_keys_does_not_even_reach_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    keys_file, keys = new_keys(tmp_path / "ours")
    _, theirs = new_keys(tmp_path / "theirs")
    with secured(tmp_path, keys) as (mission, station):
        mission.run(3000)
        before = untouched(mission, keys_file)
        other = SecuredStation(mission, theirs)
        sent = procedures(random.Random(101))[:60]
        for octets in sent:
            station.radiate(build_tc_frame(SPACECRAFT, 0, octets))
            other.send_frame(build_tc_frame(SPACECRAFT, 0, octets))
            mission.run(6)
        assert untouched(mission, keys_file) == before
        found = counters(mission)
        assert "passed" not in found
        assert sum(found.values()) == 2 * len(sent)
        other.close()
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED


def test_bi_100_without_keys_too_nothing_answers_to_a_procedure() -> None:
    mission = relay_mission()
    station = Station(mission)
    mission.run(1001)
    sent = procedures(random.Random(102))
    for octets in sent:
        station.send_frame(build_tc_frame(SPACECRAFT, 0, octets))
        station.send_frame(build_tc_frame(SPACECRAFT, 0, as_packet(octets)))
        mission.run(3)
    assert mission.peek("relay.link.tc_packets_accepted") == 0
    assert mission.peek("relay.link.tc_packets_rejected") == 2 * len(sent)
    assert space_packet.parse_tc(as_packet(sent[0]))[0] == 0
    station.close()
    mission.close()
