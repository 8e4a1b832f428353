"""Recordings: everything that a run took in, with its tick, and the digest of every second; what `replay` reads and `diff` compares.

A file is a line that names the format, then entries: length and CRC-32 of the body (both 32 bits, little endian), body. The first entry
is the header. A process killed while writing leaves a torn last entry: it is left out, and `Recording.damage` says so.

| body | fields after the type octet |
|---|---|
| 0 header | JSON |
| 1 input | tick i64, octets of the kind u8, kind, form u8 (0 octets, 1 JSON), payload |
| 2 digest | second i64, the digest in hexadecimal |
| 3 end | tick i64, JSON with the digest at that tick |
"""

from __future__ import annotations

import json
import os
import platform
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import xxhash

MAGIC = b"farside recording 1\n"
FRAME = struct.Struct("<II")
INPUT = struct.Struct("<BqB")
STAMP = struct.Struct("<Bq")
HEADER_TYPE, INPUT_TYPE, DIGEST_TYPE, END_TYPE = range(4)
OCTETS, JSON = range(2)

SHOWN_OCTETS = 64  # of a payload, to people

Payload = bytes | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """Something that came from outside, taken at the boundary before `tick` ran."""

    tick: int
    kind: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Digest:
    """The state after `second` whole seconds since the scenario's epoch."""

    second: int
    value: str


@dataclass(frozen=True, slots=True)
class End:
    """The run ended in order, before `tick` ran."""

    tick: int
    value: str


