"""Keys on the ground: making the key file, sealing what goes up, opening what comes down, and the numbers of both beside the file.

`FILE.numbers` belongs to `FILE`: every program of the station that uses these keys, at the same time or later, takes its numbers there, one
by one and under a lock, so that none is used twice and they leave in order.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ground.errors import BadArgumentError, FilesError, GroundError
from wire.dictionary import DICTIONARIES
from wire.key_file import KEY_OCTETS, LARGEST_OCTETS, KeyFileError, Keys, Row, parse
from wire.sdls import IV_OCTETS, TEXTS, Direction, ExhaustedError, Mask, Mode, Receiver, Refusal, RefusedError, is_control, seal_tc

CHANCE_BITS = 22  # of the nanosecond that numbers begin at: files of one tick of the kernel have one date
STORE_FRAMES = 256  # of telemetry, between two notes of how far it has come
NEW_KEYS = "make new ones, for both ends: farside keys new FILE"
HEADING = """\
# Keys of farside's space link (CCSDS 355.0-B-2). Secret: whoever can read this file can command the spacecraft and read its telemetry.
# Give the same file to both programs with --keys. `sends` chooses what a sender uses; the receiver takes every association.
"""


def new_text(modes: dict[Direction, Mode], mask: Mask) -> str:
    """A key file: for each vehicle and direction both modes, each with a fresh key."""
    parts = [HEADING]
    for vehicle_place, vehicle in enumerate(DICTIONARIES):
        for place, (direction, mode) in enumerate((d, m) for d in Direction for m in modes_of_the_link()):
            fields = {
                "spi": str(10 * vehicle_place + place + 1),
                "spacecraft": f'"{vehicle}"',
                "direction": f'"{direction}"',
                "mode": f'"{mode}"',
                "key": f'"{secrets.token_hex(KEY_OCTETS)}"',
                "sends": "true" if mode == modes[direction] else "false",
                "mask": f'"{mask}"',
            }
            parts.append("[[association]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items()))
    return "\n".join(parts)


def modes_of_the_link() -> tuple[Mode, Mode]:
    return Mode.AUTHENTICATED_ENCRYPTION, Mode.AUTHENTICATION


def make(path: Path, modes: dict[Direction, Mode], mask: Mask) -> None:
    """Write new keys to a file that is not there yet, for its owner's eyes alone. Raises BadArgumentError and FilesError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadArgumentError(f"{path} is there already", "old keys are not overwritten: move it away, or name another file") from None
    except OSError as error:
        raise FilesError(f"{path} cannot be made: {error.strerror}") from error
    with open(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(new_text(modes, mask))
        file.flush()
        os.fsync(descriptor)


def read(path: Path) -> Keys:
    """Raises FilesError, which tells nothing of what is in the file."""
    try:
        with open(path, "rb") as file:
            return parse(file.read(LARGEST_OCTETS), os.fstat(file.fileno()).st_mode)
    except KeyFileError as error:
        raise FilesError(f"--keys {path}: {error}", NEW_KEYS) from None
    except OSError as error:
        raise FilesError(f"--keys {path}: {error.strerror}", NEW_KEYS) from error


class Numbers:
    """`FILE.numbers`: by the fingerprint of a key, the next number to send and the lowest that is still fresh when it comes down."""

    def __init__(self, keys_path: Path) -> None:
        self.path = keys_path.with_name(keys_path.name + ".numbers")
        self._lock_path = self.path.with_name(self.path.name + ".lock")

    @contextmanager
    def _held(self) -> Iterator[dict[str, dict[str, int]]]:
        """What is kept, for one program at a time; what is left of it at the end is on the disk. Raises FilesError."""
        try:
            with open(self._lock_path, "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                kept = self._load()
                yield kept
                self._store(kept)
        except OSError as error:
            raise FilesError(f"{self.path}: {error.strerror}", "without it numbers could come twice: nothing was sent") from error

    def _load(self) -> dict[str, dict[str, int]]:
        if not self.path.exists():
            self._store({"sent": {}, "received": {}})
        try:
            kept = json.loads(self.path.read_text())
            if set(kept) == {"sent", "received"} and all(type(n) is int and n >= 0 for each in kept.values() for n in each.values()):
                return dict(kept)
        except (ValueError, AttributeError, TypeError, RecursionError):
            pass
        raise FilesError(f"{self.path} is damaged, and without it numbers could come twice", NEW_KEYS)

    def _store(self, kept: dict[str, dict[str, int]]) -> None:
        draft = self.path.with_name(self.path.name + ".new")
        with open(draft, "w") as file:
            json.dump(kept, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)  # a name, too, is on the disk only then
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def take(self, row: Row) -> int:
        """A number that was never used with this key, and never will be again. Raises FilesError."""
        with self._held() as kept:
            number = kept["sent"].get(row.fingerprint)
            if number is None:  # a file that is new begins at its own time: another station's with the same keys, lost, is not repeated
                begun_ns = (self.path.stat().st_mtime_ns >> CHANCE_BITS << CHANCE_BITS) + secrets.randbits(CHANCE_BITS)
                number = begun_ns << 32 if row.association.number_octets == IV_OCTETS else 0
            kept["sent"][row.fingerprint] = number + 1
        return int(number)

    def received(self) -> dict[str, int]:
        with self._held() as kept:
            return dict(kept["received"])

    def raise_received(self, fresh: dict[str, int]) -> None:
        with self._held() as kept:
            for name, number in fresh.items():
                kept["received"][name] = max(number, kept["received"].get(name, 0))


class UplinkSecurity:
    """Seals telecommand frames. Call it once for each transmission: a frame that is sent again goes up under a number of its own."""

    def __init__(self, keys: Keys, numbers: Numbers) -> None:
        self._rows = {book.vehicle.spacecraft_id: keys.sender(name, Direction.TC) for name, book in DICTIONARIES.items()}
        self._numbers = numbers

    def octets(self, frame: bytes) -> int:
        """How long a frame is when it has been sealed."""
        row = self._row(frame)
        return len(frame) if row is None else len(frame) + row.association.head_octets + row.association.tail_octets

    def seal(self, frame: bytes) -> bytes:
        """A frame in clear as it goes up; control frames (type C) stand outside of SDLS. Raises GroundError; then nothing may be sent."""
        row = self._row(frame)
        if row is None:
            return frame
        try:
            return seal_tc(row.unit, frame, self._numbers.take(row))
        except ExhaustedError as error:
            raise GroundError(str(error), NEW_KEYS) from None
        except ValueError as error:
            raise BadArgumentError(str(error)) from None

    def _row(self, frame: bytes) -> Row | None:
        return None if is_control(frame) else self._rows.get((frame[0] & 3) << 8 | frame[1])


class DownlinkSecurity:
    """Opens telemetry frames of one connection. What is refused is counted by reason, and is None to everybody else."""

    def __init__(self, keys: Keys, numbers: Numbers) -> None:
        self.refused = dict.fromkeys(Refusal, 0)
        self._numbers = numbers
        self._rows = {row.association.spi: row for row in keys.rows}
        self._receivers: dict[int, Receiver] = {}
        kept = numbers.received()
        for name, book in DICTIONARIES.items():
            rows = keys.of(name, Direction.TM)
            receiver = Receiver([row.unit for row in rows], book.vehicle.spacecraft_id, Direction.TM)
            receiver.last = {row.association.spi: kept[row.fingerprint] - 1 for row in rows if row.fingerprint in kept}
            self._receivers[book.vehicle.spacecraft_id] = receiver
        self._since = 0
        self._lock = threading.Lock()

    def open(self, frame: bytes) -> bytes | None:
        """A sound frame in clear, shorter than it came; or None."""
        receiver = self._receivers.get((frame[0] & 0x3F) << 4 | frame[1] >> 4)
        try:
            if receiver is None:
                raise RefusedError(Refusal.CHANNEL)
            clear = receiver.open(frame)
        except RefusedError as error:
            self.refused[error.reason] += 1
            return None
        self._since += 1
        if self._since >= STORE_FRAMES:
            self.store()
        return clear

    def store(self) -> None:
        """Note how far each association has come. Raises FilesError."""
        with self._lock:
            if self._since:
                self._since = 0
                fresh = {spi: last + 1 for receiver in self._receivers.values() for spi, last in receiver.last.items()}
                self._numbers.raise_received({self._rows[spi].fingerprint: number for spi, number in fresh.items()})


def reason_texts() -> dict[str, str]:
    """Why frames are refused, by the names of the counters."""
    return {reason.name.lower(): text for reason, text in TEXTS.items()}


def both(path: Path) -> tuple[UplinkSecurity, Callable[[], DownlinkSecurity]]:
    """What a station needs of a key file: its uplink's sealing, and an opener for each connection. Raises FilesError."""
    keys, numbers = read(path), Numbers(path)
    return UplinkSecurity(keys, numbers), lambda: DownlinkSecurity(keys, numbers)
