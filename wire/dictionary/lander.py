"""The lander's rows. Spacecraft identifier, APIDs and numbers are our choice; names are the on-board symbols."""

from typing import Final

from wire.dictionary.book import Dictionary
from wire.dictionary.codes import FAILURE_CODE, NO_YES, OFF_ON
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report, device_events, device_parameters
from wire.dictionary.rows import (
    Apid,
    Argument,
    Command,
    Enumeration,
    Event,
    EventArgument,
    Limits,
    Member,
    Parameter,
    Polynomial,
    Report,
    Table,
    Vehicle,
    vector,
)

SYSTEM: Final = 0x101
GNC: Final = 0x102
RECORDER: Final = 0x103

MODES: Final = Enumeration(
    "LANDER_MODE",
    (
        Member(0, "SAFE", "as little as possible, link open"),
        Member(1, "STANDBY", "waiting for commands, engine disarmed"),
        Member(2, "HOVER", "holding height and place under thrust"),
        Member(3, "DESCENT", "coming down to the ground"),
        Member(4, "LANDED", "standing, engine cut off"),
    ),
    "Modes of the lander",
)

PHASE: Final = Enumeration(
    "GUIDANCE_PHASE",
    (
        Member(0, "IDLE", "no guidance"),
        Member(1, "HOVER", "holding the commanded height above the site"),
        Member(2, "APPROACH", "coming down along a profile of speed over height"),
        Member(3, "SLOW_DESCENT", "vertical at constant speed"),
        Member(4, "CUT_OFF", "engine off, waiting for rest"),
        Member(5, "STANDING", "at rest on four legs"),
    ),
    "What guidance is doing",
)

CELSIUS: Final = Polynomial("KELVIN_TO_CELSIUS", "degC", (-273.15, 1.0))
PERCENT: Final = Polynomial("FRACTION_TO_PERCENT", "%", (0.0, 100.0))
# Signal-to-noise ratio that stands for an echo strength between 0 and 1: our choice, for display.
ECHO: Final = Table("ECHO_TO_SNR", "dB", ((0.0, 0.0), (0.1, 8.0), (0.3, 14.0), (0.6, 20.0), (1.0, 25.0)))

VEHICLE: Final = Vehicle(
    "lander",
    0x1C4,
    (
        Apid("system", SYSTEM, "computer, modes, link and devices"),
        Apid("gnc", GNC, "guidance, navigation and control"),
        Apid("recorder", RECORDER, "files in the flash"),
    ),
    MODES,
    "The lander",
)

NAVIGATION: Final = (
    *vector(0x100, "nav.position_m", 3, "f64", "m", "position of the centre of mass, site frame"),
    *vector(0x104, "nav.velocity_m_s", 3, "f32", "m/s", "velocity, site frame"),
    *vector(0x108, "nav.quaternion_site_from_body", 4, "f32", "", "attitude, scalar first"),
    *vector(0x10C, "nav.rate_rad_s", 3, "f32", "rad/s", "body rate, body frame", Limits(-0.2, 0.2, -0.5, 0.5)),  # our choice
    Parameter(0x110, "nav.altitude_m", "f32", "m", "footpad plane above the terrain below"),
    # Our choice: 5 m and 20 m of height error are a tenth of where these matter.
    Parameter(0x111, "nav.sigma_altitude_m", "f32", "m", "standard deviation of altitude", limits=Limits(yellow_high=5, red_high=20)),
    Parameter(0x112, "nav.altimeter_used", "u32", "", "altimeter readings used"),
    Parameter(0x113, "nav.altimeter_rejected", "u32", "", "altimeter readings rejected by the filter"),
    Parameter(0x114, "nav.degraded", "u8", "", "navigation lacks a sensor", enumeration=NO_YES),
    Parameter(0x115, "nav.vertical_speed_m_s", "f32", "m/s", "speed along the local vertical, up positive"),
    Parameter(0x116, "nav.causes", "u8", "", "what it lacks: 1 altimeter, 2 inertial unit, 4 uploaded state, 8 a possible altitude"),
)

