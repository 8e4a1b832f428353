"""Many space packets in one buffer, back to back (CCSDS 133.0), as a recording holds them: finding, checking and taking apart in bulk."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef struct StreamRow:              # one packet
    uint64_t offset                 # in the buffer
    uint32_t length                 # octets, header included
    uint16_t apid
    uint16_t sequence_count
    uint8_t type                    # 0 telemetry, 1 telecommand
    uint8_t secondary               # 1: with a secondary header
    uint8_t sequence_flags          # 3: stand-alone
    uint8_t sound                   # 1: its packet error control is right, or was not asked for

cdef size_t stream_count(const uint8_t* data, size_t n, size_t* end) noexcept nogil     # whole packets, and where the last one ends
cdef void stream_scan(const uint8_t* data, size_t* at, StreamRow* rows, size_t n, bint check) noexcept nogil
# ^ n packets that are known to be whole, from `at` on, which moves behind them
cdef void stream_gather(const uint8_t* data, const StreamRow* rows, size_t n, uint32_t offset, int octets, uint8_t* out) noexcept nogil
# ^ the big-endian field of 1, 2, 4 or 8 octets at `offset` in each of n packets, as native numbers behind each other
