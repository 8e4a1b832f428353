"""Where a run starts, as far as the world knows it: one row for each scenario. Its numbers are the options that a reset may override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

DESCENT_EPOCH_TAI_S: Final = 1_925_173_237.0  # 2019-01-03T02:20:00 UTC, as the computers' clocks have it
NIGHT_EPOCH_TAI_S: Final = DESCENT_EPOCH_TAI_S + 1_017_600.0  # 2019-01-14T21:00:00 UTC, a day after sunset
START_FLYING: Final = "flying"
START_ORBIT: Final = "orbit"  # at perilune, before the site
START_LANDED: Final = "landed"
START_ROLLED_OFF: Final = "rolled off"  # landed, the rover on the ground before the ramp
START_NOWHERE: Final = "nowhere"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`start` is one of the constants above, `epoch_tai_s` the time of tick 0 (TAI, since 1958-01-01); the rest are options.

    All figures are choices of ours. The hold stands for the flight before the scenario, which is not flown: until it ends the body is
    carried on at constant velocity and feels its weight, so that the computers can boot.
    """

    name: str
    start: str
    epoch_tai_s: float = DESCENT_EPOCH_TAI_S
    relay_phase: float = 0.0  # part of its period that the relay has flown since its southern end, at 2019-01-03T02:26 UTC
    battery_charge: float = 0.9  # of all three vehicles, 0 to 1
    altitude_m: float = 0.0  # of the footpads above the ground below
    propellant_kg: float = 0.0
    hold_s: float = 0.0
    position_spread_m: float = 0.0  # east and north, uniform to either side
    velocity_sigma_m_s: float = 0.0  # each axis
    attitude_sigma_rad: float = 0.0  # each axis
    upload_position_sigma_m: float = 0.0  # of the navigation state that the ground uploads, each axis
    upload_velocity_sigma_m_s: float = 0.0
    upload_attitude_sigma_rad: float = 0.0
    upload_bias_sigma_m_s2: float = 0.005  # of the accelerometers, as the ground believes
    upload_along_track_m: float = 0.0  # an error of the upload that its covariance does not know of
    perilune_m: float = 15_000.0  # above the 1737.4 km sphere; the descent starts there (docs/descent.md)
    distance_m: float = 480_000.0  # from the start to the site, over the ground
    azimuth_rad: float = 0.0  # of the flight at the site, from north to east
    mass_sigma_kg: float = 0.0  # dispersions, cut at three sigma: propellant loaded, thrust, specific impulse, true state of each axis
    thrust_sigma: float = 0.0
    isp_sigma: float = 0.0
    position_sigma_m: float = 0.0
    speed_sigma_m_s: float = 0.0
    soil_share: float = -1.0  # 0 to 1: cohesion and friction angle so far between the weakest and the strongest published; -1: drawn
    rover_distance_m: float = 7.5  # from the lander's axis along the rails to the rover, where it has rolled off; the rails end at 5.9 m
    rover_turn_rad: float = 0.0  # to the left of the rails' direction
    made_ground: float = 0.0  # 1: under the rover a plane and one rock instead of the terrain, for measurements
    slope_rad: float = 0.0  # of the made ground, upwards ahead of the rover
    rock_m: float = 0.0  # height of the made ground's rock, in the way of the left wheels; 0: none
    rock_distance_m: float = 2.0  # ahead of the rover's middle


UPLOAD: Final = {
    "upload_position_sigma_m": 2.0,
    "upload_velocity_sigma_m_s": 0.05,
    "upload_attitude_sigma_rad": 0.02 * 0.017453292519943295,  # as star trackers leave it
}

