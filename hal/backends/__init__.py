"""Real back ends: what moves the far side of a bus when a real device hangs on it. A bus has one, named by an address.

`serial:PORT[:BAUD]` (pyserial), `can:INTERFACE:CHANNEL[:BITRATE]` (python-can), `tcp:HOST:PORT` (octets of a UART as they come; units of
the other kinds with identifier and length before them). Real devices do not wait: every speed but `real` is refused.
"""

from __future__ import annotations

import tomllib

from hal.backends.base import BackEnd, BackEndError
from hal.backends.can import CanBackEnd
from hal.backends.serial import SerialBackEnd
from hal.backends.tcp import TcpBackEnd
from hal.core.bus import Bus

__all__ = ["BackEnd", "BackEndError", "open_back_end", "read_plan"]

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


def read_plan(text: str) -> dict[str, str]:
    """The buses that are real, from a HAL file: TOML with one line `"lander.imu" = "serial:/dev/ttyUSB0:230400"` each under [buses]."""
    try:
        plan = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BackEndError(f"the HAL file is not TOML: {error}") from error
    buses = plan.get("buses", {})
    if set(plan) - {"buses"} or not isinstance(buses, dict) or not all(isinstance(a, str) for a in buses.values()):
        raise BackEndError('a HAL file holds one table [buses], with lines like "lander.imu" = "serial:/dev/ttyUSB0"')
    return dict(buses)
