"""The Python names of what every reading carries (`hal/reading.pxd`), for telemetry definitions, benches and tests."""

from __future__ import annotations

from enum import IntEnum


class DeviceError(IntEnum):
    """Why the last unit of a device was refused or doubted."""

    OK = 0
    SILENT = 1
    CHECKSUM = 2
    FORMAT = 3
    SEQUENCE = 4
    RANGE = 5
    SELF_TEST = 6
    RESET = 7


class Validity(IntEnum):
    """What a reading is worth."""

    NEVER = 0
    VALID = 1
    STALE = 2
    SUSPECT = 3
