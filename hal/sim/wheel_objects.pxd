"""The object dictionary of the wheel drive: expedited transfers of service data, answered with a value or an abort code."""

from libc.stdint cimport uint8_t, uint32_t

from hal.sim.wheel cimport SimWheelState


cdef void serve_object(SimWheelState* s, const uint8_t* request, uint8_t* answer) noexcept nogil
cdef uint32_t statusword_of(const SimWheelState* s) noexcept nogil

cdef inline uint32_t load16(const uint8_t* p) noexcept nogil:
    return p[0] | (<uint32_t>p[1] << 8)

cdef inline uint32_t load32(const uint8_t* p) noexcept nogil:
    return load16(p) | (load16(p + 2) << 16)

cdef inline void lay16(uint8_t* p, uint32_t value) noexcept nogil:
    p[0], p[1] = <uint8_t>value, <uint8_t>(value >> 8)

cdef inline void lay32(uint8_t* p, uint32_t value) noexcept nogil:
    lay16(p, value)
    lay16(p + 2, value >> 16)
