"""The command line of the emulator: what can be asked for, and what is refused before anything is built."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wire.dictionary.links import LINKS, TC_FORMATS, TM_FORMATS

Address = tuple[str, int]

TELEMETRY, TELECOMMAND = ("127.0.0.1", 10015), ("127.0.0.1", 10025)


def address(text: str) -> Address:
    """HOST:PORT, with brackets round an IPv6 host."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def speed(text: str) -> str | float:
    from flight.doors.bench_methods import parse_speed

    try:
        return parse_speed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def channel(text: str) -> dict[str, dict[str, float]]:
    from flight.channel_settings import parse

    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def option(text: str) -> tuple[str, float]:
    """NAME=NUMBER."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER") from None


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m flight`; `run` is what it does when no other subcommand is named."""
    top = argparse.ArgumentParser(
        prog="farside emulator", description="A lander, a rover and a relay in one process, and the world they are in."
    )
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run", help="fly (the default)", description="Fly: telecommand and telemetry over TCP and UDP, and a bench door if asked for."
    )
    run.add_argument("--scenario", default="surface", metavar="S", help="where and when to start (default: surface)")
    run.add_argument(
        "--speed", type=speed, default="real", metavar="real|N|max", help="real time, N times real time in lockstep, or as fast as it can"
    )
    run.add_argument("--seed", type=int, default=1, metavar="N", help="of everything that is random (default: 1)")
    run.add_argument(
        "--link", choices=LINKS, default="lab", help="straight to each vehicle (default), or through the relay, with rates and light time"
    )
    run.add_argument(
        "--channel",
        type=channel,
        metavar="FILE|K=V,...",
        help="bit errors, bursts, outages, loss, delay, duplication, reordering; `up.` or `down.` before a key: one way; `clear`: none yet",
    )
    run.add_argument("--tc-format", choices=TC_FORMATS, default="cltu", help="what the telecommand port takes (default: cltu)")
    run.add_argument("--tm-format", choices=TM_FORMATS, default="cadu", help="what the telemetry port gives (default: cadu)")
    run.add_argument(
        "--option", type=option, action="append", default=[], metavar="K=V", help="a number of the scenario, as lander.clock_drift_ppm=20"
    )
    run.add_argument("--state", type=Path, metavar="DIR", help="keep flash and other non-volatile memory here; starting on it is a reboot")
    run.add_argument(
        "--tc", type=address, default=TELECOMMAND, metavar="H:P", help="telecommand port (default: 127.0.0.1:10025; port 0: any)"
    )
    run.add_argument("--tm", type=address, default=TELEMETRY, metavar="H:P", help="telemetry port (default: 127.0.0.1:10015; port 0: any)")
    run.add_argument("--bench", type=address, metavar="H:P", help="bench door: off unless asked for")
    run.add_argument(
        "--keys", type=Path, metavar="FILE", help="take and give only frames sealed with these keys (farside keys new); needs --state"
    )
    run.add_argument("--insecure", action="store_true", help="listen beyond loopback though whoever reaches a port can use it")
    run.add_argument("--hal", type=Path, metavar="FILE", help="what moves the far side of each bus (TOML)")
    run.add_argument(
        "--record", type=Path, metavar="FILE", help="record inputs and digests (with --state: into DIR/recordings unless told otherwise)"
    )
    run.add_argument("--ports-file", type=Path, metavar="FILE", help="write the real ports here, as JSON, when ready")
    run.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    run.add_argument("--json", action="store_true", help="say that it is ready, and where, as one line of JSON")
    replay = commands.add_parser("replay", help="run a recording again and compare every digest")
    replay.add_argument("file", type=Path)
    replay.add_argument("--keys", type=Path, metavar="FILE", help="those of the run, if it had some")
    diff = commands.add_parser("diff", help="name the first difference of two recordings")
    diff.add_argument("a", type=Path)
    diff.add_argument("b", type=Path)
    for name, what in (("faults", "what can be broken"), ("devices", "what can be plugged in")):
        commands.add_parser(name, help=what, description=f"Print {what}, as JSON.")
    for each in (replay, diff):
        each.add_argument("--json", action="store_true")
    return top


def check(options: argparse.Namespace, error: Callable[[str], Any]) -> None:
    """Refuse what cannot be, in words."""
    if options.speed == "max" and options.bench is None:
        error("--speed max starts paused, and only a bench can let time pass: add --bench H:P")
    check_security(options, error)
    if options.hal is not None:
        check_hal(options.hal, options.speed, error)


def check_security(options: argparse.Namespace, error: Callable[[str], Any]) -> None:
    """Refuse a port that other machines can reach and anybody can use, and keys whose numbers would be forgotten."""
    from flight.doors.loopback import is_loopback

    if options.keys is not None and options.state is None:
        error("--keys needs --state DIR: the numbers that tell a replay must outlive this process")
    if options.insecure:
        return
    if options.bench is not None and not is_loopback(options.bench[0]):
        error(f"--bench {options.bench[0]}: no keys guard the bench door; keep it on loopback, or say --insecure if you mean it")
    for name in ("tc", "tm"):
        host = getattr(options, name)[0]
        if not is_loopback(host) and options.keys is None:
            error(
                f"--{name} {host}: whoever reaches this port could command the spacecraft; make keys with `farside keys new FILE` and "
                "give --keys FILE to both programs, or say --insecure if you mean it"
            )


def check_hal(path: Path, speed: str | float, error: Callable[[str], Any]) -> None:
    """Refuse a HAL file that cannot be read, or real devices at a speed that they do not have."""
    from hal.backends import BackEndError, read_plan

    try:
        plan = read_plan(path.read_text())
    except (OSError, UnicodeDecodeError, BackEndError) as reason:
        error(f"--hal {path}: {reason}")
    for name, place in plan.items():
        if speed != "real":
            error(f"--hal {path}: bus {name} is real ({place.address}), and real hardware keeps real time: use --speed real")
