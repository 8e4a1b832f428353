"""The archive: every packet received and every command sent, in one SQLite file that several processes share.

Durable before shown: `append` returns when its packets are synced to the disk, and only then may anybody show them. Two processes that
listen to the same spacecraft store a packet once: it is the same when all its fields and its hash agree on the same branch. A branch is one
history of one spacecraft (named by its telemetry endpoint): restoring a snapshot or starting anew begins another. Why SQLite:
docs/decisions/0010-archive.md.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ground.errors import ArchiveError
from ground.packet import SERVICE_UNKNOWN, Packet

SCHEMA_VERSION = 1
DAMAGE = (sqlite3.Error, UnicodeDecodeError)  # the latter where SQLite's message quotes a schema that is no text any more
_TAIL = 2000  # packets looked at for the newest time of each channel

_SCHEMA = """
CREATE TABLE branches (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, parent INTEGER, started_ns INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE packets (
    id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, received_ns INTEGER NOT NULL, time_ns INTEGER NOT NULL,
    spacecraft INTEGER NOT NULL, channel INTEGER NOT NULL, apid INTEGER NOT NULL, sequence INTEGER NOT NULL,
    service INTEGER NOT NULL, subtype INTEGER NOT NULL, selector INTEGER NOT NULL, key INTEGER NOT NULL, octets BLOB NOT NULL);
CREATE UNIQUE INDEX packets_once ON packets
    (branch, spacecraft, service, subtype, selector, time_ns, apid, sequence, key);
CREATE TABLE commands (
    id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, sent_ns INTEGER NOT NULL, spacecraft INTEGER NOT NULL, apid INTEGER NOT NULL,
    request INTEGER NOT NULL, text TEXT NOT NULL, octets BLOB NOT NULL);
CREATE TABLE sequences (apid INTEGER PRIMARY KEY, next INTEGER NOT NULL);
"""
_INSERT = """INSERT OR IGNORE INTO packets
    (branch, received_ns, time_ns, spacecraft, channel, apid, sequence, service, subtype, selector, key, octets)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_COLUMNS = "spacecraft, channel, apid, sequence, service, subtype, selector, time_ns, received_ns, octets, branch, id"


@dataclass(frozen=True, slots=True)
class Branch:
    """One history of one spacecraft; `parent` is the branch it left, or None."""

    id: int
    source: str
    parent: int | None
    started_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class SentCommand:
    """A command as it went up; `request` is the identifier that verification reports carry."""

    branch: int
    sent_ns: int
    spacecraft_id: int
    apid: int
    request: int
    text: str
    octets: bytes


def default_directory() -> Path:
    """`$XDG_STATE_HOME/farside`, or `~/.local/state/farside`."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "state") / "farside"


class Archive:
    """One process's access to the archive in a directory. Any thread may use it. Raises ArchiveError."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory if directory is not None else default_directory()
        self.path = self.directory / "archive.sqlite"
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()
        self._write_lock = threading.Lock()
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(self.directory / "archive.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ArchiveError(
                f"the archive directory {self.directory} cannot be used: {error.strerror}", "name another with --archive"
            ) from error
        try:
            self._create()
        except ArchiveError:
            self.close()
            raise

    def close(self) -> None:
        """Give back every connection. No thread may be using the archive."""
        with self._connections_lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connection(self) -> sqlite3.Connection:
        """This thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # each commit syncs the log ...
            connection.execute("PRAGMA fullfsync = ON")  # ... to the medium on macOS too
            self._local.connection = connection
            with self._connections_lock:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Writers queue at a lock of ours: SQLite's own waits sleep, and starve one of three writers for seconds."""
        with self._write_lock:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    if connection.in_transaction:  # a full disk has rolled it back already
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
            except DAMAGE as error:
                damaged = isinstance(error, (sqlite3.DatabaseError, UnicodeDecodeError)) and not isinstance(error, sqlite3.OperationalError)
                hint = "it is damaged: move it away, or name another with --archive" if damaged else "is the disk full?"
                raise ArchiveError(f"the archive {self.path} cannot be written: {error}", hint) from error
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _read(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        try:
            return self._connection().execute(query, values).fetchall()
        except DAMAGE as error:
            raise ArchiveError(f"the archive {self.path} cannot be read: {error}") from error

    def _create(self) -> None:
        with self._writing() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise ArchiveError(f"{self.path} has format {version}, this program knows {SCHEMA_VERSION}", "name another with --archive")

    def head(self, source: str) -> Branch | None:
        """The newest branch of a spacecraft."""
        rows = self._read(
            "SELECT id, source, parent, started_ns, reason FROM branches WHERE source = ? ORDER BY id DESC LIMIT 1", (source,)
        )
        return Branch(*rows[0]) if rows else None

    def branches(self, source: str | None = None) -> list[Branch]:
        """All branches, oldest first."""
        where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
        return [
            Branch(*row) for row in self._read(f"SELECT id, source, parent, started_ns, reason FROM branches {where} ORDER BY id", values)
        ]

    def begin_branch(self, source: str, expected: int | None, now_ns: int, reason: str) -> Branch:
        """Begin a branch behind `expected`. If another process has begun one since, that one is returned."""
        with self._writing() as connection:
            row = connection.execute("SELECT max(id) FROM branches WHERE source = ?", (source,)).fetchone()
            if row[0] == expected:
                connection.execute(
                    "INSERT INTO branches (source, parent, started_ns, reason) VALUES (?, ?, ?, ?)", (source, expected, now_ns, reason)
                )
        head = self.head(source)
        if head is None:
            raise ArchiveError(f"the archive {self.path} has lost its branches")
        return head

    def append(self, packets: Iterable[Packet]) -> None:
        """Store packets (their `branch` is set); on return they are on the disk. One that is already there is left alone."""
        rows = [
            (
                p.branch,
                p.received_ns,
                p.time_ns,
                p.spacecraft_id,
                p.channel,
                p.apid,
                p.sequence,
                p.service,
                p.subtype,
                p.selector,
                p.key,
                p.octets,
            )
            for p in packets
        ]
        if rows:
            with self._writing() as connection:
                connection.executemany(_INSERT, rows)

    def packets(
        self,
        branch: int | None = None,
        *,
        spacecraft: Sequence[int] = (),
        service: int | None = None,
        subtype: int | None = None,
        selector: int | None = None,
        from_ns: int | None = None,
        until_ns: int | None = None,
        newest: int | None = None,
    ) -> list[Packet]:
        """Packets by spacecraft time, oldest first; `from_ns` and `until_ns` are inclusive; `newest` keeps the last so many."""
        terms: list[str] = []
        values: list[object] = []
        for term, value in (
            ("branch = ?", branch),
            ("service = ?", service),
            ("subtype = ?", subtype),
            ("selector = ?", selector),
            ("time_ns >= ?", from_ns),
            ("time_ns <= ?", until_ns),
        ):
            if value is not None:
                terms.append(term)
                values.append(value)
        if spacecraft:
            terms.append(f"spacecraft IN ({', '.join('?' * len(spacecraft))})")
            values.extend(spacecraft)
        query = f"SELECT {_COLUMNS} FROM packets {'WHERE ' + ' AND '.join(terms) if terms else ''} ORDER BY time_ns DESC, id DESC"
        if newest is not None:
            query += " LIMIT ?"
            values.append(newest)
        return [Packet(*row) for row in reversed(self._read(query, values))]

    def newest_times(self, branch: int) -> dict[tuple[int, int], int]:
        """The newest packet time of each (spacecraft, channel), among the packets stored last."""
        query = f"""SELECT spacecraft, channel, max(time_ns) FROM
            (SELECT spacecraft, channel, time_ns, service FROM packets WHERE branch = ? ORDER BY id DESC LIMIT {_TAIL})
            WHERE service != {SERVICE_UNKNOWN} GROUP BY spacecraft, channel"""
        return {(spacecraft, channel): time_ns for spacecraft, channel, time_ns in self._read(query, (branch,))}

    def next_sequence(self, apid: int) -> int:
        """A sequence count (14 bits) for a telecommand, never given before within one turn of the counter, whichever process asks."""
        with self._writing() as connection:
            row = connection.execute("SELECT next FROM sequences WHERE apid = ?", (apid,)).fetchone()
            count = int(row[0]) if row else 0
            connection.execute("INSERT OR REPLACE INTO sequences (apid, next) VALUES (?, ?)", (apid, (count + 1) & 0x3FFF))
        return count

    def add_command(self, command: SentCommand) -> None:
        """Store a command; done before it goes up, so that no report can come for one that the archive does not know."""
        c = command
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO commands (branch, sent_ns, spacecraft, apid, request, text, octets) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (c.branch, c.sent_ns, c.spacecraft_id, c.apid, c.request, c.text, c.octets),
            )

    def move_command(self, request: int, from_branch: int, to_branch: int) -> None:
        """Its reports came on another branch: it went up to a spacecraft that had been rewound, or started anew, unnoticed."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE commands SET branch = ? WHERE id = (SELECT max(id) FROM commands WHERE branch = ? AND request = ?)",
                (to_branch, from_branch, request),
            )

    def commands(self, branch: int | None = None, *, request: int | None = None, newest: int | None = None) -> list[SentCommand]:
        """Commands as they went up, oldest first."""
        query = """SELECT branch, sent_ns, spacecraft, apid, request, text, octets FROM commands
            WHERE branch = coalesce(?, branch) AND request = coalesce(?, request) ORDER BY id DESC LIMIT ?"""
        return [SentCommand(*row) for row in reversed(self._read(query, (branch, request, -1 if newest is None else newest)))]
