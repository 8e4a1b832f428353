"""The fault table: for each class of device, depth and kind, the parameters and the effect, or why it is refused.

`place` is where a parameter stands among the four of its kind in the fault's record. Parameters of delay, intermittent and reset are
given in seconds and kept in ticks.
"""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """One parameter of a fault: `low` and `high` are what may be asked for, both included."""

    name: str
    unit: str
    default: float
    low: float
    high: float
    place: int = 0


class Cell(NamedTuple):
    """A kind that is supported: what it takes and what flight sees."""

    effect: str
    parameters: tuple[Parameter, ...] = ()


Depth = dict[str, Cell | str]  # kind -> cell, or the reason of the refusal

TIMED = ("delay", "intermittent", "reset")


def _probability(default: float) -> Parameter:
    return Parameter("probability", "1", default, 0.0, 1.0)


BAD_S = Parameter("bad_s", "s", 0.5, 0.01, 3600.0, 0)
GOOD_S = Parameter("good_s", "s", 0.5, 0.01, 3600.0, 1)
SILENT_S = Parameter("silent_s", "s", 0.5, 0.01, 3600.0)

NO_MAGNITUDE = "an octet on a bus has no magnitude: break the value"
ONE_NUMBER = "a measured value is one number at a time: only a talker on a bus can babble"
NO_MEMORY = "a measured value has no memory to lose: reset the device by its bytes"
SAYS_NOTHING = "a mechanical part puts no octets on a bus: break the bytes"


def _bytes(stuck: str, frozen: str, corrupt: str, noise: str, longest_s: float, unit_octets: int) -> Depth:
    return {
        "off": Cell("nothing is heard: the reading turns stale"),
        "stuck": Cell(stuck, (Parameter("octet", "1", 255.0, 0.0, 255.0),)),
        "frozen": Cell(frozen),
        "noise": Cell(noise, (Parameter("bit_error_rate", "1", 0.01, 0.0, 1.0),)),
        "bias": NO_MAGNITUDE,
        "scale": NO_MAGNITUDE,
        "delay": Cell(
            "units arrive late: the reading lags behind the truth", (Parameter("delay_s", "s", min(0.1, longest_s), 0.01, longest_s),)
        ),
        "drop": Cell("units are missing: the device's counter jumps, and the reading is doubted", (_probability(0.5),)),
        "corrupt": Cell(corrupt, (_probability(1.0), Parameter("octets", "1", 2.0, 1.0, unit_octets, 1))),
        "babble": Cell(
            "units of random octets among the good ones: they are refused and counted",
            (Parameter("units", "1/tick", 2.0, 1.0, 64.0), Parameter("octets", "1", min(8, unit_octets), 1.0, unit_octets, 1)),
        ),
        "intermittent": Cell("the reading turns stale and comes back, again and again", (BAD_S, GOOD_S)),
        "saturate": NO_MAGNITUDE,
        "reset": Cell("the device falls silent, and comes back with its counter at zero and its defaults", (SILENT_S,)),
    }


UART_BYTES = _bytes(
    "every octet reads the same: all units are refused, the reading turns stale",
    "the last unit comes again and again: its counter stands still, it is refused",
    "units with wrong octets fail their check and are refused",
    "bits flip on the line: units fail their check and are refused",
    1.0,
    64,
)
CAN_BYTES = _bytes(
    "every octet reads the same: all frames are refused, the reading turns stale",
    "the last frame comes again and again: its counter stands still, it is refused",
    "frames with wrong octets fail their check and are refused",
    "frames are destroyed on the medium: the controller counts error frames, the device's counter jumps",
    0.5,
    8,
)
CANOPEN_BYTES = CAN_BYTES | {
    "frozen": Cell("the last frame comes again and again: a process-data object has no counter, so the reading stands still, unnoticed"),
    "drop": Cell("frames are missing: the reading comes less often; what is lost of the set-up is asked again", (_probability(0.5),)),
    "reset": Cell("the drive falls silent, then boots: the driver sets it up again by itself", (SILENT_S,)),
}
SPACEWIRE_BYTES = _bytes(
    "every octet of each packet reads the same",
    "the last packet comes again and again",
    "packets arrive with wrong octets",
    "packets end early at the octet that was hit",
    0.05,
    1056,
)
BUS_RESET: dict[str, Cell | str] = {"reset": Cell("nothing passes either way until the bus is up again", (SILENT_S,))}


