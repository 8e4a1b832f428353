"""Space Data Link Security (355.0-B-2): known answers, and everything that must be refused."""

from __future__ import annotations

import random
import struct

import pytest
from construct import Bytes, Struct

from tests.wire.sdls_bench import LANDER, command, key_of, packet, receiver, telemetry, unit
from tests.wire.vectors import load
from wire import sdls, tc_frame, tm_frame
from wire.crc import checksum
from wire.frame_shapes import build_tc_control
from wire.frame_shapes import tc_frame as tc_shape
from wire.frame_shapes import tm_frame as tm_shape
from wire.sdls import Association, Direction, ExhaustedError, Mask, Mode, Receiver, Refusal, RefusedError, Unit
from wire.tc_frame import TcFrameError

VECTORS = load("sdls.json")["vectors"]
MODES = (Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION)
VERDICTS = {"accept": None, "reject: ARSN not newer": Refusal.REPLAYED, "reject: outside window": Refusal.AHEAD}


def refused(by: Receiver, frame: bytes) -> Refusal | None:
    try:
        by.open(frame)
    except RefusedError as error:
        return error.reason
    return None


def repaired(frame: bytes | bytearray) -> bytes:
    """With the FECF that whoever forges it can compute."""
    return bytes(frame[:-2]) + checksum(bytes(frame[:-2])).to_bytes(2, "big")


# --- known answers


def test_recorded_command_frames_with_a_cmac_get_their_verdicts() -> None:
    """CryptoLib, EXERCISE_ARSN: SPI 9, 16-bit numbers, a mask of nothing; the window moves with each frame accepted."""
    vectors = VECTORS[:4]
    association = Association(9, Direction.TC, 3, Mode.AUTHENTICATION, 2, 5, Mask.NOTHING)
    by = Receiver([Unit(association, bytes.fromhex(vectors[0]["key"]))], 3, Direction.TC)
    by.last[9] = 0x123
    for vector in vectors:
        frame = bytes.fromhex(vector["frame"])
        assert refused(by, frame) == VERDICTS[vector["expected"]]
    assert (by.last[9], by.accepted) == (0x129, 2)


def test_recorded_command_frames_with_a_window_of_initialisation_vectors_get_their_verdicts() -> None:
    """CryptoLib, EXERCISE_IV: encryption alone."""
    vectors = VECTORS[4:8]
    association = Association(9, Direction.TC, 3, Mode.ENCRYPTION, 12, 5, Mask.STANDARD)
    by = Receiver([Unit(association, bytes.fromhex(vectors[0]["key"]))], 3, Direction.TC)
    by.last[9] = int(vectors[0]["iv_last_seen"], 16)
    verdicts = [refused(by, bytes.fromhex(vector["frame"])) for vector in vectors]
    assert verdicts == [Refusal.REPLAYED, Refusal.AHEAD, None, None]
    assert ["accept" if verdict is None else "reject" for verdict in verdicts] == [vector["expected"] for vector in vectors]


@pytest.mark.parametrize("vector", VECTORS[8:10], ids=lambda v: v["name"])
def test_recorded_command_frames_under_the_standard_mask_are_sealed_and_opened(vector: dict[str, str]) -> None:
    frame = bytes.fromhex(vector["frame"])
    of = Unit(Association(1, Direction.TC, 0xAB, Mode.AUTHENTICATION, 4, 5, Mask.STANDARD), bytes.fromhex(vector["key"]))
    clear, number = sdls.open_tc(of, frame)
    assert tc_shape.parse(clear).body.value.data.hex() == vector["payload"]
    assert sdls.seal_tc(of, clear, number) == frame
    assert frame[-18:-2].hex() == vector["mac"]


def test_a_recorded_telemetry_frame_in_gcm_is_opened_and_sealed() -> None:
    vector = VECTORS[10]
    frame = bytes.fromhex(vector["frame"])
    of = Unit(Association(1, Direction.TM, 0xAB, Mode.AUTHENTICATED_ENCRYPTION, 12, 5, Mask.STANDARD), bytes.fromhex(vector["key"]))
    clear, number = sdls.open_tm(of, frame)
    assert (clear[6:-2].hex(), number) == (vector["plaintext"], 0)
    assert sdls.seal_tm(of, clear[:6] + bytes(14) + clear[6:-2] + bytes(16) + b"\0\0", 0) == frame


