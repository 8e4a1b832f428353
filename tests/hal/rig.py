"""A bench for devices: a world's arena with a body that tests move by hand, the simulated devices, the drivers, and links between them."""

from __future__ import annotations

import os
import socket
import struct
import time
import tty
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from hal.backends import open_back_end
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.can_controller import CanController
from hal.registry import DEVICES, DeviceRow
from hal.sim.devices import Devices, build_devices
from hal.sim.terrain import Terrain
from tests.hal.camera_rig import CAMERAS, Pictures, SlowHalves, small_pictures
from tests.house import PATIENCE_S, eventually

# The same struct as hal/sim/lander_body.pxd: the devices refuse a record of another size.
BODY = np.dtype(
    [
        ("position_m", "f8", 3), ("velocity_m_s", "f8", 3), ("quaternion_site_from_body", "f8", 4), ("rate_rad_s", "f8", 3),
        ("specific_force_m_s2", "f8", 3), ("mass_kg", "f8"), ("propellant_kg", "f8"), ("altitude_m", "f8"), ("range_m", "f8"),
        ("speed_m_s", "f8"), ("tilt_rad", "f8"), ("pad_force_n", "f8", 4), ("touchdown_vertical_m_s", "f8"),
        ("touchdown_horizontal_m_s", "f8"), ("touchdown_tilt_rad", "f8"), ("touchdown_tick", "i8"), ("pad_contact", "u1", 4),
        ("outcome", "u1"), ("reserved", "u1", 3), ("contacts", "u4"),
        ("ground_slope_rad", "f8"), ("rest_tilt_rad", "f8"),
    ],
    align=True,
)  # fmt: skip
ACTUATION = np.dtype(
    [("engine_thrust_n", "f8"), ("engine_flow_kg_s", "f8"), ("thruster_impulse_n_s", "f8", 28), ("thruster_flow_kg", "f8")]
)

# The same structs as hal/sim/rover_body.pxd.
ROVER_ACTUATION = np.dtype(
    [
        ("wheel_torque_n_m", "f8", 6), ("wheel_friction_n_m", "f8", 6), ("steering_angle_rad", "f8", 4), ("drive_power_w", "f8", 10),
        ("wheel_locked", "u1", 6), ("pad", "u1", 2),
    ]
)  # fmt: skip
ROVER = np.dtype(
    [
        ("position_m", "f8", 3), ("velocity_m_s", "f8", 3), ("quaternion_site_from_body", "f8", 4), ("rate_rad_s", "f8", 3),
        ("specific_force_m_s2", "f8", 3), ("suspension_rad", "f8", 4), ("wheel_rate_rad_s", "f8", 6), ("wheel_angle_rad", "f8", 6),
        ("wheel_slip", "f8", 6), ("wheel_load_n", "f8", 6), ("wheel_sinkage_m", "f8", 6), ("wheel_traction_n", "f8", 6),
        ("tilt_rad", "f8"), ("distance_m", "f8"), ("free_tick", "i8"), ("wheel_surface", "u1", 6), ("motion", "u1"), ("outcome", "u1"),
    ]
)  # fmt: skip
RAMP = np.dtype([("extension", "f8"), ("released", "u1"), ("pad", "u1", 7)])
POWER = np.dtype(
    [
        ("bus_voltage_v", "f8"), ("wing_current_a", "f8"), ("load_current_a", "f8"), ("battery_current_a", "f8"), ("state_of_charge", "f8"),
        ("temperature_k", "f8", 4), ("deployment", "f8"), ("incidence", "f8"), ("surface_k", "f8"), ("deploy", "u1"), ("heating", "u1"),
        ("empty", "u1"), ("pad", "u1", 5),
    ]
)  # fmt: skip
POWERED = ("lander", "rover", "relay")
SPIN_KG_M2 = 7.25  # of a wheel with its drive's rotor behind the gear

