"""Frame synchronisation (CCSDS 131.0, 9; 130.1, 10): search, check and lock over a stream of bits in octets, whatever their alignment."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from wire.channel_code cimport CODEBLOCK_MAX, ChannelCode

cdef enum:
    SYNC_MARKER = 0x1ACFFC1D
    SYNC_ROOM = 8192                # octets kept: three blocks and more

cdef enum:                          # states
    SYNC_SEARCH = 0                 # no marker known
    SYNC_CHECK = 1                  # one found; what follows has not confirmed it yet
    SYNC_LOCK = 2                   # markers are where they are due

cdef struct SyncRecord:             # counters, and where it stands
    uint64_t octets                 # taken in, ever
    uint64_t frames                 # good frames handed over
    uint64_t skipped                # octets that belong to no block: skipped_bits in whole octets
    uint64_t skipped_bits
    uint64_t markers                # found in search
    uint64_t slips                  # times the lock was lost
    uint64_t bit_slips              # times a marker stood a few bits beside its place, and the lock held
    uint64_t slipped_bits           # how many bits these were together
    uint64_t inversions             # times the lock found the stream inverted, or upright again
    uint64_t marker_bit_errors      # bits wrong in markers accepted where one was due
    uint64_t markers_missed         # places where one was due and none was
    uint64_t symbols_corrected
    uint64_t uncorrectable          # blocks with too many errors, or behind false markers
    uint64_t bad_fecf               # blocks decoded to a frame with a wrong check sum
    uint32_t state                  # SYNC_...
    uint32_t locked                 # 1 in SYNC_LOCK
    uint32_t inverted               # 1 while all bits come inverted
    uint32_t misses                 # markers missed or blocks failed in a row
    uint32_t confirmed              # markers in a row since the search

cdef struct FrameSync:
    SyncRecord record
    ChannelCode code
    uint32_t search_tolerance       # bits of a marker that may be wrong while searching
    uint32_t lock_tolerance         # the same where one is due
    uint32_t slip_bits              # how far beside its place a marker is looked for
    uint32_t flywheel               # misses in a row that the lock survives
    uint32_t confirmations          # markers in a row that confirm an uncoded stream
    uint32_t fill                   # octets in raw
    uint32_t bit                    # where in raw the block under way begins, its marker first
    uint32_t taken                  # 1 when the marker at `bit` has been judged
    uint8_t raw[SYNC_ROOM]
    uint8_t block[CODEBLOCK_MAX]    # the block, decoded: the frame is in front, valid from sync_feed() == 1 to the next call

cdef void sync_begin(FrameSync* s) noexcept nogil                   # all but code and settings: nothing heard yet
cdef int sync_feed(FrameSync* s, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil
# ^ 1: a frame is in s.block, call again with the rest; 0: all n octets taken, and no more frames in them. `n` may be 0
cdef int sync_options(FrameSync* s, options) except -1              # coding and synchronisation by name; raises ValueError or TypeError
