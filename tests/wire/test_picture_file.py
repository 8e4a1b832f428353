"""The file of one picture: golden bytes, the round trip, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wire import picture_file
from wire.picture_file import PictureFile

FILE = PictureFile(
    "lcam", 3, 1234, b"1234567", 64, 500, 1024, 768, 100.5, (1.0, 2.0, 3.0), (1.0, 0.0, 0.0, 0.0), b"\xff\xd8jpeg", 5, 0.5, -0.25
)
GOLDEN = bytes.fromhex(
    "4653504943000100010100400000000300000000000004d23132333435363705000001f4040003003f000000be800000"
    "42c90000000000063ff0000000000000400000000000000040080000000000003ff0000000000000"
) + bytes(40) + b"\xff\xd8jpeg"  # fmt: skip


def test_a_picture_file_has_these_bytes() -> None:
    assert picture_file.build(FILE) == GOLDEN
    assert picture_file.parse(GOLDEN) == FILE
    assert len(GOLDEN) == picture_file.HEADER_OCTETS + len(FILE.picture)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "magic|stream"),
        (b"X" + GOLDEN[1:], "magic|expected"),
        (GOLDEN[:-1], "stream"),
        (GOLDEN + b"!", "end of stream|Terminated"),
        (GOLDEN[:8] + b"\x09" + GOLDEN[9:], "no camera has this number"),
        (GOLDEN[:9] + b"\x02" + GOLDEN[10:], "unknown compression"),
    ],
)
def test_what_is_no_picture_file_is_refused_with_its_reason(octets: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        picture_file.parse(octets)


def test_a_value_that_has_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="number"):
        picture_file.build(replace(FILE, number=1 << 32))
