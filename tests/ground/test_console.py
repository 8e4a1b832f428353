import codecs
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path

import pytest

from ground.console.completion import MissionCompleter, help_line
from tests.ground.fake import FakeSpacecraft
from tests.ground.programs import arguments, event, housekeeping
from tests.house import PATIENCE_S, ROOT
from wire.dictionary import LANDER

from prompt_toolkit.completion import CompleteEvent  # isort: skip
from prompt_toolkit.document import Document  # isort: skip


def offered(line: str) -> dict[str, str]:
    """What is offered at the end of a line, with its meaning."""
    found = MissionCompleter().get_completions(Document(line), CompleteEvent())
    return {completion.text: completion.display_meta_text for completion in found}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lander.im", {"lander.imu_power"}),
        ("imu_po", {"lander.imu_power"}),
        ("unw", {"unwatch"}),
        ("lander.imu_power ", {"on="}),
        ("lander.imu_power on=", {"OFF", "ON"}),
        ("lander.imu_power on=o", {"OFF", "ON"}),
        ("lander.imu_power on=OFF ", set()),
        ("lander.hk_report report=sys", {"system"}),
        ("watch lander.nav.altitude", {"lander.nav.altitude_m"}),
        ("tm lander.nav.altitude_m rover.mode.mo", {"rover.mode.mode"}),
        ("wait lander.touch", {"lander.touchdown"}),
        ("help rov", {"rover", *(f"rover.{name}" for name in ())}),
        ("lander.pong ", set()),
    ],
)
def test_the_console_offers_what_can_stand_there(line: str, words: set[str]) -> None:
    found = set(offered(line))
    assert words <= found if line.startswith("help") else words == found


def test_only_settable_parameters_are_offered_to_be_set() -> None:
    assert "guidance.commanded_altitude_m" in offered("lander.set parameter=")
    assert "nav.altitude_m" not in offered("lander.set parameter=")
    assert "nav.altitude_m" in offered("lander.get parameter=")


def test_an_offer_says_what_it_is() -> None:
    assert offered("lander.imu_p")["lander.imu_power"] == "Switch the inertial unit"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("", "help, VEHICLE.COMMAND, or Tab"),
        ("watch ", "watch PARAM...: keep values on the screen"),
        ("lander.imu_power", "lander.imu_power on=OFF|ON: HAZARDOUS. Switch the inertial unit. Legal in: SAFE, STANDBY, LANDED"),
        ("lander.imu_power on=", "on=OFF|ON: on or off"),
        ("rover.wheel_rate rate_rad_s=0", "rate_rad_s=-0.6..0.6 rad/s"),
        ("nothing.known", ""),
    ],
)
def test_the_console_helps_with_what_is_being_typed(line: str, text: str) -> None:
    assert help_line(line).startswith(text)
    assert bool(text) == bool(help_line(line))


class Terminal:
    """A console on a terminal of its own."""

    def __init__(self, words: list[str], columns: int = 120) -> None:
        self.text = ""
        self._carry = ""  # the beginning of an escape sequence whose end has not come yet
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._fd, far_end = pty.openpty()
        termios.tcsetwinsize(self._fd, (30, columns))
        environment = os.environ | {"TERM": "xterm"}
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdin=far_end, stdout=far_end, stderr=far_end, start_new_session=True
        )
        os.close(far_end)

    def type(self, line: str) -> None:
        os.write(self._fd, line.encode() + b"\r")

    def read_until(self, wanted: str) -> None:
        """Read on until a text has come that was not there before."""
        until = time.monotonic() + PATIENCE_S  # the panel is drawn four times a second, so silence is no sign of the end
        while wanted not in self.text:
            ready, _, _ = select.select([self._fd], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"{wanted!r} did not come within {PATIENCE_S:g} s; the screen said {self.text[-2000:]!r}"
            self._show(self._carry + self._decode(os.read(self._fd, 65536)))
        self.text = self.text.partition(wanted)[2]

    def _show(self, text: str) -> None:
        """Take in what the console has written, in whatever pieces it comes."""
        # Where is the cursor? The panel below the prompt is drawn once that is known.
        os.write(self._fd, b"\x1b[1;1R" * text.count("\x1b[6n"))
        cut = re.search(r"\x1b(\[[0-9;?]*)?$", text)
        self._carry = cut.group() if cut else ""
        self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.removesuffix(self._carry))

    def end(self) -> int:
        """Wait for the end of the console; its exit code."""
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._fd)


def test_on_a_terminal_stages_events_values_and_help_are_shown(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    terminal = Terminal(arguments(spacecraft, tmp_path, "console"))
    try:
        terminal.read_until("link up")
        terminal.type("watch lander.mode.mode")
        spacecraft.wait_listeners()
        apid, data = housekeeping(mode__mode=2)
        spacecraft.emit(apid, 3, 25, data)
        terminal.read_until("HOVER")
        terminal.type("rover.ping")
        terminal.read_until("rover.ping: sending")
        terminal.read_until("rover.ping  completed")
        apid, severity, data = event("mode_changed", previous=2, mode=4)
        spacecraft.emit(apid, 5, severity, data)
        terminal.read_until("mode HOVER -> LANDED")
        terminal.type("lander.imu_power on=OFF")
        terminal.read_until("is hazardous. Send it? [y/N]:")
        terminal.type("n")
        terminal.read_until("farside>")
        terminal.type("quit")
        terminal.read_until("quit")
        assert len(spacecraft.commands) == 1
    finally:
        code = terminal.end()
    assert code == 0


def test_a_narrow_terminal_shows_link_phase_and_height(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    terminal = Terminal(arguments(spacecraft, tmp_path, "console"), columns=40)
    try:
        terminal.read_until("link up")
        spacecraft.wait_listeners()
        apid, data = housekeeping(mode__mode=LANDER.vehicle.modes["DESCENT"])
        spacecraft.emit(apid, 3, 25, data)
        apid, data = housekeeping("descent", guidance__phase=7, nav__altitude_m=12_345.0)
        spacecraft.emit(apid, 3, 25, data)
        terminal.read_until("main braking")
        terminal.read_until("12.35 km")
        terminal.type("quit")
        terminal.read_until("quit")
    finally:
        code = terminal.end()
    assert code == 0
