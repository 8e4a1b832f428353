"""The descent computed beforehand: a point mass from our own start through every phase, as a table in markdown (docs/descent.md).

    python -m tools.reference_profile [--mass KG] [--thrust N] [--height M]

Planar motion about a Moon that does not turn; thrust direction free, throttle 1500 N to 7500 N, specific impulse and thrust as the
engine of docs/devices.md, but without lag. The main deceleration steers by a tangent, linear but for a fixed bend, whose two
coefficients, with the time to go, meet height and velocity at its end; the rest flies the laws of `flight/apps/descent_law`.
Pure Python: nothing here is used by what flies.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Final, NamedTuple

GM_M3_S2: Final = 4902.800118e9
MEAN_RADIUS_M: Final = 1_737_400.0
SITE_RADIUS_M: Final = MEAN_RADIUS_M - 5_935.0
APOLUNE_M: Final = 100_000.0
G0_M_S2: Final = 9.80665
FULL_N: Final = 7500.0
LEAST_N: Final = 1500.0
STEP_S: Final = 0.1

BEND_1_S2: Final = -1.5e-6  # of the tangent: without it the path rises by 940 m first
MAIN_END_M: Final = 8_600.0  # above the target: the quick adjustment ends near 8 km
MAIN_END_DOWN_M_S: Final = 50.0
MAIN_END_ALONG_M_S: Final = 22.0
ADJUST_S: Final = 16.0
FASTEST_M_S: Final = 72.0
BRAKING_M_S2: Final = 0.6
HOVER_M: Final = 100.0
HOVER_S: Final = 16.0
AVOID_END_M: Final = 30.0
AVOID_M_S: Final = 2.5
SLOW_M_S: Final = 1.5
CUT_OFF_M: Final = 2.0


class State(NamedTuple):
    """In the plane of motion, from the Moon's centre: x along the flight at the target, z through the target."""

    x_m: float
    z_m: float
    vx_m_s: float
    vz_m_s: float
    mass_kg: float


class Line(NamedTuple):
    """One row of the table."""

    phase: str
    start_s: float
    height_m: float
    along_m_s: float
    down_m_s: float
    mass_kg: float
    pitch_deg: float
    thrust_n: float


def specific_impulse_s(thrust_n: float) -> float:
    """308 s at full thrust, 298 s at a fifth, linear."""
    return 308.0 - 12.5 * (1.0 - thrust_n / FULL_N)


def advance(state: State, thrust: Callable[[float], tuple[float, float]], seconds: float) -> State:
    """One Runge-Kutta step; `thrust` gives the two components (N) at a time from the step's beginning."""

    def slope(s: State, t: float) -> State:
        fx, fz = thrust(t)
        size = math.hypot(fx, fz)
        k = -GM_M3_S2 / math.hypot(s.x_m, s.z_m) ** 3
        flow = size / (specific_impulse_s(size) * G0_M_S2)
        return State(s.vx_m_s, s.vz_m_s, k * s.x_m + fx / s.mass_kg, k * s.z_m + fz / s.mass_kg, -flow)

    def along(s: State, d: State, h: float) -> State:
        return State(*(a + h * b for a, b in zip(s, d, strict=True)))

    k1 = slope(state, 0.0)
    k2 = slope(along(state, k1, seconds / 2), seconds / 2)
    k3 = slope(along(state, k2, seconds / 2), seconds / 2)
    k4 = slope(along(state, k3, seconds), seconds)
    return State(*(s + seconds / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)))


def height_m(s: State) -> float:
    """Above the sphere through the target."""
    return math.hypot(s.x_m, s.z_m) - SITE_RADIUS_M


def local(s: State) -> tuple[float, float]:
    """Speed along the flight and downwards, in the local frame."""
    r = math.hypot(s.x_m, s.z_m)
    return (s.vx_m_s * s.z_m - s.vz_m_s * s.x_m) / r, -(s.vx_m_s * s.x_m + s.vz_m_s * s.z_m) / r


