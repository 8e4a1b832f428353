import random
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

import pytest

from ground.archive import Archive
from ground.clock import GroundClock
from ground.endpoint import parse_endpoint
from ground.errors import ArchiveError, GroundError, NoLinkError
from ground.link import Link
from ground.mission import SPACECRAFT_IDS
from ground.packet import Packet
from ground.uplink import Uplink
from tests.ground.fake import EPOCH_NS, LANDER_SYSTEM, ROVER, FakeSpacecraft
from tests.house import PATIENCE_S, eventually


class Collector:
    """What a link hands over."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.changed = Condition()

    def take(self, packets: Sequence[Packet]) -> None:
        with self.changed:
            self.packets.extend(packets)
            self.changed.notify_all()

    def wait(self, count: int) -> list[Packet]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.packets) >= count, PATIENCE_S), f"{len(self.packets)} of {count} packets came"
            return list(self.packets)


@contextmanager
def listening(spacecraft: FakeSpacecraft, archive: Archive, factor: float = 1.0) -> Iterator[tuple[Link, Collector]]:
    collector = Collector()
    link = Link(parse_endpoint(spacecraft.tm), archive, GroundClock(factor), SPACECRAFT_IDS, collector.take)
    link.start()
    try:
        link.wait_connected(PATIENCE_S)
        spacecraft.wait_listeners()
        yield link, collector
    finally:
        link.stop()


def test_packets_come_out_of_the_link_and_lie_in_the_archive(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    with listening(spacecraft, archive) as (link, collector):
        first = spacecraft.emit(LANDER_SYSTEM, 17, 2)
        second = spacecraft.emit(0x121, 17, 2, spacecraft=ROVER, channel=1)
        packets = collector.wait(2)
    assert [(p.spacecraft_id, p.channel, p.service, p.subtype, p.octets) for p in packets] == [
        (0x1C4, 0, 17, 2, first),
        (0x1C5, 1, 17, 2, second),
    ]
    assert packets[0].time_ns == EPOCH_NS
    assert [p.octets for p in archive.packets(link.timeline.branch.id)] == [first, second]


def test_a_packet_is_in_the_archive_before_anybody_sees_it(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    stored: list[int] = []

    def look(packets: Sequence[Packet]) -> None:
        with Archive(archive.directory) as other:
            stored.append(len(other.packets(packets[0].branch)))

    link = Link(parse_endpoint(spacecraft.tm), archive, GroundClock(), SPACECRAFT_IDS, look)
    link.start()
    spacecraft.wait_listeners()
    spacecraft.emit(LANDER_SYSTEM, 17, 2)
    assert eventually(lambda: stored)
    link.stop()
    assert stored == [1]


def test_noise_and_corrupted_frames_are_counted_and_the_next_good_frame_is_taken(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    chance = random.Random(5)
    with listening(spacecraft, archive) as (link, collector):
        spacecraft.send(chance.randbytes(100_000))
        (bad,) = spacecraft.frames(0x1C4, [spacecraft.packet(LANDER_SYSTEM, 17, 2)])
        spacecraft.send(bad[:4] + chance.randbytes(len(bad) - 4))
        (mended,) = spacecraft.frames(0x1C4, [spacecraft.packet(LANDER_SYSTEM, 17, 2)])
        spacecraft.send(mended[:100] + bytes([mended[100] ^ 0xFF]) + mended[101:])
        good = spacecraft.emit(LANDER_SYSTEM, 17, 2)
        packets = collector.wait(2)
        counters = link.counters()
    assert packets[-1].octets == good
    assert counters.link["uncorrectable"] >= 1
    assert counters.link["symbols_corrected"] >= 1
    assert counters.link["skipped"] >= 100_000
    assert counters.channels[0x1C4, 0]["gaps"] == 0  # the corrupted frame was the first of its channel


def test_lost_frames_are_seen_as_gaps(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    with listening(spacecraft, archive) as (link, collector):
        spacecraft.emit(LANDER_SYSTEM, 17, 2)
        for _ in range(3):
            spacecraft.frames(0x1C4, [spacecraft.packet(LANDER_SYSTEM, 17, 2)])
        spacecraft.emit(LANDER_SYSTEM, 17, 2)
        collector.wait(2)
        counts = link.counters().channels[0x1C4, 0]
    assert (counts["gaps"], counts["frames_missing"]) == (1, 3)


def test_frames_of_an_unknown_spacecraft_are_counted_and_left(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    with listening(spacecraft, archive) as (link, collector):
        spacecraft.emit(LANDER_SYSTEM, 17, 2, spacecraft=0x3FF)
        spacecraft.emit(LANDER_SYSTEM, 17, 2)
        assert len(collector.wait(1)) == 1
        assert link.counters().foreign_frames == 1


def test_the_link_comes_back_and_keeps_its_counts(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    with listening(spacecraft, archive) as (link, collector):
        spacecraft.emit(LANDER_SYSTEM, 17, 2)
        collector.wait(1)
        branch = link.timeline.branch.id
        spacecraft.drop_clients()
        spacecraft.wait_listeners()
        spacecraft.emit(LANDER_SYSTEM, 17, 2)
        packets = collector.wait(2)
        assert link.counters().link["frames"] == 2
        assert link.connections == 2
    assert [p.branch for p in packets] == [branch, branch]


def test_a_restored_spacecraft_begins_a_branch_that_a_second_listener_shares(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    with (
        Archive(tmp_path) as one,
        Archive(tmp_path) as two,
        listening(spacecraft, one) as (_, here),
        listening(spacecraft, two) as (_, there),
    ):
        spacecraft.wait_listeners(2)
        for _ in range(100):
            spacecraft.emit(LANDER_SYSTEM, 17, 2)
        here.wait(100)
        there.wait(100)
        spacecraft.drop_clients()
        spacecraft.now_ns -= 500_000_000
        spacecraft.wait_listeners(2)
        again = [spacecraft.emit(LANDER_SYSTEM, 17, 2) for _ in range(10)]
        before, after = (collector.wait(110) for collector in (here, there))
        branches = one.branches()
    assert [p.branch for p in before] == [p.branch for p in after] == [branches[0].id] * 100 + [branches[1].id] * 10
    assert len(branches) == 2
    assert "time went back" in branches[1].reason
    with Archive(tmp_path) as archive:
        assert [p.octets for p in archive.packets(branches[1].id)] == again
        assert len(archive.packets(branches[0].id)) == 100


def test_a_listener_that_joins_stays_on_the_branch(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    with Archive(tmp_path) as one, listening(spacecraft, one) as (_, here):
        for _ in range(20):
            spacecraft.emit(LANDER_SYSTEM, 17, 2)
        here.wait(20)
        with Archive(tmp_path) as two, listening(spacecraft, two) as (_, there):
            spacecraft.wait_listeners(2)
            spacecraft.emit(LANDER_SYSTEM, 17, 2)
            assert there.wait(1)[0].branch == here.wait(21)[-1].branch
        assert len(one.branches()) == 1


def test_when_nobody_listens_the_error_says_what_to_do(archive: Archive) -> None:
    with FakeSpacecraft() as fake:
        fake.close()
        endpoint = parse_endpoint(fake.tm)
        link = Link(endpoint, archive, GroundClock(100.0), SPACECRAFT_IDS, lambda packets: None)
        link.start()
        with pytest.raises(NoLinkError, match=f"nobody listens on telemetry port {endpoint.port}") as raised:
            link.wait_connected(0.1)
        link.stop()
    assert "farside emulator" in raised.value.hint


def test_when_the_archive_is_full_nothing_more_is_shown_and_the_reason_is_kept(
    spacecraft: FakeSpacecraft, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Packet] = []
    link = Link(parse_endpoint(spacecraft.tm), archive, GroundClock(), SPACECRAFT_IDS, shown.extend)

    def full(packets: Iterable[Packet]) -> None:
        raise ArchiveError("the archive cannot be written")

    monkeypatch.setattr(archive, "append", full)
    link.start()
    spacecraft.wait_listeners()
    spacecraft.emit(LANDER_SYSTEM, 17, 2)
    link._thread.join(PATIENCE_S)
    assert shown == []
    with pytest.raises(ArchiveError, match="cannot be written"):
        link.wait_connected(1.0)
    link.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_fails_ends_the_link_with_its_reason(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    def fail(packets: Sequence[Packet]) -> None:
        raise ZeroDivisionError("a fault of ours")

    link = Link(parse_endpoint(spacecraft.tm), archive, GroundClock(), SPACECRAFT_IDS, fail)
    link.start()
    spacecraft.wait_listeners()
    spacecraft.emit(LANDER_SYSTEM, 17, 2)
    link._thread.join(PATIENCE_S)
    with pytest.raises(GroundError, match="a fault of ours"):
        link.wait_connected(1.0)
    link.stop()


def test_over_datagrams_the_ground_announces_itself_and_takes_one_frame_from_each(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    collector = Collector()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(PATIENCE_S)
        link = Link(parse_endpoint(f"udp://127.0.0.1:{door.getsockname()[1]}"), archive, GroundClock(), SPACECRAFT_IDS, collector.take)
        link.start()
        announced, listener = door.recvfrom(100)
        assert announced == b""
        assert not link.connected
        packets = [spacecraft.packet(LANDER_SYSTEM, 17, 2) for _ in range(3)]
        for packet in packets:
            (cadu,) = spacecraft.frames(0x1C4, [packet])
            door.sendto(cadu, listener)
        assert [p.octets for p in collector.wait(3)] == packets
        link.wait_connected(PATIENCE_S)
        link.stop()


def test_a_listener_of_datagrams_announces_itself_again_and_again(spacecraft: FakeSpacecraft, archive: Archive) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(PATIENCE_S)
        address = parse_endpoint(f"udp://127.0.0.1:{door.getsockname()[1]}")
        link = Link(address, archive, GroundClock(100.0), SPACECRAFT_IDS, lambda packets: None)
        link.start()
        assert len({door.recvfrom(100)[1] for _ in range(3)}) == 1
        link.stop()


def test_over_datagrams_one_cltu_is_one_datagram_and_a_closed_port_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(PATIENCE_S)
        uplink = Uplink(parse_endpoint(f"udp://127.0.0.1:{door.getsockname()[1]}"))
        uplink.send(b"first")
        uplink.send(b"second")
        assert [door.recv(100) for _ in range(2)] == [b"first", b"second"]
    with pytest.raises(NoLinkError, match="nobody listens on telecommand port"):  # noqa: PT012  (the first datagram brings the refusal)
        for _ in range(100):
            uplink.send(b"to nobody")
    uplink.close()
