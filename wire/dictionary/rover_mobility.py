"""The rover's rows of wheels, steering, inertial unit, odometry and mobility. Numbers are our choice; names are the on-board symbols."""

from typing import Final

from wire.dictionary.codes import NO_YES
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.rows import ALL, Argument, Command, Enumeration, Event, EventArgument, Limits, Member, Parameter, Polynomial, vector

SYSTEM: Final = 0x121
MOBILITY: Final = 0x122

PHASE: Final = Enumeration(
    "MOBILITY_PHASE",
    (
        Member(0, "STOPPED", "wheels still, drives off unless they hold on a slope"),
        Member(1, "ASKING", "the mode is asked for, nothing moves yet"),
        Member(2, "STEERING", "the steering gears go to their angles, wheels still"),
        Member(3, "MOVING", "wheels turning"),
        Member(4, "STOPPING", "wheels coming to rest"),
    ),
    "What mobility is doing",
)

MANOEUVRE: Final = Enumeration(
    "MANOEUVRE",
    (
        Member(0, "NONE"),
        Member(1, "DRIVE", "along a straight line, after a turn if one is asked for"),
        Member(2, "ARC", "along a circle by four-wheel steering"),
        Member(3, "TURN", "on the spot"),
        Member(4, "DRIVE_OFF", "straight down the rails, slowly"),
        Member(5, "SPIN", "wheels at a rate, straight, until told otherwise: for benches"),
    ),
    "What the rover was told to do",
)

STOP_REASON: Final = Enumeration(
    "STOP_REASON",
    (
        Member(0, "NONE"),
        Member(1, "ARRIVED", "the distance or the angle is done"),
        Member(2, "COMMANDED", "a command ended it"),
        Member(3, "TILT", "tilted beyond the limit"),
        Member(4, "CURRENT", "motor current beyond the limit"),
        Member(5, "SLIP", "estimated slip beyond the limit"),
        Member(6, "WHEELS", "too few wheels drive"),
        Member(7, "STEERING", "a steering gear does not stand where it should"),
        Member(8, "INERTIAL", "the inertial unit is silent or unwell"),
        Member(9, "MODE", "the mode was taken away, or refused"),
        Member(10, "TIME", "far longer than it should have taken"),
    ),
    "Why the rover stopped",
)

WHEEL_STATE: Final = Enumeration(
    "WHEEL_STATE",
    (
        Member(0, "IDLE", "its drive is not asked to turn"),
        Member(1, "DRIVING", "it pulls"),
        Member(2, "MASKED", "left out by command"),
        Member(3, "SILENT", "its drive is not heard, or does not come to be enabled"),
        Member(4, "TRIPPED", "its drive reports a fault"),
        Member(5, "STUCK", "it does not turn"),
        Member(6, "POWERLESS", "its motor takes no current: it is dragged along"),
    ),
    "What a wheel does for the drive",
)

CELSIUS: Final = Polynomial("KELVIN_TO_CELSIUS", "degC", (-273.15, 1.0))
_CURRENT: Final = Limits(-1.2, 1.2, -1.6, 1.6)  # our choice: the drive's own limit is 1.5 A


def _wheel(number: int) -> tuple[Parameter, ...]:
    first, record = 0x100 + 0x20 * number, f"wheel.{number}"
    return (
        *device_parameters(first, record, f"wheel drive {number}"),
        Parameter(first + 5, f"{record}.rate_rad_s", "f32", "rad/s", "rate of the wheel"),
        Parameter(first + 6, f"{record}.angle_rad", "f64", "rad", "angle of the wheel since power-on"),
        Parameter(first + 7, f"{record}.torque_n_m", "f32", "N.m", "torque on the wheel"),
        Parameter(first + 8, f"{record}.current_a", "f32", "A", "motor current", limits=_CURRENT),
        Parameter(first + 9, f"{record}.statusword", "u16", "", "CiA 402 statusword, object 6041h"),
        Parameter(first + 10, f"{record}.error_code", "u16", "", "CiA 402 error code, object 603Fh"),
        Parameter(first + 11, f"{record}.operational", "u8", "", "drive enabled and operational", enumeration=NO_YES),
        Parameter(first + 16, f"{record}.command.rate_rad_s", "f32", "rad/s", "rate asked for"),
        Parameter(first + 17, f"{record}.command.enabled", "u8", "", "drive asked to hold the rate", enumeration=NO_YES),
    )


