"""The channel of the space link: seeded, counted, the same with listeners and without."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flight.bit_errors import BitErrors
from flight.channel_settings import parse
from flight.mission import Mission
from tests.flight.radio_bench import CADU_LENGTH, client, radio, read
from tests.flight.station import EmptyWorld
from tests.house import eventually
from wire import cadu, cltu, pus
from wire.dictionary import DICTIONARIES
from wire.frame_shapes import build_tc_frame

BOOTED = 10_000  # ticks
BOTH = {"up": {}, "down": {}}


def mission(seed: int = 1, **sides: dict[str, float]) -> Mission:
    """One computer at 1 kHz behind a channel."""
    return Mission(EmptyWorld(), "bench", seed, channel=BOTH | sides)


def counts(flown: Mission, side: str) -> dict[str, Any]:
    return flown.status()["channel"][side]


def ping(count: int) -> bytes:
    """One ping to the relay as a CLTU."""
    book = DICTIONARIES["relay"]
    row = next(each for each in book.commands if each.name == "ping")
    packet = pus.build_tc(row.apid, count, row.service, row.subtype, b"", 0b1001, 1)
    return cltu.encode(build_tc_frame(book.vehicle.spacecraft_id, 0, packet))


def test_bit_errors_are_the_same_however_the_octets_are_cut() -> None:
    for settings in ((1e-3,), (1e-5, 0.2, 40.0, 3000.0), (0.0, 0.5, 1.0, 2.0), (0.5,)):
        whole, parts = bytearray(20_000), bytearray(20_000)
        one, other = BitErrors(7, *settings), BitErrors(7, *settings)
        one.spoil(whole)
        with memoryview(parts) as view:
            at, step = 0, 1
            while at < len(parts):
                other.spoil(view[at : at + step])
                at, step = at + step, step % 251 + 7
        assert whole == parts
        assert one.flipped == sum(octet.bit_count() for octet in whole)


def test_the_first_errors_of_a_seed_are_known() -> None:
    octets = bytearray(40)
    assert BitErrors(1, 0.02).spoil(octets) == 8
    assert [i for i in range(320) if octets[i // 8] & 0x80 >> i % 8] == [53, 81, 130, 214, 224, 259, 269, 285]


def test_bursts_have_the_mean_length_and_distance_that_were_asked_for() -> None:
    octets = bytearray(4_000_000)
    BitErrors(3, 0.0, 0.5, 100.0, 10_000.0).spoil(octets)
    bits = sum(octet.bit_count() for octet in octets) / (8 * len(octets))
    assert bits == pytest.approx(0.5 * 100.0 / 10_100.0, rel=0.05)
    struck = sum(any(octets[i : i + 250]) for i in range(0, len(octets), 250)) / (len(octets) // 250)
    assert struck == pytest.approx(1 - 2.718281828 ** (-(2000 + 100) / 10_100), rel=0.1)


def test_settings_are_read_from_a_line_and_from_a_file(tmp_path: Path) -> None:
    assert parse("ber=1e-5,down.ber=1e-6,up.loss=0.1") == {"up": {"ber": 1e-5, "loss": 0.1}, "down": {"ber": 1e-6}}
    assert parse("clear") == BOTH
    (tmp_path / "noise.toml").write_text("ber = 1e-4\n[down]\nouta")
    with pytest.raises(ValueError, match=r"noise\.toml"):
        parse(str(tmp_path / "noise.toml"))
    (tmp_path / "noise.toml").write_text("ber = 1e-4\n[down]\noutage_s = 3\noutage_every_s = 10\n")
    assert parse(str(tmp_path / "noise.toml")) == {"up": {"ber": 1e-4}, "down": {"ber": 1e-4, "outage_s": 3, "outage_every_s": 10}}


@pytest.mark.parametrize(
    "text",
    ["ber", "ber=", "ber=1", "bre=0.1", "left.ber=0.1", "loss=nan", "loss=-0.1", "outage_s=10,outage_every_s=5", "burst_bits=0.5", ""],
)
def test_settings_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="channel"):
        parse(text)


def test_a_channel_that_does_nothing_changes_nothing() -> None:
    clear, none = mission(), Mission(EmptyWorld(), "bench", 1)
    answers = []
    for flown in (clear, none):
        flown.run(BOOTED)
        reader = flown.outlet.reader()
        for i in range(20):
            flown.inbox.put(0, ping(i))
            flown.run(50)
        answers.append(list(iter(reader.take, None)))
    assert answers[0] == answers[1]
    assert counts(clear, "up")["delivered"] == 20
    assert counts(clear, "down")["frames"] == counts(clear, "down")["delivered"] == clear.outlet.frames


def test_the_same_seed_gives_the_same_digests_and_another_seed_others() -> None:
    noisy = {"ber": 1e-3, "loss": 0.1, "duplicate": 0.1, "reorder": 0.1, "delay_s": 0.02}
    digests = []
    for seed in (5, 5, 6):
        flown = mission(seed, up=noisy, down=noisy)
        flown.run(BOOTED)
        for i in range(60):
            flown.inbox.put(0, ping(i))
            flown.run(100)
        digests.append(flown.digest())
        kinds = counts(flown, "down")
        assert all(kinds[kind] for kind in ("lost", "duplicated", "reordered", "delayed", "bits_flipped"))
    assert digests[0] == digests[1] != digests[2]


def test_listeners_do_not_change_state() -> None:
    noisy = {"ber": 1e-4, "burst_ber": 0.1, "burst_bits": 100.0, "calm_bits": 1e5, "loss": 0.05}
    alone, heard = mission(down=noisy), mission(down=noisy)
    alone.run(20_000)
    with radio(heard.inbox, heard.outlet) as door, client(door.tm) as listener:
        assert eventually(lambda: heard.outlet.counters["readers"])
        heard.run(20_000)
        assert alone.digest() == heard.digest()
        told = counts(heard, "down")
        octets = read(listener, told["delivered"] * CADU_LENGTH)
    reader = mission(down={"loss": 0.05})
    plain = reader.outlet.reader()
    reader.run(20_000)
    clean = b"".join(cadu.encode(frame) for frame in iter(plain.take, None))
    assert len(clean) == len(octets)
    assert sum((a ^ b).bit_count() for a, b in zip(clean, octets, strict=True)) == told["bits_flipped"] > 0


def test_a_snapshot_carries_the_line_on() -> None:
    noisy = {"ber": 1e-3, "duplicate": 0.3, "reorder": 0.3, "delay_s": 0.5}
    flown = mission(up=noisy, down=noisy)
    flown.run(2_000)
    kept = flown.snapshot()
    flown.run(3_000)
    other = mission(seed=9)
    other.restore(kept)
    other.run(3_000)
    assert other.digest() == flown.digest()


def test_what_is_lost_delayed_and_out_is_counted_by_kind() -> None:
    flown = mission()
    flown.run(BOOTED)
    flown.set_channel("up", {"outage_s": 1.0, "outage_from_s": 1.0, "outage_every_s": 4.0})
    flown.set_channel("down", {"delay_s": 0.25})
    reader, before = flown.outlet.reader(), counts(flown, "down")
    flown.run(249)
    assert reader.take() is None
    assert counts(flown, "down")["frames"] > before["frames"]
    flown.run(11)
    assert reader.take() is not None
    for wait in (800, 1100, 1000, 1000, 1000):  # at 0.26, 1.06 (out), 2.16, 3.16, 4.16, 5.16 (out) seconds
        flown.inbox.put(0, ping(0))
        flown.run(wait)
    flown.inbox.put(0, ping(0))
    flown.run(10)
    told = counts(flown, "up")
    assert told["octets_out"] == 2 * len(ping(0))
    assert told["delivered"] == 4


def test_a_frame_may_come_twice_and_later_than_its_successor() -> None:
    flown = mission(down={"reorder": 0.5, "reorder_s": 2.5, "duplicate": 0.5})
    reader = flown.outlet.reader()
    flown.run(30_000)
    got = [frame[2] for frame in iter(reader.take, None)]
    told = counts(flown, "down")
    assert min(told["duplicated"], told["reordered"]) > 5
    assert len(got) == told["delivered"] > len(set(got))
    assert any((b - a) % 256 > 128 for a, b in pairwise(got))


def test_a_channel_can_be_changed_while_it_flies_and_a_reset_brings_the_first_settings_back() -> None:
    flown = mission(down={"loss": 1.0})
    flown.run(2_000)
    assert counts(flown, "down")["delivered"] == 0
    flown.set_channel("down", {})
    flown.run(2_000)
    assert counts(flown, "down")["delivered"] > 0
    flown.reset("bench", 1)
    assert counts(flown, "down")["loss"] == 1.0
    with pytest.raises(ValueError, match="directions"):
        flown.set_channel("sideways", {})
    with pytest.raises(ValueError, match="--channel"):
        Mission(EmptyWorld(), "bench", 1).set_channel("up", {})
