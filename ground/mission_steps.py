"""The whole mission, step by step: down from orbit, the rover out and away, and the pictures home. All by way of the relay."""

from __future__ import annotations

import math
from typing import Any

from ground.commanding import CommandStatus
from ground.decode import EventReport
from ground.demo_lockstep import Lockstep
from ground.demo_steps import ALTITUDE, FLYING, MODE, OUTCOME, Facts, Mission, Step, event_once, expect, touchdown_figures
from ground.pictures import SavedPicture
from wire.dictionary import DICTIONARIES, LANDER
from wire.export import dictionary_hash

STILLS_PERIOD_S = 60.0  # while braking the camera looks along the horizon; the film begins when it looks down
FILM_BELOW_M = 9000.0
FINE, SMALL = "FINE", "SMALL"
FINE_FRAMES, SMALL_FRAMES = 10, 54  # to bring home: the last before the engine is cut off, and others spread over a film of one a second
DRIVE_M = 10.0
DRIVE_OFF_M = 7.6  # the rails and some ground behind them
RAIL_AZIMUTH_RAD = math.pi / 4.0  # from the lander's x to where the rails point
LOOK_BACK_RAD, LOOK_DOWN_RAD = math.pi, -0.12
ROUND_TRIP_S = 60.0  # for a command of ours over light time and 125 bit/s
DESCENT_S, RELEASE_S, DRIVE_S, HOME_S = 1200.0, 900.0, 900.0, 900.0


def execute(flight: Lockstep, name: str, arguments: dict[str, Any] | None = None, limit_s: float = ROUND_TRIP_S) -> CommandStatus:
    """Send a command and let time pass until it is completed. Raises StepFailedError."""
    status = flight.command(name, arguments)
    flight.follow(status, limit_s, look_s=1.0 if limit_s > ROUND_TRIP_S else 0.5)
    expect(status.success, f"{status.text} is completed", f"{status.state} {status.reason}")
    return status


def frames_wanted(film_period_s: float) -> tuple[int, int]:
    """How many fine and small frames are to come home: in proportion to those that are taken, but one and two at least."""
    return max(1, int(FINE_FRAMES / film_period_s)), max(2, int(SMALL_FRAMES / film_period_s))


def boot(mission: Mission) -> Facts:
    flight = mission.flight
    mission.branches["first"] = flight.station.branch
    facts: Facts = {}
    for _ in range(60):
        if all(flight.events(f"{name}.boot") for name in DICTIONARIES):
            break
        flight.pass_seconds(0.5)
    for name in DICTIONARIES:
        event = event_once(mission, f"{name}.boot")
        theirs, ours = int(event.arguments["dictionary"]), int(dictionary_hash()[:8], 16)
        expect(theirs == ours, f"{name} flies the ground's dictionary {ours:08x}", f"{theirs:08x}")
        facts[name] = {"time_s": flight.spacecraft_s(event.packet.time_ns), "boot_count": event.arguments["boot_count"]}
    flight.narrator.told(f"lander, rover and relay are up and fly dictionary {dictionary_hash()[:8]}, as the ground does")
    return facts


def ping(mission: Mission) -> Facts:
    """Out and back at the speed of light, at 125 bit/s up."""
    flight = mission.flight
    for name in DICTIONARIES:
        begin = flight.tick
        status = flight.command(f"{name}.ping")
        flight.follow(status, ROUND_TRIP_S, look_s=0.05)
        expect(status.success, f"{name}.ping is completed", f"{status.state} {status.reason}")
        round_trip_s = round((flight.tick - begin) * flight.tick_s, 6)
        mission.pings.append({"vehicle": name, "stages": [stage.name for stage in status.stages], "round_trip_s": round_trip_s})
        flight.narrator.say(f"{name} is alive: there and back in {round_trip_s:.2f} s")
    flight.narrator.told("three vehicles answer, by way of the relay")
    return {"vehicles": [each["vehicle"] for each in mission.pings]}


def go(mission: Mission) -> Facts:
    flight = mission.flight
    execute(flight, "lander.film", {"period_s": STILLS_PERIOD_S, "ratio": SMALL})
    status = flight.command("lander.go")
    mission.marks["go"] = flight.time_s
    mission.land_request = status.request
    flight.follow(status, ROUND_TRIP_S, look_s=0.5, state="started")
    expect(status.state in ("started", "completed"), "lander.go is accepted and started", f"{status.state} {status.reason}")
    flight.narrator.told("the camera takes a picture a minute, and the lander is told to go")
    return {"stills_period_s": STILLS_PERIOD_S}


