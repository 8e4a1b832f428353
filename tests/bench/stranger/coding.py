"""From octets of a channel to frames, from the text of CCSDS 131.0: marker, pseudo-randomiser, Reed-Solomon in the dual basis.

Codewords are decoded by `reedsolo`. It takes a millisecond for each, so one that `reedsolo` itself would have encoded so passes by a table:
the code is linear, and the check symbols of a message are the sum of those of its bits.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import reedsolo

from .words import Json, StrangeError, crc

Array = np.ndarray[Any, Any]

# Behind a marker in step with the one before, up to so many wrong bits are the channel's; two failures in a row end the step.
MARKER_ERRORS = 8
# Rows of the matrix from the conventional to the dual basis, for the highest bit first (131.0, annex on the dual basis).
TO_DUAL = (0x8D, 0xEF, 0xEC, 0x86, 0xFA, 0x99, 0xAF, 0x7B)


def noise(octets: int) -> bytes:
    """The sequence of h(x) = x^8 + x^7 + x^5 + x^3 + 1 from a register of ones (131.0, 10.4)."""
    bits = [1] * 8
    while len(bits) < 8 * octets:
        bits.append(bits[-1] ^ bits[-3] ^ bits[-5] ^ bits[-8])
    return np.packbits(bits[: 8 * octets]).tobytes()


def dual_tables() -> tuple[bytes, bytes]:
    """Each symbol from the conventional to the dual basis, and back."""
    to_dual = bytearray(256)
    for symbol in range(256):
        for place, row in enumerate(TO_DUAL):
            if symbol >> (7 - place) & 1:
                to_dual[symbol] ^= row
    back = bytearray(256)
    for symbol, dual in enumerate(to_dual):
        back[dual] = symbol
    return bytes(to_dual), bytes(back)


@cache
def codec(checks: int) -> reedsolo.RSCodec:
    """F(x) = x^8 + x^7 + x^2 + x + 1; roots alpha^(11 j) for j = 128 - E to 127 + E (131.0, 4.3)."""
    generator = 1
    for _ in range(11):
        generator = generator << 1 ^ (0x187 if generator & 0x80 else 0)
    return reedsolo.RSCodec(checks, nsize=255, fcr=128 - checks // 2, prim=0x187, generator=generator)


@cache
def check_table(checks: int) -> Array:
    """Check symbols of each symbol at each place of a message, as 64-bit words."""
    k = 255 - checks
    table = np.zeros((k, 256, checks), np.uint8)
    for place in range(k):
        for bit in range(8):
            message = bytearray(k)
            message[place] = 1 << bit
            table[place, 1 << bit : 2 << bit] = table[place, : 1 << bit] ^ np.frombuffer(codec(checks).encode(message)[k:], np.uint8)
    return table.view(np.uint64)


def agreeing(codewords: Array, checks: int) -> Array:
    """Of codewords in the conventional basis, (n, 255): whether the check symbols are those of the message."""
    table = check_table(checks)
    found = np.zeros((len(codewords), checks // 8), np.uint64)
    for place, symbols in enumerate(codewords.T[: 255 - checks]):
        found ^= table[place, symbols]
    return (found.view(np.uint8) == codewords[:, 255 - checks :]).all(axis=1)


class Coding:
    """The stream of one antenna. `frames` gives those that the octets completed, with a right check sum."""

    def __init__(self, row: Json) -> None:
        self.symbols_corrected = self.beyond_repair = self.wrong_check = 0
        rs = row["reed_solomon"]
        self._depth, self._k = rs["interleave"], rs["k"]
        self._size = row["octets"]
        self._marker = bytes.fromhex(row["fields"][0]["value"])
        self._noise = np.frombuffer(noise(self._size - len(self._marker)), np.uint8)
        self._to_dual, self._to_conventional = dual_tables()
        said = (row["randomiser"]["sequence_hex"], rs["conventional_to_dual_hex"], rs["dual_to_conventional_hex"])
        if [bytes.fromhex(text) for text in said] != [self._noise[:255].tobytes(), self._to_dual, self._to_conventional]:
            raise StrangeError("the dictionary's tables are not those of the standard")
        self._table = np.frombuffer(self._to_conventional, np.uint8)
        self._stream = bytearray()
        self._in_step = False
        self._failures = 0

    def feed(self, octets: bytes) -> list[bytes]:
        """Octets in any chunking, from any place on."""
        self._stream += octets
        frames: list[bytes] = []
        at = self._next_marker(0)
        while len(self._stream) - at >= self._size:
            at = self._next_marker(self._blocks(at, frames))
        del self._stream[:at]
        return frames

    def _next_marker(self, at: int) -> int:
        """Where the next block begins, or the first place that may still become a marker."""
        if self._in_step:
            return at
        found = self._stream.find(self._marker, at)
        return found if found >= 0 else max(at, len(self._stream) - len(self._marker) + 1)

    def _blocks(self, at: int, frames: list[bytes]) -> int:
        """The blocks from `at` on that follow one another in step; where to go on."""
        count = (len(self._stream) - at) // self._size
        blocks = np.frombuffer(bytes(self._stream[at : at + count * self._size]), np.uint8).reshape(count, self._size)
        markers, coded = blocks[:, : len(self._marker)], blocks[:, len(self._marker) :] ^ self._noise
        wrong_bits = np.unpackbits(markers ^ np.frombuffer(self._marker, np.uint8), axis=1).sum(axis=1)
        lanes = self._table[coded].reshape(count, -1, self._depth).transpose(0, 2, 1)
        clean = agreeing(lanes.reshape(count * self._depth, -1), 255 - self._k).reshape(count, self._depth)
        for i in range(count):
            begin = at + i * self._size
            if self._in_step and wrong_bits[i] > MARKER_ERRORS:
                self._failures += 1
                if self._failures > 1:
                    self._in_step = False
                    return max(0, begin - len(self._marker) + 1)
            frame = self._decode(lanes[i], clean[i])
            if frame is not None:
                self._in_step, self._failures = True, 0
                if crc(frame) == 0:
                    frames.append(frame)
                else:
                    self.wrong_check += 1
                continue
            self.beyond_repair += 1
            marker_inside = self._stream.find(self._marker, begin + 1, begin + self._size) >= 0
            if not self._in_step or marker_inside or self._failures:
                self._in_step = False
                return begin + 1
            self._failures += 1
        return at + count * self._size

    def _decode(self, lanes: Array, clean: Array) -> bytes | None:
        """A frame out of its codewords, or nothing when one of them has too many errors."""
        messages, corrected = lanes[:, : self._k].copy(), 0
        for lane in np.flatnonzero(~clean):
            try:
                message, _, repaired = codec(255 - self._k).decode(lanes[lane].tobytes())
            except reedsolo.ReedSolomonError:
                return None
            messages[lane] = np.frombuffer(bytes(message), np.uint8)
            corrected += len(repaired)
        self.symbols_corrected += corrected
        return messages.T.tobytes().translate(self._to_dual)
