"""Star tracker: attitude against the stars, along a boresight in the body; blind while the body turns fast or the head is dazzled."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t


cdef struct StarTrackerReading:
    int64_t tick                         # when the picture of the sky was taken
    uint32_t sequence
    int32_t validity
    int32_t error                        # DEVICE_RANGE: no solution (turning too fast, too few stars)
    uint32_t rejected
    double quaternion_inertial_from_body[4]  # scalar first; the inertial frame is the site frame of tick 0 of the scenario, held still
    double sigma_rad                     # of each axis, as the unit estimates it
    uint8_t stars                        # matched
    uint8_t pad[7]
