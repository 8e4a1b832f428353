"""A CAN bus by python-can: SocketCAN and every adapter that it knows. Needs the extra `hil`."""

from __future__ import annotations

from typing import Any

from hal.backends.base import BackEnd, BackEndError, Unit
from hal.core.bus import Bus

ERROR_FRAME = 0x20000000  # bit 29 of an identifier, as SocketCAN marks it


class CanBackEnd(BackEnd):
    """`INTERFACE:CHANNEL[:BITRATE]`, as python-can names them: `socketcan:can0`, `pcan:PCAN_USBBUS1:1000000`."""

    bus_kinds = ("can",)

    def __init__(self, bus: Bus, address: str) -> None:
        try:
            import can
        except ModuleNotFoundError as error:
            raise BackEndError(f"bus {bus.name}: python-can is not installed: pip install 'farside[hil]'") from error
        interface, _, rest = address.partition(":")
        channel, _, bitrate = rest.partition(":")
        settings: dict[str, Any] = {"interface": interface, "channel": channel}
        if bitrate:
            settings["bitrate"] = int(bitrate)
        self._can = can
        try:
            self._adapter = can.Bus(**settings)
        except (can.CanError, OSError, ValueError) as error:
            raise BackEndError(f"bus {bus.name}: can:{address} cannot be opened ({error})") from error
        super().__init__(bus)

    def receive(self) -> list[Unit]:
        try:
            message = self._adapter.recv(timeout=0.1)
        except self._can.CanError as error:
            raise OSError(str(error)) from error
        if message is None or message.is_remote_frame or message.is_fd:
            return []
        if message.is_error_frame:
            return [(ERROR_FRAME, b"")]
        return [(message.arbitration_id, bytes(message.data))]

    def send(self, unit: Unit) -> None:
        identifier, octets = unit
        message = self._can.Message(arbitration_id=identifier, data=octets, is_extended_id=identifier > 0x7FF)
        try:
            self._adapter.send(message)
        except self._can.CanError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        super().close()
        self._adapter.shutdown()

    def shut(self) -> None:
        """The receiving thread looks every 0.1 s whether it is to end; the adapter is given back after that."""
