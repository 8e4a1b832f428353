# cython: boundscheck=False, wraparound=False
"""CADUs (CCSDS 131.0) as this mission sends them, as any option sends them, and their synchroniser for Python.

Bounds are not checked: every length is checked at the border, or is a constant of the class card.
"""

import numpy as np

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from wire.channel_code cimport CODEBLOCK_MAX, ChannelCode, code_encode, code_from_options
from wire.frame_sync cimport FrameSync, SyncRecord, sync_feed, sync_options
from wire.randomiser cimport randomise_tm
from wire.reed_solomon cimport RS_BLOCK, RS_PARITY, rs_encode

MARKER = b"\x1a\xcf\xfc\x1d"

cdef uint8_t MARKER_OCTETS[4]
MARKER_OCTETS[:] = [0x1A, 0xCF, 0xFC, 0x1D]


cdef void cadu_encode(const uint8_t* frame, uint8_t* cadu) noexcept nogil:
    memcpy(cadu, MARKER_OCTETS, 4)
    rs_encode(frame, cadu + 4, RS_BLOCK, CADU_INTERLEAVE, RS_PARITY, True)
    randomise_tm(cadu + 4, CADU_CODEBLOCK)


def encode(const unsigned char[::1] frame not None, **options) -> bytes:
    """The CADU of a frame of 1115 octets; with options (wire.channel_code.DEFAULTS) of another length or another code."""
    cdef ChannelCode code
    cdef uint8_t out[4 + CODEBLOCK_MAX]
    code_from_options(&code, options)
    if <uint32_t>frame.shape[0] != code.frame_octets:
        raise ValueError(f"a frame of {frame.shape[0]} octets, where the link has {code.frame_octets}")
    memcpy(out, MARKER_OCTETS, 4)
    code_encode(&code, &frame[0], out + 4)
    return bytes((<char*>out)[:4 + code.block_octets])


cdef class Synchroniser:
    """The receiving side. Options: those of wire.channel_code.DEFAULTS and wire.frame_sync.SETTINGS."""

    cdef FrameSync s

    def __init__(self, **options):
        sync_options(&self.s, options)

    def feed(self, const unsigned char[::1] data not None) -> list[bytes]:
        """Take octets in any chunks; give the frames with a right FECF that they complete."""
        cdef uint32_t consumed, done = 0, n = <uint32_t>data.shape[0]
        cdef const uint8_t* octets = &data[0] if n else NULL
        cdef int ready = 1
        frames = []
        while ready:
            with nogil:
                ready = sync_feed(&self.s, octets + done, n - done, &consumed)
            if ready:
                frames.append(bytes((<char*>self.s.block)[:self.s.code.frame_octets]))
            done += consumed
        return frames

    def record(self):
        """A copy of the counters, as numpy sees them."""
        cdef SyncRecord[::1] view = <SyncRecord[:1]>&self.s.record
        return np.array(view)[0]
