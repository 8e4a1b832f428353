"""What the console's commands `phase`, `link` and `pictures` write: lines, from the station's values, counters and files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ground.colour import paint
from ground.console.monitor import LinkMonitor, channel_name
from ground.console.state import State, metres, metres_a_second, phase_text
from ground.console.status import age_text, progress
from ground.control_words import clcw_text, refusal_text, security_text
from ground.decode import Sample, format_value
from ground.mission import BY_SPACECRAFT
from ground.pictures import read_pictures
from ground.station import Station
from ground.telemetry import events
from ground.text import LIMIT_COLOURS, picture_words
from wire.dictionary import DICTIONARIES
from wire.time_scales import utc_text

_FLIGHT = ("nav.sigma_altitude_m", "guidance.thrust_command_n", "guidance.time_to_go_s", "guidance.propellant_used_kg")
_DRIVE = ("mobility.reason", "mobility.wheels_driving", "mobility.remaining_m", "odometry.distance_m", "odometry.slip", "odometry.tilt_rad")
_RELAY = ("forwarding.return_waiting", "forwarding.command_waiting", "forwarding.returned_lost", "forwarding.commanded_lost")
_LINK_COLUMNS = (
    ("frames", "frames"),
    ("packets", "packets"),
    ("idle_frames", "idle"),
    ("frames_missing", "missing"),
    ("packets_dropped", "cut"),
    ("bad_frames", "bad"),
    ("repeated", "twice"),
)
_NAME_COLUMNS = 16
_COUNT_COLUMNS = 8


def phase_lines(station: Station) -> Iterator[str]:
    """Where the mission is, what each vehicle does and means by it, and which phases guidance has been through."""
    state = State(station.values)
    yield f"mission: {state.mission_phase() or 'nothing known yet'}"
    for vehicle in DICTIONARIES:
        mode = state.sample(f"{vehicle}.mode.mode")
        if mode is not None:
            yield f"{vehicle}: {_with_meaning(mode)}"
            yield from (f"  {line}" for line in _of_vehicle(state, vehicle))
    passed = [event for event in events(station.archive, station.branch) if event.event.name == "guidance_phase"]
    if passed:
        yield "phases of guidance so far:"
    for event in passed:
        row = next(argument for argument in event.event.arguments if argument.name == "phase")
        name = row.enumeration.name_of(event.arguments["phase"]) if row.enumeration is not None else None
        yield f"  {utc_text(event.packet.time_ns)}  {phase_text(name or '?')}, at {metres(event.arguments['altitude_m'])}"


def _with_meaning(sample: Sample) -> str:
    enumeration = sample.parameter.enumeration
    meaning = enumeration.text_of(sample.raw) if enumeration is not None else ""
    return f"{sample.value}{f' ({meaning})' if meaning else ''}"


def _of_vehicle(state: State, vehicle: str) -> Iterator[str]:
    if vehicle == "lander":
        guidance, altitude, speed = state.sample("lander.guidance.phase"), state.number("lander.nav.altitude_m"), state.speed_m_s()
        if guidance is not None:
            yield f"guidance: {_with_meaning(guidance)}"
        if altitude is not None and speed is not None:
            yield f"{metres(altitude)} above the ground, {metres_a_second(speed)}"
        yield from _values(state, vehicle, _FLIGHT if state.flying else ())
        yield from _values(state, vehicle, ("release.step", "release.confirmed"))
    elif vehicle == "rover":
        phase = state.sample("rover.mobility.phase")
        if phase is not None:
            yield f"{state.word('rover.mobility.manoeuvre')}: {_with_meaning(phase)}"
        yield from _values(state, vehicle, _DRIVE)
    else:
        yield from _values(state, vehicle, _RELAY)


def _values(state: State, vehicle: str, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        sample = state.sample(f"{vehicle}.{name}")
        if sample is not None:
            yield f"{name} {paint(format_value(sample), fg=LIMIT_COLOURS.get(sample.limit))}"


def link_lines(station: Station, monitor: LinkMonitor) -> Iterator[str]:
    """Doors and link, what each vehicle was heard last, the coded channel's counters, and a table of the virtual channels."""
    state = paint("up", fg="green") if station.link.connected else paint("down", fg="red")
    doors = f"telemetry {station.options.tm} {state}, telecommand {station.options.tc}"
    yield f"{doors}, link {station.options.link}, branch {station.branch}, connected {station.link.connections} times"
    heard = [(vehicle, monitor.age_s(vehicle)) for vehicle in DICTIONARIES]
    yield "last frame: " + ", ".join(f"{name} {'never' if age is None else age_text(age) + ' ago'}" for name, age in heard)
    if monitor.rates is not None:
        yield f"{monitor.rates[0]:.1f} frames and {monitor.rates[1]:.1f} packets a second"
        for key, (frames, packets, octets) in sorted(monitor.channel_rates.items()):
            yield f"  {channel_name(*key)}: {frames:.2f} frames, {packets:.2f} packets, {octets:.0f} octets of packets a second"
    counters = station.link.counters()
    others = {"foreign_frames": counters.foreign_frames, **counters.control_words}
    yield "  ".join(f"{name} {count}" for name, count in {**counters.link, **others}.items())
    if counters.refused:
        yield "refused by security: " + (", ".join(f"{count} {name}" for name, count in counters.refused.items() if count) or "none")
    yield from _control_words(station)
    if counters.channels:
        wide = _NAME_COLUMNS + len(_LINK_COLUMNS) * _COUNT_COLUMNS <= shutil.get_terminal_size((1000, 24)).columns
        if wide:
            yield " " * _NAME_COLUMNS + "".join(f"{title:>{_COUNT_COLUMNS}}" for _, title in _LINK_COLUMNS)
        for (spacecraft_id, channel), counts in sorted(counters.channels.items()):
            name = channel_name(spacecraft_id, channel)
            if wide:
                yield f"{name:<{_NAME_COLUMNS}}" + "".join(f"{counts[key]:>{_COUNT_COLUMNS}}" for key, _ in _LINK_COLUMNS)
            else:
                yield f"{name}: " + ", ".join(f"{counts[key]} {title}" for key, title in _LINK_COLUMNS if counts[key])
    files = station.files.counters
    yield "files: " + ", ".join(f"{files[name]} {name}" for name in ("units", "complete", "incomplete", "unsound", "repeated"))