def _values(units: tuple[tuple[str, str, float, float, float], ...], axes: int, what: str, axis_name: str = "axis") -> Depth:
    """The faults of measured numbers; a row of `units` is (name, unit, typical bias, full scale, typical saturation)."""
    axis = (Parameter(axis_name, "1", -1.0, -1.0, axes - 1.0, 3),) if axes > 1 else ()

    def each(suffix: str, defaults: list[float], unit: str | None = None) -> tuple[Parameter, ...]:
        return (
            tuple(
                Parameter(f"{name}{suffix}", unit or u, default, -1e9 if unit is None else -1e3, 1e9 if unit is None else 1e3, place)
                for place, ((name, u, *_), default) in enumerate(zip(units, defaults, strict=True))
            )
            + axis
        )

    bias = [row[2] for row in units]
    return {
        "off": Cell(f"no {what} is measured: the device says so, the reading is doubted"),
        "stuck": Cell(f"the {what} reads the same number, while the device's counter goes on", each("", [0.0] * len(units))),
        "frozen": Cell(f"the {what} keeps its last number, while the device's counter goes on", axis),
        "noise": Cell(f"the {what} scatters more", each("", [10.0 * b for b in bias])),
        "bias": Cell(f"the {what} is off by a constant", each("", bias)),
        "scale": Cell(f"the {what} is off by a factor", each("_factor", [1.1] * len(units), "1")),
        "delay": Cell(f"the {what} lags behind the truth", (Parameter("delay_s", "s", 0.2, 0.01, 1.0),)),
        "drop": Cell(f"samples are missing: the device says that it has no {what}", (_probability(0.5),)),
        "corrupt": Cell(f"some samples hold any {what} at all", (_probability(0.2), *axis)),
        "babble": ONE_NUMBER,
        "intermittent": Cell(f"the {what} comes and goes", (BAD_S, GOOD_S)),
        "saturate": Cell(f"the {what} never exceeds a limit, either sign", each("", [row[4] for row in units])),
        "reset": NO_MEMORY,
    }