Entry = Input | Digest | End


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as read. `damage` is None, or tells where and how the file ends before its end."""

    path: Path
    header: dict[str, Any]
    entries: list[Entry]
    damage: str | None

    def inputs(self) -> list[Input]:
        return [entry for entry in self.entries if isinstance(entry, Input)]

    def digests(self) -> list[Digest]:
        return [entry for entry in self.entries if isinstance(entry, Digest)]

    def end(self) -> End | None:
        """How it ended, or None for a run that was killed."""
        last = self.entries[-1] if self.entries else None
        return last if isinstance(last, End) else None


class InputRecorder(Protocol):
    """Where inputs and digests are logged."""

    def input(self, tick: int, kind: str, payload: bytes | Mapping[str, Any]) -> None: ...
    def digest(self, second: int, value: str) -> None: ...


class Recorder:
    """Writes a recording. Its methods may be called from any thread; an entry is with the system before the call returns."""

    def __init__(self, path: str | os.PathLike[str], header: Mapping[str, Any]) -> None:
        """Raises OSError when the file cannot be made, FileExistsError when it is there already: a recording is never overwritten."""
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = open(self.path, "xb", buffering=0)  # noqa: SIM115 (it lives as long as the run)
        self._lock = threading.Lock()
        self._write(MAGIC)
        self._put(bytes([HEADER_TYPE]) + _json(header))

    def input(self, tick: int, kind: str, payload: Payload) -> None:
        """Log what came from outside. Octets are kept as they are; a mapping must hold what JSON can say."""
        name = kind.encode("ascii")
        form, octets = (OCTETS, bytes(payload)) if isinstance(payload, (bytes, bytearray, memoryview)) else (JSON, _json(payload))
        self._put(INPUT.pack(INPUT_TYPE, tick, len(name)) + name + bytes([form]) + octets)

    def digest(self, second: int, value: str) -> None:
        """Log the state's digest after so many seconds."""
        self._put(STAMP.pack(DIGEST_TYPE, second) + value.encode("ascii"))

    def end(self, tick: int, value: str) -> None:
        """Log an orderly end, and the digest there."""
        self._put(STAMP.pack(END_TYPE, tick) + _json({"digest": value}))

    def close(self) -> None:
        with self._lock:
            if not self._file.closed:
                os.fsync(self._file.fileno())
                self._file.close()

    def _put(self, body: bytes) -> None:
        with self._lock:
            self._write(FRAME.pack(len(body), zlib.crc32(body)) + body)

    def _write(self, octets: bytes) -> None:
        view = memoryview(octets)
        while view:
            view = view[self._file.write(view) :]


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _object(text: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("JSON, but no object")
    return value


def _frames(octets: memoryview) -> Iterator[tuple[int, bytes | str]]:
    """Place and body of each entry; at the first that is not whole, what is wrong with it."""
    at = len(MAGIC)
    while at < len(octets):
        if at + FRAME.size > len(octets):
            yield at, f"{len(octets) - at} octets of an entry's beginning"
            return
        length, check = FRAME.unpack_from(octets, at)
        body = bytes(octets[at + FRAME.size : at + FRAME.size + length])
        if len(body) < length or not length:
            yield at, f"an entry of {length} octets, of which {len(body)} are there"
            return
        if zlib.crc32(body) != check:
            yield at, "an entry whose checksum is wrong"
            return
        yield at, body
        at += FRAME.size + length


def _entry(body: bytes) -> Entry:
    """Raises ValueError, struct.error or KeyError for a body that no recorder writes."""
    if body[0] == INPUT_TYPE:
        _, tick, n = INPUT.unpack_from(body)
        kind, form, payload = body[INPUT.size : INPUT.size + n].decode("ascii"), body[INPUT.size + n], body[INPUT.size + n + 1 :]
        return Input(tick, kind, _object(payload) if form == JSON else payload)
    _, number = STAMP.unpack_from(body)
    if body[0] == DIGEST_TYPE:
        return Digest(number, body[STAMP.size :].decode("ascii"))
    if body[0] == END_TYPE:
        return End(number, str(_object(body[STAMP.size :])["digest"]))
    raise ValueError(f"entry of unknown type {body[0]}")


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a recording as far as it is whole. Raises OSError, or ValueError when the file is no recording at all."""
    octets = Path(path).read_bytes()
    if not octets.startswith(MAGIC):
        raise ValueError(f"{path} is not a recording of this format ({MAGIC.decode().strip()!r})")
    header: dict[str, Any] | None = None
    entries: list[Entry] = []
    damage = None
    for at, body in _frames(memoryview(octets)):
        if isinstance(body, str):
            damage = f"the file ends at octet {at} of {len(octets)} with {body}"
        elif header is None:
            if body[0] != HEADER_TYPE:
                raise ValueError(f"{path} has no header")
            header = _object(body[1:])
        else:
            try:
                entries.append(_entry(body))
            except (ValueError, KeyError, IndexError, struct.error) as error:
                damage = f"octet {at} holds an entry that cannot be read: {error}"
                break
    if header is None:
        raise ValueError(f"{path} has no header{': ' + damage if damage else ''}")
    return Recording(Path(path), header, entries, damage)


def describe(entry: Entry | None) -> dict[str, Any] | None:
    """An entry in a few words, for people and JSON."""
    if entry is None:
        return None
    if isinstance(entry, Input):
        octets = entry.payload if isinstance(entry.payload, bytes) else _json(entry.payload)
        cut = "..." if len(octets) > SHOWN_OCTETS else ""
        shown = f"{len(octets)} octets, {octets[:SHOWN_OCTETS].hex()}{cut}" if isinstance(entry.payload, bytes) else octets.decode()
        return {"what": "input", "tick": entry.tick, "kind": entry.kind, "payload": shown}
    if isinstance(entry, Digest):
        return {"what": "digest", "second": entry.second, "value": entry.value}
    return {"what": "end", "tick": entry.tick, "value": entry.value}


def first_difference(a: Sequence[Entry], b: Sequence[Entry]) -> dict[str, Any] | None:
    """Where two runs part: the first entry that is not the same, or the one that only the longer has. None: the same."""
    for place in range(max(len(a), len(b))):
        one, other = a[place] if place < len(a) else None, b[place] if place < len(b) else None
        if one != other:
            return {"entry": place, "a": describe(one), "b": describe(other)} | _octet(one, other)
    return None


def _octet(a: Entry | None, b: Entry | None) -> dict[str, int]:
    """The first octet in which two payloads differ, where they are octets."""
    if not (isinstance(a, Input) and isinstance(b, Input) and isinstance(a.payload, bytes) and isinstance(b.payload, bytes)):
        return {}
    shorter = min(len(a.payload), len(b.payload))
    return {"octet": next((i for i in range(shorter) if a.payload[i] != b.payload[i]), shorter)}


def compare(a: Recording, b: Recording) -> dict[str, Any]:
    """`same` is whether both took in the same and went the same way; what differs in the headers is named beside."""
    names = sorted(set(a.header) | set(b.header))
    return {
        "same": a.entries == b.entries,
        "header": {name: [a.header.get(name), b.header.get(name)] for name in names if a.header.get(name) != b.header.get(name)},
        "first_difference": first_difference(a.entries, b.entries),
        "damage": [a.damage, b.damage],
    }


def build_id() -> str:
    """Names the code that flies: the same bytes are promised for one build on one kind of machine."""
    root = Path(__file__).resolve().parent.parent
    digest = xxhash.xxh3_128(f"{platform.system()} {platform.machine()} {platform.python_version()}".encode())
    for package in ("flight", "hal", "wire"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".so"):
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