@pytest.mark.parametrize(("vector", "mask"), list(zip(VECTORS[11:], (Mask.NOTHING, Mask.WHOLE), strict=True)), ids=("zeros", "full"))
def test_recorded_telemetry_frames_with_a_cmac_are_opened_and_sealed(vector: dict[str, str], mask: Mask) -> None:
    frame = bytes.fromhex(vector["frame"])
    of = Unit(Association(5, Direction.TM, 0x2C, Mode.AUTHENTICATION, 0, 5, mask), bytes.fromhex(vector["key"]))
    assert sdls.open_tm(of, frame)[0] == repaired(frame[:6] + frame[8:-18] + b"\0\0")
    assert sdls.seal_tm(of, frame, 0) == frame


def test_the_table_of_modes_and_ciphers_has_these_octets() -> None:
    """BI-099. A frame of four octets of data, key and number the same; header 21c4 000d 00 c0 is spacecraft 0x1C4, BD, unsegmented."""
    clear = command(4)
    found = {}
    for mode, octets in ((Mode.AUTHENTICATION, 4), (Mode.AUTHENTICATED_ENCRYPTION, 12), (Mode.ENCRYPTION, 12)):
        of = Unit(Association(1, Direction.TC, LANDER, mode, octets, 10), bytes(range(32)))
        found[mode] = sdls.seal_tc(of, clear, 7).hex()
        assert sdls.open_tc(of, bytes.fromhex(found[mode])) == (clear, 7)
    assert found == GOLDEN


GOLDEN = {  # header | SPI | number or IV | data | MAC | FECF
    Mode.AUTHENTICATION: "21c4002100c0000100000007000102039f7891cf6ef2af1bf57ba9b86bfbf1f6ddf7",
    Mode.AUTHENTICATED_ENCRYPTION: "21c4002900c00001000000000000000000000007e06c111cfc19ea3a6f2e3f3a20d07a8a7a477e646063",
    Mode.ENCRYPTION: "21c4001900c00001000000000000000000000007e06c111cb7b2",
}


@pytest.mark.parametrize("mode", MODES)
def test_construct_reads_the_same_security_header(mode: Mode) -> None:
    of = unit(mode)
    frame = sdls.seal_tc(of, command(), 0x0102)
    sa = of.association
    shape = Struct("security" / sdls.security_header(sa), "data" / Bytes(40), "mac" / Bytes(16))
    found = shape.parse(tc_shape.parse(frame).body.value.data)
    assert (found.security.spi, int.from_bytes(found.security.number, "big")) == (1, 0x0102)
    assert (found.data == command()[6:-2]) == (mode == Mode.AUTHENTICATION)


@pytest.mark.parametrize("mode", MODES)
def test_telemetry_comes_through_packets_and_control_field_and_all(mode: Mode) -> None:
    of = unit(mode, Direction.TM)
    by = receiver(of, direction=Direction.TM)
    reassembler = tm_frame.Reassembler(1115 - of.association.head_octets - of.association.tail_octets)
    packets = []
    for number, clear in enumerate(telemetry(of, 300)):
        sealed = sdls.seal_tm(of, clear, number)
        assert len(sealed) == 1115
        assert (packet(number) in sealed) == (mode == Mode.AUTHENTICATION)
        opened = by.open(sealed)
        assert opened[-6:-2] == clear[1109:1113]
        assert tm_shape(len(opened)).parse(opened)
        packets += reassembler.feed(opened)
    assert packets == [packet(number) for number in range(300)]


# --- what is refused


@pytest.mark.parametrize("mode", MODES)
def test_every_single_bit_flip_of_a_command_frame_is_refused(mode: Mode) -> None:
    """BI-091: as it is, the FECF sees it; with the FECF repaired, the MAC does (or the form, or the association)."""
    of = unit(mode)
    frame = sdls.seal_tc(of, command(), 7)
    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        assert tc_frame.parse(bytes(flipped))[0] != TcFrameError.TC_FRAME_OK
        if bit >= 8 * (len(frame) - 2):
            continue
        forged = repaired(flipped)
        if tc_frame.parse(forged)[0] == TcFrameError.TC_FRAME_OK and not sdls.is_control(forged):
            by = receiver(of)
            assert refused(by, forged) in (Refusal.MAC, Refusal.ASSOCIATION, Refusal.CHANNEL)
            assert by.last == {}


@pytest.mark.parametrize("mode", MODES)
def test_every_single_bit_flip_of_a_telemetry_frame_is_refused_but_in_the_control_field(mode: Mode) -> None:
    """BI-091. The operational control field lies behind the trailer, outside of SDLS (355.0-B-2, 2.3)."""
    of = unit(mode, Direction.TM)
    (clear,) = telemetry(of)
    frame = sdls.seal_tm(of, clear, 7)
    for bit in range(8 * 1113):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        reason = refused(receiver(of, direction=Direction.TM), repaired(flipped))
        assert (reason is None) == (bit >= 8 * 1109)


