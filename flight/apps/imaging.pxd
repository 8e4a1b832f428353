"""Imaging: asks the camera for pictures, one at a time, by command or at a period. The record `imaging`, 10 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flight.ports cimport AppPorts
from hal.camera cimport CameraCommand, CameraWindow
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode


cdef struct ImagingRecord:
    double period_s                     # of the film
    double fine_below_m                 # height below which a film is taken at 8:1; settable
    double shot_altitude_m              # where navigation believed us to be when the last picture was asked for
    double shot_position_m[3]
    double shot_quaternion[4]           # site from body
    double shot_azimuth_rad
    double shot_elevation_rad
    int64_t next_tick                   # of the film
    int64_t shot_tick
    uint32_t shot_request
    uint32_t requests
    uint32_t skipped
    uint32_t token                      # of the command whose picture is awaited; 0: none
    uint16_t ratio                      # asked for last
    uint16_t film_ratio
    uint8_t filming
    uint8_t awaiting                    # 1: a picture is on its way from the camera
    uint8_t late                        # 1: the last one asked for did not come in time; told
    uint8_t shot_phase

cdef struct PictureStoreRecord:         # the record `pictures`, published by the store (flight/apps/pictures.py); read here
    uint64_t octets
    uint32_t taken                      # octets of the window that the store has taken, ever
    uint32_t stored
    uint32_t next                       # number of the next picture
    uint32_t failed
    uint32_t finished_request           # the picture that came to its end last
    uint32_t finished_code              # 0: stored; else why not
    uint8_t receiving
    uint8_t pad[7]

cdef struct ImagingContext:
    ImagingRecord* record
    CameraCommand* command
    CameraWindow* window
    AppPorts* ports
    const PictureStoreRecord* store
    const double* altitude_m            # NULL: this vehicle has none
    const double* position_m
    const double* quaternion
    const uint8_t* phase
    double tick_s
    uint32_t function_take
    uint32_t function_film
    uint32_t function_stop
    uint16_t code_function
    uint16_t code_busy
    uint16_t code_late
    uint16_t event_late


cdef class Imaging:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired
    cdef ImagingContext context

    cdef const void* _address(self, str name, str kind=*) except? NULL
