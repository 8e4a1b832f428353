"""Files that come down: whole whatever the order, incomplete ones told, nothing written outside its directory, pictures as PNG."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from ground.clock import SECOND_NS, GroundClock
from ground.decode import FileUnit, decode
from ground.file_desk import FileDesk
from ground.files import CHECK_S, INACTIVITY_S, FileReceiver, ReceivedFile, safe_name, store
from ground.packet import packet_from_octets
from ground.pictures import PictureError, save_picture
from wire import cfdp, picture_file, space_packet, time_code
from wire.dictionary import LANDER

APID = next((apid.number for apid in LANDER.vehicle.apids if apid.name == "files"), 0x105)
FILE = bytes(random.Random(3).randbytes(5000))


class Clock(GroundClock):
    """Stands where the test puts it."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns


class Desk:
    """A receiver, and what it gave."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.files: list[ReceivedFile] = []
        self.receiver = FileReceiver(self.clock, self.files.append)

    def take(self, *units: bytes) -> None:
        for number, unit in enumerate(units):
            packet = packet_from_octets(space_packet.build_plain(APID, number, unit), LANDER.vehicle.spacecraft_id, 2, 0)
            self.receiver.take(packet, "lander")


def units(octets: bytes = FILE, sequence: int = 7, name: str = "lander-lcam-0000003.fsp") -> list[bytes]:
    transaction = cfdp.Transaction(LANDER.vehicle.spacecraft_id, sequence, 1)
    parts = [cfdp.file_data(transaction, at, octets[at : at + 1024]) for at in range(0, len(octets), 1024)]
    end = cfdp.end_of_file(transaction, len(octets), cfdp.checksum(octets))
    return [cfdp.metadata(transaction, len(octets), "/pictures/3", name), *parts, end]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_file_is_whole_when_its_units_came_in_order(desk: Desk) -> None:
    desk.take(*units())
    (received,) = desk.files
    assert (received.octets, received.complete, received.name, received.transaction) == (FILE, True, "lander-lcam-0000003.fsp", 7)


@pytest.mark.parametrize("seed", range(20))
def test_a_file_is_whole_in_whatever_order_and_however_often_its_units_came(desk: Desk, seed: int) -> None:
    draw = random.Random(seed)
    shuffled = units() + draw.choices(units(), k=9)
    draw.shuffle(shuffled)
    desk.take(*shuffled)
    assert [(each.octets, each.complete) for each in desk.files] == [(FILE, True)]


def test_an_empty_file_is_a_file(desk: Desk) -> None:
    desk.take(*units(b""))
    assert [(each.octets, each.complete) for each in desk.files] == [(b"", True)]


def test_a_unit_repeated_after_the_end_begins_nothing(desk: Desk) -> None:
    desk.take(*units(), *units())
    assert len(desk.files) == 1
    assert desk.receiver.counters["repeated"] == len(units())


def test_a_lost_unit_is_told_of_when_nothing_more_comes_and_the_rest_is_kept(desk: Desk) -> None:
    sent = units()
    desk.take(*sent[:2], *sent[3:])
    assert desk.files == []
    desk.clock.ns = int((CHECK_S + 1) * SECOND_NS)
    desk.take(*units(b"another", sequence=8))
    lost, another = desk.files
    assert (lost.complete, lost.missing_octets, lost.problem) == (False, 1024, "the end of the file came, parts of it did not")
    assert lost.octets == FILE[:1024] + bytes(1024) + FILE[2048:]
    assert another.complete


def test_a_file_whose_end_never_came_is_told_of_at_the_link_s_end(desk: Desk) -> None:
    desk.take(*units()[:-1])
    desk.receiver.flush()
    assert [each.problem for each in desk.files] == ["the link ended before its end came"]


def test_a_file_that_comes_slowly_is_waited_for_and_one_whose_end_never_comes_is_told_of(desk: Desk) -> None:
    slow, never = units(), units(sequence=8)
    for unit in slow[:3]:
        desk.take(unit)
        desk.clock.ns += int(5 * CHECK_S * SECOND_NS)
    desk.take(never[0], *slow[3:])
    assert [(each.transaction, each.complete) for each in desk.files] == [(7, True)]
    desk.clock.ns += int((INACTIVITY_S + 1) * SECOND_NS)
    desk.receiver.check()
    assert [(each.transaction, each.problem) for each in desk.files[1:]] == [(8, "its end never came")]


def test_a_wrong_check_sum_of_the_file_is_told_of(desk: Desk) -> None:
    transaction = cfdp.Transaction(LANDER.vehicle.spacecraft_id, 7, 1)
    desk.take(*units()[:-1], cfdp.end_of_file(transaction, len(FILE), cfdp.checksum(FILE) ^ 1))
    assert [each.problem for each in desk.files] == ["the check sum of the file is wrong"]


def test_a_cancelled_transaction_says_so(desk: Desk) -> None:
    transaction = cfdp.Transaction(LANDER.vehicle.spacecraft_id, 7, 1)
    desk.take(*units()[:3], cfdp.end_of_file(transaction, 2048, 0, cfdp.CANCELLED))
    assert [each.problem for each in desk.files] == ["cancelled by the sender, condition 15"]


def test_unsound_units_are_counted_and_change_nothing(desk: Desk) -> None:
    for unit in units():
        flipped = bytearray(unit)
        flipped[len(unit) // 2] ^= 1
        desk.take(bytes(flipped), unit, b"\x00")
    assert [each.octets for each in desk.files] == [FILE]
    assert desk.receiver.counters["unsound"] == 2 * len(units())


def test_a_unit_that_lies_far_beyond_any_file_takes_no_memory(desk: Desk) -> None:
    desk.take(cfdp.file_data(cfdp.Transaction(0x1C4, 9, 1), 0xFFFFFF00, b"abc"))
    desk.receiver.flush()
    assert [len(each.octets) for each in desk.files] == [0]


def test_transactions_of_two_histories_do_not_mix(desk: Desk) -> None:
    half = len(units()) // 2
    desk.take(*units()[:half])
    packets = [packet_from_octets(space_packet.build_plain(APID, 0, unit), LANDER.vehicle.spacecraft_id, 2, 0) for unit in units()[half:]]
    for packet in packets:
        packet.branch = 2
        desk.receiver.take(packet, "lander")
    desk.receiver.flush()
    assert [each.complete for each in desk.files] == [False, False]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("lander-lcam-0000003.fsp", "lander-lcam-0000003.fsp"),
        ("../../etc/passwd", "passwd"),
        ("a/../..", "transaction-00000007.bin"),
        ("..", "transaction-00000007.bin"),
        (".hidden", "transaction-00000007.bin"),
        ("", "transaction-00000007.bin"),
        ("a\x00b", "transaction-00000007.bin"),
        ("C:\\windows\\x.fsp", "x.fsp"),
        ("n" * 300, "transaction-00000007.bin"),
    ],
)
def test_a_file_stays_in_its_directory_whatever_it_is_called(tmp_path: Path, name: str, safe: str) -> None:
    assert safe_name(name, 7) == safe
    path = store(ReceivedFile("lander", 7, name, b"x", 0, "", 1), tmp_path)
    assert path == tmp_path / "lander" / safe
    assert path.read_bytes() == b"x"


def picture(width: int = 64, height: int = 48) -> picture_file.PictureFile:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(stream, "JPEG", quality=90)
    time = time_code.from_ns(1_925_173_237_000_000_000)
    return picture_file.PictureFile("lcam", 3, 1234, time, 64, 500, 64, 48, 100.5, (1.0, 2.0, 3.0), (1.0, 0.0, 0.0, 0.0), stream.getvalue())


def test_a_picture_becomes_a_png_that_knows_where_it_was_taken(tmp_path: Path) -> None:
    saved = save_picture(picture_file.build(picture()), "lander", tmp_path)
    assert Path(saved.path) == tmp_path / "lander-lcam-0000003.png"
    with Image.open(saved.path) as image:
        assert (image.size, image.mode, image.format) == ((64, 48), "L", "PNG")
        assert image.getpixel((10, 40)) > image.getpixel((10, 5))
        assert image.text["farside:altitude_m"] == "100.5"
        assert image.text["farside:time"].startswith("2019-01-03T02:20")
        assert image.text["farside:position_m"] == "[1.0, 2.0, 3.0]"


def test_a_picture_that_cannot_be_read_is_a_picture_error(tmp_path: Path) -> None:
    whole = picture_file.build(picture())
    for octets in (b"", whole[:-1], whole[:128] + bytes(len(whole) - 128), picture_file.build(picture(32, 48))):
        with pytest.raises(PictureError):
            save_picture(octets, "lander", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_desk_stores_files_makes_pictures_and_tells_of_problems(tmp_path: Path) -> None:
    desk = FileDesk(tmp_path, Clock())
    problems: list[str] = []
    desk.problem_listeners.append(problems.append)
    for sequence, octets in ((1, picture_file.build(picture())), (2, b"no picture")):
        for unit in units(octets, sequence):
            packet = packet_from_octets(space_packet.build_plain(APID, 0, unit), LANDER.vehicle.spacecraft_id, 2, 0)
            decoded = decode(packet)
            assert isinstance(decoded, FileUnit)
            desk.take(decoded)
    assert desk.settle()
    desk.close()
    assert [(each.vehicle, each.number) for each in desk.pictures] == [("lander", 3)]
    assert len(problems) == 1
    assert (tmp_path / "files" / "lander" / "lander-lcam-0000003.fsp").read_bytes() == b"no picture"
    assert desk.counters["complete"] == 2
