"""Bit errors: a seeded Gilbert-Elliott process over the bits of a line, by geometric gaps from one event to the next."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hal.core.random cimport RandomStream

cdef struct ErrorModel:             # what the line does; set by errors_model()
    double good_rate                # bit error rate outside bursts
    double burst_rate               # bit error rate within bursts
    double burst_bits               # mean length of a burst; 0: there are none
    double calm_bits                # mean distance from the end of a burst to the next
    double log_good                 # 1 / ln(1 - p) of each of the four: of the rates, and of leaving either state
    double log_burst
    double log_end
    double log_begin

cdef struct ErrorLine:              # where the line stands
    RandomStream stream
    uint64_t gap                    # sound bits before the next error, as long as the state stays
    uint64_t stay                   # bits left of the present state, at least 1
    uint32_t burst                  # 1 within a burst
    uint32_t started                # 0: nothing drawn yet

cdef void errors_model(ErrorModel* m, double good_rate, double burst_rate, double burst_bits, double calm_bits) noexcept nogil
cdef void errors_restart(ErrorLine* line) noexcept nogil                                            # draw anew, after another model was set
cdef uint64_t errors_apply(const ErrorModel* m, ErrorLine* line, uint8_t* octets, uint64_t n) noexcept nogil
# ^ n octets go by; bits flipped in them. octets may be NULL: the line moves on all the same
