import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from ground.archive import Archive, SentCommand, default_directory
from ground.errors import ArchiveError
from ground.packet import Packet


def made(n: int, branch: int = 1, service: int = 3, spacecraft: int = 0x1C4, selector: int = 1) -> Packet:
    return Packet(spacecraft, 0, 0x101, n & 0x3FFF, service, 25, selector, 1000 * n, 7, b"packet" + n.to_bytes(4, "big"), branch)


def test_what_is_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.append([made(1), made(2)])
    with Archive(tmp_path) as archive:
        found = archive.packets(1)
    assert [(p.sequence, p.octets) for p in found] == [(1, b"packet\0\0\0\1"), (2, b"packet\0\0\0\2")]
    assert found[0].time_ns == 1000
    assert found[0].received_ns == 7


def test_each_commit_is_synced_and_the_journal_is_a_write_ahead_log(archive: Archive) -> None:
    connection = archive._connection()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_the_same_packet_is_stored_once_on_a_branch_and_again_on_another(archive: Archive) -> None:
    archive.append([made(1), made(1)])
    archive.append([made(1), made(1, branch=2)])
    assert [len(archive.packets(branch)) for branch in (1, 2)] == [1, 1]


def test_packets_that_differ_in_one_octet_are_both_kept(archive: Archive) -> None:
    first = made(1)
    second = Packet(
        *(getattr(first, name) for name in Packet.__dataclass_fields__ if name not in ("octets", "branch", "number")), b"other", 1
    )
    archive.append([first, second])
    assert len(archive.packets(1)) == 2


def test_two_vehicles_that_say_the_same_are_two_packets(archive: Archive) -> None:
    archive.append([made(1), made(1, spacecraft=0x1C5)])
    assert {p.spacecraft_id for p in archive.packets(1)} == {0x1C4, 0x1C5}


def test_packets_are_found_by_what_they_are_and_when(archive: Archive) -> None:
    archive.append([made(n, selector=1 + n % 2) for n in range(100)] + [made(n, service=5) for n in range(100, 110)])
    assert [p.time_ns for p in archive.packets(1, service=3, selector=2, from_ns=11_000, until_ns=15_000)] == [11_000, 13_000, 15_000]
    assert [p.time_ns for p in archive.packets(1, service=5, newest=2)] == [108_000, 109_000]
    assert archive.packets(1, spacecraft=[0x1C6]) == []


def test_queries_by_service_and_structure_use_the_index(archive: Archive) -> None:
    plan = archive._connection().execute(
        "EXPLAIN QUERY PLAN SELECT octets FROM packets WHERE branch = 1 AND spacecraft IN (1) AND service = 3 AND subtype = 25 "
        "AND selector = 1 AND time_ns >= 5 ORDER BY time_ns DESC, id DESC LIMIT 1"
    )
    assert "packets_once" in str(plan.fetchall())


def test_a_branch_begins_once_when_two_processes_see_the_same_rewind(archive: Archive) -> None:
    first = archive.begin_branch("here", None, 1, "first contact")
    second = archive.begin_branch("here", first.id, 2, "rewound")
    assert archive.begin_branch("here", first.id, 3, "rewound, seen by another") == second
    assert [(b.parent, b.reason) for b in archive.branches("here")] == [(None, "first contact"), (first.id, "rewound")]
    assert archive.head("elsewhere") is None


def test_sequence_counts_go_on_after_a_restart_and_wrap_at_14_bits(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        assert [archive.next_sequence(0x101) for _ in range(3)] == [0, 1, 2]
    with Archive(tmp_path) as archive:
        assert archive.next_sequence(0x101) == 3
        assert archive.next_sequence(0x102) == 0
        archive._connection().execute("UPDATE sequences SET next = 16383 WHERE apid = 257")
        assert [archive.next_sequence(0x101) for _ in range(2)] == [16383, 0]


def test_commands_are_found_by_their_request(archive: Archive) -> None:
    for request in (10, 11, 12):
        archive.add_command(SentCommand(1, 5, 0x1C4, 0x101, request, f"lander.ping {request}", b"tc"))
    assert [c.text for c in archive.commands(1, request=11)] == ["lander.ping 11"]
    assert [c.request for c in archive.commands(1, newest=2)] == [11, 12]


def _write(directory: str, writer: int, gate: "multiprocessing.synchronize.Barrier") -> None:
    with Archive(Path(directory)) as archive:
        gate.wait()
        for n in range(50):
            archive.append([made(n)])
            archive.append([made(1000 * (writer + 1) + n)])
            archive.next_sequence(0x101)


def test_three_processes_write_one_archive_and_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(3)
    writers = [context.Process(target=_write, args=(str(tmp_path), i, gate)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with Archive(tmp_path) as archive:
        assert len(archive.packets(1)) == 50 + 3 * 50
        assert archive.next_sequence(0x101) == 150


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    with pytest.raises(ArchiveError, match="file cannot be used"):
        Archive(occupied)


def test_a_format_from_the_future_is_refused(tmp_path: Path) -> None:
    Archive(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "archive.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ArchiveError, match="format 99, this program knows 1"):
        Archive(tmp_path)


def test_a_full_disk_is_said_and_nothing_of_the_batch_is_kept(archive: Archive) -> None:
    archive._connection().execute("PRAGMA max_page_count = 20")
    with pytest.raises(ArchiveError, match="cannot be written: database or disk is full"):
        archive.append(made(n) for n in range(10_000))
    assert archive.packets(1) == []


def test_the_archive_lies_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_directory() == tmp_path / "farside"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory() == tmp_path / ".local/state/farside"