IMU_VALUE = _values(
    (("rate_rad_s", "rad/s", 0.01, 1.75, 0.02), ("specific_force_m_s2", "m/s2", 0.1, 98.0, 1.0)), 3, "rate and specific force"
)
ALTIMETER_VALUE = _values((("range_m", "m", 20.0, 30000.0, 100.0),), 1, "range")
STAR_TRACKER_VALUE = _values((("rotation_rad", "rad", 0.001, 3.1, 0.01),), 3, "attitude")
RADAR_VALUE = _values((("range_m", "m", 5.0, 12000.0, 60.0), ("speed_m_s", "m/s", 0.5, 200.0, 1.0)), 4, "range and speed", "beam")
VOLTAGE_VALUE = _values((("bus_voltage_v", "V", 2.0, 60.0, 25.0),), 1, "bus voltage")
GAMMA_VALUE = _values((("altitude_m", "m", 1.0, 25.0, 6.0),), 1, "altitude")
LASER_VALUE = _values((("range_m", "m", 2.0, 200.0, 50.0),), 1, "range of every post") | {
    "off": Cell("no row has an echo: the device says so, the reading is doubted"),
    "frozen": Cell("every post keeps the last range"),
    "delay": Cell("every range is taken from where the lander was before", (Parameter("delay_s", "s", 0.2, 0.01, 1.0),)),
    "drop": Cell("rows have no echo, and the device says so", (_probability(0.05),)),
    "intermittent": Cell("rows have no echo for some time, again and again", (BAD_S, GOOD_S)),
    "corrupt": Cell("some posts hold any range at all", (_probability(0.2),)),
}
PRESSURE_VALUE = _values((("pressure_pa", "Pa", 50000.0, 1.2e6, 200000.0),), 1, "chamber pressure")
ENCODER_VALUE = _values((("rate_rad_s", "rad/s", 0.05, 1.0, 0.1),), 1, "wheel's rate")
STEERING_VALUE = _values((("angle_rad", "rad", 0.05, 1.2, 0.01),), 1, "wheel's angle")
EXTENSION_VALUE = _values((("extension", "1", 0.05, 1.0, 0.002),), 1, "rails' extension")
CAMERA_VALUE: Depth = {
    "off": Cell("the detector is dead: no picture, and the head says so"),
    "stuck": Cell("every pixel reads the same count", (Parameter("count", "1", 128.0, 0.0, 255.0),)),
    "frozen": Cell("every request is answered with the picture taken last"),
    "noise": Cell("the pixels scatter more", (Parameter("counts", "1", 25.0, 0.0, 255.0),)),
    "bias": Cell("every pixel is off by a constant", (Parameter("counts", "1", 60.0, -255.0, 255.0),)),
    "scale": Cell("the gain is off by a factor", (Parameter("factor", "1", 0.5, 0.0, 16.0),)),
    "delay": Cell("the shutter opens late", (Parameter("delay_s", "s", 0.2, 0.01, 1.0),)),
    "drop": Cell("the shutter misses some requests: no picture, and the head says so", (_probability(0.5),)),
    "corrupt": Cell("some pictures have rows of one random count each", (_probability(1.0), Parameter("rows", "1", 64.0, 1.0, 1024.0, 1))),
    "babble": ONE_NUMBER,
    "intermittent": Cell("there are pictures now and then", (BAD_S, GOOD_S)),
    "saturate": Cell("the shutter stays open too long: what is bright is burnt out", (Parameter("factor", "1", 10.0, 1.0, 1000.0),)),
    "reset": NO_MEMORY,
}
_LEG = Parameter("leg", "1", -1.0, -1.0, 3.0, 3)
_TWO_STATES = "a switch is open or closed: there is nothing between, nor beyond"
LEGS_VALUE: Depth = {
    "off": Cell("no current through the switches: no pad ever seems to touch"),
    "stuck": Cell("a switch reads the same for ever", (Parameter("pressed", "1", 1.0, 0.0, 1.0), _LEG)),
    "frozen": Cell("a switch keeps its last state", (_LEG,)),
    "noise": Cell("switches chatter", (Parameter("probability", "1", 0.2, 0.0, 1.0, 1), Parameter("leg", "1", -1.0, -1.0, -1.0, 3))),
    "bias": _TWO_STATES,
    "scale": _TWO_STATES,
    "delay": Cell("a contact is reported late", (Parameter("delay_s", "s", 0.2, 0.01, 1.0),)),
    "drop": Cell("in some samples the terminal cannot read the switches, and says so", (_probability(0.5),)),
    "corrupt": Cell("in some samples a switch reads anything", (_probability(0.5), _LEG)),
    "babble": ONE_NUMBER,
    "intermittent": Cell("the terminal can read the switches now and then", (BAD_S, GOOD_S)),
    "saturate": _TWO_STATES,
    "reset": NO_MEMORY,
}

ENGINE_PART: Depth = {
    "off": Cell("the valves stay shut: no thrust"),
    "stuck": Cell("the pintle stays at one place while the valves are open", (Parameter("throttle", "1", 0.5, 0.0, 1.0),)),
    "frozen": Cell("the pintle stays where it is while the valves are open"),
    "noise": Cell("thrust is rough", (Parameter("thrust_n", "N", 300.0, 0.0, 7500.0),)),
    "bias": Cell("thrust is off by a constant while the engine burns", (Parameter("thrust_n", "N", 300.0, -7500.0, 7500.0),)),
    "scale": Cell("thrust is off by a factor, for the same propellant", (Parameter("factor", "1", 0.55, 0.0, 2.0),)),
    "delay": Cell("commands act late", (Parameter("delay_s", "s", 0.3, 0.01, 1.27),)),
    "drop": Cell("the valves miss some cycles: thrust sags", (_probability(0.2),)),
    "corrupt": SAYS_NOTHING,
    "babble": SAYS_NOTHING,
    "intermittent": Cell("the valves close and open again and again", (BAD_S, GOOD_S)),
    "saturate": Cell("thrust never exceeds a limit", (Parameter("thrust_n", "N", 3000.0, 0.0, 7500.0),)),
    "reset": Cell("the unit restarts: valves shut until it is up and commanded again", (Parameter("silent_s", "s", 1.0, 0.01, 3600.0),)),
}