def _steering(number: int) -> tuple[Parameter, ...]:
    first, record = 0x1C0 + 0x20 * number, f"steering.{number}"
    return (
        *device_parameters(first, record, f"steering drive {number}"),
        Parameter(first + 5, f"{record}.angle_rad", "f32", "rad", "heading of the wheel in the body, positive to the left"),
        Parameter(first + 6, f"{record}.torque_n_m", "f32", "N.m", "torque on the wheel"),
        Parameter(first + 7, f"{record}.current_a", "f32", "A", "motor current"),
        Parameter(first + 8, f"{record}.statusword", "u16", "", "CiA 402 statusword, object 6041h"),
        Parameter(first + 9, f"{record}.error_code", "u16", "", "CiA 402 error code, object 603Fh"),
        Parameter(first + 10, f"{record}.operational", "u8", "", "drive enabled and operational", enumeration=NO_YES),
        Parameter(first + 11, f"{record}.reached", "u8", "", "stands where it was told", enumeration=NO_YES),
        Parameter(first + 16, f"{record}.command.angle_rad", "f32", "rad", "angle asked for"),
        Parameter(first + 17, f"{record}.command.enabled", "u8", "", "drive asked to turn", enumeration=NO_YES),
    )


WHEELS: Final = tuple(row for number in range(6) for row in _wheel(number))
STEERINGS: Final = tuple(row for number in range(4) for row in _steering(number))

MOVEMENT: Final = (
    Parameter(0x240, "mobility.phase", "u8", "", "what mobility is doing", enumeration=PHASE),
    Parameter(0x241, "mobility.manoeuvre", "u8", "", "what it was told last", enumeration=MANOEUVRE),
    Parameter(0x242, "mobility.reason", "u8", "", "why it stopped last", enumeration=STOP_REASON),
    Parameter(0x243, "mobility.wheels_driving", "u8", "", "wheels that pull"),
    Parameter(0x244, "mobility.mask", "u8", "", "bit w: wheel w is left out by command"),
    Parameter(0x245, "mobility.holding", "u8", "", "drives hold the rover on a slope", enumeration=NO_YES),
    Parameter(0x246, "mobility.speed_m_s", "f32", "m/s", "speed asked of the wheels, forward"),
    Parameter(0x247, "mobility.curvature_1_m", "f32", "1/m", "curvature steered, positive to the left"),
    Parameter(0x248, "mobility.remaining_m", "f32", "m", "distance still to go"),
    Parameter(0x249, "mobility.turn_rad", "f32", "rad", "angle still to turn, positive to the left"),
    Parameter(0x24A, "mobility.faults", "u16", "", "stops that nobody commanded"),
    *(
        Parameter(0x250 + w, f"mobility.wheel_state[{w}]", "u8", "", f"what wheel {w} does for the drive", enumeration=WHEEL_STATE)
        for w in range(6)
    ),
    # Limits that the ground may set. 20 degrees is the rover's rating (facts: change4, section 4), the others our choice.
    Parameter(0x260, "mobility.cruise_m_s", "f64", "m/s", "speed of drives and arcs", settable=(0.0078125, 0.056640625)),
    Parameter(0x261, "mobility.tilt_limit_rad", "f64", "rad", "tilt that stops a drive", settable=(0.0, 0.625)),
    Parameter(0x262, "mobility.current_limit_a", "f64", "A", "mean current of the wheels that pull, that stops", settable=(0.125, 1.5)),
    Parameter(0x263, "mobility.slip_limit", "f64", "", "estimated slip that stops a drive", settable=(0.125, 1.0)),
    Parameter(0x264, "mobility.least_wheels", "u8", "", "wheels that must pull", settable=(1.0, 6.0)),
)

ODOMETRY: Final = (
    *vector(0x280, "odometry.position_m", 3, "f32", "m", "position estimated"),
    Parameter(0x283, "odometry.heading_rad", "f32", "rad", "heading estimated, from x towards y"),
    Parameter(0x284, "odometry.tilt_rad", "f32", "rad", "tilt", limits=Limits(yellow_high=0.26, red_high=0.35)),  # 15 and 20 degrees
    Parameter(0x285, "odometry.pitch_rad", "f32", "rad", "nose up positive"),
    Parameter(0x286, "odometry.roll_rad", "f32", "rad", "left side up positive"),
    Parameter(0x287, "odometry.slip", "f32", "", "slip estimated from the wheels' torque", limits=Limits(yellow_high=0.3, red_high=0.6)),
    Parameter(0x288, "odometry.speed_m_s", "f32", "m/s", "speed estimated, forward"),
    Parameter(0x289, "odometry.distance_m", "f64", "m", "way estimated, ever"),
    Parameter(0x28A, "odometry.energy_j", "f64", "J", "electrical energy that the drives took, from their currents and rates"),
    Parameter(0x28B, "odometry.power_w", "f32", "W", "electrical power of the drives, likewise"),
    Parameter(0x28C, "odometry.traction_n", "f32", "N", "pull of all wheels on the ground, from their torque"),
)

INERTIAL: Final = (
    *device_parameters(0x2C0, "imu", "inertial unit"),
    *vector(0x2C5, "imu.rate_rad_s", 3, "f32", "rad/s", "measured rate, body frame"),
    *vector(0x2C8, "imu.specific_force_m_s2", 3, "f32", "m/s2", "measured specific force, body frame"),
    Parameter(0x2CB, "imu.temperature_k", "f32", "K", "temperature of the unit", calibration=CELSIUS, limits=Limits(263, 323, 253, 333)),
)

