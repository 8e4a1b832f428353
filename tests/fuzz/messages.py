"""What packets carry: commands, reports, units of file transfers, picture files, keys, and protected frames. Most of it is construct's."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from construct import ConstructError

from tests.fuzz.frames import close, framed, some
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take, exact
from tests.wire.sdls_bench import LANDER, command, receiver, telemetry, unit
from wire import cfdp, frame_shapes, key_file, layout, packer, picture_file, sdls, shapes
from wire.crc import checksum
from wire.dictionary import DICTIONARIES
from wire.dictionary.rows import DEDUCED
from wire.frame_shapes import build_tc_control

BOOK = DICTIONARIES["lander"]


def only(*errors: type[Exception]) -> Callable[[Callable[[bytes], Any]], Callable[[], Take]]:
    """A decoder without state that raises nothing but these."""

    def of(read: Callable[[bytes], Any]) -> Callable[[], Take]:
        def take(octets: bytes) -> None:
            try:
                read(octets)
            except errors:
                return

        return lambda: take

    return of


# --- application and source data

_SHAPES = [shapes.command_shape(BOOK, row) for row in BOOK.commands]
_SHAPES += [shapes.event_shape(row) for row in BOOK.events] + [shapes.report_shape(BOOK, row) for row in BOOK.reports]
_SHAPES += [shapes.parameter_values_shape(BOOK), shapes.REPORT_IDS, shapes.PARAMETER_IDS, shapes.TIME_REPORT, shapes.VERIFICATION_FAILURE]


def application_data(random: Random) -> bytes:
    """The number of a shape, and octets for it: of the right length where it has one, identifiers that exist where it asks for some."""
    index = random.randrange(len(_SHAPES))
    try:
        octets = bytearray(random.randbytes(_SHAPES[index].sizeof()))
    except ConstructError:
        row = random.choice(BOOK.parameters)
        octets = bytearray(b"\0\1" + row.id.to_bytes(2, "big") + random.randbytes(random.choice((0, 1, 2, 4, 8))))
    if index < len(BOOK.commands):
        row = BOOK.commands[index]
        head = (row.function.to_bytes(2, "big") if row.function is not None else b"") + (b"\0\1" if row.counted else b"")
        octets[: len(head)] = head
        if any(argument.kind == DEDUCED for argument in row.arguments):
            octets[len(head) : len(head) + 2] = random.choice(BOOK.parameters).id.to_bytes(2, "big")
    return bytes([index]) + bytes(octets)


def read_application_data(octets: bytes) -> None:
    """What a shape reads it also writes, to the same octets; a NaN may come back with another sign."""
    shape = _SHAPES[(octets[0] if octets else 0) % len(_SHAPES)]
    read = shapes.parse_exactly(shape, octets[1:])
    if not any(isinstance(value, float) and value != value for _, value in layout.flatten(read)):
        assert shape.build(read) == octets[1:]


_REPORT = max(BOOK.reports, key=lambda row: len(row.parameters))
_LAYOUT = layout.layout(shapes.report_shape(BOOK, _REPORT))
_SOURCES = {row.name: (8 * i, f"{row.kind[0]}{layout.OCTETS[row.kind]}") for i, row in enumerate(_LAYOUT)}
_TABLE = packer.PackTable(_LAYOUT, _SOURCES)


def report_decoder() -> Take:
    """The packer, the columns and construct agree on which octets are a report, and on what it says."""
    memory = np.zeros(8 * len(_LAYOUT), np.uint8)
    shape = shapes.report_shape(BOOK, _REPORT)
    taken = 0

    def take(octets: bytes) -> None:
        nonlocal taken
        taken += 1
        right = len(octets) == _TABLE.octets and octets[:2] == _REPORT.id.to_bytes(2, "big")
        for read in (lambda: _TABLE.unpack(exact(octets), memory), lambda: layout.decode_columns(_LAYOUT, [octets])):
            try:
                read()
                assert right
            except ValueError:
                assert not right
        if right:
            assert _TABLE.pack(memory) == octets
        if taken % 16 == 0:
            try:
                shapes.parse_exactly(shape, octets)
                assert right
            except ConstructError:
                assert not right

    return take


def report_of(random: Random) -> bytes:
    return _REPORT.id.to_bytes(2, "big") + random.randbytes(_TABLE.octets - 2)


# --- files


def file_unit(random: Random) -> bytes:
    of = cfdp.Transaction(random.getrandbits(16), random.getrandbits(32), random.getrandbits(16))
    kind = random.randrange(4)
    if kind == 0:
        return cfdp.metadata(of, random.getrandbits(32), "pictures/1", "1.fsp")
    if kind == 1:
        return cfdp.end_of_file(of, random.getrandbits(32), random.getrandbits(32), random.choice((0, 0, 15)))
    return cfdp.file_data(of, random.getrandbits(20), some(random, 60))


def cfdp_length(octets: bytearray) -> None:
    """Length field and check sum of a unit become right."""
    if len(octets) > 12:
        octets[1:3] = (len(octets) - 12).to_bytes(2, "big")
    close(octets)


def cfdp_decoder() -> Take:
    def take(octets: bytes) -> None:
        quick = cfdp.parse_file_data(octets)
        try:
            slow = cfdp.parse(octets)
        except cfdp.CfdpError:
            assert quick is None
            return
        if quick is not None:
            assert quick == (cfdp.transaction_of(slow), slow.body.offset, slow.body.data)
        assert not slow.header.flags.crc or checksum(octets) == 0
        cfdp.checksum(octets, len(octets) & 3)

    return take


def picture(random: Random) -> bytes:
    return picture_file.build(
        picture_file.PictureFile(
            camera=random.choice(("lcam", "mcam")), number=random.getrandbits(24), tick=random.getrandbits(40), time=random.randbytes(7),
            exposure_us=1000, ratio=64, width_px=32, height_px=32, azimuth_rad=0.1, elevation_rad=-0.1, altitude_m=12.0,
            position_m=(1.0, 2.0, 3.0), quaternion_site_from_body=(1.0, 0.0, 0.0, 0.0), picture=some(random, 100),
        )
    )  # fmt: skip


# --- keys and protected frames

KEY_TEXT = "".join(
    f'[[association]]\nspi = {spi}\nspacecraft = "{vehicle}"\ndirection = "{direction}"\nmode = "authentication"\n'
    f'key = "{spi:064x}"\nsends = true\nwindow = 1048576\n\n'
    for spi, (vehicle, direction) in enumerate(((v, d) for v in DICTIONARIES for d in ("tc", "tm")), 1)
).encode()


def keys(random: Random) -> bytes:
    return KEY_TEXT.replace(b"1048576", str(random.getrandbits(20) + 1).encode())


def protected_decoder(direction: sdls.Direction) -> Callable[[], Take]:
    """Nothing is accepted but what was sealed, and that once, in order."""

    def decoder() -> Take:
        units = _units(direction)
        receiving = receiver(*units.values(), direction=direction)
        last: dict[int, int] = {}

        def take(octets: bytes) -> None:
            if direction == sdls.Direction.TC and octets and sdls.is_control(octets):
                return
            if checksum(octets) != 0 or len(octets) < 8:
                return  # the frame's own check comes first
            try:
                clear = receiving.open(octets)
            except sdls.RefusedError:
                return
            spi = int.from_bytes(octets[6:8], "big")
            number = int.from_bytes(octets[8 : 8 + units[spi].association.number_octets], "big")
            assert last.get(spi, -1) < number
            last[spi] = number
            opened, _ = (sdls.open_tc if direction == sdls.Direction.TC else sdls.open_tm)(units[spi], octets)
            assert clear == opened
            assert checksum(clear) == 0
            assert clear[6:-2] in _sealed if direction == sdls.Direction.TC else True

        return take

    return decoder


def _units(direction: sdls.Direction) -> dict[int, sdls.Unit]:
    modes = (sdls.Mode.AUTHENTICATION, sdls.Mode.AUTHENTICATED_ENCRYPTION)
    return {spi: unit(mode, direction, spi, f"key {spi}", window=1 << 20) for spi, mode in enumerate(modes, 1)}


_CLEAR = {n: command(n) for n in (1, 40)}
_sealed = {frame[6:-2] for frame in _CLEAR.values()}


def protected_command(random: Random) -> bytes:
    if random.randrange(8) == 0:
        return build_tc_control(LANDER, 0, b"\0")
    return sdls.seal_tc(_units(sdls.Direction.TC)[random.randrange(1, 3)], random.choice(list(_CLEAR.values())), random.getrandbits(19))


def protected_telemetry(random: Random) -> bytes:
    sending = _units(sdls.Direction.TM)[random.randrange(1, 3)]
    return sdls.seal_tm(sending, telemetry(sending)[0], random.getrandbits(19))


def tm_frame_of_link(octets: bytes) -> None:
    frame_shapes.tm_frame().parse(octets)


ENTRIES = (
    Fuzzed(
        "shapes", ("wire.shapes.parse_exactly",), application_data, only(ConstructError)(read_application_data), 100_000,
        Shape(((0, 1), (1, 2), (3, 2), (5, 2))), False,
    ),
    Fuzzed("packer", ("wire.packer.PackTable.unpack", "wire.layout.decode_columns"), report_of, report_decoder, 150_000, Shape(((0, 2),))),
    Fuzzed(
        "cfdp", ("wire.cfdp.parse", "wire.cfdp.parse_file_data", "wire.cfdp.checksum"), file_unit, cfdp_decoder, 150_000,
        Shape(((0, 1), (1, 2), (3, 1), (12, 1), (13, 1), (18, 1)), cfdp_length), False,
    ),
    Fuzzed(
        "picture_file", ("wire.picture_file.parse",), picture, only(ValueError)(picture_file.parse), 50_000,
        Shape(tuple((i, 2) for i in range(0, 128, 8))), False,
    ),
    Fuzzed(
        "key_file", ("wire.key_file.parse",), keys, only(key_file.KeyFileError)(lambda octets: key_file.parse(octets, 0o600)), 20_000,
        Shape(), False,
    ),
    Fuzzed(
        "sdls.tc", ("wire.sdls.Receiver.open", "wire.sdls.Unit.open", "wire.sdls.open_tc", "wire.sdls.is_control"), protected_command,
        protected_decoder(sdls.Direction.TC), 100_000, Shape(((0, 2), (2, 2), (6, 2), (8, 4)), framed), False,
    ),
    Fuzzed(
        "sdls.tm", ("wire.sdls.open_tm", "wire.sdls.Receiver.open"), protected_telemetry, protected_decoder(sdls.Direction.TM), 50_000,
        Shape(((0, 2), (4, 2), (6, 2), (8, 4)), close), False,
    ),
)  # fmt: skip