def _valves(what: str, reset: Cell | str) -> Depth:
    return {
        "off": Cell(f"{what} stays shut"),
        "stuck": Cell(f"{what} stays open for a share of every cycle", (Parameter("duty", "1", 1.0, 0.0, 1.0),)),
        "frozen": Cell(f"{what} repeats its last cycle for ever"),
        "noise": Cell(f"impulses of {what} scatter", (Parameter("share", "1", 0.2, 0.0, 1.0),)),
        "bias": Cell(f"{what} closes late or early", (Parameter("on_time_s", "s", 0.001, -0.01, 0.01),)),
        "scale": Cell(f"impulses of {what} are off by a factor", (Parameter("factor", "1", 0.5, 0.0, 2.0),)),
        "delay": Cell(f"{what} acts late", (Parameter("delay_s", "s", 0.05, 0.01, 1.27),)),
        "drop": Cell(f"{what} misses some cycles", (_probability(0.5),)),
        "corrupt": SAYS_NOTHING,
        "babble": SAYS_NOTHING,
        "intermittent": Cell(f"{what} works now and then", (BAD_S, GOOD_S)),
        "saturate": Cell(f"{what} never stays open longer in a cycle", (Parameter("on_time_s", "s", 0.002, 0.0, 0.01),)),
        "reset": reset,
    }


THRUSTER_PART = _valves("the valve", "a valve has no memory to lose: reset its valve-drive unit")
VALVE_UNIT_PART = _valves("every valve of the unit", Cell("the unit restarts: silent, all valves shut", (SILENT_S,)))
VALVE_UNIT_PART["off"] = Cell("the unit has no power: silent, all valves shut")

WHEEL_PART: Depth = {
    "off": Cell("no current reaches the motor: the wheel runs free"),
    "stuck": Cell("the gear is locked: no motion, current at its limit, then the drive trips"),
    "frozen": Cell("the wheel keeps the rate it was last told, whatever comes: a runaway"),
    "noise": Cell("the motor's torque ripples", (Parameter("torque_n_m", "N.m", 2.0, 0.0, 50.0),)),
    "bias": Cell("a drag on the wheel: more current for the same rate", (Parameter("torque_n_m", "N.m", 5.0, 0.0, 50.0),)),
    "scale": Cell("a weak motor: less torque for the same current", (Parameter("factor", "1", 0.5, 0.0, 2.0),)),
    "delay": Cell("the wheel follows its commands late", (Parameter("delay_s", "s", 0.3, 0.01, 1.27),)),
    "drop": Cell("the power stage misses some cycles: the wheel lags", (_probability(0.5),)),
    "corrupt": SAYS_NOTHING,
    "babble": SAYS_NOTHING,
    "intermittent": Cell("the motor's current comes and goes", (BAD_S, GOOD_S)),
    "saturate": Cell("torque never exceeds a limit", (Parameter("torque_n_m", "N.m", 1.0, 0.0, 50.0),)),
    "reset": Cell("the drive restarts: free-wheeling until the driver has set it up again", (SILENT_S,)),
}
STEERING_PART: Depth = {
    "off": Cell("no current reaches the motor: the gear holds the wheel where it stands"),
    "stuck": Cell("the gear is jammed: no motion, current at its limit, then the drive trips"),
    "frozen": Cell("the wheel goes on turning as it did, up to the stop, whatever comes"),
    "noise": Cell("the gear runs rough", (Parameter("rate_rad_s", "rad/s", 0.02, 0.0, 1.0),)),
    "bias": Cell("a drag on the gear: more current for the same motion", (Parameter("torque_n_m", "N.m", 5.0, 0.0, 50.0),)),
    "scale": Cell("a weak motor: more current for the same torque", (Parameter("factor", "1", 0.5, 0.0, 2.0),)),
    "delay": Cell("the wheel follows its commands late", (Parameter("delay_s", "s", 0.3, 0.01, 1.27),)),
    "drop": Cell("the power stage misses some cycles: the wheel turns slowly", (_probability(0.5),)),
    "corrupt": SAYS_NOTHING,
    "babble": SAYS_NOTHING,
    "intermittent": Cell("the motor's current comes and goes", (BAD_S, GOOD_S)),
    "saturate": Cell("torque never exceeds a limit: too little to turn the wheel", (Parameter("torque_n_m", "N.m", 0.5, 0.0, 50.0),)),
    "reset": Cell("the drive restarts: the wheel stands until the driver has set it up again", (SILENT_S,)),
}
MECHANISM_PART: Depth = {
    "off": Cell("no current reaches the motor and the hold-downs: nothing moves"),
    "stuck": Cell(
        "the rails are jammed (part 0), the hold-downs do not open (part 1), or both (-1)", (Parameter("part", "1", -1.0, -1.0, 1.0),)
    ),
    "frozen": Cell("the rails go on as they did, whatever comes"),
    "noise": Cell("the motor's current scatters", (Parameter("current_a", "A", 0.2, 0.0, 5.0),)),
    "bias": Cell("stiff hinges: more current for the same motion", (Parameter("current_a", "A", 0.5, 0.0, 5.0),)),
    "scale": Cell("the rails swing at another speed", (Parameter("factor", "1", 0.5, 0.0, 2.0),)),
    "delay": Cell("commands act late", (Parameter("delay_s", "s", 0.5, 0.01, 1.27),)),
    "drop": Cell("the power stage misses some cycles: the rails swing slowly", (_probability(0.5),)),
    "corrupt": SAYS_NOTHING,
    "babble": SAYS_NOTHING,
    "intermittent": Cell("the current comes and goes", (BAD_S, GOOD_S)),
    "saturate": Cell(
        "the motor's current never exceeds a limit: too little to move the rails", (Parameter("current_a", "A", 0.8, 0.0, 5.0),)
    ),
    "reset": Cell("the unit restarts: disarmed until it is up and commanded again", (SILENT_S,)),
}