def test_the_standard_mask_leaves_the_rest_of_the_primary_header_open() -> None:
    """What the choice of a mask means: under `standard` the bypass flag and N(S) can be changed on the way, under `whole` nothing can."""
    for mask, outcome in ((Mask.STANDARD, None), (Mask.WHOLE, Refusal.MAC)):
        of = unit(mask=mask)
        for octet, bits in ((0, 0x20), (4, 0x01)):
            frame = bytearray(sdls.seal_tc(of, command(), 7))
            frame[octet] ^= bits
            assert refused(receiver(of), repaired(frame)) == outcome


def test_a_frame_without_room_for_header_and_trailer_is_refused() -> None:
    """BI-092, every length."""
    for mode in MODES:
        of = unit(mode)
        shortest = 6 + of.association.head_octets + 1 + of.association.tail_octets + 2
        frame = sdls.seal_tc(of, command(), 7)
        for octets in range(8, shortest):
            cut = bytearray(frame[: octets - 2] + b"\0\0")
            cut[2:4] = (octets - 1).to_bytes(2, "big")
            assert refused(receiver(of), repaired(cut)) == Refusal.SHORT
        assert refused(receiver(of), b"") == Refusal.SHORT


def test_of_all_65536_indices_one_is_accepted() -> None:
    """BI-093."""
    of = unit()
    frame = bytearray(sdls.seal_tc(of, command(), 7))
    found = {}
    for spi in range(65536):
        struct.pack_into(">H", frame, 6, spi)
        reason = refused(receiver(of), repaired(frame))
        found[reason] = found.get(reason, 0) + 1
    assert found == {None: 1, Refusal.ASSOCIATION: 65535}


def test_an_association_serves_its_spacecraft_and_direction_alone() -> None:
    """BI-093."""
    lander, rover = unit(), unit(spi=2, key="two", spacecraft_id=LANDER + 1)
    assert refused(receiver(lander, rover), sdls.seal_tc(rover, command(spacecraft_id=LANDER + 1), 7)) == Refusal.CHANNEL
    assert refused(receiver(lander, rover), sdls.seal_tc(rover, command(), 7)) == Refusal.CHANNEL
    down = unit(direction=Direction.TM, spi=3, key="three")
    assert refused(receiver(down), sdls.seal_tc(unit(spi=3, key="three"), command(), 7)) == Refusal.CHANNEL


def test_another_key_opens_nothing() -> None:
    for mode in MODES:
        assert refused(receiver(unit(mode)), sdls.seal_tc(unit(mode, key="two"), command(), 7)) == Refusal.MAC


def test_a_frame_in_clear_is_refused_where_security_is_in_operation() -> None:
    """BI-098: its first octets are read as an index that nobody has, or its end as a MAC that is none."""
    assert refused(receiver(unit()), command()) in (Refusal.ASSOCIATION, Refusal.MAC)
    spelled = command(60)[:6] + b"\0\1" + command(60)[8:]
    assert refused(receiver(unit()), repaired(spelled)) == Refusal.MAC


def test_a_number_is_accepted_above_the_last_and_within_the_window() -> None:
    """BI-095, at both edges."""
    of = unit(window=1000)
    for ahead, outcome in (
        (-1, Refusal.REPLAYED),
        (0, Refusal.REPLAYED),
        (1, None),
        (1000, None),
        (1001, Refusal.AHEAD),
        (1 << 31, Refusal.AHEAD),
    ):
        by = receiver(of)
        by.last[1] = 5000
        assert refused(by, sdls.seal_tc(of, command(), 5000 + ahead)) == outcome
        assert by.last[1] == (5000 if outcome else 5000 + ahead)


def test_a_forged_frame_with_a_number_far_ahead_does_not_drag_the_window() -> None:
    """BI-096: the MAC comes first."""
    of = unit()
    by = receiver(of)
    by.open(sdls.seal_tc(of, command(), 1))
    for number in range(2, 900):
        forged = bytearray(sdls.seal_tc(of, command(), number))
        forged[-3] ^= 1
        assert refused(by, repaired(forged)) == Refusal.MAC
    assert (by.last, by.accepted) == ({1: 1}, 1)
    assert refused(by, sdls.seal_tc(of, command(), 2)) is None


