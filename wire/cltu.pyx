# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""CLTU encoding, and the streaming decoder (CCSDS 231.0).

The start sequence is searched for octet by octet, not bit by bit: the stream comes from TCP or UDP, which keep octets whole. A codeblock
that fails ends the CLTU, as the standard has it, and what was decoded so far is handed over: the tail is made to fail. Two rules are
stricter than the standard's minimum. The filler bit must be 0, so that no single error turns a tail into a codeblock. And the octets of
a failed codeblock that is not the tail are searched again, so that a CLTU whose predecessor lost its tail is not lost with it.
Bounds are not checked: every index is below a constant of the class card.
"""

import numpy as np

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from wire.randomiser cimport randomise_tc

START = b"\xeb\x90"
TAIL = b"\xc5\xc5\xc5\xc5\xc5\xc5\xc5\x79"
FILL = 0x55
TED = BCH_TED
SEC = BCH_SEC

cdef uint32_t START_WORD = 0xEB90
cdef uint32_t NO_OCTET = 0x100
cdef uint8_t TAIL_OCTETS[8]
TAIL_OCTETS[:] = [0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79]
cdef uint8_t REMAINDER[256]         # x^7+x^6+x^2+1, the register in the upper seven bits
cdef uint8_t ERROR_BIT[256]         # by syndrome: which of the 63 bits is wrong, counted from 1, or 0


cdef void build_tables() noexcept:
    cdef int octet, bit
    cdef unsigned int register
    cdef uint8_t block[8]
    for octet in range(256):
        register = octet
        for bit in range(8):
            register = register << 1 ^ (0x8A if register & 0x80 else 0)
        REMAINDER[octet] = <uint8_t>register
    memset(ERROR_BIT, 0, 256)
    for bit in range(63):
        memset(block, 0, 8)
        block[bit >> 3] = <uint8_t>(0x80 >> (bit & 7))
        ERROR_BIT[syndrome(block) ^ 0xFE] = <uint8_t>(bit + 1)


cdef inline uint8_t syndrome(const uint8_t* block) noexcept nogil:
    """Difference of the parity bits received and computed, the filler bit left out; 0 for a codeword."""
    return (bch_parity(block) ^ block[7]) & 0xFE


cdef uint8_t bch_parity(const uint8_t* information) noexcept nogil:
    cdef uint8_t register = 0
    cdef int i
    for i in range(7):
        register = REMAINDER[register ^ information[i]]
    return (register & 0xFE) ^ 0xFE


build_tables()


cdef int bch_decode(uint8_t* block, uint32_t mode) noexcept nogil:
    cdef uint8_t difference = syndrome(block)
    cdef int bit
    if block[7] & 1:
        return -1
    if difference == 0:
        return 0
    bit = ERROR_BIT[difference]
    if mode != BCH_SEC or bit == 0:
        return -1
    bit -= 1
    block[bit >> 3] ^= <uint8_t>(0x80 >> (bit & 7))
    return 1


cdef uint32_t cltu_size(uint32_t n) noexcept nogil:
    return 2 + (n + 6) // 7 * 8 + 8


cdef uint32_t cltu_encode(const uint8_t* frame, uint32_t n, uint8_t* out, bint randomise) noexcept nogil:
    cdef uint8_t information[CLTU_MAX_CANDIDATE]
    cdef uint32_t blocks = (n + 6) // 7, k
    cdef uint8_t* p = out + 2
    if n > CLTU_MAX_FRAME:
        return 0
    memset(information, 0x55, blocks * 7)
    memcpy(information, frame, n)
    if randomise:
        randomise_tc(information, n)
    out[0] = 0xEB
    out[1] = 0x90
    for k in range(blocks):
        memcpy(p, information + 7 * k, 7)
        p[7] = bch_parity(p)
        p += 8
    memcpy(p, TAIL_OCTETS, 8)
    return cltu_size(n)


cdef void cltu_reset(CltuDecoder* d, uint32_t mode, uint32_t derandomise) noexcept nogil:
    memset(d, 0, sizeof(CltuDecoder))
    d.mode = mode
    d.derandomise = derandomise
    d.last = NO_OCTET


cdef inline bint is_start(uint32_t word, uint32_t mode) noexcept nogil:
    """Whether two octets open a CLTU: in single error correcting mode one of the sixteen bits may be wrong."""
    cdef uint32_t wrong = word ^ START_WORD
    if wrong == 0:
        return True
    return mode == BCH_SEC and wrong & (wrong - 1) == 0


cdef inline void search_octet(CltuDecoder* d, uint8_t octet) noexcept nogil:
    d.noise += 1
    if d.last != NO_OCTET and is_start(d.last << 8 | octet, d.mode):
        d.noise -= 2
        d.starts += 1
        d.open = 1
        d.last = NO_OCTET
        d.collected = 0
        d.block_fill = 0
    else:
        d.last = octet


cdef bint hand_over(CltuDecoder* d, uint32_t by_tail) noexcept nogil:
    """Close the CLTU. True when it holds a candidate."""
    d.open = 0
    d.block_fill = 0
    d.ended_by_tail = by_tail
    if d.collected == 0:
        d.empty += 1
        return False
    d.frame_length = d.collected
    d.collected = 0
    d.frames += 1
    if d.derandomise:
        randomise_tc(d.frame, d.frame_length)
    return True


cdef void search_again(CltuDecoder* d) noexcept nogil:
    """Look for a start sequence in the codeblock that was rejected. What follows one belongs to the CLTU it opens: six octets at most."""
    cdef uint8_t octets[8]
    cdef int i
    memcpy(octets, d.block, 8)
    for i in range(8):
        if d.open:
            d.block[d.block_fill] = octets[i]
            d.block_fill += 1
        else:
            search_octet(d, octets[i])


cdef bint close_block(CltuDecoder* d) noexcept nogil:
    """Eight octets are there. True when they end a candidate."""
    cdef bint ready
    cdef int verdict
    if memcmp(d.block, TAIL_OCTETS, 8) == 0:
        d.tails += 1
        return hand_over(d, 1)
    verdict = bch_decode(d.block, d.mode)
    if verdict < 0:
        d.blocks_rejected += 1
        ready = hand_over(d, 0)
        search_again(d)
        return ready
    d.blocks_ok += 1
    d.blocks_corrected += verdict
    d.block_fill = 0
    if d.collected + 7 > CLTU_MAX_CANDIDATE:
        d.overlong += 1
        d.open = 0
        d.collected = 0
        return False
    memcpy(d.frame + d.collected, d.block, 7)
    d.collected += 7
    return False


cdef int cltu_feed(CltuDecoder* d, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil:
    cdef uint32_t i = 0, part
    cdef bint ready = False
    if d.block_fill > 7 or d.collected > CLTU_MAX_CANDIDATE:
        d.open = d.block_fill = d.collected = 0         # the record was hit by an upset: nothing may be written outside it
    while i < n and not ready:
        if not d.open:
            search_octet(d, data[i])
            i += 1
            continue
        part = 8 - d.block_fill
        if part > n - i:
            part = n - i
        memcpy(d.block + d.block_fill, data + i, part)
        d.block_fill += part
        i += part
        if d.block_fill == 8:
            ready = close_block(d)
    d.octets += i
    consumed[0] = i
    return ready


def parity(const unsigned char[::1] information not None) -> int:
    """Eighth octet of the codeblock of seven information octets."""
    if information.shape[0] != 7:
        raise ValueError(f"{information.shape[0]} octets: a codeblock carries 7")
    return bch_parity(&information[0])


def decode_codeblock(const unsigned char[::1] block not None, unsigned int mode=BCH_TED) -> tuple[int, bytes]:
    """The verdict (0 good, 1 corrected, -1 rejected) on a codeblock, and its seven information octets."""
    if block.shape[0] != 8:
        raise ValueError(f"{block.shape[0]} octets: a codeblock has 8")
    cdef uint8_t octets[8]
    memcpy(octets, &block[0], 8)
    verdict = bch_decode(octets, mode)
    return verdict, bytes((<char*>octets)[:7])


def encode(const unsigned char[::1] frame not None, bint randomise=False) -> bytes:
    """The CLTU of a frame of 1 to 1024 octets."""
    if not 1 <= frame.shape[0] <= CLTU_MAX_FRAME:
        raise ValueError(f"a frame of {frame.shape[0]} octets: a CLTU carries 1 to {CLTU_MAX_FRAME}")
    cdef uint8_t out[CLTU_MAX]
    cdef uint32_t size = cltu_encode(&frame[0], <uint32_t>frame.shape[0], out, randomise)
    return bytes((<char*>out)[:size])


cdef class Decoder:
    """The streaming decoder for Python: candidates still carry their fill."""

    cdef CltuDecoder d

    def __init__(self, unsigned int mode=BCH_TED, bint derandomise=False):
        cltu_reset(&self.d, mode, derandomise)

    def feed(self, const unsigned char[::1] data not None) -> list[bytes]:
        """Take octets in any chunking; give the candidates that they complete."""
        cdef uint32_t consumed, done = 0, n = <uint32_t>data.shape[0]
        candidates = []
        while done < n:
            if cltu_feed(&self.d, &data[done], n - done, &consumed):
                candidates.append(bytes((<char*>self.d.frame)[:self.d.frame_length]))
            done += consumed
        return candidates

    def record(self):
        """A copy of the record, as numpy sees it."""
        cdef CltuDecoder[::1] view = <CltuDecoder[:1]>&self.d
        return np.array(view)[0]

    def load(self, const unsigned char[::1] octets not None) -> None:
        """Put back the octets of a record."""
        if octets.shape[0] != sizeof(CltuDecoder):
            raise ValueError(f"{octets.shape[0]} octets, where the record has {sizeof(CltuDecoder)}")
        memcpy(&self.d, &octets[0], sizeof(CltuDecoder))
