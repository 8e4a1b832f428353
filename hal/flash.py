"""Flash memory: blocks of 4096 octets, as a sparse file plus an overlay of changed blocks.

Erased flash reads as ones. The file holds the complement of the memory, so that a hole in it is erased flash, and a gigabyte that nobody
has written takes no room. Every change also enters a running hash: two memories with the same history have the same hash.

Not simulated: wear, bit rot, the time that programming takes, programming a bit twice without erasing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import xxhash

BLOCK_OCTETS = 4096
BLOCKS = 262_144  # 1 GiB
ERASED = b"\xff" * BLOCK_OCTETS
_INVERT = bytes(255 - i for i in range(256))


class FlashMemory:
    """A flash of `blocks` blocks. With `path` it is kept in that file, each change written through; without, it lives in memory."""

    def __init__(self, blocks: int = BLOCKS, path: Path | None = None) -> None:
        """Raises OSError when the file cannot be opened, ValueError when it is of another size."""
        self.blocks, self.path = blocks, path
        self.overlay: dict[int, bytes] = {}
        self._hash = xxhash.xxh3_128_digest(b"flash")
        self._file: int | None = None
        self._base: dict[int, bytes] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            size = os.fstat(self._file).st_size
            if size not in (0, blocks * BLOCK_OCTETS):
                os.close(self._file)
                raise ValueError(f"{path} holds {size} octets, not the {blocks * BLOCK_OCTETS} of this flash")
            os.ftruncate(self._file, blocks * BLOCK_OCTETS)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _stored(self, block: int) -> bytes:
        if self._file is None:
            return ERASED
        return os.pread(self._file, BLOCK_OCTETS, block * BLOCK_OCTETS).translate(_INVERT)

    def block(self, block: int) -> bytes:
        """The octets of one block."""
        return self.overlay[block] if block in self.overlay else self._stored(block)

    def read(self, block: int, offset: int, size: int) -> bytes:
        """Some octets of one block."""
        return self.block(block)[offset : offset + size]

    def program(self, block: int, offset: int, data: bytes) -> None:
        """Write octets into a block that has been erased."""
        old = self.block(block)
        self._change(block, old[:offset] + data + old[offset + len(data) :])
        self._hash = xxhash.xxh3_128_digest(self._hash + b"p%d,%d" % (block, offset) + data)

    def erase(self, block: int) -> None:
        """Set a whole block to ones."""
        self._change(block, ERASED)
        self._hash = xxhash.xxh3_128_digest(self._hash + b"e%d" % block)

    def _change(self, block: int, octets: bytes) -> None:
        if block not in self._base:
            self._base[block] = self._stored(block)
        self.overlay[block] = octets
        self._write(block, octets)

    def _write(self, block: int, octets: bytes) -> None:
        if self._file is not None:
            os.pwrite(self._file, octets.translate(_INVERT), block * BLOCK_OCTETS)

    def sync(self) -> None:
        """Return when everything written so far survives a loss of power."""
        if self._file is not None:
            os.fsync(self._file)

    def hash(self) -> bytes:
        """The running hash of every change, 16 octets."""
        return self._hash

    def image_hash(self) -> str:
        """A hash of the content as it is now: of all blocks that are not erased."""
        digest = xxhash.xxh3_128()
        for block in self._written():
            octets = self.block(block)
            if octets != ERASED:
                digest.update(b"%d:" % block + octets)
        return str(digest.hexdigest())

    def _written(self) -> list[int]:
        """Blocks that may hold something: those in the overlay, and those for which the file has data, not a hole."""
        found = set(self.overlay)
        if self._file is not None and not hasattr(os, "SEEK_DATA"):
            found.update(range(self.blocks))
        elif self._file is not None:
            at, end = 0, self.blocks * BLOCK_OCTETS
            while at < end:
                try:
                    at = os.lseek(self._file, at, os.SEEK_DATA)
                    stop = os.lseek(self._file, at, os.SEEK_HOLE)
                except OSError:  # no data beyond this point
                    break
                found.update(range(at // BLOCK_OCTETS, -(-stop // BLOCK_OCTETS)))
                at = stop
        return sorted(found)

    def save(self) -> tuple[dict[int, bytes], bytes]:
        """The overlay and the running hash, for a snapshot."""
        return dict(self.overlay), self._hash

    def load(self, overlay: dict[int, bytes], running_hash: bytes) -> None:
        """Make the memory what it was at a snapshot taken on the same base."""
        for block in self.overlay.keys() - overlay.keys():
            self._write(block, self._base[block])
        for block, octets in overlay.items():
            if block not in self._base:
                self._base[block] = self._stored(block)
            if self.overlay.get(block) != octets:
                self._write(block, octets)
        self.overlay = dict(overlay)
        self._hash = running_hash
        self.sync()
