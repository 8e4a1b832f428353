"""CRC-16 of frames and packets: polynomial 0x1021, preset 0xFFFF, no reflection (CCSDS 132.0 and 232.0 FECF, ECSS-E-ST-70-41C annex B)."""

from libc.stdint cimport uint8_t, uint16_t

cdef uint16_t crc16(const uint8_t* data, size_t n) noexcept nogil                            # of n octets
cdef uint16_t crc16_update(uint16_t crc, const uint8_t* data, size_t n) noexcept nogil       # go on from an earlier value; start with 0xFFFF
