"""Reed-Solomon (255,223) and (255,239) of CCSDS 131.0: field polynomial 0x187, roots alpha^(11 j), j = 128-E to 127+E, E = 16 or 8."""

from libc.stdint cimport uint8_t

cdef enum:
    RS_BLOCK = 255                  # symbols of a codeword without virtual fill
    RS_PARITY = 32                  # check symbols, E = 16
    RS_PARITY_SHORT = 16            # check symbols, E = 8
    RS_MAX_INTERLEAVE = 8

# `checks` is 32 or 16. `length` is the symbols of a codeword as sent, checks included: 255 less the symbols of virtual fill that stand in front.
# `dual` chooses Berlekamp's dual basis, as CCSDS sends it; otherwise the conventional (polynomial) basis. `depth` codewords are interleaved.
cdef void rs_encode(const uint8_t* frame, uint8_t* codeblock, int length, int depth, int checks, bint dual) noexcept nogil
# ^ (length - checks) depth octets in, length depth out; frame and codeblock may be the same
cdef int rs_decode(uint8_t* codeblock, int length, int depth, int checks, bint dual) noexcept nogil
# ^ in place: symbols corrected, or -1 when one codeword is beyond correction