KINDS = {"lander.imu": "uart", "lander.altimeter": "uart", "lander.can": "can", "rover.can": "can", "rover.imu": "uart"}
KINDS |= {"lander.star_tracker": "uart", "lander.radar": "uart", "lander.gamma_altimeter": "uart", "lander.imaging_laser": "spacewire"}
KINDS |= dict.fromkeys(CAMERAS, "spacewire")
KINDS |= {f"{vehicle}.power_unit": "uart" for vehicle in POWERED}
LOOKING = ("lander.radar", "lander.imaging_laser", *CAMERAS)  # at the terrain
Unit = tuple[int, int, bytes]  # tick, identifier, octets


def wait_until(true: Callable[[], bool]) -> None:
    """For threads of back ends."""
    for _ in range(100):  # mostly it is there at once
        if true():
            return
        time.sleep(0.0001)
    assert eventually(true), f"a back end moved nothing for {PATIENCE_S:g} s"


class DirectLink:
    """The simulated far end works on flight's own bus."""

    def __init__(self, flight: Bus) -> None:
        self.far = flight

    def bring(self, flight: Bus) -> None:
        """Nothing to do: the units are there."""

    def take(self, flight: Bus) -> None:
        """Nothing to do: the far end takes them itself."""

    def close(self) -> None:
        """Nothing to give back."""


class RealLink:
    """A real back end serves flight's bus; what it is connected to is served by hand from the simulated far end's own bus."""

    def __init__(self, flight: Bus, far: Bus, address: str) -> None:
        self.far = far
        self.back_end = open_back_end(flight, address, "real")
        self.tick = 0

    def bring(self, flight: Bus) -> None:
        """Carry what the far end said through the back end, and wait until all of it has come."""
        self.back_end.slot.call(self.tick)
        expected, units = self.back_end.received_octets, []
        while (unit := self.far.pop(to_flight=True)) is not None:
            units.append(unit)
            expected += len(unit[2])
        for unit in units:
            self.give(unit)
        wait_until(lambda: self.back_end.received_octets >= expected)

    def take(self, flight: Bus) -> None:
        """Let the back end carry what flight said, and hand it to the far end."""
        waiting = flight.waiting(to_flight=False)
        sent = self.back_end.sent + waiting

        def gone() -> bool:
            self.back_end.slot.call(self.tick)
            return self.back_end.sent >= sent

        wait_until(gone)
        self.tick += 1
        for identifier, octets in self.fetch(waiting):
            self.far.push(octets, self.tick, identifier, to_flight=False)

    def give(self, unit: Unit) -> None:
        raise NotImplementedError

    def fetch(self, count: int) -> list[tuple[int, bytes]]:
        raise NotImplementedError

    def close(self) -> None:
        self.back_end.close()


class StreamLink(RealLink):
    """Octets without units: a UART over TCP or over a pseudo-terminal. The rig's UARTs send at most one unit each way in a tick."""

    def write(self, octets: bytes) -> None:
        raise NotImplementedError

    def read(self, count: int) -> bytes:
        raise NotImplementedError

    def give(self, unit: Unit) -> None:
        self.write(unit[2])

    def fetch(self, count: int) -> list[tuple[int, bytes]]:
        return [(0, self.read(7)) for _ in range(count)]  # power frames are all that goes to a sensor