def brake(mission: Mission) -> Facts:
    flight = mission.flight
    expect(flight.pass_until([(ALTITUDE, "<", FILM_BELOW_M)], DESCENT_S), f"the lander comes down to {FILM_BELOW_M:g} m", "still above")
    truth = flight.bench.truth()
    period_s = mission.film_period_s
    execute(flight, "lander.film", {"period_s": period_s, "ratio": SMALL})
    often = "a frame a second" if period_s == 1.0 else f"a frame every {period_s:g} s"
    flight.narrator.told(f"braked to {truth['lander.speed_m_s']:.0f} m/s; {often} from here on")
    return {"altitude_m": truth["lander.altitude_m"], "speed_m_s": truth["lander.speed_m_s"], "film_period_s": period_s}


def descend(mission: Mission) -> Facts:
    flight = mission.flight
    expect(flight.pass_until([(OUTCOME, "!=", FLYING)], DESCENT_S), "the lander comes to the ground", "still flying")
    landed_mode = float(LANDER.vehicle.modes["LANDED"])
    expect(flight.pass_until([(MODE, "==", landed_mode)], 60.0), "the lander knows that it has landed", flight.bench.peek(MODE))
    flight.pass_seconds(5.0)
    figures = touchdown_figures(flight.bench.truth(), flight.tick_s)
    mission.endings["landing"] = figures
    mission.marks["touchdown"] = figures["time_s"]
    expect(figures["outcome"] == "landed", "the lander stands", figures["outcome"])
    flight.narrator.say(
        f"touchdown at {figures['vertical_speed_m_s']:.2f} m/s down and {figures['horizontal_speed_m_s']:.2f} m/s across,"
        f" {figures['from_site_m']:.0f} m from the target"
    )
    flight.narrator.told(f"landed on the far side, with {figures['propellant_kg']:.0f} kg of propellant left")
    return figures


def stored_pictures(mission: Mission, vehicle: str) -> list[EventReport]:
    """What the vehicle has said of the pictures in its flash, oldest first."""
    return mission.flight.events(f"{vehicle}.picture_stored")


def ask_for_pictures(mission: Mission) -> Facts:
    flight = mission.flight
    execute(flight, "lander.film_stop")
    flight.pass_seconds(5.0)
    stored = stored_pictures(mission, "lander")
    cut_off_ns = event_once(mission, "lander.engine_cutoff").packet.time_ns
    before = [event for event in stored if event.packet.time_ns <= cut_off_ns]
    fine_frames, small_frames = frames_wanted(mission.film_period_s)
    fine = [int(event.arguments["picture"]) for event in before if event.arguments["ratio"] == 8][-fine_frames:]
    small = [int(event.arguments["picture"]) for event in before if event.arguments["ratio"] == 64]
    expect(len(fine) == fine_frames, f"{fine_frames} frames before cut-off were taken at 8:1", len(fine))
    expect(len(small) >= small_frames, f"at least {small_frames} frames were stored at 64:1", len(small))
    step = (small[-1] - small[0]) // (small_frames - 1)
    spread = list(range(small[0], small[-1] + 1, step))
    execute(flight, "lander.send_pictures", {"first": fine[0], "last": fine[-1], "step": 1})
    execute(flight, "lander.send_pictures", {"first": small[0], "last": small[-1], "step": step})
    mission.expected = {("lander", number) for number in (*fine, *spread)}
    flight.narrator.told(f"{len(stored)} pictures are in the lander's flash; {len(mission.expected)} of them are asked for")
    octets = sum(int(event.arguments["octets"]) for event in stored)
    return {"stored": len(stored), "stored_octets": octets, "asked_for": len(mission.expected), "fine": fine, "small_step": step}


def release(mission: Mission) -> Facts:
    flight = mission.flight
    begin_s = flight.time_s
    for vehicle in ("lander", "rover"):
        execute(flight, f"{vehicle}.spread_wings")
    execute(flight, "lander.release_rover", limit_s=RELEASE_S)
    event_once(mission, "lander.rover_released", begin_s)
    steps = [flight.spacecraft_s(event.packet.time_ns) for event in flight.events("lander.release_confirmed", begin_s)]
    flight.narrator.told(f"the rails are down and the hold-downs open, after {flight.time_s - begin_s:.0f} s (compressed: our choice)")
    return {"took_s": round(flight.time_s - begin_s, 3), "confirmed_s": steps}


def tell_pose(mission: Mission) -> Facts:
    """The rover cannot know where the lander came down: it is told, from the lander's own telemetry."""
    flight = mission.flight
    position = [float(flight.value(f"lander.nav.position_m[{i}]")) for i in range(2)]
    w, x, y, z = (float(flight.value(f"lander.nav.quaternion_site_from_body[{i}]")) for i in range(4))
    heading = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)) + RAIL_AZIMUTH_RAD
    pose = {"x_m": position[0], "y_m": position[1], "heading_rad": math.remainder(heading, math.tau)}
    execute(flight, "rover.set_pose", {name: round(value, 4) for name, value in pose.items()})
    mission.marks["pose"] = flight.time_s
    return pose


