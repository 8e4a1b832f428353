"""The lander's devices: parameters, switches, events."""

from typing import Final

from wire.dictionary.codes import NO_YES, OFF_ON
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.lander_gnc import PERCENT
from wire.dictionary.rows import Argument, Command, Limits, Parameter, Polynomial, Table, vector

SYSTEM: Final = 0x101

CELSIUS: Final = Polynomial("KELVIN_TO_CELSIUS", "degC", (-273.15, 1.0))
# Signal-to-noise ratio that stands for an echo strength between 0 and 1: our choice, for display.
ECHO: Final = Table("ECHO_TO_SNR", "dB", ((0.0, 0.0), (0.1, 8.0), (0.3, 14.0), (0.6, 20.0), (1.0, 25.0)))


DEVICES: Final = (
    *device_parameters(0x200, "imu", "inertial unit"),
    *vector(0x205, "imu.rate_rad_s", 3, "f32", "rad/s", "measured rate, body frame"),
    *vector(0x208, "imu.specific_force_m_s2", 3, "f32", "m/s2", "measured specific force, body frame"),
    Parameter(0x20B, "imu.temperature_k", "f32", "K", "temperature of the unit", calibration=CELSIUS, limits=Limits(263, 323, 253, 333)),
    *device_parameters(0x220, "altimeter", "laser altimeter"),
    Parameter(0x225, "altimeter.range_m", "f32", "m", "slant range along the beam"),
    Parameter(0x226, "altimeter.signal", "f32", "", "strength of the echo, 0 to 1", calibration=ECHO),
    *device_parameters(0x240, "engine", "main engine"),
    Parameter(0x245, "engine.thrust_n", "f32", "N", "thrust, from chamber pressure", limits=Limits(yellow_high=7600, red_high=8000)),
    Parameter(0x246, "engine.throttle", "f32", "", "pintle position, of 7500 N", calibration=PERCENT),
    # Rated for 1200 s of burning: the engine's published life.
    Parameter(0x247, "engine.on_time_s", "f32", "s", "valves open, ever", limits=Limits(yellow_high=1000, red_high=1200)),
    Parameter(0x248, "engine.valves_open", "u8", "", "propellant valves", enumeration=NO_YES),
    *device_parameters(0x260, "thrusters", "thrusters"),
    *vector(0x265, "thrusters.on_time_s", 28, "f32", "s", "valve open, ever"),
    Parameter(0x281, "thrusters.valves_open", "u32", "", "bit t: thruster t was open in the last cycle"),
    Parameter(0x282, "thrusters.units_alive", "u8", "", "bit u: valve-drive unit u answers"),
    *device_parameters(0x2A0, "legs", "leg contacts"),
    *vector(0x2A5, "legs.contact", 4, "u8", "", "footpad switch pressed"),
    Parameter(0x2A9, "legs.presses", "u32", "", "switch closings, all pads, ever"),
)

# Beresheet lost its landing in 2019 when an inertial unit was switched during the descent: no sensor is switched under thrust.
SWITCHABLE: Final = ("SAFE", "STANDBY", "LANDED")
SWITCH: Final = (Argument("on", "u8", "", "on or off", enumeration=OFF_ON),)

COMMANDS: Final = (
    Command("imu_power", 8, 1, SYSTEM, "Switch the inertial unit", function=0x20, arguments=SWITCH, modes=SWITCHABLE, hazardous=True),
    Command(
        "altimeter_power", 8, 1, SYSTEM, "Switch the laser altimeter", function=0x21, arguments=SWITCH, modes=SWITCHABLE, hazardous=True
    ),
)

EVENTS: Final = (
    *device_events(0x20, "imu", SYSTEM, severity=3),
    *device_events(0x22, "altimeter", SYSTEM),
    *device_events(0x24, "engine", SYSTEM, severity=3),
    *device_events(0x26, "thrusters", SYSTEM, severity=3),
    *device_events(0x28, "legs", SYSTEM),
)
