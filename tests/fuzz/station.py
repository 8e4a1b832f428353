"""What the ground takes from a spacecraft, and from its own disk: frames, packets, files that come down, pictures, the archive."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

from PIL import Image

from ground import decode
from ground.archive import Archive
from ground.clock import SimulatedClock
from ground.errors import ArchiveError, FilesError
from ground.files import LONGEST_OCTETS, MOST_OPEN, FileReceiver, ReceivedFile, safe_name
from ground.frames import FrameReceiver, LinkCounters
from ground.keys import DownlinkSecurity, Numbers
from ground.packet import Packet, packet_from_octets, verdict_text
from ground.pictures import PictureError, read_picture, save_picture
from ground.units import FrameSource
from tests.fuzz.frames import close, sized, telemetry
from tests.fuzz.messages import KEY_TEXT, cfdp_length, file_unit
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take, exact, scratch
from wire import cadu, key_file, pus, tm_frame
from wire.crc import checksum
from wire.dictionary import DICTIONARIES
from wire.picture_file import PictureFile, build
from wire.sdls import Direction, seal_tm
from wire.shapes import event_shape, report_shape

LANDER = DICTIONARIES["lander"]
KEYS = key_file.parse(KEY_TEXT, 0o600)
IDS = frozenset(book.vehicle.spacecraft_id for book in DICTIONARIES.values())


def report(random: Random) -> bytes:
    """A telemetry packet that the dictionary explains."""
    kind, time = random.randrange(6), random.randbytes(7)
    apid, count = LANDER.vehicle.apid("system"), random.getrandbits(14)
    if kind < 2:
        row = random.choice(LANDER.reports)
        size = report_shape(LANDER, row).sizeof()
        return pus.build_tm(apid, count, 3, 25, time, row.id.to_bytes(2, "big") + random.randbytes(size - 2))
    if kind < 4:
        event = random.choice(LANDER.events)
        size = event_shape(event).sizeof()
        return pus.build_tm(apid, count, 5, event.severity, time, event.id.to_bytes(2, "big") + random.randbytes(size - 2))
    if kind == 4:
        subtype = random.choice((1, 2, 3, 4, 7, 8, 10))
        return pus.build_tm(apid, count, 1, subtype, time, random.randbytes(4 if subtype % 2 else 10))
    parameter = random.choice(LANDER.parameters)
    return pus.build_tm(apid, count, 20, 2, time, b"\0\1" + parameter.id.to_bytes(2, "big") + random.randbytes(random.choice((1, 2, 4, 8))))


def packet_decoder() -> Take:
    """Every packet becomes something that can be shown, whatever is in it."""

    def take(octets: bytes) -> None:
        packet = packet_from_octets(octets, LANDER.vehicle.spacecraft_id, 0, 0)
        said = decode.decode(packet)
        assert said.text
        assert verdict_text(octets)
        assert -(1 << 63) <= packet.key < 1 << 63
        if isinstance(said, decode.Housekeeping):
            for sample in said.samples:
                assert decode.format_value(sample)
                assert sample.limit in ("", "nominal", "yellow", "red")
        if isinstance(said, decode.Verification):
            assert decode.explain_failure("lander", "no such command", said.code, said.parameter)

    return take


@cache
def _frames() -> list[bytes]:
    random = Random(5)
    channel = tm_frame.Channel(LANDER.vehicle.spacecraft_id, 0)
    frames = []
    for count in range(8):
        while not channel.full:
            channel.append(report(random))
        frames.append(channel.finish(count))
    return frames


def downlink(random: Random) -> bytes:
    first = random.randrange(7)
    return b"".join(cadu.encode(frame) for frame in _frames()[first : first + random.randrange(1, 3)])


def link_decoder() -> Take:
    receiver, came, gone = FrameReceiver(IDS), 0, 0

    def take(octets: bytes) -> None:
        nonlocal came, gone
        came += len(octets)
        for spacecraft_id, channel, packet in receiver.feed(exact(octets)):
            assert spacecraft_id in IDS
            assert 0 <= channel < 8
            gone += len(packet)
        assert gone <= came
        total = LinkCounters()
        receiver.add_to(total)
        assert total.as_json()["octets"] == came

    return take


def files_decoder() -> Take:
    """Memory is bounded by what is open, names stay in their directory, and a file that is called whole is."""
    ended: list[ReceivedFile] = []
    receiver = FileReceiver(SimulatedClock(), ended.append)
    count = 0

    def take(octets: bytes) -> None:
        nonlocal count
        count += 1
        receiver.take(Packet(LANDER.vehicle.spacecraft_id, 0, 1, count & 0x3FFF, 256, 0, 0, 0, 0, bytes(6) + octets), "lander")
        assert receiver.counters["units"] == count
        for each in ended:
            assert len(each.octets) <= LONGEST_OCTETS
            assert each.missing_octets == 0 or not each.complete
            assert "/" not in safe_name(each.name, each.transaction)
        ended.clear()
        assert len(receiver._open) <= MOST_OPEN

    return take


def source_decoder(tm_format: str, datagrams: bool) -> Callable[[], Take]:
    """What comes out are whole frames with a right check sum, no more of them than octets came for, and whole packets."""

    def decoder() -> Take:
        source, came, gone = FrameSource(IDS, tm_format, datagrams, keep_frames=True), 0, 0

        def take(octets: bytes) -> None:
            nonlocal came, gone
            came += len(octets)
            rows, packets = source.feed(exact(octets).data)
            frames = source.chain.frame_octets()
            assert frames.shape == (len(source.chain.frame_rows()), 1115)
            assert all(checksum(frame.tobytes()) == 0 for frame in frames)
            assert all(row["offset"] + row["length"] <= len(packets) for row in rows)
            gone += frames.size
            assert gone <= came
            counters = source.counters()
            assert counters["frames"] * 1115 == gone
            assert counters["octets"] <= came

        return take

    return decoder


def bare_downlink(random: Random) -> bytes:
    first = random.randrange(7)
    return b"".join(_frames()[first : first + random.randrange(1, 3)])


def opener_decoder() -> Take:
    """Sealed telemetry at the ground: what opens was sealed, and its number was never used before."""
    directory = scratch() / "ground"
    directory.mkdir(exist_ok=True)
    opener = DownlinkSecurity(KEYS, Numbers(directory / "keys.toml"))
    fresh: set[bytes] = set()

    def take(octets: bytes) -> None:
        if len(octets) < 13 or checksum(octets) != 0:
            return
        clear = opener.open(octets)
        if clear is not None:
            assert octets not in fresh
            fresh.add(octets)
            assert checksum(clear) == 0
            assert len(clear) < len(octets)

    return take


def sealed_telemetry(random: Random) -> bytes:
    row = KEYS.sender("lander", Direction.TM)
    channel = tm_frame.Channel(LANDER.vehicle.spacecraft_id, 0, row.association.head_octets, row.association.tail_octets)
    channel.append(telemetry(random))
    return seal_tm(row.unit, channel.finish(1), random.getrandbits(20))


def numbers_decoder() -> Take:
    directory = scratch() / "numbers"
    directory.mkdir(exist_ok=True)

    def take(octets: bytes) -> None:
        (directory / "keys.toml.numbers").write_bytes(octets)
        with suppress(FilesError):
            assert all(type(number) is int for number in Numbers(directory / "keys.toml").received().values())

    return take


def numbers(random: Random) -> bytes:
    return json.dumps({"received": {"ab": random.getrandbits(40)}, "sent": {"cd": 65536}}).encode()


@cache
def _jpeg() -> bytes:
    octets = io.BytesIO()
    Image.effect_noise((32, 32), 40).save(octets, "JPEG", quality=30)
    return octets.getvalue()


def picture(random: Random) -> bytes:
    return build(
        PictureFile(
            camera=random.choice(("lcam", "mcam")), number=random.getrandbits(8), tick=random.getrandbits(30), time=random.randbytes(7),
            exposure_us=1000, ratio=64, width_px=32, height_px=32, azimuth_rad=0.1, elevation_rad=-0.1, altitude_m=12.0,
            position_m=(1.0, 2.0, 3.0), quaternion_site_from_body=(1.0, 0.0, 0.0, 0.0), picture=_jpeg(),
        )
    )  # fmt: skip


def told_length(octets: bytearray) -> None:
    if len(octets) > 128:
        octets[48:52] = (len(octets) - 128).to_bytes(4, "big")


def picture_decoder() -> Take:
    def take(octets: bytes) -> None:
        try:
            saved = save_picture(octets, "lander", scratch())
        except PictureError:
            return
        assert read_picture(Path(saved.path)).number == saved.number

    return take


@cache
def _archive() -> bytes:
    directory = scratch() / "archive"
    with Archive(directory) as archive:
        branch = archive.begin_branch("tcp:1", None, 0, "first")
        packet = packet_from_octets(telemetry(Random(1)), LANDER.vehicle.spacecraft_id, 0, 0)
        packet.branch = branch.id
        archive.append([packet])
    octets = (directory / "archive.sqlite").read_bytes()
    shutil.rmtree(directory)
    return octets


def archive_decoder() -> Take:
    """A damaged archive is told of; it does not end the program."""
    directory = scratch() / "damaged"

    def take(octets: bytes) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        (directory / "archive.sqlite").write_bytes(octets)
        with suppress(ArchiveError), Archive(directory) as archive:
            archive.branches()
            archive.packets()
            archive.commands()
            archive.newest_times(1)

    return take


ENTRIES = (
    Fuzzed(
        "ground.packet", ("ground.packet.packet_from_octets", "ground.packet.verdict_text", "ground.decode.decode"), report, packet_decoder,
        150_000, Shape(((0, 2), (4, 2), (7, 1), (8, 1), (20, 2), (22, 2)), sized), False,
    ),
    *(
        Fuzzed(
            f"ground.units.{tm_format}{'.datagrams' if datagrams else ''}",
            ("ground.units.FrameSource.feed",),
            downlink if tm_format == "cadu" else bare_downlink, source_decoder(tm_format, datagrams), 20_000, Shape(((0, 2),)), False,
        )
        for tm_format in ("cadu", "frame") for datagrams in (False, True)
    ),
    Fuzzed(
        "ground.keys", ("ground.keys.DownlinkSecurity.open",), sealed_telemetry, opener_decoder, 30_000,
        Shape(((0, 2), (4, 2), (6, 2), (8, 4)), close), False,
    ),
    Fuzzed("ground.numbers", ("ground.keys.Numbers",), numbers, numbers_decoder, 5_000, Shape(), False),
    Fuzzed("ground.frames", ("ground.frames.FrameReceiver.feed",), downlink, link_decoder, 50_000, Shape(((0, 4),)), True),
    Fuzzed(
        "ground.files", ("ground.files.FileReceiver.take",), file_unit, files_decoder, 80_000,
        Shape(((0, 1), (1, 2), (3, 1), (12, 4), (18, 1)), cfdp_length), False,
    ),
    Fuzzed(
        "ground.pictures", ("ground.pictures.save_picture",), picture, picture_decoder, 20_000, Shape(((8, 2), (44, 4)), told_length), False
    ),
    Fuzzed(
        "ground.archive", ("ground.archive.Archive",), lambda random: _archive(), archive_decoder, 3_000, Shape(((18, 2), (100, 2))), False
    ),
)  # fmt: skip
