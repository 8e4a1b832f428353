"""FARM-1: the on-board end of COP-1 for one virtual channel (CCSDS 232.1-B-2, 6). Its table is `flight.farm_table`."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from wire.tc_frame cimport TcFrame

cdef enum:
    FARM_WINDOW = 254               # W; the largest: PW = NW = 127 numbers ahead and behind
    FARM_ROOM = 10                  # event: there is room again
    FARM_INVALID = 9                # event: a frame that is not sound
    DID_ACCEPT = 1                  # of the bits that farm_apply returns; in the order of farm_table.ACTIONS
    DID_SET_V_R = 0x008
    DID_LOCKOUT = 0x200

cdef struct FarmState:              # record `farm`
    uint8_t state                   # 1 open, 2 wait, 3 lockout
    uint8_t v_r                     # V(R): number of the AD frame waited for
    uint8_t lockout                 # flags, as the CLCW carries them
    uint8_t wait
    uint8_t retransmit
    uint8_t farm_b                  # B frames executed, modulo 256; the CLCW carries the last two bits
    uint8_t check                   # over state, V(R) and flags: shows that a bit has flipped
    uint8_t pad
    uint32_t taken                  # AD frames accepted
    uint32_t discarded              # AD frames sound but not accepted
    uint32_t bypassed               # BD frames accepted
    uint32_t controls               # BC frames executed, or ignored in lockout
    uint32_t lockouts               # times that lockout was entered
    uint32_t upsets                 # times that the check failed

cdef struct FarmContext:            # wiring: what no flipped bit may change
    FarmState* state
    uint8_t window                  # W, even, 2..254
    uint8_t virtual_channel_id
    uint16_t actions[36]            # [3 * (event - 1) + state - 1]
    uint8_t following[36]


cdef int farm_event(const FarmContext* c, const TcFrame* frame, const uint8_t* data, bint room, uint8_t* value) noexcept nogil
# ^ which event (1..9) a parsed frame is; `value` gets V*(R) of Set V(R)
cdef uint16_t farm_apply(FarmContext* c, int event, uint8_t value) noexcept nogil      # what was done, bits in the order of ACTIONS
cdef uint32_t farm_clcw(const FarmContext* c) noexcept nogil                           # E11: the operational control field
cdef bint farm_guard(FarmContext* c) noexcept nogil     # False: the record was hit; FARM-1 is in lockout now


cdef class Farm:
    cdef readonly object table
    cdef FarmContext c
    cdef FarmState own
