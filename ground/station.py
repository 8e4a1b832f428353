"""The station: link, archive, decoding and commanding of one spacecraft endpoint, put together.

with Station(options) as station:
    station.connect()
    status = station.command("lander.ping")
    station.wait(status, 10.0)
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from ground import keys as key_files
from ground.archive import Archive, Branch
from ground.clock import GroundClock
from ground.commanding import Commander, CommandStatus, Stage
from ground.cop1 import Cop1
from ground.correlation import Clocks, lines_of
from ground.decode import Decoded, EventReport, FileUnit, Housekeeping, Verification, decode
from ground.errors import FilesError, NothingCameError
from ground.file_desk import FileDesk
from ground.forward_line import ForwardLine
from ground.link import Link
from ground.mission import BY_SPACECRAFT, SPACECRAFT_IDS
from ground.options import StationOptions
from ground.packet import Packet
from ground.reference_frames import TimeReport
from ground.segments import MOST_OCTETS
from ground.telemetry import LatestValues
from ground.uplink import Uplink
from wire import time_code
from wire.export import dictionary_hash

CONNECT_S = 5.0
COMMAND_S = 10.0
UNANSWERED = "is the spacecraft paused (it starts so with --speed max), its computer off, or --link not declared?"


class Station:
    """Packets reach `listeners` decoded, after they are safe in the archive, on the link's thread; a listener must not block."""

    def __init__(self, options: StationOptions, clock: GroundClock | None = None) -> None:
        self.options = options
        self.clock = clock if clock is not None else GroundClock(options.speed)
        self.archive = Archive(options.archive)
        try:
            self._downlink = None if options.downlink is None else new_file(options.downlink)
        except FilesError:
            self.archive.close()
            raise
        self.files = FileDesk(self.archive.directory, self.clock)
        self.values = LatestValues(self.clock)
        self.clocks = Clocks(options.link, self._rate)
        self.listeners: list[Callable[[Decoded], None]] = []
        self.state_listeners: list[Callable[[bool], None]] = []
        self.branch_listeners: list[Callable[[Branch], None]] = []
        self.warnings: list[Callable[[str], None]] = []
        line = ForwardLine(options.link)
        seal, opener = (None, None) if options.keys is None else key_files.both(options.keys)
        self.uplink = Uplink(options.tc, seal, options.tc_format)
        self.uplink.segment_octets = options.segment or MOST_OCTETS
        self.cop1 = Cop1(self.archive.directory, str(options.tc), self.uplink, line, self.clock)
        self.link = Link(
            options.tm, self.archive, self.clock, SPACECRAFT_IDS, self._take, self._state, self.cop1.take, opener,
            options.tm_format, lambda: lines_of(options.link, self._rate), self._time, self._keep,
        )  # fmt: skip
        self.commander = Commander(self.archive, self.uplink, self.link.timeline, self.clock, line, self.cop1)
        self._events = threading.Condition()
        self._recent: list[EventReport] = []
        self._branch = 0
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.link.stop()
        if self._downlink is not None:
            self._downlink.close()
        self.cop1.close()
        self.uplink.close()
        self.files.close()
        self.archive.close()

    @property
    def branch(self) -> int:
        """The branch of the archive under way."""
        return self.link.timeline.branch.id

    def start(self) -> None:
        """Begin to listen, and go on trying for as long as nobody is there."""
        if not self._started:
            self._started = True
            self.link.start()

    def connect(self, timeout_s: float = CONNECT_S) -> None:
        """Begin to listen. Raises NoLinkError when nobody is there within that wall time (at once when a port is closed)."""
        if not self.options.tc.udp:
            self.uplink.open()
        self.start()
        self.link.wait_connected(timeout_s)

    def command(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        on_stage: Callable[[CommandStatus, Stage], None] | None = None,
        **more: Any,
    ) -> CommandStatus:
        """Send a command; arguments as a mapping, or by keyword. Raises BadArgumentError and NoLinkError.

        It goes in sequence (AD) where `cop1.start(vehicle)` has begun one, else by bypass (BD); `commander.send` has more options.
        """
        return self.commander.send(name, {**(arguments or {}), **more}, on_stage)

    def execute(self, name: str, arguments: Mapping[str, Any] | None = None, timeout_s: float | None = None, **more: Any) -> CommandStatus:
        """Send a command and wait for its end, good or bad (as `wait`). Raises NothingCameError when there is none in time."""
        status = self.command(name, arguments, **more)
        if not self.wait(status, timeout_s):
            raise self.late(status, timeout_s)
        return status

    def wait(self, status: CommandStatus, timeout_s: float | None = None) -> bool:
        """Wait for the end of a command; False when there is none in time: by default `patience_s`.

        Raises what ended the link for good, if that came first.
        """
        timeout_s = self.patience_s(status) if timeout_s is None else timeout_s
        ended = self.commander.wait(status, timeout_s, lambda: self.link.failure is not None)
        if not ended and self.link.failure is not None:
            raise self.link.failure
        return ended

    def patience_s(self, status: CommandStatus) -> float:
        """How long to wait for the end of a command: 10 s and what the declared link takes, and no less than 10 s of the wall."""
        return self.clock.patience_s(COMMAND_S + status.link_s)

    def late(self, status: CommandStatus, timeout_s: float | None = None) -> NothingCameError:
        """The error that a command has not come to its end, with what is known."""
        timeout_s = self.patience_s(status) if timeout_s is None else timeout_s
        if not status.stages:
            what, hint = "no report came", UNANSWERED
        else:
            what, hint = f"after {status.stages[-1].describe()} no further report came", "wait longer with --timeout, or --no-wait"
        return NothingCameError(f"{status.text}: {what} within {timeout_s:g} s", hint)

    def wait_event(self, name: str, timeout_s: float, after_ns: int = 0) -> EventReport:
        """The first event `VEHICLE.NAME` with a spacecraft time of at least `after_ns`. Raises NothingCameError."""
        found: list[EventReport] = []

        def here() -> bool:
            found[:] = [e for e in self._recent if f"{e.vehicle}.{e.event.name}" == name and e.packet.time_ns >= after_ns][:1]
            return bool(found)

        with self._events:
            if not self.clock.wait(self._events, here, timeout_s):
                raise NothingCameError(f"event {name} did not come within {timeout_s:g} s")
        return found[0]

    def _take(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            if packet.branch != self._branch:
                self._change_branch(packet.branch)
            self._spread(decode(packet))

    def _change_branch(self, branch: int) -> None:
        """The first packet shows where we are; a later change is a rewind, and nothing known holds."""
        rewound, self._branch = self._branch != 0, branch
        if rewound:
            self.values.forget()
            self.clocks.forget()
            self.cop1.rewound()
            with self._events:
                self._recent.clear()
            for listener in list(self.branch_listeners):
                listener(self.link.timeline.branch)

    def _spread(self, decoded: Decoded) -> None:
        match decoded:
            case Housekeeping():
                self.values.take(decoded)
            case Verification():
                self.commander.take(decoded)
            case FileUnit():
                self.files.take(decoded)
            case EventReport():
                with self._events:
                    self._recent = [*self._recent[-999:], decoded]
                    self._events.notify_all()
                self._check_dictionary(decoded)
        for listener in list(self.listeners):
            listener(decoded)

    def _check_dictionary(self, event: EventReport) -> None:
        warning = dictionary_warning(event)
        if warning:
            for warn in list(self.warnings):
                warn(warning)

    def _keep(self, octets: memoryview) -> None:
        if self._downlink is not None:
            self._downlink.write(octets)

    def _time(self, report: TimeReport) -> None:
        self.clocks.take(BY_SPACECRAFT[report.spacecraft_id].vehicle.name, time_code.to_ns(report.time), report.received_ns)

    def _rate(self, vehicle: str) -> int | None:
        """The place of the rate at which a vehicle sends, if it has said so."""
        sample = self.values.get(f"{vehicle}.downlink.rate")
        return int(sample.raw) if sample is not None else None

    def _state(self, connected: bool) -> None:
        self.commander.wake()
        for listener in list(self.state_listeners):
            listener(connected)


def new_file(path: Path) -> BinaryIO:
    """Raises FilesError."""
    try:
        return open(path, "wb")
    except OSError as error:
        raise FilesError(f"{path} cannot be written: {error.strerror}") from error


def dictionary_warning(event: EventReport) -> str:
    """What to say in red when a computer boots with another dictionary than ours; else empty."""
    if event.event.name != "boot":
        return ""
    ours = int(dictionary_hash()[:8], 16)
    theirs = int(event.arguments["dictionary"])
    if ours == theirs:
        return ""
    return f"{event.vehicle} flies dictionary {theirs:08x}, the ground has {ours:08x}: names and values below may be wrong"
