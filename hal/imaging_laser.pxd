"""Imaging laser: a range image of the ground below, 128 x 128 posts over 30 x 30 degrees about body -z, one in 0.25 s when asked."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef enum:
    LASER_SIDE = 128


cdef struct ImagingLaserCommand:
    uint32_t request                 # a new number asks for one image; numbered, so that a repeated command is idempotent
    uint8_t pad[4]

cdef struct ImagingLaserReading:
    int64_t tick                     # when the last whole image was begun
    uint32_t sequence                # whole images accepted
    int32_t validity
    int32_t error
    uint32_t rejected
    uint32_t request                 # the command that this image answers
    uint32_t rows                    # of the image that is coming in

cdef struct ImagingLaserImage:       # record `imaging_laser.image`: the last whole image
    uint16_t range_cm[16384]         # row by row from body -y to +y, in a row from -x to +x, equal steps of angle; 0: no echo
