"""The mission of the demonstration, step by step. A step says what it finds as facts for the report; what is not as told, it raises."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ground.decode import EventReport
from ground.demo_lockstep import Lockstep
from wire.dictionary import DICTIONARIES, FAILURE_CODE, LANDER
from wire.export import dictionary_hash

Facts = dict[str, Any]

CUT_AT_M, CUT_FOR_S = 300.0, 10.0
SNAPSHOT_AT_M = 120.0
FILE = 1
ALTITUDE, DEGRADED, OUTCOME, MODE = "lander.nav.altitude_m", "lander.nav.degraded", "world.lander.outcome", "lander.mode.mode"
FLYING = 0.0  # of the truth `lander.outcome`


class StepFailedError(Exception):
    """A step did not come out as told."""


@dataclass(slots=True)
class Mission:
    """What the steps hand on to one another."""

    flight: Lockstep
    snapshot: bytes = b""
    snapshot_digest: str = ""
    land_request: int = 0
    pings: list[Facts] = field(default_factory=list)
    endings: dict[str, Facts] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)  # moments for the pictures, seconds from the epoch
    branches: dict[str, int] = field(default_factory=dict)  # of the archive
    expected: set[tuple[str, int]] = field(default_factory=set)  # pictures that were asked for: vehicle and number
    film_period_s: float = 1.0  # from frame to frame on the way down
    places: list[tuple[float, float]] = field(default_factory=list)  # where the rover took its pictures, east and north


def expect(holds: object, told: str, found: object) -> None:
    """Raises StepFailedError."""
    if not holds:
        raise StepFailedError(f"{told}; found: {found}")


def event_once(mission: Mission, name: str, since_s: float = 0.0) -> EventReport:
    """The first event of that name, from the archive."""
    found = mission.flight.events(name, since_s)
    expect(found, f"event {name} comes", "none")
    return found[0]


def boot(mission: Mission) -> Facts:
    flight = mission.flight
    mission.branches["first"] = flight.station.branch
    facts: Facts = {}
    for _ in range(10):
        if all(flight.events(f"{name}.boot") for name in DICTIONARIES):
            break
        flight.pass_seconds(0.5)
    for name in DICTIONARIES:
        event = event_once(mission, f"{name}.boot")
        theirs, ours = int(event.arguments["dictionary"]), int(dictionary_hash()[:8], 16)
        expect(theirs == ours, f"{name} flies the ground's dictionary {ours:08x}", f"{theirs:08x}")
        facts[name] = {"time_s": flight.spacecraft_s(event.packet.time_ns), "boot_count": event.arguments["boot_count"]}
    expect(flight.pass_until([(DEGRADED, "==", 0.0)], 10.0), "navigation finds its sensors within 10 s", "degraded")
    flight.narrator.told(f"lander, rover and relay are up and fly dictionary {dictionary_hash()[:8]}, as the ground does")
    return facts


def ping(mission: Mission) -> Facts:
    flight = mission.flight
    for name, book in DICTIONARIES.items():
        begin = flight.tick
        status = flight.command(f"{name}.ping")
        flight.follow(status, 1.0, look_s=flight.tick_s)
        expect(status.success, f"{name}.ping is completed", status.state)
        archive = flight.station.archive
        answers = archive.packets(flight.station.branch, spacecraft=[book.vehicle.spacecraft_id], service=17, subtype=2)
        expect(answers, f"{name} answers with [17,2]", "nothing")
        round_trip_s = round((flight.tick - begin) * flight.tick_s, 6)
        mission.pings.append({"vehicle": name, "stages": [stage.name for stage in status.stages], "round_trip_s": round_trip_s})
        flight.narrator.say(f"{name} is alive: there and back in {1e3 * round_trip_s:.0f} ms of its own time")
    flight.narrator.told("three vehicles accept, start and complete a ping")
    return {"vehicles": [each["vehicle"] for each in mission.pings]}


def refusal(mission: Mission) -> Facts:
    flight = mission.flight
    status = flight.command("lander.imu_power", {"on": "OFF"})
    flight.follow(status, 2.0)
    failure = next((stage for stage in status.stages if not stage.success), None)
    code = FAILURE_CODE.name_of(failure.code) if failure is not None else None
    expect(code == "ILLEGAL_IN_MODE", "to switch the inertial unit off in flight is refused for its mode", f"{status.state} {code}")
    flight.pass_seconds(1.2)
    validity = flight.value("lander.imu.validity")
    expect(validity == "VALID", "the inertial unit is still on", validity)
    flight.narrator.told("the spacecraft refused what its mode forbids, and said why")
    return {"command": status.text, "code": code, "reason": status.reason}


def descend(mission: Mission) -> Facts:
    flight = mission.flight
    altitude = float(flight.value(ALTITUDE))
    status = flight.command("lander.land")
    mission.marks["land"] = flight.time_s
    mission.land_request = status.request
    flight.follow(status, 5.0, state="started")
    flight.narrator.verification(status)
    expect(status.state == "started", "lander.land is accepted and started", f"{status.state} {status.reason}")
    event = event_once(mission, "lander.mode_changed", mission.marks["land"])
    mode = flight.bench.peek(MODE)
    expect(mode == LANDER.vehicle.modes["DESCENT"], "the lander is in mode DESCENT", LANDER.vehicle.modes.name_of(mode))
    flight.narrator.told(f"on the way down from {altitude:.0f} m")
    return {"from_altitude_m": altitude, "mode_changed_s": flight.spacecraft_s(event.packet.time_ns)}


def cut_altimeter(mission: Mission) -> Facts:
    flight = mission.flight
    expect(flight.pass_until([(ALTITUDE, "<", CUT_AT_M)], 120.0), f"the lander comes down to {CUT_AT_M:g} m", flight.value(ALTITUDE))
    before, begin_s = float(flight.value("lander.nav.sigma_altitude_m")), flight.time_s
    flight.bench.inject("lander.bus.altimeter", "off")
    flight.narrator.say("the altimeter's bus is cut", "bold red")
    flight.pass_seconds(CUT_FOR_S)
    mission.marks |= {"cut": begin_s, "whole": flight.time_s}
    blind = float(flight.value("lander.nav.sigma_altitude_m"))
    error = flight.bench.peek(ALTITUDE) - flight.bench.truth()["lander.altitude_m"]  # of one moment; telemetry is up to 0.1 s older
    event_once(mission, "lander.navigation_degraded", begin_s)
    expect(flight.value(DEGRADED) == "YES" and blind > before, "navigation is degraded and its doubt grows", f"{before} m to {blind} m")
    flight.narrator.say(
        f"blind for {CUT_FOR_S:g} s: altitude known to {blind:.2f} m instead of {before:.2f} m (in truth {error:+.2f} m off)"
    )
    flight.bench.clear("lander.bus.altimeter")
    flight.narrator.say("the bus is whole again", "bold")
    expect(flight.pass_until([(DEGRADED, "==", 0.0)], 10.0), "navigation recovers within 10 s", "degraded")
    flight.pass_seconds(0.5)
    after = float(flight.value("lander.nav.sigma_altitude_m"))
    recovered = event_once(mission, "lander.navigation_recovered", mission.marks["whole"])
    expect(after < blind, "the doubt shrinks", f"{blind} m to {after} m")
    flight.narrator.told(f"navigation noticed, bridged it with the inertial unit, and recovered: {after:.2f} m")
    return {
        "cut_s": begin_s,
        "cut_for_s": CUT_FOR_S,
        "sigma_before_m": before,
        "sigma_blind_m": blind,
        "sigma_after_m": after,
        "error_blind_m": error,
        "recovered_s": flight.spacecraft_s(recovered.packet.time_ns),
    }


def take_snapshot(mission: Mission) -> Facts:
    flight = mission.flight
    expect(
        flight.pass_until([(ALTITUDE, "<", SNAPSHOT_AT_M)], 60.0), f"the lander comes down to {SNAPSHOT_AT_M:g} m", flight.value(ALTITUDE)
    )
    mission.snapshot = flight.bench.snapshot()
    mission.snapshot_digest = flight.digest
    mission.marks["snapshot"] = flight.time_s
    altitude = flight.bench.truth()["lander.altitude_m"]
    flight.narrator.told(f"everything at {altitude:.1f} m is in {len(mission.snapshot) // 1024} KiB, digest {flight.digest[:8]}")
    return {"altitude_m": altitude, "octets": len(mission.snapshot), "digest": flight.digest}


def touchdown_figures(truth: Facts, tick_s: float) -> Facts:
    """How it met the ground, in truth."""
    east, north, _ = truth["lander.position_m"]
    return {
        "outcome": truth["lander.outcome"],
        "time_s": round(truth["lander.touchdown_tick"] * tick_s, 6),
        "vertical_speed_m_s": truth["lander.touchdown_vertical_m_s"],
        "horizontal_speed_m_s": truth["lander.touchdown_horizontal_m_s"],
        "tilt_deg": math.degrees(truth["lander.touchdown_tilt_rad"]),
        "rest_tilt_deg": math.degrees(truth["lander.tilt_rad"]),
        "from_site_m": math.hypot(east, north),
        "propellant_kg": truth["lander.propellant_kg"],
    }


def crash(mission: Mission) -> Facts:
    flight = mission.flight
    broken_s = flight.time_s
    flight.bench.inject("lander.engine", "off")
    flight.narrator.say("the engine is broken: its valves stay shut", "bold red")
    flight.pass_until([(OUTCOME, "!=", FLYING)], 60.0)
    figures = touchdown_figures(flight.bench.truth(), flight.tick_s)
    mission.endings["crash"] = figures
    mission.marks["crash"] = figures["time_s"]
    expect(figures["outcome"] == "crashed", "without an engine the lander crashes", figures["outcome"])
    event_once(mission, "lander.engine_powerless", broken_s)
    flight.narrator.told(f"crashed, as it must: into the ground at {figures['vertical_speed_m_s']:.1f} m/s")
    return {"broken_s": broken_s, **figures}


def rewind(mission: Mission) -> Facts:
    flight = mission.flight
    flight.narrator.say("the snapshot is restored; the station loses its link, and finds it again")
    left = flight.station.branch
    branch = flight.rewind(mission.snapshot, "rewound to before the engine broke")
    mission.branches["second"] = branch.id
    truth = flight.bench.truth()
    expect(flight.digest == mission.snapshot_digest, f"the digest is {mission.snapshot_digest} again", flight.digest)
    expect(not truth["faults"], "nothing is broken", truth["faults"])
    expect(branch.parent == left and branch.id != left, "a new branch of the archive has begun", branch)
    flight.narrator.told(
        f"back at {truth['lander.altitude_m']:.1f} m, digest {flight.digest[:8]} again; the archive begins branch {branch.id}"
    )
    return {"to_s": flight.time_s, "digest": flight.digest, "branch": branch.id, "parent": branch.parent}


def land(mission: Mission) -> Facts:
    flight = mission.flight
    begin_s = flight.time_s
    expect(flight.pass_until([(OUTCOME, "!=", FLYING)], 120.0), "the lander comes to the ground", "still flying")
    landed_mode = float(LANDER.vehicle.modes["LANDED"])
    expect(flight.pass_until([(MODE, "==", landed_mode)], 20.0), "the lander knows that it has landed", flight.value(MODE))
    flight.pass_seconds(1.0)
    figures = touchdown_figures(flight.bench.truth(), flight.tick_s)
    mission.endings["landing"] = figures
    mission.marks["touchdown"] = figures["time_s"]
    expect(figures["outcome"] == "landed", "the lander stands", figures["outcome"])
    event = event_once(mission, "lander.touchdown", begin_s)
    requests = flight.station.archive.packets(flight.station.branch, service=1, subtype=7, selector=mission.land_request)
    expect(requests, "lander.land is completed, on this branch", "no such report")
    navigated = {name: event.arguments[name] for name in ("vertical_speed_m_s", "horizontal_speed_m_s")}
    flight.narrator.say(
        f"touchdown at {figures['vertical_speed_m_s']:.2f} m/s down and {figures['horizontal_speed_m_s']:.2f} m/s across, tilt"
        f" {figures['tilt_deg']:.1f}°; at rest it leans {figures['rest_tilt_deg']:.1f}°, {figures['from_site_m']:.0f} m from the site"
    )
    flight.narrator.told(f"landed, with {figures['propellant_kg']:.0f} kg of propellant left")
    return {**figures, "as_navigated": navigated}


def store_log(mission: Mission) -> Facts:
    flight = mission.flight
    begin_s = flight.time_s
    status = flight.command("lander.store_log", {"file": FILE})
    flight.follow(status, 10.0)
    expect(status.success, "lander.store_log is completed", f"{status.state} {status.reason}")
    event = event_once(mission, "lander.file_stored", begin_s)
    expect(event.arguments["number"] == FILE and event.arguments["size"] > 0, f"file {FILE} is stored", event.text)
    flight.narrator.told("the last minute of the descent is a file in the lander's flash")
    return {"file": FILE, "octets": event.arguments["size"], "crc32": f"{event.arguments['crc32']:08x}"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the mission: its name in the report, its heading, and what it does."""

    name: str
    title: str
    run: Callable[[Mission], Facts]


STEPS = (
    Step("boot", "Three computers start", boot),
    Step("ping", "Are you alive?", ping),
    Step("refusal", "A command that the mode forbids", refusal),
    Step("descend", "Land!", descend),
    Step("cut_altimeter", f"At {CUT_AT_M:g} m the altimeter falls silent", cut_altimeter),
    Step("snapshot", f"At {SNAPSHOT_AT_M:g} m: a snapshot", take_snapshot),
    Step("crash", "The engine breaks", crash),
    Step("rewind", "Back in time", rewind),
    Step("land", "And now without a fault", land),
    Step("store_log", "The log goes to flash", store_log),
)
