"""The two ends that telemetry is sealed between: the loop's outlet, and the one that listeners are served from.

A frame's errors (`flight.channel`) go with it: they are those of the line behind the seal, and are applied when it has been coded.
"""

from flight.doors.outlet cimport OUTLET_FRAME, FrameErrors, Outlet, OutletReader, outlet_deliver, outlet_take
from libc.stdint cimport uint8_t


cdef class SealedEnds:
    """One reader of `clear`, and the outlet `sealed`."""

    cdef readonly Outlet clear
    cdef readonly Outlet sealed
    cdef readonly OutletReader reader
    cdef FrameErrors errors

    def __init__(self, Outlet clear not None):
        self.clear, self.sealed, self.reader = clear, Outlet(lossy=clear.lossy), clear.reader()
        if clear.ring.errors != NULL:
            self.sealed.keep_errors()

    def take(self):
        """Wait for the next frame in clear; None when the reader has ended."""
        cdef uint8_t[OUTLET_FRAME] frame
        cdef int n
        with nogil:
            n = outlet_take(&self.clear.ring, self.reader.number, frame, &self.errors, 1, True)
        return (<char*>frame)[:OUTLET_FRAME] if n == 1 else None

    def give(self, const unsigned char[::1] frame not None):
        """The frame that was taken last, sealed: to whoever listens; waits for the slowest unless lossy or interrupted."""
        if frame.shape[0] != OUTLET_FRAME:
            raise ValueError(f"a TM frame has {OUTLET_FRAME} octets, not {frame.shape[0]}")
        with nogil:
            outlet_deliver(&self.sealed.ring, &frame[0], &self.errors)
