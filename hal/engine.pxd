"""Main engine on its valve-drive unit: 1500 N to 7500 N, continuously variable; off below."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t


cdef struct EngineCommand:           # written by one application; sent every cycle, so a lost frame is repaired by the next
    double thrust_n                  # 0 closes the valves; otherwise held within 1500 to 7500
    uint8_t armed                    # 0: valves closed whatever the thrust; the unit closes by itself after 0.2 s without a frame
    uint8_t pad[7]

cdef struct EngineReading:
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected
    double thrust_n                  # from chamber pressure
    double throttle                  # pintle position, 0 to 1 of 7500 N
    double on_time_s                 # valves open, ever; rated 1200 s
    uint8_t valves_open
    uint8_t pad[7]
