"""How many frames the channel's bit errors cost, against the binomial distribution of errors in a codeblock and in a frame.

A CLTU is lost with its start sequence (16 bits; one may be wrong where single errors are corrected) or with one of its codeblocks: 63 bits,
of which one may be wrong where single errors are corrected, and the filler bit, which must be right. Its tail costs nothing: a tail that
fails ends the CLTU as well. An uncoded telemetry frame is lost with any of its bits: what its FECF does not find is less than one in a
million frames here. Between two CLTUs stand 16 octets of idle sequence, as the standard's procedure PLOP-2 has it (CCSDS 231.0, 7).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from flight.bit_errors import BitErrors
from wire import cltu, crc, tc_frame
from wire.frame_shapes import build_tc_frame

BATCH = 5000  # frames in one stretch of the line
IDLE = bytes([0x55]) * 16
SIGMAS = 3.0


def lost_in_cltu(octets: int, rate: float, mode: int) -> float:
    """The share of CLTUs with a frame of so many octets that bit errors at this rate cost."""
    blocks = (octets + 6) // 7
    good = 1.0 - rate
    if mode == cltu.TED:
        return 1.0 - good ** (16 + 64 * blocks)
    start = good**16 + 16 * rate * good**15
    block = good * (good**63 + 63 * rate * good**62)
    return 1.0 - start * block**blocks


def holds(lost: int, frames: int, share: float) -> bool:
    """Within three standard deviations of the binomial count."""
    return abs(lost - frames * share) <= SIGMAS * math.sqrt(frames * share * (1.0 - share))


def tc_frames(octets: int) -> bytes:
    """One TC frame of so many octets, its data anything."""
    data = np.random.default_rng(octets).integers(0, 256, octets - 8, np.uint8).tobytes()
    return build_tc_frame(0x2C1, 0, data)


@pytest.mark.long(1_000_000)
@pytest.mark.parametrize("octets", [64, 256])
@pytest.mark.parametrize(
    ("mode", "rate"), [(cltu.SEC, 1e-3), (cltu.SEC, 1e-4), (cltu.TED, 1e-4), (cltu.TED, 1e-5), (cltu.TED, 1e-6)], ids=str
)
def test_bit_errors_cost_as_many_telecommand_frames_as_the_binomial_says(mode: int, rate: float, octets: int, repetitions: int) -> None:
    frame = tc_frames(octets)
    assert len(frame) == octets
    clean = np.frombuffer((cltu.encode(frame) + IDLE) * min(BATCH, repetitions), np.uint8)
    errors, decoder = BitErrors(20 + octets, rate), cltu.Decoder(mode)
    kept = 0
    for _ in range(repetitions // min(BATCH, repetitions)):
        line = clean.copy()
        errors.spoil(line)
        for candidate in decoder.feed(line):
            if candidate.startswith(frame):
                kept += 1
            else:
                assert tc_frame.parse(candidate)[0] != tc_frame.TcFrameError.TC_FRAME_OK
    assert holds(repetitions - kept, repetitions, lost_in_cltu(octets, rate, mode)), (repetitions - kept, lost_in_cltu(octets, rate, mode))


@pytest.mark.long(1_000_000)
@pytest.mark.parametrize("octets", [256, 1115])
@pytest.mark.parametrize("rate", [1e-4, 1e-5, 1e-6])
def test_bit_errors_cost_as_many_uncoded_telemetry_frames_as_the_binomial_says(rate: float, octets: int, repetitions: int) -> None:
    body = np.random.default_rng(octets).integers(0, 256, octets - 2, np.uint8).tobytes()
    frame = body + crc.checksum(body).to_bytes(2, "big")
    batch = min(BATCH, repetitions)
    clean = np.tile(np.frombuffer(frame, np.uint8), (batch, 1))
    errors = BitErrors(30 + octets, rate)
    lost = 0
    for _ in range(repetitions // batch):
        line = clean.copy()
        errors.spoil(line.reshape(-1))
        for i in np.flatnonzero((line != clean).any(axis=1)):
            lost += crc.checksum(line[i]) != 0
    share = 1.0 - (1.0 - rate) ** (8 * octets)
    assert holds(lost, repetitions, share), (lost, repetitions * share)
