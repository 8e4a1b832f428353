"""Camera: numbered requests for pictures; compressed pictures come back in pieces, which wait until someone has taken them."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef enum:
    CAMERA_WINDOW = 32768            # octets of the driver's memory


cdef struct CameraCommand:
    uint32_t request                 # a new number asks for one picture
    uint32_t exposure_us             # 0: automatic
    uint16_t ratio                   # compression, 8 or 64 (facts: change4, section 3, "LCAM modes")
    uint8_t pad[6]
    double azimuth_rad               # of a camera on a mast, from the body's x towards its y; a fixed camera ignores both
    double elevation_rad

cdef struct CameraReading:
    int64_t tick                     # when the picture under way, or the last one, was exposed
    uint32_t sequence                # pieces accepted
    int32_t validity
    int32_t error
    uint32_t rejected
    uint32_t picture                 # the request that it answers
    uint32_t octets                  # its whole length; 0 until the first piece
    uint32_t received                # octets of it so far
    uint32_t pictures                # whole pictures, ever
    uint32_t exposure_us
    uint16_t ratio
    uint16_t width_px
    uint16_t height_px
    uint16_t pad[3]

cdef struct CameraWindow:            # record `NAME.window`: what came in and was not yet taken
    uint32_t written                 # octets put in, ever (modulo 2**32); octet n lies at n % CAMERA_WINDOW
    uint32_t taken                   # octets given back by whoever stores them; written by that application alone
    uint8_t octets[32768]
