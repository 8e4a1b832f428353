"""The place that hazard avoidance has chosen: the record `hazard`, written by the Python slot of that name (`flight/apps/hazard.py`)."""

from libc.stdint cimport uint32_t


cdef struct HazardPlace:
    double place_m[2]                   # east and north, site frame, as navigation counts them
    double offset_m                     # how far from the middle of the image
    double slope_rad                    # of the plane through the window there
    double roughness_m                  # greatest height off that plane
    double safe_share                   # of the windows looked at
    uint32_t request                    # the image that it comes from
    uint32_t images                     # judged, ever
    uint32_t verdict                    # 1: safe, 2: the least bad of those seen, 3: the image says nothing
    uint32_t pad
