"""Reed-Solomon (255,223), E = 16, of CCSDS 131.0: field polynomial 0x187, roots alpha^(11 j), j = 112..143."""

from libc.stdint cimport uint8_t

cdef enum:
    RS_BLOCK = 255                  # symbols of a codeword
    RS_DATA = 223                   # data symbols
    RS_PARITY = 32                  # check symbols
    RS_MAX_INTERLEAVE = 8

# `dual` chooses Berlekamp's dual basis, as CCSDS sends it; otherwise the conventional (polynomial) basis.
cdef void rs_encode(const uint8_t* data, uint8_t* parity, bint dual) noexcept nogil                          # 223 octets in, 32 out
cdef int rs_decode(uint8_t* block, bint dual) noexcept nogil                                                 # 255 octets in place: symbols corrected, or -1
cdef void rs_encode_interleaved(const uint8_t* frame, uint8_t* codeblock, int depth, bint dual) noexcept nogil   # 223 depth in, 255 depth out
cdef int rs_decode_interleaved(uint8_t* codeblock, int depth, bint dual) noexcept nogil                      # in place: symbols corrected, or -1
