"""What a line typed at the console does. It knows no terminal: it is given lines and a place to write."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ground.archive import Branch
from ground.colour import paint
from ground.commanding import CommandStatus, LinkStage, Stage, check, command_text, stage_of
from ground.commands.tc import read_arguments
from ground.console.lists import clock_lines, link_lines, phase_lines, picture_lines
from ground.console.monitor import LinkMonitor
from ground.console.sequence import USAGE, sequence_lines
from ground.decode import Decoded, EventReport, Unreadable, Verification, decode, format_value
from ground.errors import EXIT_OK, EXIT_REFUSED, BadArgumentError, GroundError
from ground.fop import Alert
from ground.mission import find_command, select_parameters, vehicle_book
from ground.pictures import SavedPicture
from ground.station import Station
from ground.telemetry import events
from ground.text import LIMIT_COLOURS, command_usage, event_line, link_line, picture_line, sample_line, stage_line
from wire.dictionary import DICTIONARIES
from wire.time_scales import utc_text

BUILTINS: dict[str, tuple[str, str]] = {
    "watch": ("watch PARAM...", "keep values on the screen; patterns work: watch lander.nav.*"),
    "unwatch": ("unwatch [PARAM]...", "take them off again; all, without a name"),
    "tm": ("tm PARAM...", "the latest values"),
    "events": ("events [N]", "the last events in the archive (20)"),
    "history": ("history [N]", "the last commands in the archive, and how they fared (20)"),
    "wait": ("wait VEHICLE.EVENT [SECONDS]", "until an event comes (60 s); one that came since the last wait counts"),
    "phase": ("phase", "where the mission is, what each vehicle does, and the phases so far"),
    "pictures": ("pictures [N]", "the last pictures that are home (20), those under way, and what is stored on board"),
    "cop1": (USAGE, "send in sequence: begin where the spacecraft is, end, show, set; afterwards commands go so by themselves"),
    "bypass": ("bypass VEHICLE.COMMAND [K=V]...", "send one command by bypass, whatever the sequence does"),
    "times": ("times both|board", "show when Earth received a value or an event beside the on-board time, or the on-board time alone"),
    "clocks": ("clocks", "what each on-board clock says now, its drift, and from how many time reports that is known"),
    "link": ("link", "who was heard when, and what each virtual channel has counted"),
    "help": ("help [NAME]", "this, the commands of a vehicle, or one command"),
    "quit": ("quit", "leave; the spacecraft flies on"),
}
EVENT_S = 60.0
OTHER_DICTIONARY = " (does it fly another dictionary than ours?)"
_LISTED = 20


class Shell:
    """Executes lines against a station. `write` takes one line of text, possibly coloured; it may be called from the link's thread."""

    def __init__(self, station: Station, write: Callable[[str], None], wait_for_end: bool) -> None:
        self.station = station
        self.watched: list[str] = []
        self.ended = False
        self.both_times = False
        self.monitor = LinkMonitor(station)
        self.home = {path.name for path in (station.files.directory / "pictures").glob("*.png")}
        self._write = write
        self._wait_for_end = wait_for_end
        self._last_event_ns = 0
        self._unreadable: set[str] = set()
        station.listeners.append(self._show)
        station.cop1.alert_listeners.append(self._show_alert)
        station.state_listeners.append(self._show_state)
        station.branch_listeners.append(self._show_branch)
        station.files.picture_listeners.append(self._show_picture)
        station.files.problem_listeners.append(self._show_problem)
        station.warnings.append(lambda text: write(paint(f"!!! {text}", fg="red", bold=True)))

    def execute(self, line: str) -> int:
        """Do what a line says; errors are written. The exit code that `farside` would have had."""
        words = line.split()
        if not words or words[0].startswith("#"):
            return EXIT_OK
        try:
            if "." in words[0]:
                return self._command(words[0], words[1:])
            action = getattr(self, f"_do_{words[0]}", None) if words[0] in (*BUILTINS, "exit") else None
            if action is None:
                raise BadArgumentError(f"there is no {words[0]!r}", "type help, or VEHICLE.COMMAND such as lander.ping")
            code: int | None = action(words[1:])
            return EXIT_OK if code is None else code
        except GroundError as error:
            self._write(paint(str(error), fg="red"))
            if error.hint:
                self._write(f"  {error.hint}")
            return error.exit_code

    def _command(self, name: str, words: list[str], bypass: bool = False) -> int:
        arguments = read_arguments(words)
        check(name, arguments)
        self._write(f"{command_text(name, arguments)}: sending")
        status = self.station.commander.send(name, arguments, self._show_stage, self._show_link_stage, bypass)
        if not self._wait_for_end:
            return EXIT_OK
        if not self.station.wait(status):
            raise self.station.late(status)
        return EXIT_OK if status.success else EXIT_REFUSED

    def _do_bypass(self, words: list[str]) -> int:
        if not words:
            raise BadArgumentError("send what?", "for example: bypass lander.ping")
        return self._command(words[0], words[1:], bypass=True)

    def _do_cop1(self, words: list[str]) -> None:
        self._write_lines(sequence_lines(self.station.cop1, words))

    def _do_watch(self, words: list[str]) -> None:
        if not words:
            raise BadArgumentError("watch what?", "for example: watch lander.nav.altitude_m")
        self.watched += [name for name in select_parameters(words) if name not in self.watched]
        if self._wait_for_end:
            self._do_tm(self.watched)

    def _do_unwatch(self, words: list[str]) -> None:
        gone = set(select_parameters(words)) if words else set(self.watched)
        self.watched = [name for name in self.watched if name not in gone]

    def _do_tm(self, words: list[str]) -> None:
        if not words:
            raise BadArgumentError("which parameters?", "for example: tm lander.nav.altitude_m, or tm lander.mode.*")
        for name in select_parameters(words):
            sample = self.station.values.get(name)
            self._write(sample_line(sample, received=self.both_times) if sample is not None else f"{name}: no value known")

    def _do_events(self, words: list[str]) -> None:
        for event in events(self.station.archive, self.station.branch, newest=_number(words)):
            self._write(event_line(event, self.both_times))

    def _do_history(self, words: list[str]) -> None:
        archive, branch = self.station.archive, self.station.branch
        commands = archive.commands(branch, newest=_number(words))
        if not commands:
            self._write(f"no command has gone up on branch {branch}")
        for command in commands:
            reports = archive.packets(branch, spacecraft=[command.spacecraft_id], service=1, selector=command.request)
            status = CommandStatus(command.text.split()[0], command.text, command.request, command.sent_ns)
            for packet in reports:
                report = decode(packet)
                if isinstance(report, Verification):
                    status.add(stage_of(status.name, report))
            when = utc_text(status.stages[0].time_ns) if status.stages else "no report yet".ljust(24)
            failed = status.state in ("refused", "failed")
            outcome = paint(status.state, fg="red" if failed else "green" if status.success else "yellow")
            self._write(f"{when}  {command.text}  {outcome}{': ' + status.reason if failed else ''}")

    def _do_wait(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise BadArgumentError("wait for which event?", "for example: wait lander.touchdown 120")
        vehicle, _, event = words[0].partition(".")
        known = [row.name for row in vehicle_book(vehicle).events]
        if event not in known:
            raise BadArgumentError(f"{vehicle} has no event {event!r}", f"events: {', '.join(known)}")
        try:
            seconds = float(words[1]) if len(words) == 2 else EVENT_S
        except ValueError as error:
            raise BadArgumentError(f"{words[1]!r} is no number of seconds") from error
        found = self.station.wait_event(words[0], seconds, self._last_event_ns + 1)
        self._last_event_ns = found.packet.time_ns

    def _do_phase(self, words: list[str]) -> None:
        self._write_lines(phase_lines(self.station))

    def _do_times(self, words: list[str]) -> None:
        if words not in (["both"], ["board"]):
            raise BadArgumentError("which times?", "times both, or times board")
        self.both_times = words == ["both"]

    def _do_clocks(self, words: list[str]) -> None:
        self._write_lines(clock_lines(self.station))

    def _do_link(self, words: list[str]) -> None:
        self.monitor.look()
        self._write_lines(link_lines(self.station, self.monitor))

    def _do_pictures(self, words: list[str]) -> None:
        if self._wait_for_end:
            self.station.files.settle()
        self._write_lines(picture_lines(self.station, _number(words)))

    def _write_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._write(line)

    def _do_help(self, words: list[str]) -> None:
        if not words:
            listed = f"send a command; help VEHICLE lists them: {', '.join(DICTIONARIES)}"
            self._write_list([*BUILTINS.values(), ("VEHICLE.COMMAND [K=V]...", listed)], 30)
        elif "." in words[0]:
            book, command = find_command(words[0])
            self._write(f"{command_usage(book, command)}\n  {command.text}. Legal in: {', '.join(command.modes)}")
            for argument in command.arguments:
                self._write(f"  {argument.name}: {argument.text}")
        elif words[0] in BUILTINS:
            self._write(": ".join(BUILTINS[words[0]]))
        else:
            book = vehicle_book(words[0])
            self._write_list([(command_usage(book, command), command.text) for command in book.commands], 60)

    def _write_list(self, rows: Sequence[tuple[str, str]], left: int) -> None:
        """Usages and what they mean, side by side, or one above the other where the terminal is too narrow for the longest."""
        fits = 4 + left + max(len(text) for _, text in rows) <= shutil.get_terminal_size((1000, 24)).columns
        for usage, text in rows:
            self._write(f"  {usage:<{left}}  {text}" if fits else f"  {usage}\n      {text}")

    def _do_quit(self, words: list[str]) -> None:
        self.ended = True

    _do_exit = _do_quit

    def _show_stage(self, status: CommandStatus, stage: Stage) -> None:
        self._write(stage_line(status, stage))

    def _show_link_stage(self, status: CommandStatus, stage: LinkStage) -> None:
        self._write(link_line(status, stage))

    def _show_alert(self, vehicle: str, alert: Alert) -> None:
        self._write(paint(f"{vehicle}: {alert.describe()}", fg="red", bold=True))

    def _show(self, decoded: Decoded) -> None:
        self.look()
        if isinstance(decoded, EventReport):
            self._write(event_line(decoded, self.both_times))
        elif isinstance(decoded, Unreadable):
            text = f"{decoded.vehicle}: {decoded.text}"
            if text not in self._unreadable:  # a spacecraft with another dictionary would say it ten times a second
                self._unreadable.add(text)
                self._write(paint(f"{text}{OTHER_DICTIONARY}", fg="yellow"))
        elif decoded.packet.service == 20:
            self._write(f"{utc_text(decoded.packet.time_ns)}  {decoded.vehicle}  {decoded.text}")

    def _show_state(self, connected: bool) -> None:
        link = self.station.link
        if connected:
            self._write(paint(f"link to {link.endpoint} up, branch {link.timeline.branch.id}", fg="green"))
        else:
            self._write(paint(f"link to {link.endpoint} down, trying again", fg="yellow"))

    def look(self) -> None:
        """Tell what the link has lost, and which files were given up. Called with each packet, and by whoever draws the panel."""
        for line in self.monitor.look():
            self._write(paint(line, fg="yellow"))

    def _show_picture(self, picture: SavedPicture) -> None:
        self.home.add(Path(picture.path).name)
        self._write(picture_line(picture))

    def _show_problem(self, text: str) -> None:
        self._write(paint(f"file incomplete or unreadable: {text}", fg="yellow"))

    def _show_branch(self, branch: Branch) -> None:
        self._last_event_ns = 0
        self._write(paint(f"branch {branch.id} of the archive begins: {branch.reason}", fg="yellow"))

    def watch_lines(self) -> list[tuple[str, str, str]]:
        """What is watched: name, value with unit, colour."""
        lines: list[tuple[str, str, str]] = []
        for name in self.watched:
            sample = self.station.values.get(name)
            lines.append((name, format_value(sample), LIMIT_COLOURS.get(sample.limit, "")) if sample is not None else (name, "-", ""))
        return lines


def _number(words: list[str]) -> int:
    if not words:
        return _LISTED
    if len(words) > 1 or not words[0].isdecimal() or int(words[0]) == 0:
        raise BadArgumentError(f"{' '.join(words)!r} is no number of lines")
    return int(words[0])
