"""A UART by pyserial: eight bits, no parity, one stop bit. Needs the extra `hil`."""

from __future__ import annotations

from hal.backends.base import BackEnd, BackEndError, Unit
from hal.core.bus import UNIT_OCTETS, Bus

BAUD = 230400  # an IMU's 36 octets a hundred times a second need 36 kbaud


class SerialBackEnd(BackEnd):
    """`PORT[:BAUD]`: a device file, or anything else that pyserial opens."""

    bus_kinds = ("uart",)

    def __init__(self, bus: Bus, address: str) -> None:
        try:
            import serial
        except ModuleNotFoundError as error:
            raise BackEndError(f"bus {bus.name}: pyserial is not installed: pip install 'farside[hil]'") from error
        port, colon, baud = address.rpartition(":")
        if not (colon and baud.isdigit()):
            port, baud = address, str(BAUD)
        try:
            self._port = serial.Serial(port, int(baud), timeout=0.1)
        except (serial.SerialException, ValueError, OSError) as error:
            raise BackEndError(f"bus {bus.name}: serial:{address} cannot be opened ({error})") from error
        super().__init__(bus)

    def receive(self) -> list[Unit]:
        came = self._port.read(max(1, min(self._port.in_waiting, UNIT_OCTETS["uart"])))
        return [(0, came)] if came else []

    def send(self, unit: Unit) -> None:
        self._port.write(unit[1])

    def close(self) -> None:
        super().close()
        self._port.close()

    def shut(self) -> None:
        """The receiving thread looks every 0.1 s whether it is to end; the port is closed after that."""
