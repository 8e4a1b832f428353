# cython: boundscheck=False, wraparound=False
"""Bare frames: no synchronisation but the length in each header. One that lies costs what follows it on the same connection.

Bounds are not checked: a length field of ten bits cannot say more than 1024 octets.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from wire.cltu cimport CLTU_MAX_FRAME, CltuDecoder, cltu_reset

cdef enum:
    TC_HEADER = 5


cdef inline uint32_t frame_octets(const uint8_t* header) noexcept nogil:
    """What the header says, and at least the header itself."""
    cdef uint32_t length = ((<uint32_t>header[2] & 3) << 8 | header[3]) + 1
    return length if length > TC_HEADER else TC_HEADER


cdef int bare_feed(CltuDecoder* d, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil:
    cdef uint32_t at = 0, part, want
    if d.collected >= CLTU_MAX_FRAME:
        d.collected = 0                             # the record was hit by an upset: nothing may be written outside it
    while at < n:
        want = frame_octets(d.frame) if d.collected >= TC_HEADER else TC_HEADER
        part = want - d.collected if want > d.collected else 0
        if part > n - at:
            part = n - at
        memcpy(d.frame + d.collected, data + at, part)
        d.collected += part
        at += part
        if d.collected >= TC_HEADER and d.collected >= frame_octets(d.frame):
            d.frame_length = d.collected
            d.collected = 0
            d.frames += 1
            break
    else:
        d.octets += at
        consumed[0] = at
        return 0
    d.octets += at
    consumed[0] = at
    return 1


cdef class Splitter:
    """The receiving side for Python."""

    cdef CltuDecoder d

    def __init__(self):
        cltu_reset(&self.d, 0, 0)

    def feed(self, const unsigned char[::1] data not None) -> list[bytes]:
        """Take octets in any chunking; give the frames that they complete."""
        cdef uint32_t consumed, done = 0, n = <uint32_t>data.shape[0]
        frames = []
        while done < n:
            if bare_feed(&self.d, &data[done], n - done, &consumed):
                frames.append(bytes((<char*>self.d.frame)[:self.d.frame_length]))
            done += consumed
        return frames
