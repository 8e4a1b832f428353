"""Ranges: how far light has to go between Earth, relay and site."""

import numpy as np


cdef class RangeRecord:
    """Takes the record `ranges` in the world's arena."""

    def __init__(self, Arena arena not None):
        self.arena = arena
        self.record = <Ranges*>arena.take("ranges", sizeof(Ranges))
        cdef Ranges[::1] view = <Ranges[:1]>self.record
        arena.bind("ranges", np.asarray(view))