def drive_off(mission: Mission) -> Facts:
    flight = mission.flight
    pose = tell_pose(mission)
    begin_s = flight.time_s
    execute(flight, "rover.drive_off", {"distance_m": DRIVE_OFF_M}, limit_s=DRIVE_S)
    surfaces = flight.bench.truth()["rover.wheel_surface"]
    expect(all(surface in (1, 2) for surface in surfaces), "all six wheels stand on the ground", surfaces)
    flight.narrator.told(f"six wheels on the soil, {flight.time_s - begin_s:.0f} s later")
    return {"took_s": round(flight.time_s - begin_s, 3), "wheel_surface": list(surfaces), "pose": pose}


def drive(mission: Mission) -> Facts:
    flight = mission.flight
    begin_s, before = flight.time_s, flight.bench.truth()["rover.position_m"]
    execute(flight, "rover.drive", {"distance_m": DRIVE_M}, limit_s=DRIVE_S)
    truth = flight.bench.truth()
    covered = math.dist(before, truth["rover.position_m"])
    event = flight.events("rover.arrived", begin_s)[-1]
    expect(covered > 0.8 * DRIVE_M, f"the rover has gone {DRIVE_M:g} m", f"{covered:.2f} m")
    flight.narrator.told(f"{covered:.2f} m in {flight.time_s - begin_s:.0f} s; the rover itself says {event.arguments['distance_m']:.2f} m")
    return {
        "distance_m": covered,
        "estimated_m": event.arguments["distance_m"],
        "slip": event.arguments["slip"],
        "took_s": round(flight.time_s - begin_s, 3),
    }


def look_back(mission: Mission) -> Facts:
    flight = mission.flight
    arguments = {"ratio": FINE, "azimuth_rad": LOOK_BACK_RAD, "elevation_rad": LOOK_DOWN_RAD}
    execute(flight, "rover.take_picture", arguments)
    position = flight.bench.truth()["rover.position_m"]
    mission.places.append((position[0], position[1]))
    number = int(stored_pictures(mission, "rover")[-1].arguments["picture"])
    execute(flight, "rover.send_pictures", {"first": number, "last": number, "step": 1})
    mission.expected.add(("rover", number))
    flight.narrator.told("the rover has taken a picture of the lander and of its own tracks")
    return {"picture": number}


def bring_home(mission: Mission) -> Facts:
    flight = mission.flight
    begin_s = flight.time_s
    while flight.time_s - begin_s < HOME_S and not mission.expected <= pictures_home(mission):
        flight.pass_seconds(2.0)
        flight.narrator.live(f"{len(pictures_home(mission))} of {len(mission.expected)} pictures are home")
        flight.station.files.settle()
    home = pictures_home(mission)
    missing = sorted(mission.expected - home)
    expect(not missing, "every picture that was asked for is home", f"missing: {missing[:5]}")
    counters = flight.station.files.counters
    stored = {vehicle: len(stored_pictures(mission, vehicle)) for vehicle in ("lander", "rover")}
    rest = sum(stored.values()) - len(home)
    flight.narrator.told(f"{len(home)} pictures are home, without one unit lost; {rest} more are stored on board")
    return {
        "home": len(home),
        "stored": stored,
        "stored_only": rest,
        "files": counters,
        "pictures": [described(each) for each in saved(mission)],
    }


def saved(mission: Mission) -> list[SavedPicture]:
    return sorted(mission.flight.station.files.pictures, key=lambda each: (each.vehicle, each.number))


def pictures_home(mission: Mission) -> set[tuple[str, int]]:
    return {(each.vehicle, each.number) for each in mission.flight.station.files.pictures}


def described(picture: SavedPicture) -> Facts:
    """What the report says of a picture."""
    names = ("vehicle", "camera", "number", "time", "altitude_m", "ratio", "octets")
    return {name: getattr(picture, name) for name in names}


STEPS = (
    Step("boot", "Three computers start", boot),
    Step("ping", "Are you alive? By way of the relay, at the speed of light", ping),
    Step("go", "Film, and go!", go),
    Step("brake", "From 1.7 km/s to a walk", brake),
    Step("descend", "Down to the far side", descend),
    Step("ask_for_pictures", "The film comes home", ask_for_pictures),
    Step("release", "The rover is released", release),
    Step("drive_off", "Down the rails", drive_off),
    Step("drive", f"{DRIVE_M:g} m on the far side", drive),
    Step("look_back", "A look back", look_back),
    Step("bring_home", "The pictures", bring_home),
)
