"""Real back ends: what moves the far side of a bus when a real device hangs on it. A bus has one, named by an address.

`serial:PORT[:BAUD]` (pyserial), `can:INTERFACE:CHANNEL[:BITRATE]` (python-can), `tcp:HOST:PORT` (octets of a UART as they come; units of
the other kinds with identifier and length before them). Real devices do not wait: every speed but `real` is refused.
"""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

from hal.backends.base import BackEnd, BackEndError
from hal.backends.can import CanBackEnd
from hal.backends.serial import SerialBackEnd
from hal.backends.tcp import TcpBackEnd
from hal.core.bus import Bus

__all__ = ["BackEnd", "BackEndError", "Place", "open_back_end", "read_plan"]

KINDS: dict[str, type[SerialBackEnd | CanBackEnd | TcpBackEnd]] = {"serial": SerialBackEnd, "can": CanBackEnd, "tcp": TcpBackEnd}


def open_back_end(bus: Bus, address: str, speed: str) -> BackEnd:
    """Open the address and start moving units. Raises BackEndError for a wrong speed, kind or address, or when nothing answers there."""
    scheme, _, rest = address.partition(":")
    if scheme not in KINDS:
        raise BackEndError(f"bus {bus.name}: {address!r} begins with none of {', '.join(KINDS)}")
    if speed != "real":
        raise BackEndError(f"bus {bus.name}: {address} is real and keeps its own time: it needs --speed real, not {speed}")
    made_by = KINDS[scheme]
    if bus.kind not in made_by.bus_kinds:
        raise BackEndError(f"bus {bus.name} is {bus.kind}: {scheme} carries {', '.join(made_by.bus_kinds)}")
    back_end = made_by(bus, rest)
    back_end.start()
    return back_end


class Place(NamedTuple):
    """Where one bus is real: at `address`. Without `devices` all of it is; with them, those hang there and the others stay simulated."""

    address: str
    devices: tuple[str, ...] = ()


def read_plan(text: str) -> dict[str, Place]:
    """The buses that are real, from a HAL file: TOML with one line each under [buses].

    `"lander.imu" = "serial:/dev/ttyUSB0:230400"` makes a bus real; `"rover.can" = {address = "can:socketcan:can0", devices = ["wheel.2"]}`
    one device of a bus that it shares with simulated ones. Raises BackEndError.
    """
    try:
        plan = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BackEndError(f"the HAL file is not TOML: {error}") from error
    buses = plan.get("buses", {})
    if set(plan) - {"buses"} or not isinstance(buses, dict):
        raise BackEndError('a HAL file holds one table [buses], with lines like "lander.imu" = "serial:/dev/ttyUSB0"')
    return {name: _place(name, said) for name, said in buses.items()}


def _place(bus: str, said: Any) -> Place:
    if isinstance(said, str):
        return Place(said)
    if isinstance(said, dict) and set(said) == {"address", "devices"} and isinstance(said["address"], str):
        devices = said["devices"]
        if isinstance(devices, list) and devices and all(isinstance(device, str) for device in devices):
            return Place(said["address"], tuple(devices))
    raise BackEndError(f"bus {bus}: an address, or {{address = ..., devices = [...]}}")