NO_PART = "a sensor or a bus moves nothing: break its value or its bytes"
NO_VALUE = "nothing is measured there"
NO_ADDRESS = "a thruster has no address on the bus: break its valve-drive unit's bytes"

CLASSES: dict[str, dict[str, Depth | str]] = {
    "imu": {"bytes": UART_BYTES, "value": IMU_VALUE, "physics": NO_PART},
    "altimeter": {"bytes": UART_BYTES, "value": ALTIMETER_VALUE, "physics": NO_PART},
    "star_tracker": {"bytes": UART_BYTES, "value": STAR_TRACKER_VALUE, "physics": NO_PART},
    "radar": {"bytes": UART_BYTES, "value": RADAR_VALUE, "physics": NO_PART},
    "gamma_altimeter": {"bytes": UART_BYTES, "value": GAMMA_VALUE, "physics": NO_PART},
    "imaging_laser": {"bytes": SPACEWIRE_BYTES, "value": LASER_VALUE, "physics": NO_PART},
    "power_unit": {"bytes": UART_BYTES, "value": VOLTAGE_VALUE, "physics": NO_PART},
    "camera": {"bytes": SPACEWIRE_BYTES, "value": CAMERA_VALUE, "physics": NO_PART},
    "legs": {"bytes": CAN_BYTES, "value": LEGS_VALUE, "physics": NO_PART},
    "engine": {"bytes": CAN_BYTES, "value": PRESSURE_VALUE, "physics": ENGINE_PART},
    "valve_unit": {"bytes": CAN_BYTES, "value": NO_VALUE, "physics": VALVE_UNIT_PART},
    "thruster": {"bytes": NO_ADDRESS, "value": NO_VALUE, "physics": THRUSTER_PART},
    "thrusters": {"bytes": CAN_BYTES, "value": NO_VALUE, "physics": THRUSTER_PART},
    "wheel": {"bytes": CANOPEN_BYTES, "value": ENCODER_VALUE, "physics": WHEEL_PART},
    "steering": {"bytes": CANOPEN_BYTES, "value": STEERING_VALUE, "physics": STEERING_PART},
    "mechanism": {"bytes": CAN_BYTES, "value": EXTENSION_VALUE, "physics": MECHANISM_PART},
    "uart": {"bytes": UART_BYTES | BUS_RESET, "value": NO_VALUE, "physics": NO_PART},
    "can": {"bytes": CAN_BYTES | BUS_RESET, "value": NO_VALUE, "physics": NO_PART},
    "spacewire": {"bytes": SPACEWIRE_BYTES | BUS_RESET, "value": NO_VALUE, "physics": NO_PART},
}

SENSOR_CLASSES = ("imu", "altimeter", "star_tracker", "radar", "gamma_altimeter", "imaging_laser", "power_unit", "camera", "legs")
SENSOR_VALUE_FIRST = ("stuck", "frozen", "noise", "bias", "scale", "saturate", "delay")
