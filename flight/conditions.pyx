"""Conditions: rows (address, type, operator, value) that the loop tests after each tick, so that a bench can run until something holds."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t

CONDITION_TYPES = ("f8", "f4", "i8", "u8", "i4", "u4", "i2", "u2", "i1", "u1")
OPERATORS = ("<", "<=", ">", ">=", "==", "!=")


cdef inline double _value(const Condition* c) noexcept nogil:
    if c.type == 0: return (<const double*>c.address)[0]
    if c.type == 1: return (<const float*>c.address)[0]
    if c.type == 2: return <double>(<const int64_t*>c.address)[0]
    if c.type == 3: return <double>(<const uint64_t*>c.address)[0]
    if c.type == 4: return <double>(<const int32_t*>c.address)[0]
    if c.type == 5: return <double>(<const uint32_t*>c.address)[0]
    if c.type == 6: return <double>(<const int16_t*>c.address)[0]
    if c.type == 7: return <double>(<const uint16_t*>c.address)[0]
    if c.type == 8: return <double>(<const int8_t*>c.address)[0]
    return <double>c.address[0]


cdef inline bint _holds(uint8_t operator, double a, double b) noexcept nogil:
    if operator == 0: return a < b
    if operator == 1: return a <= b
    if operator == 2: return a > b
    if operator == 3: return a >= b
    if operator == 4: return a == b
    return a != b


cdef int conditions_met(const Condition* rows, int count) noexcept nogil:
    cdef int i
    for i in range(count):
        if _holds(rows[i].operator, _value(&rows[i]), rows[i].value):
            return i
    return -1


cdef Condition condition_make(size_t address, str kind, str operator, double value) except *:
    """Raises ValueError for a type or operator that cannot be tested."""
    cdef Condition c
    if kind not in CONDITION_TYPES or operator not in OPERATORS:
        raise ValueError(f"a condition on type {kind} with operator {operator!r} cannot be tested; operators are {' '.join(OPERATORS)}")
    c.address, c.value = <const uint8_t*>address, value
    c.type, c.operator = CONDITION_TYPES.index(kind), OPERATORS.index(operator)
    return c
