"""What the console shows of the mission without being asked: phase, link, pictures, and what went wrong."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image

from ground.clock import SECOND_NS, SimulatedClock
from ground.console.shell import Shell
from ground.console.state import Field, State, metres, metres_a_second
from ground.console.status import age_text, flow, status_rows
from ground.endpoint import parse_endpoint
from ground.files import INACTIVITY_S
from ground.options import StationOptions
from ground.station import Station
from ground.telemetry import LatestValues
from tests.ground.fake import LANDER as LANDER_ID
from tests.ground.fake import ROVER as ROVER_ID
from tests.ground.fake import FakeSpacecraft
from tests.ground.programs import event, housekeeping
from tests.house import PATIENCE_S
from wire import cfdp, picture_file, space_packet, time_code
from wire.dictionary import DICTIONARIES, LANDER, ROVER
from wire.dictionary.mission import TM_EVENTS, TM_FILES

FILES_APID = next(apid.number for apid in LANDER.vehicle.apids if apid.name == "files")
GUIDANCE = LANDER.parameter("guidance.phase").enumeration


class Operator:
    """A console without a terminal, on a clock that stands still; `lines` are what it has written, without colour."""

    def __init__(self, spacecraft: FakeSpacecraft, directory: Path, wait_for_end: bool = False) -> None:
        self.spacecraft = spacecraft
        self.clock = SimulatedClock()
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._packets = 0
        options = StationOptions(parse_endpoint(spacecraft.tc), parse_endpoint(spacecraft.tm), directory, link="queqiao")
        self.station = Station(options, self.clock)
        self.shell = Shell(self.station, self._write, wait_for_end)
        self.station.listeners.append(lambda decoded: self._count())

    def connect(self) -> None:
        self.station.start()
        self.spacecraft.wait_listeners()

    def _write(self, text: str) -> None:
        with self._changed:
            self.lines.append(click.unstyle(text))
            self._changed.notify_all()

    def _count(self) -> None:
        with self._changed:
            self._packets += 1
            self._changed.notify_all()

    def wait_packets(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._packets >= count, PATIENCE_S), f"{self._packets} of {count} packets came"

    def wait_line(self, wanted: str) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: any(wanted in line for line in self.lines), PATIENCE_S), (
                f"{wanted!r} is not in {self.lines}"
            )
            return next(line for line in self.lines if wanted in line)

    def pass_seconds(self, seconds: float) -> None:
        """Ground time goes on, and the panel is drawn."""
        self.clock.advance_to(self.clock.now_ns() + int(seconds * SECOND_NS))
        self.shell.look()

    def type(self, line: str) -> list[str]:
        """What a line makes the console write."""
        begin = len(self.lines)
        self.shell.execute(line)
        return self.lines[begin:]

    def panel(self) -> str:
        """The status as one text; names and values as they stand there."""
        rows = status_rows(self.station, self.shell.monitor, len(self.shell.home))
        return "\n".join(" ".join(" ".join(f"{field.name} {field.text}" for field in row).split()) for row in rows)


@pytest.fixture
def operator(spacecraft: FakeSpacecraft, tmp_path: Path) -> Iterator[Operator]:
    opened = Operator(spacecraft, tmp_path)
    yield opened
    opened.station.close()


def guidance(name: str) -> int:
    assert GUIDANCE is not None
    return GUIDANCE[name]


def tell(operator: Operator, name: str = "system", rover: bool = False, **values: float) -> None:
    """One housekeeping report comes down."""
    apid, data = housekeeping(name, ROVER if rover else LANDER, **values)
    operator.spacecraft.emit(apid, 3, 25, data, ROVER_ID if rover else LANDER_ID)


def test_phase_height_and_speed_are_shown_while_the_lander_flies(operator: Operator) -> None:
    operator.connect()
    tell(operator, mode__mode=LANDER.vehicle.modes["DESCENT"])
    values = {"nav.velocity_m_s[0]": 1200.0, "nav.velocity_m_s[1]": 500.0, "nav.vertical_speed_m_s": -23.0, "nav.altitude_m": 14_204.0}
    tell(operator, "descent", guidance__phase=guidance("BRAKING"), **values)
    operator.wait_packets(2)
    assert "main braking lander DESCENT at 14.20 km 1300 m/s down 23.0 m/s" in operator.panel()


def test_height_and_speed_are_gone_when_the_lander_stands(operator: Operator) -> None:
    operator.connect()
    tell(operator, "descent", guidance__phase=guidance("STANDING"))
    tell(operator, mode__mode=LANDER.vehicle.modes["LANDED"])
    tell(operator, rover=True, mode__mode=ROVER.vehicle.modes["ABOARD"])
    operator.wait_packets(3)
    assert "landed, rover aboard lander LANDED rover ABOARD relay ?" in operator.panel()


def test_way_and_slip_are_shown_while_the_rover_drives(operator: Operator) -> None:
    operator.connect()
    tell(operator, rover=True, mode__mode=ROVER.vehicle.modes["DRIVE"])
    tell(operator, "mobility", rover=True, mobility__manoeuvre=1, mobility__remaining_m=6.75, odometry__distance_m=3.25, odometry__slip=0.5)
    operator.wait_packets(2)
    assert "rover driving lander ? rover DRIVE way 3.25 m to go 6.75 m 0.0 cm/s slip 0.50" in operator.panel()


def test_the_release_is_a_phase_of_the_mission(operator: Operator) -> None:
    operator.connect()
    tell(operator, mode__mode=LANDER.vehicle.modes["LANDED"])
    tell(operator, "release", release__step=2)
    operator.wait_packets(2)
    assert "releasing the rover: rails" in operator.panel()


def test_phase_says_where_the_mission_is_and_has_been(operator: Operator) -> None:
    operator.connect()
    for name, altitude_m in (("BRAKING", 14_000.0), ("APPROACH", 7_900.0)):
        apid, severity, data = event("guidance_phase", phase=guidance(name), altitude_m=altitude_m)
        operator.spacecraft.emit(apid, 5, severity, data, channel=TM_EVENTS)
    tell(operator, mode__mode=LANDER.vehicle.modes["DESCENT"])
    tell(operator, "descent", guidance__phase=guidance("APPROACH"))
    operator.wait_packets(4)
    said = operator.type("phase")
    assert said[0] == "mission: approach"
    assert "lander: DESCENT (coming down to the ground)" in said
    assert "  guidance: APPROACH (coming down along a profile of speed over height)" in said
    assert [line.partition("Z  ")[2] for line in said[-2:]] == ["main braking, at 14.00 km", "approach, at 7900 m"]


@pytest.mark.parametrize("line", ["phase", "link", "pictures"])
def test_a_console_to_which_nothing_has_come_shows_what_it_can(operator: Operator, line: str) -> None:
    assert operator.type(line)
    assert operator.panel().startswith("NO LINK queqiao\n")


def test_a_parameter_that_the_dictionary_does_not_have_is_not_shown() -> None:
    state = State(LatestValues(SimulatedClock()))
    assert (state.number("lander.no.such"), state.word("lander.no.such"), state.mission_phase()) == (None, "", "")


def test_link_and_age_and_rates_are_shown(operator: Operator) -> None:
    operator.connect()
    tell(operator)
    operator.wait_packets(1)
    for count in range(3):
        tell(operator)
        operator.wait_packets(2 + count)
    operator.pass_seconds(1.5)
    panel = operator.panel().splitlines()[0]
    assert panel == "link up queqiao lander 1.5 s 2.0 frames/s 2.0 packets/s"


def test_a_link_that_is_gone_is_shown(operator: Operator) -> None:
    operator.connect()
    operator.wait_line("link to")
    assert "link up" in operator.panel()
    operator.spacecraft.close()
    operator.wait_line("down, trying again")
    assert operator.panel().startswith("NO LINK")


def test_a_missing_frame_is_told_once_and_counted_for_its_channel(operator: Operator) -> None:
    operator.connect()
    tell(operator)
    operator.wait_packets(1)
    operator.spacecraft.frames(LANDER_ID, [operator.spacecraft.packet(0x101, 17, 2)])
    tell(operator)
    operator.wait_packets(2)
    operator.pass_seconds(2.0)
    operator.pass_seconds(20.0)
    assert [line for line in operator.lines if line.startswith("link:")] == ["link: lander real time: frames missing 1"]
    row = next(line for line in operator.type("link") if line.startswith("lander real time"))
    assert row.split()[3:] == ["2", "2", "0", "1", "0", "0", "0"]


def test_a_vehicle_that_falls_silent_is_told_and_so_is_its_return(operator: Operator) -> None:
    operator.connect()
    operator.wait_line("up, branch")
    tell(operator)
    tell(operator, rover=True)
    operator.wait_packets(2)
    operator.pass_seconds(31.0)
    assert operator.lines[-1] == "link: no frame for 30 s from lander, rover"
    tell(operator, rover=True)
    operator.wait_packets(3)
    operator.pass_seconds(2.0)
    assert operator.lines[-1] == "link: frames again from rover"


def picture(number: int) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(stream, "JPEG", quality=90)
    time, attitude = time_code.from_ns(1_925_173_237_000_000_000), (1.0, 0.0, 0.0, 0.0)
    return picture_file.build(
        picture_file.PictureFile("lcam", number, 1234, time, 64, 500, 64, 48, 100.5, (1.0, 2.0, 3.0), attitude, stream.getvalue())
    )


def units(number: int) -> list[bytes]:
    """A picture as file units, metadata first and the end of the file last."""
    octets, transaction = picture(number), cfdp.Transaction(LANDER_ID, 7 + number, 1)
    parts = [cfdp.file_data(transaction, at, octets[at : at + 512]) for at in range(0, len(octets), 512)]
    end = cfdp.end_of_file(transaction, len(octets), cfdp.checksum(octets))
    return [cfdp.metadata(transaction, len(octets), f"/pictures/{number}", f"lander-lcam-{number:07d}.fsp"), *parts, end]


def send(operator: Operator, sent: list[bytes]) -> None:
    before = operator.station.files.counters["units"]
    for count, unit in enumerate(sent):
        packet = space_packet.build_plain(FILES_APID, before + count, unit)
        operator.spacecraft.send(b"".join(operator.spacecraft.frames(LANDER_ID, [packet], TM_FILES)))
    operator.wait_packets(before + len(sent))


def test_a_picture_is_announced_with_height_size_and_path(operator: Operator) -> None:
    operator.connect()
    send(operator, units(3))
    line = operator.wait_line("picture home")
    path = operator.station.files.directory / "pictures" / "lander-lcam-0000003.png"
    assert line.startswith("picture home  lander lcam 3, taken 2019-01-03T02:20")
    assert "Z: 100.5 m, 64:1, 64 x 48, " in line
    assert line.endswith(str(path))
    assert path.is_file()
    assert "pictures 1 home" in operator.panel()
    listed = operator.type("pictures")
    assert "1 home in" in listed[0]
    assert "lander-lcam-0000003.png  100.5 m, 64:1, 64 x 48" in listed[1]


def test_lines_from_a_pipe_list_a_picture_whose_last_unit_has_just_come(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    operator = Operator(spacecraft, tmp_path, wait_for_end=True)
    with operator.station:
        operator.connect()
        send(operator, units(3))
        assert any("1 home in" in line for line in operator.type("pictures"))


def test_a_picture_under_way_is_shown_with_how_far_it_has_come(operator: Operator) -> None:
    operator.connect()
    whole = units(4)
    send(operator, whole[: len(whole) // 2])
    size = len(picture(4))
    received = 512 * (len(whole) // 2 - 1)
    assert f"pictures 0 home 1 under way ({100 * received // size} %)" in operator.panel()
    assert f"lander: lander-lcam-0000004.fsp is under way, {received} of {size} octets ({100 * received // size} %)" in operator.type(
        "pictures"
    )


def test_a_file_that_falls_silent_is_announced_as_incomplete(operator: Operator) -> None:
    operator.connect()
    send(operator, units(5)[:-2])
    operator.pass_seconds(INACTIVITY_S + 1.0)
    line = operator.wait_line("incomplete")
    assert line.startswith("file incomplete or unreadable: lander: lander-lcam-0000005.fsp: its end never came, ")
    assert "1 incomplete" in operator.panel()


def test_what_is_stored_on_board_is_shown(operator: Operator) -> None:
    operator.connect()
    tell(operator, "pictures", pictures__stored=312, pictures__next=315)
    operator.wait_packets(1)
    assert "312 stored on board" in operator.panel()
    assert "lander, on board: 312 stored since the computer started, the next has number 315" in operator.type("pictures")


FIELDS = [Field("x" * 8, "name"), Field("y" * 10), Field("slip", minor=True), Field("z" * 20, "w")]


@pytest.mark.parametrize("columns", range(24, 130))
def test_no_line_of_the_status_is_wider_than_the_terminal_and_no_field_is_cut(columns: int) -> None:
    lines = flow(FIELDS, columns)
    assert [field for line in lines for field in line] == [field for field in FIELDS if columns >= 60 or not field.minor]
    assert all(1 + sum(field.width for field in line) + 2 * (len(line) - 1) <= columns for line in lines)


def test_a_row_that_fits_is_one_line() -> None:
    assert len(flow(FIELDS, 60)) == 1


@pytest.mark.parametrize(
    ("value", "text"), [(15_000.0, "15.00 km"), (8_123.4, "8123 m"), (100.04, "100.0 m"), (0.5, "0.5 m"), (-12.0, "-12.0 m")]
)
def test_heights_have_three_or_four_digits(value: float, text: str) -> None:
    assert metres(value) == text


@pytest.mark.parametrize(("value", "text"), [(1692.3, "1692 m/s"), (57.04, "57.0 m/s"), (1.5, "1.50 m/s")])
def test_speeds_have_three_or_four_digits(value: float, text: str) -> None:
    assert metres_a_second(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (99.9, "99.9 s"), (120.0, "120 s"), (1200.0, "20 min"), (86_400.0, "24 h")])
def test_ages_are_short(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_every_word_that_the_console_knows_is_one_of_the_dictionarys() -> None:
    from ground.console import state

    release, manoeuvre = LANDER.parameter("release.step").enumeration, ROVER.parameter("mobility.manoeuvre").enumeration
    assert GUIDANCE is not None
    assert release is not None
    assert manoeuvre is not None
    assert set(state._PHASES) <= set(GUIDANCE.names)
    assert set(state._RELEASE) <= set(release.names)
    assert set(state._MANOEUVRES) <= set(manoeuvre.names)
    assert {*state._LANDER, *state.FLYING} <= set(DICTIONARIES["lander"].vehicle.modes.names)