def _control_words(station: Station) -> Iterator[str]:
    """What each vehicle's control fields have said last."""
    clcws, reports = station.link.clcw, station.link.security
    for spacecraft_id, book in BY_SPACECRAFT.items():
        if spacecraft_id in clcws:
            yield f"{book.vehicle.name}: CLCW {clcw_text(clcws[spacecraft_id])}"
        if spacecraft_id in reports:
            report = reports[spacecraft_id]
            colour = "red" if refusal_text(report) else "yellow" if report.alarm else "green"
            yield f"{book.vehicle.name}: security report {paint(security_text(report), fg=colour)}"


def clock_lines(station: Station) -> Iterator[str]:
    """Every on-board clock as correlated: what it says now, its drift against the ground's clock, and how well that is known."""
    now_ns = station.clock.now_ns()
    for vehicle in DICTIONARIES:
        found = station.clocks.get(vehicle)
        if found is None:
            yield f"{vehicle}: no time report has come yet"
            continue
        drift = f"drift {found.drift * 1e6:+.3f} ppm" if found.drift else "drift not known yet"
        known = f"{found.samples} time reports, {found.spread_ns / 1e6:.3f} ms late on the average"
        yield f"{vehicle}: {utc_text(found.on_board_ns(now_ns), 6)} now, {drift}; {known}"
    if station.clocks.unpredicted:
        yield f"{station.clocks.unpredicted} time reports from outside the days for which the relay's ranges are predicted"


def picture_lines(station: Station, most: int) -> Iterator[str]:
    """The newest pictures that are home, those under way, and what the vehicles say that they have stored."""
    directory = station.files.directory / "pictures"
    home, problems = read_pictures(directory)
    yield from (paint(problem, fg="yellow") for problem in problems)
    if not home:
        yield f"no picture is home; they come to {directory}"
    else:
        yield f"{len(home)} home in {directory}{f', the last {most} of them' if len(home) > most else ''}:"
    yield from (f"  {each.time}  {Path(each.path).name}  {picture_words(each)}" for each in home[-most:])
    for coming in station.files.under_way():
        of = f"{coming.received_octets} of {coming.size}" if coming.size is not None else f"{coming.received_octets}"
        yield f"{coming.vehicle}: {coming.name or 'a file'} is under way, {of} octets {' '.join(progress([coming]))}".rstrip()
    stored = State(station.values).stored_on_board()
    for vehicle, (count, following) in stored.items():
        known = [f"{count} stored since the computer started"] if count is not None else []
        known += [f"the next has number {following}"] if following is not None else []
        yield f"{vehicle}, on board: {', '.join(known)}"
    if not stored:
        yield "no vehicle has said yet what it has stored: lander.hk_report report=pictures asks"