GUIDANCE: Final = (
    Parameter(0x140, "guidance.phase", "u8", "", "what guidance is doing", enumeration=PHASE),
    *vector(0x141, "guidance.target_velocity_m_s", 3, "f32", "m/s", "velocity asked for, site frame"),
    Parameter(0x144, "guidance.thrust_command_n", "f32", "N", "thrust asked for"),
    Parameter(0x145, "guidance.commanded_altitude_m", "f32", "m", "height to hover at", settable=(5.0, 2000.0)),
    Parameter(0x146, "guidance.mass_kg", "f32", "kg", "thrust asked for over acceleration felt: the mass, for an engine that obeys"),
)

CONTROL: Final = (
    *vector(0x160, "control.attitude_error_rad", 3, "f32", "rad", "attitude error, body frame", Limits(-0.1, 0.1, -0.4, 0.4)),
    *vector(0x163, "control.rate_error_rad_s", 3, "f32", "rad/s", "rate error, body frame"),
    Parameter(0x166, "control.thruster_duty", "f32", "", "thruster on-time in use, of what there is", calibration=PERCENT),
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
)

RECORDING: Final = (
    Parameter(0x2C0, "recorder.files_stored", "u32", "", "files stored since the computer started"),
    Parameter(0x2C1, "recorder.octets_stored", "u64", "octet", "octets stored since the computer started"),
    Parameter(0x2C2, "recorder.last_file", "u16", "", "number of the file stored last"),
    Parameter(0x2C3, "recorder.busy", "u8", "", "a file is being stored", enumeration=NO_YES),
)

# Beresheet lost its landing in 2019 when an inertial unit was switched during the descent: no sensor is switched under thrust.
SWITCHABLE: Final = ("SAFE", "STANDBY", "LANDED")
SWITCH: Final = (Argument("on", "u8", "", "on or off", enumeration=OFF_ON),)
FILE: Final = (Argument("file", "u16", "", "number of the file to write"),)

COMMANDS: Final = (
    *common_commands(SYSTEM, safe=("STANDBY", "LANDED"), standby=("SAFE", "LANDED"), reset=SWITCHABLE),
    Command("hover", 8, 1, GNC, "Stop the descent and hover", function=0x10, modes=("DESCENT",)),
    Command("land", 8, 1, GNC, "Go down and land from the hover", function=0x11, modes=("HOVER",)),
    Command("imu_power", 8, 1, SYSTEM, "Switch the inertial unit", function=0x20, arguments=SWITCH, modes=SWITCHABLE, hazardous=True),
    Command(
        "altimeter_power", 8, 1, SYSTEM, "Switch the laser altimeter", function=0x21, arguments=SWITCH, modes=SWITCHABLE, hazardous=True
    ),
    Command("store_log", 8, 1, RECORDER, "Write recent housekeeping to a file in the flash", function=0x30, arguments=FILE),
)

_NUMBER: Final = EventArgument("number", "u16", "", "number of the file")

