"""What every reading carries, and every error that a driver may report."""

from libc.stdint cimport uint8_t


cdef enum DeviceError:
    DEVICE_OK = 0
    DEVICE_SILENT = 1            # nothing heard within the device's time-out: the reading is the last one, with its old time tag
    DEVICE_CHECKSUM = 2          # the last unit failed its check
    DEVICE_FORMAT = 3            # the last unit had a wrong length, address or framing
    DEVICE_SEQUENCE = 4          # the device's own counter stood still, went back or jumped
    DEVICE_RANGE = 5             # a value outside what the device can measure
    DEVICE_SELF_TEST = 6         # the device says that it is unwell
    DEVICE_RESET = 7             # the device has restarted since the last unit

cdef enum Validity:
    NEVER = 0                    # nothing has ever been read
    VALID = 1
    STALE = 2                    # older than the device's time-out
    SUSPECT = 3                  # read, but DEVICE_SEQUENCE, DEVICE_RANGE or DEVICE_SELF_TEST

cdef struct PowerCommand:        # record `NAME.power` of a sensor that can be switched; written by one application, sent once a second
    uint8_t on                   # 1 from power-on; 0 asks the device to switch its sensing head off
    uint8_t pad[7]
