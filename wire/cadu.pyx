# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""CADUs (CCSDS 131.0): encoding a frame, and finding and decoding them in a stream of octets.

The marker is searched for octet by octet, since TCP and UDP keep octets whole. The buffer always begins with a marker or with what may
become one; a codeblock that cannot be corrected is searched again from its second octet on, so that after a slip nothing that came in
is lost, and a false marker costs time but no frame. Where a marker is due, up to eight of its 32 bits may be wrong, and one
codeblock that fails without a marker in it does not end the lock. A frame is handed over when its FECF is right, besides.
Bounds are not checked: every index is below a constant of the class card.
"""

import numpy as np

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr, memcpy, memmove, memset

from wire.crc cimport crc16
from wire.randomiser cimport randomise_tm
from wire.reed_solomon cimport RS_BLOCK, RS_PARITY, rs_decode, rs_encode
from wire.tm_frame cimport TM_FRAME_LENGTH

MARKER = b"\x1a\xcf\xfc\x1d"

cdef uint8_t MARKER_OCTETS[4]
MARKER_OCTETS[:] = [0x1A, 0xCF, 0xFC, 0x1D]
cdef uint32_t MARKER_TOLERANCE = 8  # bits of 32: random octets come as near once in 286


cdef void cadu_encode(const uint8_t* frame, uint8_t* cadu) noexcept nogil:
    memcpy(cadu, MARKER_OCTETS, 4)
    rs_encode(frame, cadu + 4, RS_BLOCK, CADU_INTERLEAVE, RS_PARITY, True)
    randomise_tm(cadu + 4, CADU_CODEBLOCK)


cdef void cadu_reset(CaduSynchroniser* s) noexcept nogil:
    memset(s, 0, sizeof(CaduSynchroniser))


cdef uint32_t wrong_bits(const uint8_t* octets) noexcept nogil:
    """Bits in which four octets differ from the marker."""
    cdef uint32_t count = 0, difference
    cdef int i
    for i in range(4):
        difference = octets[i] ^ MARKER_OCTETS[i]
        while difference:
            difference &= difference - 1
            count += 1
    return count


cdef bint may_be_marker(const uint8_t* octets, uint32_t n) noexcept nogil:
    cdef uint32_t i
    for i in range(n if n < 4 else 4):
        if octets[i] != MARKER_OCTETS[i]:
            return False
    return True


cdef void search_from(CaduSynchroniser* s, uint32_t start) noexcept nogil:
    """Drop octets until the buffer begins with a marker, or a part of one at its end."""
    cdef const uint8_t* at
    cdef uint32_t i = start
    while i < s.fill:
        at = <const uint8_t*>memchr(s.cadu + i, 0x1A, s.fill - i)
        i = <uint32_t>(at - s.cadu) if at != NULL else s.fill
        if may_be_marker(s.cadu + i, s.fill - i):
            break
        i += 1
    s.skipped += i
    s.fill -= i
    memmove(s.cadu, s.cadu + i, s.fill)


cdef void lose_lock(CaduSynchroniser* s) noexcept nogil:
    if s.locked:
        s.slips += 1
    s.locked = 0
    s.misses = 0


cdef void check_marker(CaduSynchroniser* s) noexcept nogil:
    """Four octets are there, where a marker is due."""
    cdef uint32_t wrong = wrong_bits(s.cadu)
    if wrong > MARKER_TOLERANCE:
        lose_lock(s)
        search_from(s, 0)
    else:
        s.marker_bit_errors += wrong


cdef void give_up(CaduSynchroniser* s) noexcept nogil:
    """The codeblock is beyond correction: a marker inside it comes before the lock, and the lock before starting afresh."""
    cdef bint first_miss = s.locked and s.misses == 0
    s.uncorrectable += 1
    search_from(s, 1)
    if s.fill or not first_miss:
        lose_lock(s)
    else:
        s.misses = 1


cdef bint decode(CaduSynchroniser* s) noexcept nogil:
    """A whole CADU is in the buffer. True when it gives a frame."""
    cdef int corrected
    memcpy(s.frame, s.cadu + 4, CADU_CODEBLOCK)
    randomise_tm(s.frame, CADU_CODEBLOCK)
    corrected = rs_decode(s.frame, RS_BLOCK, CADU_INTERLEAVE, RS_PARITY, True)
    if corrected < 0:
        give_up(s)
        return False
    s.symbols_corrected += corrected
    s.locked = 1
    s.misses = 0
    s.fill = 0
    if crc16(s.frame, TM_FRAME_LENGTH):
        s.bad_fecf += 1
        return False
    s.frames += 1
    return True


cdef int cadu_feed(CaduSynchroniser* s, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil:
    cdef uint32_t i = 0, part
    cdef bint ready = False
    while i < n and not ready:
        if s.fill < 4:
            s.cadu[s.fill] = data[i]
            s.fill += 1
            i += 1
            if not s.locked:
                search_from(s, 0)
            elif s.fill == 4:
                check_marker(s)
            continue
        part = CADU_LENGTH - s.fill
        if part > n - i:
            part = n - i
        memcpy(s.cadu + s.fill, data + i, part)
        s.fill += part
        i += part
        if s.fill == CADU_LENGTH:
            ready = decode(s)
    s.octets += i
    consumed[0] = i
    return ready


def encode(const unsigned char[::1] frame not None) -> bytes:
    """The CADU of a frame of 1115 octets."""
    if frame.shape[0] != TM_FRAME_LENGTH:
        raise ValueError(f"a frame of {frame.shape[0]} octets, where the link has {TM_FRAME_LENGTH}")
    cdef uint8_t out[CADU_LENGTH]
    cadu_encode(&frame[0], out)
    return bytes((<char*>out)[:CADU_LENGTH])


cdef class Synchroniser:
    """The receiving side for Python."""

    cdef CaduSynchroniser s

    def __init__(self):
        cadu_reset(&self.s)

    def feed(self, const unsigned char[::1] data not None) -> list[bytes]:
        """Take octets in any chunks; give the frames (1115 octets, FECF right) that they complete."""
        cdef uint32_t consumed, done = 0, n = <uint32_t>data.shape[0]
        cdef int ready
        frames = []
        while done < n:
            with nogil:
                ready = cadu_feed(&self.s, &data[done], n - done, &consumed)
            if ready:
                frames.append(bytes((<char*>self.s.frame)[:TM_FRAME_LENGTH]))
            done += consumed
        return frames

    def record(self):
        """A copy of the record, as numpy sees it."""
        cdef CaduSynchroniser[::1] view = <CaduSynchroniser[:1]>&self.s
        return np.array(view)[0]
