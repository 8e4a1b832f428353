# cython: boundscheck=False, wraparound=False
"""The coding of TM frames. Encoding: check symbols, then the randomiser over the whole codeblock (CCSDS 131.0, 10.3); decoding the reverse.

Bounds are not checked: a code that channel_code() accepts has blocks of at most 2040 octets.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from wire.randomiser cimport RANDOMISER_131071, RANDOMISER_255, RANDOMISER_NONE, randomise
from wire.reed_solomon cimport RS_BLOCK, RS_MAX_INTERLEAVE, RS_PARITY, RS_PARITY_SHORT, rs_decode, rs_encode

DEFAULTS = {"frame_octets": 1115, "randomiser": RANDOMISER_255, "depth": 5, "checks": RS_PARITY, "dual": True}


cdef int channel_code(ChannelCode* code, uint32_t frame_octets, int randomiser, int depth, int checks, int dual) noexcept nogil:
    cdef bint coded = checks != 0
    memset(code, 0, sizeof(ChannelCode))
    if randomiser not in (RANDOMISER_NONE, RANDOMISER_255, RANDOMISER_131071) or frame_octets == 0 or frame_octets > CODEBLOCK_MAX:
        return -1
    if coded and ((checks != RS_PARITY and checks != RS_PARITY_SHORT) or not 1 <= depth <= RS_MAX_INTERLEAVE
                  or frame_octets % <uint32_t>depth or frame_octets // <uint32_t>depth > <uint32_t>(RS_BLOCK - checks)):
        return -1
    code.frame_octets = frame_octets
    code.randomiser = randomiser
    code.checks = checks
    code.dual = dual
    code.depth = depth if coded else 1
    code.symbols = <int>(frame_octets // <uint32_t>depth) + checks if coded else 0
    code.block_octets = frame_octets + <uint32_t>(code.depth * checks)
    return 0


cdef void code_encode(const ChannelCode* code, const uint8_t* frame, uint8_t* block) noexcept nogil:
    if code.symbols:
        rs_encode(frame, block, code.symbols, code.depth, code.checks, code.dual)
    else:
        memcpy(block, frame, code.frame_octets)
    randomise(code.randomiser, block, code.block_octets)


cdef int code_decode(const ChannelCode* code, uint8_t* block) noexcept nogil:
    randomise(code.randomiser, block, code.block_octets)
    return rs_decode(block, code.symbols, code.depth, code.checks, code.dual) if code.symbols else 0


cdef int code_from_options(ChannelCode* code, options) except -1:
    """`options` has any of DEFAULTS. Raises ValueError for a code that does not exist, TypeError for an unknown option."""
    unknown = options.keys() - DEFAULTS.keys()
    if unknown:
        raise TypeError(f"no coding option {', '.join(sorted(unknown))}; there are {', '.join(DEFAULTS)}")
    full = DEFAULTS | options
    if channel_code(code, full["frame_octets"], full["randomiser"], full["depth"], full["checks"], full["dual"]):
        raise ValueError(
            f"a frame of {full['frame_octets']} octets, {full['checks']} check symbols, depth {full['depth']}, randomiser "
            f"{full['randomiser']}: CCSDS 131.0 has 32, 16 or 0 check symbols, depths 1 to {RS_MAX_INTERLEAVE} that divide the frame, "
            f"and codewords of at most {RS_BLOCK} symbols"
        )
    return 0


def encode(const unsigned char[::1] frame not None, **options) -> bytes:
    """The codeblock of a frame, without marker. Options: those of DEFAULTS; `frame_octets` is the frame's own length."""
    cdef ChannelCode code
    cdef uint8_t block[CODEBLOCK_MAX]
    code_from_options(&code, options | {"frame_octets": frame.shape[0]})
    code_encode(&code, &frame[0], block)
    return bytes((<char*>block)[:code.block_octets])


def decode(const unsigned char[::1] block not None, **options) -> tuple[bytes, int]:
    """The frame in a codeblock, and symbols corrected, or -1 when it is beyond correction."""
    cdef ChannelCode code
    cdef uint8_t octets[CODEBLOCK_MAX]
    code_from_options(&code, options)
    if block.shape[0] != code.block_octets:
        raise ValueError(f"{block.shape[0]} octets, where the code has {code.block_octets}")
    memcpy(octets, &block[0], code.block_octets)
    corrected = code_decode(&code, octets)
    return bytes((<char*>octets)[:code.frame_octets]), corrected