SCENARIOS: Final[Mapping[str, Scenario]] = {
    row.name: row
    for row in (
        Scenario(
            "descent",
            START_ORBIT,
            DESCENT_EPOCH_TAI_S - 408.0,  # so that it lands at the minute of Chang'e-4
            propellant_kg=1400.0,  # with 1200 kg dry, the 2.6 t of the facts, section 2
            attitude_sigma_rad=0.3 * 0.017453292519943295,
            mass_sigma_kg=10.0,
            thrust_sigma=0.005,
            isp_sigma=0.003,
            position_sigma_m=500.0,
            speed_sigma_m_s=1.0,
            upload_position_sigma_m=100.0,
            upload_velocity_sigma_m_s=0.1,
            upload_attitude_sigma_rad=UPLOAD["upload_attitude_sigma_rad"],
            upload_bias_sigma_m_s2=0.001,
        ),
        Scenario(
            "hover",
            START_FLYING,
            altitude_m=500.0,
            propellant_kg=250.0,  # about five minutes of hovering before the descent
            hold_s=2.0,
            position_spread_m=20.0,
            velocity_sigma_m_s=0.1,
            attitude_sigma_rad=0.3 * 0.017453292519943295,
            **UPLOAD,
        ),
        Scenario("surface", START_LANDED, DESCENT_EPOCH_TAI_S + 360.0, propellant_kg=50.0, **UPLOAD),
        Scenario("night", START_LANDED, NIGHT_EPOCH_TAI_S, battery_charge=0.55, propellant_kg=50.0, **UPLOAD),
        Scenario("rover-on-ground", START_ROLLED_OFF, DESCENT_EPOCH_TAI_S + 1560.0, propellant_kg=50.0, **UPLOAD),
        Scenario("bench", START_NOWHERE, propellant_kg=100.0),
    )
}

BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "relay_phase": (0.0, 1.0),
    "battery_charge": (0.0, 1.0),
    "altitude_m": (3.0, 100_000.0),
    "propellant_kg": (0.0, 2500.0),
    "hold_s": (0.0, 3600.0),
    "position_spread_m": (0.0, 100_000.0),
    "velocity_sigma_m_s": (0.0, 100.0),
    "attitude_sigma_rad": (0.0, 0.5),
    "upload_position_sigma_m": (0.0, 10_000.0),
    "upload_velocity_sigma_m_s": (0.0, 100.0),
    "upload_attitude_sigma_rad": (0.0, 0.5),
    "upload_bias_sigma_m_s2": (0.0, 1.0),
    "upload_along_track_m": (-100_000.0, 100_000.0),
    "perilune_m": (5_000.0, 100_000.0),
    "distance_m": (300_000.0, 2_000_000.0),
    "azimuth_rad": (-6.3, 6.3),
    "mass_sigma_kg": (0.0, 200.0),
    "thrust_sigma": (0.0, 0.1),
    "isp_sigma": (0.0, 0.1),
    "position_sigma_m": (0.0, 20_000.0),
    "speed_sigma_m_s": (0.0, 50.0),
    "soil_share": (-1.0, 1.0),
    "rover_distance_m": (6.5, 1000.0),
    "rover_turn_rad": (-3.2, 3.2),
    "made_ground": (0.0, 1.0),
    "slope_rad": (-0.8, 0.8),
    "rock_m": (0.0, 1.0),
    "rock_distance_m": (0.8, 100.0),
}
OPTIONS: Final = tuple(field.name for field in fields(Scenario) if field.name not in ("name", "start", "epoch_tai_s"))


def scenario_row(name: str, options: Mapping[str, float]) -> Scenario:
    """The row of that name with some of its numbers overridden. Raises ValueError for an unknown name, option or value."""
    if name not in SCENARIOS:
        raise ValueError(f"the world has no scenario {name!r}; there are {', '.join(SCENARIOS)}")
    row = SCENARIOS[name]
    for option, value in options.items():
        if option not in OPTIONS:
            raise ValueError(f"scenario {name}: no option {option!r}; there are {', '.join(OPTIONS)}")
        low, high = BOUNDS[option]
        if not low <= value <= high:
            raise ValueError(f"scenario {name}: {option} = {value:g} is not within {low:g} to {high:g}")
    given: dict[str, Any] = {option: float(value) for option, value in options.items()}
    return replace(row, **given)