def main_phase(
    start: State, thrust_n: float, unknowns: tuple[float, float, float], each: Callable[[float, State], None] | None = None
) -> State:
    """Fly the linear tangent `unknowns` = (time to go, tangent now, tangent rate), in the axes of the target."""
    seconds, tangent, rate = unknowns
    steps = max(1, round(seconds / 2.0)) if each is None else math.ceil(seconds / STEP_S)
    h, s = seconds / steps, start
    for n in range(steps):

        def push(t: float, now: float = n * h) -> tuple[float, float]:
            p = tangent + rate * (now + t) + BEND_1_S2 * (now + t) ** 2
            size = thrust_n / math.hypot(1.0, p)
            return -size, size * p

        if each is not None:
            each(n * h, s)
        s = advance(s, push, h)
    return s


def solve3(m: list[list[float]], b: list[float]) -> list[float]:
    """Cramer's rule."""

    def det(a: list[list[float]]) -> float:
        return (
            a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1])
            - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
            + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0])
        )

    whole = det(m)
    return [det([[b[i] if j == k else m[i][j] for j in range(3)] for i in range(3)]) / whole for k in range(3)]


def start_state(mass_kg: float, height_above_mean_m: float, before_m: float) -> State:
    """At perilune of the orbit to 100 km, so far before the target along the ground."""
    r, far = MEAN_RADIUS_M + height_above_mean_m, MEAN_RADIUS_M + APOLUNE_M
    speed = math.sqrt(2.0 * GM_M3_S2 * (1.0 / r - 1.0 / (r + far)))
    angle = before_m / SITE_RADIUS_M
    return State(-r * math.sin(angle), r * math.cos(angle), speed * math.cos(angle), speed * math.sin(angle), mass_kg)


def solve_main(mass_kg: float, thrust_n: float, height_above_mean_m: float) -> tuple[State, tuple[float, float, float]]:
    """The start whose full-thrust flight ends above the target, and its steering: Newton's method inside a search of the distance."""
    before, unknowns = 430_000.0, [470.0, -0.15, 0.0012]
    for _ in range(12):
        start = start_state(mass_kg, height_above_mean_m, before)

        def miss(u: list[float], start: State = start) -> list[float]:
            end = main_phase(start, thrust_n, (u[0], u[1], u[2]))
            along, down = local(end)
            return [height_m(end) - MAIN_END_M, along - MAIN_END_ALONG_M_S, down - MAIN_END_DOWN_M_S]

        for _ in range(12):
            now = miss(unknowns)
            steps = (0.05, 1e-5, 1e-8)
            columns = [[(a - b) / h for a, b in zip(miss([u + h * (i == k) for i, u in enumerate(unknowns)]), now, strict=True)]
                       for k, h in enumerate(steps)]  # fmt: skip
            change = solve3([[columns[k][i] for k in range(3)] for i in range(3)], [-x for x in now])
            unknowns = [u + c for u, c in zip(unknowns, change, strict=True)]
            if max(abs(x) for x in now) < 1e-4:
                break
        end = main_phase(start, thrust_n, (unknowns[0], unknowns[1], unknowns[2]))
        short = -math.atan2(end.x_m, end.z_m) * SITE_RADIUS_M - 150.0  # the quick adjustment carries it on
        before -= short
        if abs(short) < 1.0:
            break
    return start, (unknowns[0], unknowns[1], unknowns[2])


def vertical_target_m_s(phase: str, height: float) -> float:
    """Downward speed wanted, positive down."""
    if phase == "approach":
        return min(math.sqrt(2.0 * BRAKING_M_S2 * max(height - HOVER_M, 0.0)), 0.3 * max(height - HOVER_M, 0.0), FASTEST_M_S)
    if phase == "hazard avoidance":
        return min(AVOID_M_S, SLOW_M_S + 0.15 * max(height - AVOID_END_M, 0.0))
    return {"hover": 0.0, "slow descent": SLOW_M_S}[phase]


