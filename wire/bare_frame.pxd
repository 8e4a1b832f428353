"""Bare TC transfer frames in a stream of octets: each as long as its own header says (CCSDS 232.0, 4.1.2.7)."""

from libc.stdint cimport uint8_t, uint32_t

from wire.cltu cimport CltuDecoder

cdef int bare_feed(CltuDecoder* d, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil
# ^ like cltu_feed, on the same record: 1: a candidate is in d.frame, call again with the rest; 0: all n octets taken
