"""The status below the prompt: what there is to show, laid out in lines that a terminal's width holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ground.console.monitor import LinkMonitor
from ground.console.state import Field, State
from ground.control_words import refusal_text
from ground.files import UnderWay
from ground.mission import BY_SPACECRAFT
from ground.station import Station
from wire.dictionary import DICTIONARIES
from wire.fsr import FrameSecurityReport

NARROW_COLUMNS = 60  # below it, minor fields are left out
STALE_S = 5.0  # of the last frame of a vehicle: shown in yellow
_GAP = 2


def status_rows(station: Station, monitor: LinkMonitor, home: int) -> list[list[Field]]:
    """The rows of the panel: link; mission and vehicles; pictures and commands, if there are any. `home` are pictures on the disk."""
    state = State(station.values)
    phase = state.mission_phase()
    mission = [*([Field(phase, colour="phase")] if phase else []), *state.lander(), *state.rover(), *state.relay()]
    rows = [[*_link(station, monitor), *state.relay_queues()], mission, _pictures(station, state, home)]
    return [row for row in rows if row]


def _link(station: Station, monitor: LinkMonitor) -> list[Field]:
    connected = station.link.connected
    fields = [Field("link up", colour="up") if connected else Field("NO LINK", colour="down"), Field(station.options.link)]
    for vehicle in DICTIONARIES:
        age_s = monitor.age_s(vehicle)
        if age_s is not None:
            fields.append(Field(age_text(age_s), vehicle, "yellow" if age_s > STALE_S else ""))
    fields += security_fields(station.link.security)
    rates = monitor.rates
    if rates is not None and connected:
        fields += [Field(f"{rates[0]:.1f} frames/s", minor=True), Field(f"{rates[1]:.1f} packets/s", minor=True)]
    return fields


def security_fields(reports: Mapping[int, FrameSecurityReport]) -> list[Field]:
    """What the vehicles' frame security reports say; nothing without keys. In red while the last frame was refused."""
    if not reports:
        return []
    fields = []
    for spacecraft_id, report in sorted(reports.items(), key=lambda item: list(BY_SPACECRAFT).index(item[0])):
        refused, name = refusal_text(report), BY_SPACECRAFT[spacecraft_id].vehicle.name
        if refused or report.alarm:
            fields.append(Field(f"refused: {refused}" if refused else "security alarm", name, "red" if refused else "yellow"))
    return fields or [Field("secured", colour="up")]


def _pictures(station: Station, state: State, home: int) -> list[Field]:
    coming = station.files.under_way()
    stored = sum(count or 0 for count, _ in state.stored_on_board().values())
    fields = [Field(f"{home} home")] if home or coming or stored else []
    if coming:
        fields.append(Field(" ".join([str(len(coming)), "under way", *progress(coming)])))
    if stored:
        fields.append(Field(f"{stored} stored on board"))
    incomplete = station.files.counters["incomplete"]
    if incomplete:
        fields.append(Field(f"{incomplete} incomplete", colour="yellow"))
    if fields:
        fields.insert(0, Field("", "pictures"))
    waiting = len(station.commander.open)
    return [*fields, *([Field(str(waiting), "commands open")] if waiting else [])]


def progress(coming: Sequence[UnderWay]) -> list[str]:
    """How far the files under way have come, in one word, if the size of each is known."""
    sizes = [each.size for each in coming if each.size]
    if not sizes or len(sizes) < len(coming):
        return []
    return [f"({100 * sum(each.received_octets for each in coming) // sum(sizes)} %)"]


def age_text(seconds: float) -> str:
    """How long ago, short."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 600.0 else f"{seconds / 60.0:.0f} min" if seconds < 36_000.0 else f"{seconds / 3600.0:.0f} h"


def flow(row: Sequence[Field], columns: int) -> list[list[Field]]:
    """A row in as many lines as it takes, each at most `columns` wide with one column before it; a field is never cut in two."""
    shown = [field for field in row if not field.minor] if columns < NARROW_COLUMNS else list(row)
    lines: list[list[Field]] = []
    used = 0
    for field in shown:
        step = field.width + (_GAP if used else 1)
        if lines and used + step <= columns:
            lines[-1].append(field)
            used += step
        else:
            lines.append([field])
            used = field.width + 1
    return lines
