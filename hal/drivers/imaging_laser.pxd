"""ImagingLaserDriver: the laser's rows become an image, given out when it is whole."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hal.drivers.common cimport Watch
from hal.drivers.packet_head cimport PacketHead, PacketHeadDriver
from hal.imaging_laser cimport ImagingLaserCommand, ImagingLaserImage, ImagingLaserReading


cdef struct ImagingLaserState:           # record `NAME.driver`
    Watch watch
    int64_t good_tick                    # of the last good packet
    int64_t begun_tick                   # of the image that is coming in
    int64_t sent_tick                    # when the request was last sent
    uint32_t sent_request
    uint32_t request                     # that the image coming in answers
    uint32_t doubts                      # status bits of its packets
    uint8_t sent
    uint8_t gathering                    # an image is coming in, and nothing of it is missing
    uint8_t pad[2]

cdef struct ImagingLaserContext:
    PacketHead head
    ImagingLaserReading* reading
    ImagingLaserCommand* command
    ImagingLaserImage* image
    ImagingLaserImage* incoming
    ImagingLaserState* state


cdef class ImagingLaserDriver(PacketHeadDriver):
    cdef ImagingLaserReading* reading    # record `NAME`
    cdef ImagingLaserCommand* command    # record `NAME.command`
    cdef ImagingLaserImage* image        # record `NAME.image`: whole, from one cycle to the next
    cdef ImagingLaserContext context