PARAMETERS: Final = (*WHEELS, *STEERINGS, *MOVEMENT, *ODOMETRY, *INERTIAL)

# A step of Yutu-2 was about 8 m; ours may be longer.
_DISTANCE: Final = Argument("distance_m", "f32", "m", "way to go along the ground, negative backward", minimum=-100.0, maximum=100.0)
_TURN: Final = Argument("turn_rad", "f32", "rad", "turn on the spot first, positive to the left", minimum=-3.25, maximum=3.25, default=0.0)
_ANGLE: Final = Argument("angle_rad", "f32", "rad", "angle to turn by, positive to the left", minimum=-3.25, maximum=3.25)
_CURVATURE: Final = Argument("curvature_1_m", "f32", "1/m", "curvature, positive to the left", minimum=-0.75, maximum=0.75)
_RATE: Final = Argument("rate_rad_s", "f32", "rad/s", "rate of the wheels, positive forward", minimum=-0.6, maximum=0.6)
_MASK: Final = Argument("mask", "u8", "", "bit w: leave wheel w out", minimum=0, maximum=63)
_POSE: Final = (
    Argument("x_m", "f32", "m", "east of the site"),
    Argument("y_m", "f32", "m", "north of the site"),
    Argument("heading_rad", "f32", "rad", "from east towards north", minimum=-6.5, maximum=6.5),
)
READY: Final = ("STANDBY", "DRIVE")

COMMANDS: Final = (
    Command("drive", 8, 1, MOBILITY, "Drive a distance, after a turn", function=0x17, arguments=(_DISTANCE, _TURN), modes=READY),
    Command("stop", 8, 1, MOBILITY, "Stop the wheels", function=0x11),
    Command("arc", 8, 1, MOBILITY, "Drive along a circle", function=0x12, arguments=(_DISTANCE, _CURVATURE), modes=READY),
    Command("turn", 8, 1, MOBILITY, "Turn on the spot", function=0x13, arguments=(_ANGLE,), modes=READY),
    Command(
        "drive_off", 8, 1, MOBILITY, "Roll off the lander's deck", function=0x14, arguments=(_DISTANCE,),
        modes=("ABOARD", "STANDBY", "DRIVE"), hazardous=True,
    ),
    Command("resume", 8, 1, MOBILITY, "Go on with what was interrupted", function=0x15, modes=READY),
    Command("wheel_mask", 8, 1, MOBILITY, "Leave wheels out, and forget which were lost", function=0x16, arguments=(_MASK,), modes=ALL),
    Command("wheel_rate", 8, 1, MOBILITY, "Turn the wheels at a rate", function=0x10, arguments=(_RATE,), modes=READY),
    Command("set_pose", 8, 1, MOBILITY, "Tell the rover where it is", function=0x18, arguments=_POSE, modes=ALL),
)  # fmt: skip

_METRES: Final = EventArgument("distance_m", "f32", "m", "as estimated, of this manoeuvre")

EVENTS: Final = (
    *device_events(0x20, "imu", SYSTEM),
    *(row for w in range(6) for row in device_events(0x120 + 2 * w, f"wheel_{w}", MOBILITY)),
    *(row for s in range(4) for row in device_events(0x130 + 2 * s, f"steering_{s}", MOBILITY)),
    Event(0x30, 1, "moving", MOBILITY, "{manoeuvre} begins", (EventArgument("manoeuvre", "u8", "", enumeration=MANOEUVRE),)),
    Event(
        0x31, 1, "arrived", MOBILITY, "{manoeuvre} done: {distance_m:.2f} m, slip {slip:.2f}",
        (EventArgument("manoeuvre", "u8", "", enumeration=MANOEUVRE), _METRES, EventArgument("slip", "f32", "", "mean, as estimated")),
    ),
    Event(
        0x32, 2, "drive_stopped", MOBILITY, "{manoeuvre} stopped after {distance_m:.2f} m: {reason} ({value:.3g})",
        (
            EventArgument("manoeuvre", "u8", "", enumeration=MANOEUVRE), _METRES,
            EventArgument("reason", "u8", "", enumeration=STOP_REASON),
            EventArgument("value", "f32", "", "what exceeded its limit, or its number"),
        ),
    ),
    Event(
        0x33, 3, "wheel_lost", MOBILITY, "wheel {wheel} does not drive any more: {state}",
        (EventArgument("wheel", "u8", ""), EventArgument("state", "u8", "", enumeration=WHEEL_STATE)),
    ),
    Event(0x34, 2, "holding", MOBILITY, "holding on a slope of {tilt_rad:.2f} rad", (EventArgument("tilt_rad", "f32", "rad"),)),
)  # fmt: skip


def names(*records: str) -> tuple[str, ...]:
    """The parameters of some records, in the order of the rows."""
    return tuple(p.name for record in records for p in PARAMETERS if p.name.rsplit(".", 1)[0] == record)
