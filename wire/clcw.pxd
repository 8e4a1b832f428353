"""CLCW: the communications link control word that every TM frame carries in its operational control field (CCSDS 232.0, 4.2)."""

from libc.stdint cimport uint8_t, uint32_t


cdef struct Clcw:                   # communications link control word, CCSDS 232.0, 4.2
    uint8_t status                  # 3 bits, free
    uint8_t cop_in_effect           # 1: COP-1
    uint8_t virtual_channel_id
    uint8_t no_rf
    uint8_t no_bit_lock
    uint8_t lockout
    uint8_t wait
    uint8_t retransmit
    uint8_t farm_b_count            # 2 bits
    uint8_t report_value            # V(R)

cdef uint32_t clcw_build(const Clcw* word) noexcept nogil
cdef bint clcw_parse(uint32_t ocf, Clcw* out) noexcept nogil        # False: not a CLCW of version 0
