"""A stranger reads us: somebody with the exported dictionary, spacepackets and reedsolo, and none of our code, commands and decodes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ground.bench import Emulator
from ground.frames import FrameReceiver
from tests.bench.modem import Antenna, send
from tests.bench.stranger import Message, Stranger
from tests.house import PATIENCE_S

Json = Any
OURS = ("wire", "hal", "flight", "ground")
MANY = 24  # reports asked for at once: more than one frame holds, so that packets run over

hovering = pytest.mark.spacecraft(scenario="hover", seed=5)


@pytest.fixture(scope="module")
def dictionary() -> Json:
    """What `farside dictionary` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "ground", "dictionary", "--format", "json"], capture_output=True, check=True, timeout=PATIENCE_S
    )
    return json.loads(done.stdout)


def flown(craft: Emulator, stranger: Stranger) -> bytes:
    """The octets of 11 s in which the stranger pings, asks for a file and for more reports than a frame holds."""
    antenna = Antenna(craft)
    antenna.run(3.0)
    send(craft.tc, stranger.telecommand("lander", "ping", 3))
    antenna.run(1.0)
    send(craft.tc, stranger.telecommand("lander", "store_log", 4, file=513))
    send(craft.tc, b"".join(stranger.telecommand("lander", "hk_report", n, report=3) for n in range(5, 5 + MANY)))
    octets = antenna.run(7.0)
    antenna.close()
    return octets


def chosen(messages: Sequence[Message], *types: tuple[int, int], vehicle: str = "lander") -> list[Message]:
    return [message for message in messages if message.vehicle == vehicle and (message.service, message.subtype) in types]


def test_the_stranger_shares_no_code_with_us() -> None:
    program = "import sys, stranger; print(*{name.partition('.')[0] for name in sys.modules})"
    here = {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", program], cwd="/", env=here, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"stranger", "spacepackets", "reedsolo"} <= loaded
    assert not loaded & {*OURS, "tests"}


@hovering
def test_a_stranger_commands_us_and_reads_every_packet_as_we_do(spacecraft: Emulator, dictionary: Json) -> None:
    stranger = Stranger(dictionary)
    octets = flown(spacecraft, stranger)
    draw, at = random.Random(31), 0
    while at < len(octets):  # in whatever pieces the network delivers
        size = draw.randrange(1, 5000)
        stranger.feed(octets[at : at + size])
        at += size
    ours = FrameReceiver(frozenset(vehicle["spacecraft_id"] for vehicle in dictionary["vehicles"].values())).feed(octets)
    assert stranger.packets == ours
    assert stranger.frames * 1279 == len(octets)
    assert (stranger.coding.symbols_corrected, stranger.coding.beyond_repair) == (0, 0)
    assert stranger.reception.run_over > 0

    messages = list(stranger.messages())
    stages = [stranger.request(message) for message in chosen(messages, (1, 1), (1, 3), (1, 7))]
    request = {"request.packet_id": 0x1901, "request.sequence_control": 0xC003}
    assert [name for name, of in stages if of == request] == [
        "successful acceptance",
        "successful start of execution",
        "successful completion of execution",
    ]
    assert len(stages) == 3 * (2 + MANY)
    assert len(chosen(messages, (17, 2))) == 1

    boots = [(m.vehicle, stranger.event(m)) for m in messages if m.service == 5 and stranger.event(m)[0] == "boot"]
    assert {vehicle: arguments["dictionary"] for vehicle, (_, arguments) in boots} == dict.fromkeys(
        dictionary["vehicles"], int(dictionary["hash"][:8], 16)
    )
    events = dict(stranger.event(message) for message in chosen(messages, (5, 1)))
    assert events["file_stored"]["number"] == 513
    assert events["file_stored"]["size"] > 100

    reports = [(m.time, *stranger.housekeeping(m)) for m in chosen(messages, (3, 25))]
    settled = datetime(2019, 1, 3, 2, 20, 37) + timedelta(seconds=3)  # TAI; the scenario begins at 02:20:00 UTC
    altitudes = [values["nav.altitude_m"] for time, name, values in reports if name == "descent" and time >= settled]
    assert len(altitudes) >= 75
    assert all(490.0 < altitude < 510.0 for altitude in altitudes)
    assert sum(name == "devices" for _, name, _ in reports) >= MANY
    assert {vehicle for vehicle, _ in stranger.time_reports()} == set(dictionary["vehicles"])
    assert all(datetime(2019, 1, 3, 2, 20, 37) <= time <= datetime(2019, 1, 3, 2, 20, 50) for _, time in stranger.time_reports())


@hovering
def test_a_stranger_repairs_what_the_channel_broke_and_drops_what_is_beyond_repair(spacecraft: Emulator, dictionary: Json) -> None:
    antenna = Antenna(spacecraft)
    octets = antenna.run(2.0)
    antenna.close()
    whole = Stranger(dictionary)
    whole.feed(octets)
    draw = random.Random(32)
    broken = bytearray(octets)
    burst, scattered, lost = draw.sample(range(2, whole.frames - 1), 3)
    for place in range(700, 780):  # 80 octets in a row: 16 symbols of each of the five codewords
        broken[1279 * burst + place] ^= draw.randrange(1, 256)
    for place in draw.sample(range(4, 1279), 16):
        broken[1279 * scattered + place] ^= draw.randrange(1, 256)
    for place in draw.sample(range(4, 1279, 5), 17):  # one more of one codeword than can be repaired
        broken[1279 * lost + place] ^= draw.randrange(1, 256)

    joined_late = Stranger(dictionary)
    joined_late.feed(bytes(broken[500:]))  # from the middle of a frame on
    assert joined_late.frames == whole.frames - 2
    assert joined_late.coding.symbols_corrected == 80 + 16
    assert joined_late.coding.beyond_repair == 1
    missing = list(whole.packets)
    for packet in joined_late.packets:
        missing.remove(packet)
    ours = FrameReceiver({vehicle["spacecraft_id"] for vehicle in dictionary["vehicles"].values()}).feed(bytes(broken[500:]))
    assert joined_late.packets == ours
    assert 0 < len(missing) < len(whole.packets) / 2
    assert len(list(joined_late.messages())) + len(list(joined_late.time_reports())) == len(joined_late.packets)