def fly(mass_kg: float, thrust_n: float, height_above_mean_m: float) -> tuple[list[Line], list[tuple[float, float]]]:
    """The rows of the table, and (time, height) of the main deceleration."""
    lines: list[Line] = []
    path: list[tuple[float, float]] = []
    start, unknowns = solve_main(mass_kg, thrust_n, height_above_mean_m)
    clock = 0.0

    def line(phase: str, s: State, fx: float, fz: float) -> None:
        along, down = local(s)
        tilt = (
            math.degrees(math.atan2(fz, -fx) - math.atan2(s.x_m, s.z_m))
            if phase == "main deceleration"
            else math.degrees(math.atan2(fz, -fx))
        )
        lines.append(Line(phase, clock, height_m(s), along, down, s.mass_kg, tilt, math.hypot(fx, fz)))

    line("main deceleration", start, -thrust_n / math.hypot(1, unknowns[1]), thrust_n * unknowns[1] / math.hypot(1, unknowns[1]))
    state = main_phase(start, thrust_n, unknowns, lambda t, s: path.append((t, height_m(s))))
    clock = unknowns[0]
    last = unknowns[1] + unknowns[2] * unknowns[0] + BEND_1_S2 * unknowns[0] ** 2
    line("end of main deceleration", state, -thrust_n / math.hypot(1, last), thrust_n * last / math.hypot(1, last))
    lines[-1] = lines[-1]._replace(pitch_deg=math.degrees(math.atan(last)))
    begin = clock
    gravity = GM_M3_S2 / SITE_RADIUS_M**2
    for phase in ("quick adjustment", "approach", "hover", "hazard avoidance", "slow descent"):
        begin, first = clock, True
        while True:
            h, (along, down) = height_m(state), local(state)
            done = {
                "quick adjustment": clock - begin >= ADJUST_S, "approach": h <= HOVER_M + 1.0 and down < 0.4,
                "hover": clock - begin >= HOVER_S, "hazard avoidance": h <= AVOID_END_M, "slow descent": h <= CUT_OFF_M,
            }[phase]  # fmt: skip
            if done:
                break
            if phase == "quick adjustment":
                left = max(ADJUST_S - (clock - begin), 1.0)
                across, up = -along / left * (1.5 if left > 4 else 1.0), gravity
            else:
                target = vertical_target_m_s(phase, h)
                ahead = BRAKING_M_S2 if phase == "approach" and down > 0.9 * target and 1.0 < target < FASTEST_M_S else 0.0
                across, up = -0.3 * along, gravity + ahead + 0.9 * (down - target)
            up = max(up, LEAST_N / state.mass_kg if phase != "quick adjustment" else 0.0)
            size = math.hypot(across, up) * state.mass_kg
            scale = min(max(size, LEAST_N), FULL_N) / max(size, 1e-9)
            fx, fz = across * state.mass_kg * scale, up * state.mass_kg * scale
            if first:
                line(phase, state, fx, fz)
                first = False
            force = (fx, fz)
            state = advance(state, lambda t, force=force: force, STEP_S)  # type: ignore[misc]
            clock += STEP_S
    line("cut-off", state, 0.0, 0.0)
    down = local(state)[1]
    h = height_m(state)
    fall = (math.sqrt(down * down + 2.0 * gravity * h) - down) / gravity
    clock += fall
    lines.append(Line("contact", clock, 0.0, local(state)[0], down + gravity * fall, state.mass_kg, 0.0, 0.0))
    return lines, path


def main() -> None:
    """Print the profile and whether the windows of the issue are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mass", type=float, default=2600.0)
    parser.add_argument("--thrust", type=float, default=FULL_N)
    parser.add_argument("--height", type=float, default=15_000.0, help="above the 1737.4 km sphere")
    given = parser.parse_args()
    lines, path = fly(given.mass, given.thrust, given.height)
    print(f"{given.mass:g} kg, {given.thrust:g} N, ignition {given.height / 1000:g} km above the mean sphere\n")
    print("| phase | start s | height m | along m/s | down m/s | mass kg | pitch deg | thrust N |\n|---|---|---|---|---|---|---|---|")
    for row in lines:
        print(
            f"| {row.phase} | {row.start_s:.0f} | {row.height_m:.0f} | {row.along_m_s:.1f} | {row.down_m_s:.1f} "
            f"| {row.mass_kg:.0f} | {row.pitch_deg:.1f} | {row.thrust_n:.0f} |"
        )
    start = solve_main(given.mass, given.thrust, given.height)[0]
    used = given.mass - lines[-1].mass_kg
    print(f"\ndistance flown over the ground {-math.atan2(start.x_m, start.z_m) * SITE_RADIUS_M / 1000:.1f} km")
    print(f"greatest height {max(h for _, h in path):.0f} m; propellant {used:.0f} kg; {lines[-1].start_s:.0f} s")


if __name__ == "__main__":
    main()
