"""How a TM frame is coded on its channel (CCSDS 131.0): Reed-Solomon or nothing, randomised or not."""

from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    CODEBLOCK_MAX = 2048            # octets; the longest Reed-Solomon codeblock has 2040

cdef struct ChannelCode:
    uint32_t frame_octets
    uint32_t block_octets           # behind the marker: frame and check symbols
    int randomiser                  # RANDOMISER_... of wire.randomiser
    int depth                       # interleaving, 1 to 8
    int checks                      # symbols a codeword: 32, 16, or 0 for an uncoded frame
    int dual                        # 1: Berlekamp's dual basis
    int symbols                     # of a codeword as sent: 255 less the virtual fill; 0 for an uncoded frame

cdef int channel_code(ChannelCode* code, uint32_t frame_octets, int randomiser, int depth, int checks, int dual) noexcept nogil
# ^ fills `code`; 0, or -1 when such a code does not exist
cdef void code_encode(const ChannelCode* code, const uint8_t* frame, uint8_t* block) noexcept nogil
cdef int code_decode(const ChannelCode* code, uint8_t* block) noexcept nogil    # in place, the frame in front: symbols corrected, or -1
cdef int code_from_options(ChannelCode* code, options) except -1                # a mapping with any of DEFAULTS; raises ValueError or TypeError