class TcpLink(StreamLink):
    """The TCP back end against a socket of ours on loopback."""

    def __init__(self, flight: Bus, far: Bus) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            super().__init__(flight, far, f"tcp:127.0.0.1:{server.getsockname()[1]}")
            self.socket, _ = server.accept()
        self.socket.settimeout(PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.framed = flight.kind != "uart"

    def write(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def read(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            octets += self.socket.recv(count - len(octets))
        return octets

    def give(self, unit: Unit) -> None:
        self.write(struct.pack(">II", unit[1], len(unit[2])) + unit[2] if self.framed else unit[2])

    def fetch(self, count: int) -> list[tuple[int, bytes]]:
        if not self.framed:
            return super().fetch(count)
        heads = (struct.unpack(">II", self.read(8)) for _ in range(count))
        return [(identifier, self.read(length)) for identifier, length in heads]

    def close(self) -> None:
        super().close()
        self.socket.close()


class SerialLink(StreamLink):
    """pyserial on one end of a pseudo-terminal, we on the other."""

    def __init__(self, flight: Bus, far: Bus) -> None:
        self.ours, theirs = os.openpty()
        tty.setraw(theirs)
        super().__init__(flight, far, f"serial:{os.ttyname(theirs)}:115200")
        os.close(theirs)

    def write(self, octets: bytes) -> None:
        os.write(self.ours, octets)

    def read(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            octets += os.read(self.ours, count - len(octets))
        return octets

    def close(self) -> None:
        super().close()
        os.close(self.ours)


class CanLink(RealLink):
    """python-can's virtual interface: the back end on one end, we on the other."""

    def __init__(self, flight: Bus, far: Bus) -> None:
        import can

        channel = f"farside-{id(flight)}"
        self.message, self.adapter = can.Message, can.Bus(interface="virtual", channel=channel)
        super().__init__(flight, far, f"can:virtual:{channel}")

    def give(self, unit: Unit) -> None:
        self.adapter.send(self.message(arbitration_id=unit[1], data=unit[2], is_extended_id=False))

    def fetch(self, count: int) -> list[tuple[int, bytes]]:
        messages = [self.adapter.recv(timeout=PATIENCE_S) for _ in range(count)]
        return [(m.arbitration_id, bytes(m.data)) for m in messages if m is not None]

    def close(self) -> None:
        super().close()
        self.adapter.shutdown()


LINKS = {"tcp": TcpLink, "serial": SerialLink, "can": CanLink}


class Rig:
    """Devices and drivers of some buses. `step` runs one tick as an executive would: far ends, sensors, reads, writes."""

    def __init__(self, *buses: str, via: str = "sim", seed: int = 7) -> None:
        self.world, self.harness, self.outside = Arena("world", 1 << 20), Arena("harness", 1 << 19), Arena("outside", 1 << 18)
        self.computer = Arena("computer", 1 << 18)
        self.body = self.world.octets("lander", BODY.itemsize).view(BODY)[0]
        self.actuation = self.world.octets("lander.actuation", ACTUATION.itemsize).view(ACTUATION)[0]
        self.rover = self.world.octets("rover", ROVER.itemsize).view(ROVER)[0]
        self.drives = self.world.octets("rover.actuation", ROVER_ACTUATION.itemsize).view(ROVER_ACTUATION)[0]
        self.ramp = self.world.octets("ramp", RAMP.itemsize).view(RAMP)[0]
        self.powers = {name: self.world.octets(f"{name}.power", POWER.itemsize).view(POWER)[0] for name in POWERED}
        for power in self.powers.values():
            power["bus_voltage_v"], power["temperature_k"] = 29.0, 290.0
        self.body["propellant_kg"], self.body["range_m"], self.body["altitude_m"] = 1000.0, 500.0, 10.0
        self.body["position_m"], self.body["quaternion_site_from_body"] = [0.0, 0.0, 100.0], [1.0, 0.0, 0.0, 0.0]
        self.rover["position_m"], self.rover["quaternion_site_from_body"] = [8.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]
        parts: dict[str, Any] = small_pictures(buses)
        if any(name in LOOKING for name in buses):
            parts["terrain"] = self.terrain = Terrain(self.world)
        self.buses = {name: Bus(self.harness, name, KINDS[name]) for name in buses}
        self.links: dict[str, Any] = {}
        for name, bus in self.buses.items():
            self.links[name] = DirectLink(bus) if via == "sim" else LINKS[via](bus, Bus(self.outside, f"{name}.far", bus.kind))
        self.devices: Devices = build_devices(self.world, {name: link.far for name, link in self.links.items()}, parts=parts)
        self.faults = self.devices.faultables
        self.devices.seed(seed)
        if "terrain" in parts:
            self.terrain.seed(seed)
        bodies = {"lander": self.body, "rover": self.rover, "rover.actuation": self.drives, "ramp": self.ramp}
        self.slow = SlowHalves(self.world, self.devices.python_slots, bodies)
        self.tick = 0
        self.between: Callable[[Rig], None] = lambda rig: None  # called when the far ends have spoken and flight has not yet heard
        self.controllers: dict[str, CanController] = {}
        self.drivers: dict[str, Any] = {}
        self.settings: dict[str, Any] = {"range_m": 500.0}
        for row in DEVICES:
            if f"{row.vehicle}.{row.bus}" in self.buses:
                self._add_driver(row)
        cameras = [name for name in self.buses if name in CAMERAS]
        self.pictures = {name.partition(".")[2]: Pictures(self.computer, name.partition(".")[2]) for name in cameras}

    def _add_driver(self, row: DeviceRow) -> None:
        key = f"{row.vehicle}.{row.bus}"
        bus: Any = self.buses[key]
        if row.bus_kind == "can":
            if key not in self.controllers:
                self.controllers[key] = CanController(self.computer, bus, f"{key}.controller")
            bus = self.controllers[key]
        module, _, name = row.driver.partition(":")
        self.drivers[row.name] = getattr(import_module(module), name)(self.computer, bus, row.name, **row.settings)

    def spin(self) -> None:
        """One tick of six wheels off the ground."""
        rate, friction = self.rover["wheel_rate_rad_s"], self.drives["wheel_friction_n_m"] * (0.01 / SPIN_KG_M2)
        turned = rate + self.drives["wheel_torque_n_m"] * (0.01 / SPIN_KG_M2)
        turned = np.where(self.drives["wheel_locked"], 0.0, np.sign(turned) * np.maximum(np.abs(turned) - friction, 0.0))
        self.rover["wheel_angle_rad"] += 0.01 * turned
        rate[:] = turned

    def reading(self, device: str) -> Any:
        """The live reading of a device."""
        return self.computer.view(device)

    def command(self, device: str) -> Any:
        """The live command of an actuator."""
        return self.computer.view(f"{device}.command")

    def ask_for_images(self) -> None:
        """A new image or picture as soon as the last one is there, if there is a laser or a camera."""
        for pictures in self.pictures.values():
            pictures.step(self.tick)
        if "imaging_laser" in self.drivers and self.command("imaging_laser")["request"] == self.reading("imaging_laser")["request"]:
            self.command("imaging_laser")["request"] += 1

    def step(self, ticks: int = 1) -> None:
        for _ in range(ticks):
            for slot in self.devices.actuator_slots:
                slot.code.call(self.tick)
            self.spin()
            for slot in self.devices.sensor_slots:
                slot.code.call(self.tick)
            self.slow.step(self.tick)
            for name, link in self.links.items():
                link.bring(self.buses[name])
            self.between(self)
            for controller in self.controllers.values():
                controller.slot.call(self.tick)
            for driver in self.drivers.values():
                driver.read_slot.call(self.tick)
            self.ask_for_images()
            for driver in self.drivers.values():
                if hasattr(driver, "write_slot"):
                    driver.write_slot.call(self.tick)
            for name, link in self.links.items():
                link.take(self.buses[name])
            self.tick += 1

    def close(self) -> None:
        for link in self.links.values():
            link.close()


def rig_for(row: DeviceRow, via: str = "sim", seed: int = 7) -> Rig:
    """A rig of the one bus that a device hangs on, its actuators commanded."""
    rig = Rig(f"{row.vehicle}.{row.bus}", via=via, seed=seed)
    if row.bus == "can" and row.vehicle == "lander":
        rig.command("engine")["thrust_n"], rig.command("engine")["armed"] = 3000.0, 1
        rig.command("thrusters")["armed"], rig.command("thrusters")["on_time_s"][:] = 1, 0.004
        rig.command("mechanism")["armed"], rig.command("mechanism")["extension"] = 1, 1.0
    elif row.bus == "can":
        for w in range(6):
            rig.command(f"wheel.{w}")["rate_rad_s"], rig.command(f"wheel.{w}")["enabled"] = 0.2, 1
        for s in range(4):
            rig.command(f"steering.{s}")["angle_rad"], rig.command(f"steering.{s}")["enabled"] = 0.1, 1
    return rig
