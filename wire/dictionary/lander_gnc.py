"""The lander's guidance, navigation and control: parameters, commands, events."""

from typing import Final

from wire.dictionary.codes import NO_YES
from wire.dictionary.rows import Argument, Command, Enumeration, Event, EventArgument, Limits, Member, Parameter, Polynomial, vector

GNC: Final = 0x102


PHASE: Final = Enumeration(
    "GUIDANCE_PHASE",
    (
        Member(0, "IDLE", "no guidance"),
        Member(1, "HOVER", "holding the commanded height above the site"),
        Member(2, "APPROACH", "coming down along a profile of speed over height"),
        Member(3, "SLOW_DESCENT", "vertical at constant speed"),
        Member(4, "CUT_OFF", "engine off, waiting for rest"),
        Member(5, "STANDING", "at rest on four legs"),
        Member(6, "PREPARATION", "turning to where the engine will push, waiting for the moment to ignite"),
        Member(7, "BRAKING", "main deceleration, near full thrust"),
        Member(8, "ADJUSTMENT", "quick adjustment: upright, what is left of horizontal speed taken away"),
        Member(9, "DETECTION", "hover at 100 m: the image of the ground, and the choice of the place"),
        Member(10, "AVOIDANCE", "sideways to the place, and down to 30 m"),
    ),
    "What guidance is doing",
)

PLACE: Final = Enumeration(
    "PLACE",
    (
        Member(1, "COMMANDED", "by the command divert"),
        Member(2, "IMAGE", "by the image of the imaging laser"),
        Member(3, "NO_IMAGE", "the first one: no image, or none that could be judged"),
    ),
    "How the place to come down on was chosen",
)

VERDICT: Final = Enumeration(
    "VERDICT",
    (
        Member(0, "NONE", "no image yet"),
        Member(1, "SAFE", "slope and roughness within their limits"),
        Member(2, "LEAST_BAD", "no place was within the limits"),
        Member(3, "NOTHING_SEEN", "too few echoes"),
    ),
    "What hazard avoidance says of a place",
)

PERCENT: Final = Polynomial("FRACTION_TO_PERCENT", "%", (0.0, 100.0))

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
    Parameter(
        0x116,
        "nav.causes",
        "u8",
        "",
        "what it lacks: 1 altimeter, 2 inertial unit, 4 uploaded state, 8 possible altitude, 16 star tracker, 32 radar, 64 gamma altimeter",
    ),
    Parameter(0x117, "nav.sigma_position_m", "f32", "m", "standard deviation of horizontal position"),
    Parameter(0x118, "nav.sigma_velocity_m_s", "f32", "m/s", "standard deviation of horizontal velocity"),
    Parameter(0x119, "nav.sigma_attitude_rad", "f32", "rad", "standard deviation of attitude"),
    Parameter(0x11A, "nav.star_tracker_used", "u32", "", "attitudes used"),
    Parameter(0x11B, "nav.star_tracker_rejected", "u32", "", "attitudes rejected by the filter"),
    Parameter(0x11C, "nav.radar_used", "u32", "", "beam speeds used"),
    Parameter(0x11D, "nav.radar_rejected", "u32", "", "beam speeds rejected by the filter"),
    Parameter(0x11E, "nav.gamma_used", "u32", "", "gamma heights used"),
    Parameter(0x11F, "nav.gamma_rejected", "u32", "", "gamma heights rejected by the filter"),
    Parameter(0x120, "nav.terrain", "u8", "", "altitude is above the terrain, not above the target's sphere", enumeration=NO_YES),
)

GUIDANCE: Final = (
    Parameter(0x140, "guidance.phase", "u8", "", "what guidance is doing", enumeration=PHASE),
    *vector(0x141, "guidance.target_velocity_m_s", 3, "f32", "m/s", "velocity asked for, site frame"),
    Parameter(0x144, "guidance.thrust_command_n", "f32", "N", "thrust asked for"),
    Parameter(0x145, "guidance.commanded_altitude_m", "f32", "m", "height to hover at", settable=(5.0, 2000.0)),
    Parameter(0x147, "guidance.propellant_used_kg", "f32", "kg", "used by the main engine, summed up from thrust"),
    Parameter(0x148, "guidance.throttle", "f32", "", "of the main deceleration's plan", calibration=PERCENT),
    Parameter(0x149, "guidance.time_to_go_s", "f32", "s", "of the main deceleration's plan"),
    *vector(0x14A, "guidance.held_position_m", 2, "f64", "m", "the place to come down on, east and north in the site frame"),
    Parameter(0x146, "guidance.mass_kg", "f32", "kg", "thrust asked for over acceleration felt: the mass, for an engine that obeys"),
)

