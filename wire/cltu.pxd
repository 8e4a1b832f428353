"""CLTU: start sequence, BCH(63,56) codeblocks, tail (CCSDS 231.0). The decoder is one flat record and takes bytes in any chunking."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    CLTU_MAX_FRAME = 1024           # octets of the longest frame
    CLTU_MAX_CANDIDATE = 1029       # the same with its fill: 147 codeblocks of 7 octets
    CLTU_MAX = 1186                 # octets of the longest CLTU: start 2, codeblocks 147 * 8, tail 8

cdef enum:                          # how a codeblock is decoded
    BCH_TED = 0                     # triple error detecting: what flight uses
    BCH_SEC = 1                     # single error correcting

cdef struct CltuDecoder:            # the record
    uint64_t octets                 # taken in, ever
    uint64_t noise                  # octets thrown away while no CLTU was open
    uint64_t starts                 # start sequences found
    uint64_t blocks_ok              # codeblocks accepted
    uint64_t blocks_corrected       # of these, corrected (BCH_SEC only)
    uint64_t blocks_rejected        # codeblocks that ended a CLTU and were not its tail
    uint64_t tails                  # tail sequences met
    uint64_t empty                  # CLTUs without a single codeblock
    uint64_t overlong               # CLTUs cut because no frame is so long
    uint64_t frames                 # candidates handed over
    uint32_t mode                   # BCH_TED or BCH_SEC
    uint32_t derandomise            # 1: candidates are TC-derandomised
    uint32_t open                   # 1 while a CLTU is being decoded, 0 while searching
    uint32_t ended_by_tail          # how the candidate ended: 1 its tail, 0 a rejected codeblock
    uint32_t last                   # the octet before, while searching; 0x100 for none
    uint32_t collected              # octets of the frame under way
    uint32_t block_fill             # octets of the codeblock under way
    uint32_t frame_length           # octets of the candidate, its fill included
    uint8_t block[8]
    uint8_t frame[1032]             # the candidate: valid from cltu_feed() == 1 to the next call

cdef void cltu_reset(CltuDecoder* d, uint32_t mode, uint32_t derandomise) noexcept nogil     # all of it, counters too
cdef int cltu_feed(CltuDecoder* d, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil
# ^ 1: a candidate is in d.frame, call again with the rest; 0: all n octets taken
cdef uint32_t cltu_size(uint32_t n) noexcept nogil                                           # octets of the CLTU of a frame of n octets
cdef uint32_t cltu_encode(const uint8_t* frame, uint32_t n, uint8_t* out, bint randomise) noexcept nogil    # octets written
cdef uint8_t bch_parity(const uint8_t* information) noexcept nogil                           # eighth octet of a codeblock, filler bit 0
cdef int bch_decode(uint8_t* block, uint32_t mode) noexcept nogil                            # 0 good, 1 corrected in place, -1 rejected