EVENTS: Final = (
    *common_events(SYSTEM, MODES),
    *device_events(0x20, "imu", SYSTEM, severity=3),
    *device_events(0x22, "altimeter", SYSTEM),
    *device_events(0x24, "engine", SYSTEM, severity=3),
    *device_events(0x26, "thrusters", SYSTEM, severity=3),
    *device_events(0x28, "legs", SYSTEM),
    Event(
        0x30,
        3,
        "navigation_degraded",
        GNC,
        "navigation degraded, altitude known to {sigma_altitude_m:.1f} m",
        (EventArgument("sigma_altitude_m", "f32", "m"),),
    ),
    Event(
        0x31,
        1,
        "navigation_recovered",
        GNC,
        "navigation recovered, altitude known to {sigma_altitude_m:.1f} m",
        (EventArgument("sigma_altitude_m", "f32", "m"),),
    ),
    Event(
        0x32,
        2,
        "altitude_restarted",
        GNC,
        "altimeter and altitude disagreed for long: altitude moved by {jump_m:.1f} m to {altitude_m:.1f} m",
        (EventArgument("jump_m", "f32", "m"), EventArgument("altitude_m", "f32", "m", "as navigated from now on")),
    ),
    Event(
        0x40,
        1,
        "touchdown",
        GNC,
        "touchdown at {vertical_speed_m_s:.2f} m/s down, {horizontal_speed_m_s:.2f} m/s across, pads {pads}",
        (
            EventArgument("vertical_speed_m_s", "f32", "m/s", "as navigated, positive down"),
            EventArgument("horizontal_speed_m_s", "f32", "m/s", "as navigated"),
            EventArgument("pads", "u8", "", "bit i: footpad i is down"),
        ),
    ),
    Event(
        0x41,
        1,
        "engine_cutoff",
        GNC,
        "engine cut off at {altitude_m:.2f} m, burned {on_time_s:.1f} s in all",
        (EventArgument("altitude_m", "f32", "m", "as navigated"), EventArgument("on_time_s", "f32", "s", "valves open, ever")),
    ),
    Event(
        0x42,
        1,
        "guidance_phase",
        GNC,
        "guidance: {phase} at {altitude_m:.1f} m",
        (EventArgument("phase", "u8", "", enumeration=PHASE), EventArgument("altitude_m", "f32", "m", "as navigated")),
    ),
    Event(
        0x43,
        4,
        "engine_powerless",
        GNC,
        "engine told to give {thrust_n:.0f} N, but only {specific_force_m_s2:.2f} m/s2 are felt",
        (EventArgument("thrust_n", "f32", "N"), EventArgument("specific_force_m_s2", "f32", "m/s2", "along the engine's axis")),
    ),
    Event(
        0x44,
        3,
        "control_saturated",
        GNC,
        "thrusters fully on for seconds, attitude error {x_rad:.3f}, {y_rad:.3f}, {z_rad:.3f} rad",
        (EventArgument("x_rad", "f32", "rad"), EventArgument("y_rad", "f32", "rad"), EventArgument("z_rad", "f32", "rad")),
    ),
    Event(
        0x50,
        1,
        "file_stored",
        RECORDER,
        "file {number} stored: {size} octets, CRC-32 {crc32:08x}",
        (_NUMBER, EventArgument("size", "u32", "octet"), EventArgument("crc32", "u32", "", "of the octets (zlib's CRC-32)")),
    ),
    Event(
        0x51,
        2,
        "file_failed",
        RECORDER,
        "file {number} not stored: {reason}",
        (_NUMBER, EventArgument("reason", "u16", "", enumeration=FAILURE_CODE)),
    ),
)


def _names(*records: str) -> tuple[str, ...]:
    """The parameters of some records, in the order of the rows."""
    rows = (*NAVIGATION, *GUIDANCE, *CONTROL, *DEVICES, *RECORDING)
    return tuple(p.name for record in records for p in rows if p.name.rsplit(".", 1)[0] == record)


REPORTS: Final = (
    common_report(SYSTEM),
    Report(2, "descent", GNC, 0.1, _names("nav", "guidance", "engine", "altimeter"), "navigation, guidance and what they act on"),
    Report(3, "devices", SYSTEM, 1.0, _names("imu", "altimeter", "engine", "thrusters", "legs", "control", "recorder"), "devices"),
)

PARAMETERS: Final = (*common_parameters(MODES), *NAVIGATION, *GUIDANCE, *CONTROL, *DEVICES, *RECORDING)

LANDER: Final = Dictionary(VEHICLE, PARAMETERS, COMMANDS, EVENTS, REPORTS)