CONTROL: Final = (
    *vector(0x160, "control.attitude_error_rad", 3, "f32", "rad", "attitude error, body frame", Limits(-0.1, 0.1, -0.4, 0.4)),
    *vector(0x163, "control.rate_error_rad_s", 3, "f32", "rad/s", "rate error, body frame"),
    Parameter(0x166, "control.thruster_duty", "f32", "", "thruster on-time in use, of what there is", calibration=PERCENT),
)

HAZARD: Final = (
    *vector(0x170, "hazard.place_m", 2, "f64", "m", "the place that the last image shows, east and north in the site frame"),
    Parameter(0x172, "hazard.offset_m", "f32", "m", "from the lander to it"),
    Parameter(0x173, "hazard.slope_rad", "f32", "rad", "of the plane there"),
    Parameter(0x174, "hazard.roughness_m", "f32", "m", "greatest height off that plane"),
    Parameter(0x175, "hazard.safe_share", "f32", "", "of the windows judged", calibration=PERCENT),
    Parameter(0x176, "hazard.images", "u32", "", "images judged"),
    Parameter(0x177, "hazard.verdict", "u8", "", "on that place", enumeration=VERDICT),
)

PARAMETERS: Final = (*NAVIGATION, *GUIDANCE, *CONTROL, *HAZARD)

COMMANDS: Final = (
    Command("hover", 8, 1, GNC, "Stop the descent and hover", function=0x10, modes=("DESCENT",)),
    Command("land", 8, 1, GNC, "Go down and land from the hover", function=0x11, modes=("HOVER",)),
    Command("go", 8, 1, GNC, "Leave the orbit, ignite when the time has come, and land", function=0x12, modes=("ORBIT",)),
    Command(
        "divert",
        8,
        1,
        GNC,
        "Move the place to come down on",
        function=0x13,
        modes=("DESCENT",),
        arguments=(
            Argument("east", "f32", "m", "by so much to the east", minimum=-2000.0, maximum=2000.0),
            Argument("north", "f32", "m", "by so much to the north", minimum=-2000.0, maximum=2000.0),
        ),
    ),
)

EVENTS: Final = (
    Event(
        0x30,
        3,
        "navigation_degraded",
        GNC,
        "navigation degraded, causes {causes}, altitude known to {sigma_altitude_m:.1f} m",
        (EventArgument("sigma_altitude_m", "f32", "m"), EventArgument("causes", "u8", "", "as parameter nav.causes")),
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
        0x33,
        2,
        "attitude_restarted",
        GNC,
        "star tracker and attitude disagreed for long: attitude moves by {x_rad:.4f}, {y_rad:.4f}, {z_rad:.4f} rad",
        (EventArgument("x_rad", "f32", "rad"), EventArgument("y_rad", "f32", "rad"), EventArgument("z_rad", "f32", "rad")),
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
        0x45,
        1,
        "place_chosen",
        GNC,
        "going down on {east_m:.1f} m east, {north_m:.1f} m north: {how}",
        (
            EventArgument("east_m", "f32", "m", "site frame, as navigated"),
            EventArgument("north_m", "f32", "m"),
            EventArgument("how", "u8", "", enumeration=PLACE),
        ),
    ),
    Event(
        0x46,
        4,
        "crash_felt",
        GNC,
        "lying still, and deaf to the engine: cut off; altitude {altitude_m:.1f} m, speed {vertical_speed_m_s:.1f} m/s as navigated",
        (EventArgument("altitude_m", "f32", "m"), EventArgument("vertical_speed_m_s", "f32", "m/s")),
    ),
    Event(
        0x47,
        3,
        "propellant_low",
        GNC,
        "propellant for a landing and no more: {propellant_kg:.0f} kg left, going down",
        (EventArgument("propellant_kg", "f32", "kg", "by the sum of the flow"),),
    ),
)
