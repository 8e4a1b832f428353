"""CLCW: the communications link control word that every TM frame carries in its operational control field (CCSDS 232.0, 4.2)."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset


cdef uint32_t clcw_build(const Clcw* word) noexcept nogil:
    return (<uint32_t>(word.status & 7) << 26 | <uint32_t>(word.cop_in_effect & 3) << 24
            | <uint32_t>(word.virtual_channel_id & 0x3F) << 18
            | <uint32_t>(word.no_rf & 1) << 15 | <uint32_t>(word.no_bit_lock & 1) << 14 | <uint32_t>(word.lockout & 1) << 13
            | <uint32_t>(word.wait & 1) << 12 | <uint32_t>(word.retransmit & 1) << 11
            | <uint32_t>(word.farm_b_count & 3) << 9 | word.report_value)


cdef bint clcw_parse(uint32_t ocf, Clcw* out) noexcept nogil:
    if ocf >> 29:
        return False
    out.status = ocf >> 26 & 7
    out.cop_in_effect = ocf >> 24 & 3
    out.virtual_channel_id = ocf >> 18 & 0x3F
    out.no_rf = ocf >> 15 & 1
    out.no_bit_lock = ocf >> 14 & 1
    out.lockout = ocf >> 13 & 1
    out.wait = ocf >> 12 & 1
    out.retransmit = ocf >> 11 & 1
    out.farm_b_count = ocf >> 9 & 3
    out.report_value = <uint8_t>ocf
    return True


def build(**fields) -> int:
    """The control word of the fields of `Clcw` given by name; the others are 0."""
    cdef Clcw word
    memset(&word, 0, sizeof(Clcw))
    values = dict(word)
    unknown = fields.keys() - values.keys()
    if unknown:
        raise ValueError(f"no such field in a CLCW: {', '.join(sorted(unknown))}")
    word = values | fields
    return clcw_build(&word)


def parse(uint32_t ocf) -> dict[str, int] | None:
    """The fields of a control word, or None where it is not a CLCW of version 0."""
    cdef Clcw word
    return dict(word) if clcw_parse(ocf, &word) else None