@pytest.mark.long(1_000_000)
def test_every_frame_that_was_ever_sent_is_refused_the_second_time(repetitions: int) -> None:
    """BI-094: at once, and all of them again at the end."""
    of = unit(Mode.AUTHENTICATION)
    by, clear = receiver(of), command(8)
    for number in range(repetitions // 2):
        frame = sdls.seal_tc(of, clear, number)
        assert by.open(frame) == clear
        assert refused(by, frame) == Refusal.REPLAYED
    for number in range(repetitions // 2):
        assert refused(by, sdls.seal_tc(of, clear, number)) == Refusal.REPLAYED
    assert by.accepted == repetitions // 2


@pytest.mark.long(1_000_000)
@pytest.mark.timeout(3600)
def test_of_a_million_damaged_forged_and_replayed_frames_none_is_accepted(repetitions: int) -> None:
    draw = random.Random(4)
    units = [unit(Mode.AUTHENTICATION), unit(spi=2, key="two")]
    stranger = [unit(Mode.AUTHENTICATION, key="three"), unit(spi=2, key="three")]
    by = receiver(*units)
    sent = [sdls.seal_tc(units[n % 2], command(draw.randrange(1, 200)), n // 2) for n in range(1000)]
    for frame in sent:
        by.open(frame)
    before = dict(by.last)
    fresh = [bytearray(sdls.seal_tc(each, command(30), 600)) for each in units]
    for n in range(repetitions):
        kind = n % 4
        if kind == 0:
            frame = draw.choice(sent)
        elif kind == 1:
            damaged = bytearray(draw.choice(fresh))
            for _ in range(draw.randrange(1, 4)):
                damaged[draw.randrange(len(damaged) - 2)] ^= 1 << draw.randrange(8)
            frame = repaired(damaged)
            if frame in fresh:  # two flips of one bit
                continue
        elif kind == 2:
            frame = sdls.seal_tc(stranger[n // 4 % 2], command(20), 600 + n)
        else:
            frame = repaired(command(60)[:6] + draw.randbytes(draw.randrange(3, 80)))
        assert refused(by, frame) is not None
    assert by.last == before
    assert (by.accepted, sum(by.refused.values())) == (1000, pytest.approx(repetitions, rel=0.01))


def test_a_sender_that_has_used_every_number_stops() -> None:
    """BI-097: no roll-over, new keys."""
    of = unit(Mode.AUTHENTICATION)
    by = receiver(of)
    by.last[1] = 0xFFFF_FFFE
    by.open(sdls.seal_tc(of, command(), 0xFFFF_FFFF))
    with pytest.raises(ExhaustedError, match="make new keys"):
        sdls.seal_tc(of, command(), 1 << 32)
    assert refused(by, sdls.seal_tc(of, command(), 0)) == Refusal.REPLAYED


def test_a_frame_too_long_for_header_and_trailer_is_not_sent() -> None:
    with pytest.raises(ValueError, match="1024 are possible"):
        sdls.seal_tc(unit(), command(990), 1)


def test_control_frames_stand_outside_of_security() -> None:
    """BI-103: type C carries no security header (232.0, 4.1.3.3); it can move FARM-1 and nothing else."""
    assert sdls.is_control(build_tc_control(LANDER, 0, b"\0"))
    assert not sdls.is_control(command())


def test_the_frame_security_report_tells_of_the_last_frame_and_raises_an_alarm_for_good() -> None:
    """355.1-B-1, 4.2.2: type 1, version 4, alarm, bad number, bad MAC, bad association, SPI and number of the frame that came last."""
    of = unit()
    by = receiver(of)
    assert f"{by.report:08x}" == "c0000000"
    by.open(sdls.seal_tc(of, command(), 0x1F7))
    assert f"{by.report:08x}" == "c00001f7"
    for frame, report in (
        (sdls.seal_tc(of, command(), 0x1F6), "cc0001f6"),
        (sdls.seal_tc(unit(key="two"), command(), 0x1F8), "ca0001f8"),
        (sdls.seal_tc(unit(spi=9), command(), 0x1F9), "c90009f8"),  # how long its number is, nobody knows
        (sdls.seal_tc(of, command(), 0x1F7 + 1001), "cc0001e0"),  # a window of 1000
        (repaired(command()[:6] + b"\0\1\2\3" + b"\0\0"), "c90001e0"),
        (repaired(command()[:6] + b"\0" + b"\0\0"), "c90001e0"),
    ):
        assert refused(by, frame) is not None
        assert f"{by.report:08x}" == report
    by.open(sdls.seal_tc(of, command(), 0x1FA))
    assert f"{by.report:08x}" == "c80001fa"


def test_a_unit_does_not_tell_its_key() -> None:
    assert key_of("one").hex() not in repr(unit())
    with pytest.raises(ValueError, match="not 31"):
        Unit(unit().association, bytes(31))
