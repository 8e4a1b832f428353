"""The spacecraft as a program: `python -m flight`. The only module that knows that the body is simulated.

Exit status: 0 in order, 1 a replay or a comparison that differs, 2 a wrong command line, 3 something that cannot be had (a port, a file).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from flight.command_line import Address, check, parser

if TYPE_CHECKING:
    from flight.conductor import Conductor
    from flight.hardware import Hardware
    from flight.mission import Mission
    from flight.recording import Recorder, Recording
    from flight.replay import Verdict
    from flight.security import Security
    from flight.security_downlink import TelemetrySealer

DIFFERENT, WRONG, UNAVAILABLE = 1, 2, 3
SIGNALS = (signal.SIGINT, signal.SIGTERM)
LOCK = ".lock"  # in a state directory


class UnavailableError(Exception):
    """Something outside that the emulator needs and cannot have."""


def build(
    header: dict[str, Any],
    state: Path | None,
    recorder: Recorder | Verdict | None,
    hal: Path | None = None,
    security: Security | None = None,
) -> Mission:
    """The mission in its world. Raises ValueError for a scenario that does not exist."""
    from flight.mission import Mission
    from flight.scenarios import SCENARIOS
    from hal.sim.world import SimulatedWorld

    known = SCENARIOS.get(header["scenario"])
    tick_s = known.tick_ns * 1e-9 if known else 0.01
    hardware = open_hardware(hal) if hal is not None else None
    outside, replaced = (hardware.outside, hardware.replaced) if hardware is not None else (None, ())
    return Mission(
        SimulatedWorld(tick_s, outside, replaced),
        scenario=header["scenario"],
        seed=header["seed"],
        real_time=header["speed"] == "real",
        state=state,
        hardware=hardware,
        recorder=recorder,
        link=header.get("link", "lab"),
        security=security,
        options=dict(header.get("option") or {}),
        channel=header.get("channel"),
        tc_format=header.get("tc_format", "cltu"),
        tm_format=header.get("tm_format", "cadu"),
    )


def secure(path: Path | None, state: Path | None) -> Security | None:
    """What a key file and a state directory make together. Raises ValueError and OSError."""
    if path is None or state is None:
        return None
    from flight.security import Security, read_keys

    return Security(read_keys(path), state)


def open_hardware(path: Path) -> Hardware:
    """The real buses of a HAL file. Raises UnavailableError."""
    from flight.hardware import Hardware
    from hal.backends import BackEndError, read_plan

    try:
        return Hardware(read_plan(path.read_text()))
    except BackEndError as error:
        raise UnavailableError(str(error)) from None


def recording_path(options: argparse.Namespace) -> Path | None:
    """Where to record: as told, or the next number under the state directory."""
    if options.record is not None or options.state is None:
        found: Path | None = options.record
        return found
    folder: Path = options.state / "recordings"
    numbers = [int(path.stem) for path in folder.glob("*.farside") if path.stem.isdigit()]
    return folder / f"{max(numbers, default=0) + 1:06d}.farside"


def open_recorder(path: Path, options: argparse.Namespace, security: Security | None) -> Recorder:
    from flight.recording import Recorder, build_id
    from flight.replay import OMITTED, capture
    from wire.export import dictionary_hash

    names = ("scenario", "seed", "speed", "link", "channel", "tc_format", "tm_format")
    header = {name: getattr(options, name) for name in names} | {"option": dict(options.option)}
    header["keys"] = None if security is None else security.keys.fingerprint
    state = None
    if options.state is not None:
        try:
            state = capture(options.state)
        except ValueError as error:
            print(f"warning: this recording will not replay: {error}", file=sys.stderr)
            state = {OMITTED: str(error)}
    return Recorder(path, header | {"dictionary": dictionary_hash(), "build": build_id(), "state": state})


class Watch:
    """Ends the conductor on a signal, or with the parent. Signals are waited for in a thread: the main thread is in the loop."""

    def __init__(self, with_parent: bool) -> None:
        self.conductor: Conductor | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before any thread is made, so that all inherit it
        threading.Thread(target=self._signals, name="signals", daemon=True).start()
        if with_parent:
            threading.Thread(target=self._parent, name="parent", daemon=True).start()

    def _signals(self) -> None:
        self._end(128 + signal.sigwait(SIGNALS))

    def _parent(self) -> None:
        while os.read(0, 4096):
            pass
        self._end(0)

    def _end(self, status: int) -> None:
        if self.conductor is None:
            os._exit(status)  # not up yet: there is nothing to end in order
        self.conductor.finish()


def fly(options: argparse.Namespace) -> int:
    """Run the emulator until it is told to end."""
    from flight.replay import IMAGES, images

    watch = Watch(options.with_parent)
    kept = hold(options.state) if options.state is not None else None
    path = recording_path(options)
    security = secure(options.keys, options.state)
    recorder = open_recorder(path, options, security) if path is not None else None
    mission = build(vars(options), options.state, recorder, options.hal, security)
    try:
        if recorder is not None:
            recorder.input(mission.tick, IMAGES, images(mission))
        serve(mission, options, watch)
        if recorder is not None:
            recorder.end(mission.tick, mission.digest())
    except UnavailableError:
        if path is not None:
            path.unlink()  # nothing has flown
        raise
    finally:
        mission.close()
        if recorder is not None:
            recorder.close()
        if kept is not None:
            kept.close()
    return 0


def hold(state: Path) -> BinaryIO:
    """Keep a state directory from every other emulator, until closed or killed. Raises UnavailableError."""
    import fcntl

    state.mkdir(parents=True, exist_ok=True)
    lock = open(state / LOCK, "ab")  # noqa: SIM115 (closed when the run ends)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise UnavailableError(f"--state {state} is in use by another emulator") from None
    return lock


def serve(mission: Mission, options: argparse.Namespace, watch: Watch) -> None:
    """Open the doors, say so, and let the conductor work."""
    from flight.conductor import Conductor
    from flight.doors.bench import BenchDoor
    from flight.doors.loopback import is_loopback
    from flight.doors.radio import RadioDoor

    sealer = sealer_of(mission)
    outlet = mission.outlet if sealer is None else sealer.sealed
    radio = RadioDoor(mission.inbox, outlet, options.tc, options.tm, mission.real_time, options.tm_format == "frame")
    if sealer is not None:
        radio.before_drop = sealer.settle
    conductor = Conductor(mission, options.speed, radio)
    bench = BenchDoor(options.bench, conductor.submit) if options.bench is not None else None
    doors: list[RadioDoor | BenchDoor] = []
    try:
        for door in (radio, bench):
            if door is not None:
                start(door, options)
                doors.append(door)
        ports = {"tc": radio.tc, "tm": radio.tm}
        if bench is not None:
            ports["bench"] = bench.address
            conductor.bench_counters = bench.counters
        for name, (host, _) in ports.items():
            if not is_loopback(host) and (name == "bench" or mission.security is None):
                print(f"warning: the {name} port listens on {host}: whoever reaches it can command this spacecraft", file=sys.stderr)
        watch.conductor = conductor
        announce(options, ports)
        conductor.serve()
    finally:
        for door in reversed(doors):
            door.stop()
        if sealer is not None:
            sealer.stop()


def sealer_of(mission: Mission) -> TelemetrySealer | None:
    """What seals telemetry between the loop and the door, begun, where there are keys."""
    if mission.security is None:
        return None
    from flight.security_downlink import TelemetrySealer

    sealer = TelemetrySealer(mission.outlet, mission.security.keys, mission.security.numbers)
    sealer.start()
    return sealer


def start(door: Any, options: argparse.Namespace) -> None:
    try:
        door.start()
    except OSError as error:
        wanted = " and ".join(f"--{name} {each[0]}:{each[1]}" for name in ("tc", "tm", "bench") if (each := getattr(options, name)))
        raise UnavailableError(f"a port cannot be had ({wanted}): {error}") from None


def announce(options: argparse.Namespace, ports: dict[str, Address]) -> None:
    """Ready: first the ports file, whole, then the line."""
    if options.ports_file is not None:
        draft = options.ports_file.with_name(options.ports_file.name + ".part")
        draft.write_text(json.dumps(ports))
        draft.replace(options.ports_file)
    shown = {"scenario": options.scenario, "seed": options.seed, "speed": options.speed, "link": options.link}
    if options.json:
        print(json.dumps(shown | ports), flush=True)
        return
    names = {"tc": "telecommand", "tm": "telemetry", "bench": "bench"}
    doors = ", ".join(f"{names[name]} {host}:{port}" for name, (host, port) in ports.items())
    print(f"{options.scenario}, seed {options.seed}, speed {options.speed}: {doors}", flush=True)


def read(path: Path) -> Recording:
    from flight.recording import read_recording

    try:
        return read_recording(path)
    except (OSError, ValueError) as error:
        raise UnavailableError(str(error)) from None


def again(options: argparse.Namespace) -> int:
    """`replay FILE`."""
    from flight.recording import build_id
    from flight.replay import OMITTED, Verdict, replay, unpack

    recording = read(options.file)
    if OMITTED in (recording.header["state"] or {}):
        raise UnavailableError(f"{options.file} cannot be replayed: {recording.header['state'][OMITTED]}")
    verdict = Verdict(recording.entries)
    with tempfile.TemporaryDirectory(prefix="farside-") as folder:
        state = Path(folder) if recording.header["state"] is not None else None
        if state is not None:
            unpack(recording.header["state"], state)
        mission = build(recording.header | {"speed": "max"}, state, verdict, security=secure_again(options, recording, state))
        try:
            replay(recording, verdict, mission)
        finally:
            mission.close()
    same_build = recording.header["build"] == build_id()
    found: dict[str, Any] = {
        "same": verdict.difference is None,
        "digests": verdict.compared,
        "tick": mission.tick,
        "difference": verdict.difference,
    }
    found |= {"ended": recording.end() is not None, "damage": recording.damage, "same_build": same_build}
    if options.json:
        print(json.dumps(found))
    else:
        tell_replay(found)
    return 0 if found["same"] else DIFFERENT


def secure_again(options: argparse.Namespace, recording: Recording, state: Path | None) -> Security | None:
    """The keys of a recorded run. Raises UnavailableError when they are not given, or are others."""
    wanted = recording.header.get("keys")
    if wanted is None:
        return None
    found = secure(options.keys, state)
    if found is None or found.keys.fingerprint != wanted:
        raise UnavailableError(f"{options.file} was recorded with keys: name the same file with --keys")
    return found


def tell_replay(found: dict[str, Any]) -> None:
    if found["damage"]:
        print(f"the recording is not whole: {found['damage']}")
    if not found["same_build"]:
        print("recorded by another build or on another kind of machine: the same bytes are not promised")
    if found["same"]:
        print(f"the same: {found['digests']} digests to tick {found['tick']}")
    else:
        print(f"recorded: {show(found['difference']['recorded'])}\nfound:    {show(found['difference']['found'])}")


def difference(options: argparse.Namespace) -> int:
    """`diff A B`."""
    from flight.recording import compare

    found = compare(read(options.a), read(options.b))
    if options.json:
        print(json.dumps(found))
    else:
        for name, (a, b) in found["header"].items():
            print(f"{name}: {a} / {b}")
        for path, damage in zip((options.a, options.b), found["damage"], strict=True):
            if damage:
                print(f"{path}: {damage}")
        first = found["first_difference"]
        print("the same" if first is None else f"first difference: {show(first['a'])} / {show(first['b'])}")
    return 0 if found["same"] else DIFFERENT


def show(entry: dict[str, Any] | None) -> str:
    return "nothing more" if entry is None else " ".join(f"{name} {value}" if name != "what" else value for name, value in entry.items())


def inventory(options: argparse.Namespace) -> int:
    """`faults` and `devices`: JSON, a list of rows."""
    from flight.doors.bench import plain

    mission = build({"scenario": "surface", "seed": 1, "speed": "max", "link": "lab"}, None, None)
    rows = mission.faults() if options.command == "faults" else mission.devices()
    print(json.dumps(plain([dict(row) for row in rows]), indent=1))
    mission.close()
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": fly,
    "replay": again,
    "diff": difference,
    "faults": inventory,
    "devices": inventory,
}


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    top = parser()
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "run")
    options = top.parse_args(given)
    if options.command == "run":
        check(options, top.error)
    try:
        return COMMANDS[options.command](options)
    except (UnavailableError, OSError, ValueError) as error:
        print(f"farside emulator: {error}", file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
