"""The lander's devices: parameters, switches, events."""

from typing import Final

from wire.dictionary.codes import NO_YES, OFF_ON
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.lander_gnc import PERCENT
from wire.dictionary.rows import Argument, Command, Limits, Parameter, Polynomial, Report, Table, vector

SYSTEM: Final = 0x101

CELSIUS: Final = Polynomial("KELVIN_TO_CELSIUS", "degC", (-273.15, 1.0))
# Signal-to-noise ratio that stands for an echo strength between 0 and 1: our choice, for display.
ECHO: Final = Table("ECHO_TO_SNR", "dB", ((0.0, 0.0), (0.1, 8.0), (0.3, 14.0), (0.6, 20.0), (1.0, 25.0)))

SENSORS: Final = (
    *device_parameters(0x300, "radar", "radar"),
    *vector(0x305, "radar.range_m", 4, "f32", "m", "slant range along a beam, 0 without one"),
    *vector(0x309, "radar.speed_m_s", 4, "f32", "m/s", "speed along a beam, positive away from the ground, 0 without one"),
    Parameter(0x30D, "radar.range_locked", "u8", "", "bit b: beam b has a range"),
    Parameter(0x30E, "radar.speed_locked", "u8", "", "bit b: beam b has a speed"),
    *device_parameters(0x310, "star_tracker", "star tracker"),
    *vector(0x315, "star_tracker.quaternion_inertial_from_body", 4, "f32", "", "attitude, scalar first"),
    # Our choice: the unit gives 2.2e-4 at rest and 3.5e-4 at the fastest turn that it follows.
    Parameter(0x319, "star_tracker.sigma_rad", "f32", "rad", "of the worst axis", limits=Limits(yellow_high=3e-4, red_high=1e-3)),
    Parameter(0x31A, "star_tracker.stars", "u8", "", "matched", limits=Limits(yellow_low=8, red_low=4)),
    *device_parameters(0x320, "gamma_altimeter", "gamma altimeter"),
    Parameter(0x325, "gamma_altimeter.altitude_m", "f32", "m", "of the footpad plane above the ground"),
    Parameter(0x326, "gamma_altimeter.counts", "f32", "", "photons in 20 ms"),
    *device_parameters(0x330, "imaging_laser", "imaging laser"),
    Parameter(0x335, "imaging_laser.request", "u32", "", "number of the request that the last image answers"),
    Parameter(0x336, "imaging_laser.rows", "u32", "", "rows of the image that is coming in, of 128"),
)

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
    *SENSORS,
)

# Beresheet lost its landing in 2019 when an inertial unit was switched during the descent: no sensor is switched under thrust.
SWITCHABLE: Final = ("SAFE", "STANDBY", "LANDED")
SWITCH: Final = (Argument("on", "u8", "", "on or off", enumeration=OFF_ON),)

COMMANDS: Final = (
    Command("imu_power", 8, 1, SYSTEM, "Switch the inertial unit", function=0x20, arguments=SWITCH, modes=SWITCHABLE, hazardous=True),
    Command(
        "altimeter_power", 8, 1, SYSTEM, "Switch the laser altimeter", function=0x21, arguments=SWITCH, modes=SWITCHABLE, hazardous=True
    ),
    Command(
        "star_tracker_power", 8, 1, SYSTEM, "Switch the star tracker", function=0x22, arguments=SWITCH, modes=SWITCHABLE, hazardous=True
    ),
    Command("radar_power", 8, 1, SYSTEM, "Switch the radar", function=0x23, arguments=SWITCH, modes=SWITCHABLE, hazardous=True),
    Command(
        "gamma_altimeter_power",
        8,
        1,
        SYSTEM,
        "Switch the gamma altimeter",
        function=0x24,
        arguments=SWITCH,
        modes=SWITCHABLE,
        hazardous=True,
    ),
)

EVENTS: Final = (
    *device_events(0x20, "imu", SYSTEM, severity=3),
    *device_events(0x22, "altimeter", SYSTEM),
    *device_events(0x24, "engine", SYSTEM, severity=3),
    *device_events(0x26, "thrusters", SYSTEM, severity=3),
    *device_events(0x28, "legs", SYSTEM),
    *device_events(0x2A, "star_tracker", SYSTEM),
    *device_events(0x2C, "radar", SYSTEM),
    *device_events(0x2E, "gamma_altimeter", SYSTEM),
    *device_events(0x38, "imaging_laser", SYSTEM),
)

REPORTS: Final = (Report(4, "sensors", SYSTEM, 1.0, tuple(p.name for p in SENSORS), "star tracker, radar, gamma altimeter, imaging laser"),)
