"""What each kind of fault must do to what flight reads: one check for each effect that the fault table names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import sin
from typing import Any

import numpy as np

from hal.reading import DeviceError, Validity
from tests.hal import camera_effects as cameras
from tests.hal import sensor_effects as sensors
from tests.hal.part_effects import TICKS, engine_effect, mechanism_effect, steering_effect, valve_effect, wheel_effect
from tests.hal.rig import POWERED, Rig
from tests.hal.series import Series, came_back, lags, refused, stale

CANOPEN = ("wheel", "steering")  # devices whose units carry no counter
WARM = 100  # ticks before the injection
OBSERVED = {  # the reading by which a bus is judged
    "lander.bus.imu": "imu", "lander.bus.altimeter": "altimeter", "lander.bus.can": "engine", "rover.bus.can": "wheel.0",
    "rover.bus.imu": "imu", **{f"lander.bus.{name}": name for name in sensors.SENSORS}, "lander.bus.lcam": "lcam", "rover.bus.mcam": "mcam",
    **{f"{vehicle}.bus.power_unit": "power_unit" for vehicle in POWERED},
}  # fmt: skip


def place_of(device: str) -> tuple[str, str, int]:
    """(bus, reading, which thruster) for a device of the matrix."""
    if device in OBSERVED:
        vehicle, _, bus = device.split(".")
        return f"{vehicle}.{bus}", OBSERVED[device], 0
    vehicle, kind, *number = device.split(".")
    if kind in ("thruster", "thrusters", "valve_unit"):
        return "lander.can", "thrusters", int(number[0]) if number else 0
    if kind in ("wheel", "steering"):
        return "rover.can", f"{kind}.{number[0]}", 0
    alone = kind in ("imu", "altimeter", "power_unit", *sensors.SENSORS, *cameras.CAMERAS)
    return (f"{vehicle}.{kind}" if alone else f"{vehicle}.can"), kind, 0


def excite(rig: Rig) -> None:
    """Move the body and the commands, so that every fault has something to spoil."""
    t = rig.tick
    rig.body["rate_rad_s"] = [0.025 * sin(0.1 * t + axis) for axis in range(3)]
    rig.body["specific_force_m_s2"] = [3.0 * sin(0.07 * t + axis) for axis in range(3)]
    rig.rover["rate_rad_s"], rig.rover["specific_force_m_s2"] = rig.body["rate_rad_s"], rig.body["specific_force_m_s2"]
    rig.body["range_m"] = 800.0 - t
    rig.body["pad_contact"] = (t // 17) % 2
    sensors.excite_sensors(rig)
    for power in rig.powers.values():
        power["bus_voltage_v"] = 29.0 + 3.0 * sin(0.05 * t)
    if "engine" in rig.drivers:
        rig.command("engine")["thrust_n"], rig.command("engine")["armed"] = 4500.0 + 2000.0 * sin(0.05 * t), 1
        rig.command("thrusters")["on_time_s"][:], rig.command("thrusters")["armed"] = 0.004 + 0.003 * sin(0.045 * t), 1
        rig.command("mechanism")["extension"], rig.command("mechanism")["armed"] = 1.0, 1
    if "wheel.0" in rig.drivers:
        for w in range(6):
            rig.command(f"wheel.{w}")["rate_rad_s"], rig.command(f"wheel.{w}")["enabled"] = 0.2 + 0.1 * sin(0.04 * t), 1
        for s in range(4):
            rig.command(f"steering.{s}")["angle_rad"], rig.command(f"steering.{s}")["enabled"] = 0.02 * (t // 90 % 2), 1


VALUES: dict[str, Callable[[Any, int], float]] = {
    "imu": lambda r, n: float(r["rate_rad_s"][0]),
    "altimeter": lambda r, n: float(r["range_m"]),
    "legs": lambda r, n: float(r["contact"][0]),
    "engine": lambda r, n: float(r["thrust_n"]),
    "thrusters": lambda r, n: float(r["on_time_s"][n]),
    "mechanism": lambda r, n: float(r["extension"]),
    "power_unit": lambda r, n: float(r["bus_voltage_v"]),
    "wheel": lambda r, n: float(r["rate_rad_s"]),
    "steering": lambda r, n: float(r["angle_rad"]),
}


def observe(rig: Rig, series: Series) -> None:
    reading = rig.reading(series.device)
    series.note(
        validity=int(reading["validity"]), error=int(reading["error"]), rejected=int(reading["rejected"]),
        sequence=int(reading["sequence"]),
    )  # fmt: skip
    if series.device in cameras.CAMERAS:
        series.note(**cameras.picture_figures(rig, series.device))
    elif series.device in sensors.SENSORS:
        series.note(value=sensors.value_of(rig, series.device))
    else:
        series.note(value=VALUES[series.kind](reading, series.part))
    if series.device == "imaging_laser":
        series.note(**sensors.image_figures(rig))
    for name in rig.controllers:
        state = rig.computer.view(f"{name}.controller")
        series.note(errors=int(state["errors"]), unknown=int(state["unknown"]))
    if series.device == "engine":
        series.note(throttle=float(reading["throttle"]), open=int(reading["valves_open"]))
    if series.device == "thrusters":
        series.note(open=int(reading["valves_open"]) >> series.part & 1, alive=int(reading["units_alive"]))
    if series.device == "mechanism":
        series.note(current=float(reading["current_a"]), released=int(reading["released"]))
    if series.kind in ("wheel", "steering"):
        series.note(current=float(reading["current_a"]), operational=int(reading["operational"]), code=int(reading["error_code"]))


def run(bus: str, device: str, part: int, start: Callable[[Rig], None] | None = None) -> Series:
    """Warm up, start a fault (or none), and observe."""
    rig, series = Rig(bus), Series(device, part)
    for n in range(WARM + TICKS):
        if n == WARM and start is not None:
            start(rig)
        excite(rig)
        rig.step()
        if n >= WARM:
            observe(rig, series)
    return series


@cache
def reference(bus: str, device: str, part: int) -> Series:
    return run(bus, device, part)


def bytes_effect(kind: str, device: str, bad: Series, good: Series) -> None:
    on_can = "errors" in bad.columns
    if kind == "off":
        stale(bad)
        assert bad["error"][-1] == DeviceError.SILENT
    elif kind == "stuck":
        stale(bad)
        refused(bad, good)
    elif kind == "frozen":
        assert len(set(bad["value"][20:])) == 1 or bad.device == "thrusters"
        if bad.kind not in CANOPEN:
            stale(bad)
            refused(bad, good)
    elif kind == "noise":
        if on_can:
            assert bad["errors"][-1] > good["errors"][-1] + 3
        else:
            refused(bad, good)
    elif kind == "delay" and bad.device == "imaging_laser":  # each image takes longer, from request to last row
        assert bad.grown("sequence") < good.grown("sequence")
        assert bad["value"][-1] != good["value"][-1]
    elif kind == "delay" and bad.device in cameras.CAMERAS:
        cameras.link_delay(bad, good)
    elif kind == "delay":
        lags(bad, good, 10)
    elif kind == "drop":
        assert good.grown("sequence") - bad.grown("sequence") > min(4, 0.15 * good.grown("sequence"))
        assert bad.kind in CANOPEN or DeviceError.SEQUENCE in bad["error"]
    elif kind == "corrupt":
        refused(bad, good)
    elif kind == "babble":
        assert bad["unknown"][-1] > good["unknown"][-1] + 100 if on_can else bad["rejected"][-1] > good["rejected"][-1] + 10
        assert Validity.VALID in bad["validity"][-20:]
    elif kind == "intermittent":
        came_back(bad)
    else:
        assert kind == "reset"
        came_back(bad)
        assert ".bus." in device or DeviceError.RESET in bad["error"]


BIAS = {"imu": 0.01, "altimeter": 20.0, "engine": 468.75, "wheel": 0.05, "steering": 0.05, "mechanism": 0.05, **sensors.BIAS}
# A count of the protocol.
SMALL = {"imu": 1e-8, "altimeter": 1e-3, "engine": 0.2, "wheel": 1e-5, "steering": 1e-6, "mechanism": 1e-4, "legs": 0.0, **sensors.COUNT}
LIMIT = {"imu": 0.02, "altimeter": 100.0, "engine": 1875.0, "wheel": 0.1, "steering": 0.01, "mechanism": 0.002, **sensors.LIMIT}
BIAS["power_unit"], SMALL["power_unit"], LIMIT["power_unit"] = 2.0, 1e-3, 25.0


def value_effect(kind: str, device: str, bad: Series, good: Series) -> None:
    late, count = slice(sensors.SETTLED if bad.device == "imaging_laser" else 22, None), SMALL[bad.kind]
    difference = (bad["value"] - good["value"])[late]
    doubted = bad["validity"] == Validity.SUSPECT
    if bad.device == "imaging_laser" and sensors.laser_effect(kind, bad, good):
        return
    if kind == "off" and bad.device == "legs":
        assert not bad["value"].any()
        assert good["value"].any()
    elif kind == "off":
        assert doubted[30 if late.start < 30 else late.start :].all()
    elif kind in ("stuck", "frozen"):
        assert len(set(bad["value"][late])) == 1
        assert len(set(good["value"][late])) > 1
        assert bad["sequence"][-1] == good["sequence"][-1]
    elif kind == "noise":
        assert np.std(difference) > 5 * count
        assert np.any(np.diff(difference) != 0)
    elif kind == "bias":
        assert np.allclose(difference, BIAS[bad.kind], atol=2 * count)
    elif kind == "scale":
        assert np.allclose(bad["value"][late], 1.1 * good["value"][late], atol=2 * count)
    elif kind == "delay":
        lags(bad, good, 20, tolerance=count if bad.device == "star_tracker" else 0.0)
    elif kind in ("drop", "intermittent"):
        assert doubted.any()
        assert not doubted.all()
    elif kind == "corrupt":
        assert np.any(np.abs(difference) > 100 * count)
        assert np.any(np.abs(difference) <= count)
    else:
        assert kind == "saturate"
        assert np.max(np.abs(bad["value"][late])) <= LIMIT[bad.kind] + 2 * count
        assert np.max(np.abs(good["value"][late])) > LIMIT[bad.kind]


def check(device: str, depth: str, kind: str, bad: Series, good: Series) -> None:
    """Assert the effect that the table names."""
    if depth == "bytes":
        bytes_effect(kind, device, bad, good)
    elif depth == "value" and bad.device in cameras.CAMERAS:
        cameras.picture_effect(kind, bad, good)
    elif depth == "value":
        value_effect(kind, device, bad, good)
    elif bad.device == "engine":
        engine_effect(kind, bad, good)
    elif bad.kind == "wheel":
        wheel_effect(kind, bad, good)
    elif bad.kind == "steering":
        steering_effect(kind, bad, good)
    elif bad.kind == "mechanism":
        mechanism_effect(kind, bad, good)
    else:
        valve_effect(kind, device, bad, good)
