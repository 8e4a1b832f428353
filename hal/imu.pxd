"""Inertial measurement unit: rates and specific force in the body frame, averaged over the last sample interval (10 ms)."""

from libc.stdint cimport int32_t, int64_t, uint32_t


cdef struct ImuReading:
    int64_t tick                     # when the sample was taken
    uint32_t sequence                # samples accepted
    int32_t validity                 # Validity
    int32_t error                    # DeviceError of the last unit or of silence
    uint32_t rejected                # units refused, all reasons
    double rate_rad_s[3]             # body frame
    double specific_force_m_s2[3]    # body frame, what an accelerometer feels: no gravity
    double temperature_k
