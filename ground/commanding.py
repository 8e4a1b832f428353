"""Commands: from a name and values to a CLTU, and the stages of verification as reports come down."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from ground.archive import Archive, SentCommand
from ground.branch import Timeline
from ground.clock import SECOND_NS, GroundClock, ground_text
from ground.cop1 import Cop1
from ground.decode import Verification, explain_failure
from ground.errors import BadArgumentError
from ground.forward_line import ForwardLine
from ground.mission import find_command
from ground.segments import Segment
from ground.sequence import SequencedPacket, SequenceService
from ground.uplink import Uplink
from wire import commands, pus
from wire.dictionary.rows import Command
from wire.time_scales import utc_text

ACKNOWLEDGE_ALL = pus.ACCEPTANCE | pus.START | pus.PROGRESS | pus.COMPLETION
SOURCE_ID = 1  # the ground station
FINAL = ("completed", "refused", "failed")
_AFTER = {"routing": "sent", "acceptance": "accepted", "start": "started", "progress": "started", "completion": "completed"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One verification report, as it concerns a command; `reason` is empty for a success."""

    name: str
    success: bool
    time_ns: int
    received_ns: int
    code: int = 0
    parameter: int = 0
    reason: str = ""

    def describe(self) -> str:
        done = {"acceptance": "accepted", "start": "started", "progress": "in progress", "completion": "completed"}
        failed = {"acceptance": "refused", "routing": "refused", "start": "refused at start"}
        word = done.get(self.name, self.name) if self.success else failed.get(self.name, f"failed ({self.name})")
        return f"{word}: {self.reason}" if self.reason else word

    def as_json(self) -> dict[str, Any]:
        stage: dict[str, Any] = {"stage": self.name, "success": self.success, "time": utc_text(self.time_ns)}
        if not self.success:
            stage |= {"code": self.code, "parameter": self.parameter, "reason": self.reason}
        return stage


@dataclass(frozen=True, slots=True)
class LinkStage:
    """What the ground's own end knows of a command, at a ground time: it was `released` (to the line), `radiated`, `acknowledged` (COP-1:
    the frame is accepted on board), or it is `unknown` whether it was, or it went up not at all (`unsent`). A command in segments is
    as far as the last of them."""

    name: str
    ground_ns: int
    detail: str = ""

    def describe(self) -> str:
        words = {"acknowledged": "accepted by COP-1", "unknown": "sent, but whether it was accepted is not known", "unsent": "not sent"}
        word = words.get(self.name, self.name)
        return f"{word} ({self.detail})" if self.detail else word

    def as_json(self) -> dict[str, Any]:
        return {"stage": self.name, "time": ground_text(self.ground_ns), "detail": self.detail}


@dataclass(slots=True, eq=False)
class CommandStatus:
    """How a command fares. `state` is sent, accepted, started, completed, refused (it never started) or failed (it did)."""

    name: str
    text: str
    request: int
    sent_ns: int
    stages: list[Stage] = field(default_factory=list)
    state: str = "sent"
    on_stage: Callable[["CommandStatus", Stage], None] | None = None
    branch: int = 0
    link_s: float = 0.0  # what the declared link takes there and back
    link_stages: list[LinkStage] = field(default_factory=list)
    on_link: Callable[["CommandStatus", LinkStage], None] | None = None

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def success(self) -> bool:
        return self.state == "completed"

    @property
    def reason(self) -> str:
        """Why it was refused or failed."""
        unsent = next((stage.detail for stage in self.link_stages if stage.name == "unsent"), "")
        return next((stage.reason for stage in self.stages if not stage.success), unsent)

    def add(self, stage: Stage) -> None:
        self.stages.append(stage)
        if not stage.success:
            self.state = "failed" if stage.name in ("progress", "completion") else "refused"
        elif not self.final:
            self.state = _AFTER[stage.name]

    def as_json(self) -> dict[str, Any]:
        stages = [stage.as_json() for stage in self.stages]
        link = [stage.as_json() for stage in self.link_stages]
        known = {"command": self.text, "request": f"{self.request:08x}", "state": self.state, "reason": self.reason}
        return {**known, "stages": stages, "link": link}


def command_text(name: str, arguments: Mapping[str, Any]) -> str:
    """The command as it is typed."""
    return " ".join([name, *(f"{key}={value}" for key, value in arguments.items())])


def check(name: str, arguments: Mapping[str, Any]) -> tuple[Any, Command, bytes]:
    """The vehicle's dictionary, the command's row and its application data. Raises BadArgumentError; nothing is sent."""
    book, command = find_command(name)
    try:
        return book, command, commands.encode_command(book.vehicle.name, command.name, arguments)
    except commands.CommandError as error:
        raise BadArgumentError(f"{book.vehicle.name}.{error}", f"see: farside tc --list {book.vehicle.name}") from error


def stage_of(name: str, report: Verification) -> Stage:
    """A verification report as a stage of the command `VEHICLE.NAME`, a failure explained."""
    reason = ""
    if not report.success:
        reason = explain_failure(report.vehicle, name.partition(".")[2], report.code, report.parameter)
    packet = report.packet
    return Stage(report.stage, report.success, packet.time_ns, packet.received_ns, report.code, report.parameter, reason)


class Commander:
    """Sends commands and follows them. `take` is given every verification report; any thread may call any method."""

    def __init__(self, archive: Archive, uplink: Uplink, timeline: Timeline, clock: GroundClock, line: ForwardLine, cop1: Cop1) -> None:
        self._archive = archive
        self._uplink = uplink
        self._timeline = timeline
        self._clock = clock
        self._line = line
        self._cop1 = cop1
        self._together = threading.Lock()  # the segments of a command go up one behind the other
        self._changed = threading.Condition(threading.RLock())
        self._open: dict[int, CommandStatus] = {}

    def send(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        on_stage: Callable[[CommandStatus, Stage], None] | None = None,
        on_link: Callable[[CommandStatus, LinkStage], None] | None = None,
        bypass: bool = False,
    ) -> CommandStatus:
        """Send `VEHICLE.NAME` with arguments: in sequence (AD) where COP-1 was begun, unless `bypass`; else in type-BD frames.

        Raises BadArgumentError (nothing was sent), NoLinkError, and SequenceError (too many packets wait; nothing was sent). `on_stage` is
        called for each report, from the link's thread; `on_link` for what the ground's end knows, from whatever thread learns it.
        """
        given = dict(arguments or {})
        book, command, data = check(name, given)
        self._uplink.open()
        sequence = None if bypass else self._cop1.sending(book.vehicle.name)
        count = self._archive.next_sequence(command.apid)
        packet = pus.build_tc(command.apid, count, command.service, command.subtype, data, ACKNOWLEDGE_ALL, SOURCE_ID)
        spacecraft_id = book.vehicle.spacecraft_id
        segments = self._uplink.segments(spacecraft_id, packet)
        status = CommandStatus(
            f"{book.vehicle.name}.{command.name}",
            command_text(f"{book.vehicle.name}.{command.name}", given),
            int.from_bytes(packet[:4], "big"),
            self._clock.now_ns(),
            on_stage=on_stage,
            branch=self._timeline.branch.id,
            on_link=on_link,
        )
        self._archive.add_command(
            SentCommand(status.branch, status.sent_ns, spacecraft_id, command.apid, status.request, status.text, packet)
        )
        with self._changed:
            self._open[status.request] = status
        try:
            if sequence is None:
                self._send_by_bypass(book.vehicle.name, spacecraft_id, segments, status)
            else:
                self._send_in_sequence(sequence, packet, status)
        except BaseException:
            with self._changed:
                self._open.pop(status.request, None)
            raise
        return status

    def _send_by_bypass(self, vehicle: str, spacecraft_id: int, segments: Sequence[Segment], status: CommandStatus) -> None:
        frames = [segment.frame(spacecraft_id) for segment in segments]
        with self._changed:
            for frame in frames:
                status.link_s = self._line.send(vehicle, self._uplink.cltu_octets(frame), status.sent_ns)
        self._on_link(status, "released", "")
        with self._together if len(frames) > 1 else nullcontext():
            for frame in frames:
                self._uplink.radiate(frame)
        self._on_link(status, "radiated", ", ".join(filter(None, ("BD", str(segments[-1])))))

    def _send_in_sequence(self, sequence: SequenceService, packet: bytes, status: CommandStatus) -> None:
        def told(stage: str, detail: str) -> None:
            # Behind others, and if the first copy is lost, it is there one timer later.
            status.link_s = (self._clock.now_ns() - status.sent_ns) / SECOND_NS + 2.0 * sequence.t1_s
            self._on_link(status, stage, detail)

        status.link_s = sequence.send(SequencedPacket(status.text, packet, told))

    def _on_link(self, status: CommandStatus, name: str, detail: str) -> None:
        stage = LinkStage(name, self._clock.now_ns(), detail)
        with self._changed:
            status.link_stages.append(stage)
            if name == "unsent" and not status.final:
                status.state = "refused"
                self._open.pop(status.request, None)
            self._changed.notify_all()
        if status.on_link is not None:
            status.on_link(status, stage)

    def take(self, report: Verification) -> CommandStatus | None:
        """Add a report to the command it is about, if that is one of ours."""
        with self._changed:
            status = self._open.get(report.request)
            if status is None:
                return None
            if report.packet.branch != status.branch:
                self._archive.move_command(status.request, status.branch, report.packet.branch)
                status.branch = report.packet.branch
            stage = stage_of(status.name, report)
            status.add(stage)
            if status.final:
                del self._open[report.request]
            self._changed.notify_all()
        if status.on_stage is not None:
            status.on_stage(status, stage)
        return status

    def wait(self, status: CommandStatus, timeout_s: float | None = None, unless: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the command has come to its end; False when it has not in that time of the ground's clock.

        `unless` ends the wait early; `wake` makes it look.
        """
        with self._changed:
            self._clock.wait(self._changed, lambda: status.final or unless(), timeout_s)
            return status.final

    def wait_released(self, status: CommandStatus, timeout_s: float) -> bool:
        """Wait until the command has been radiated once, or will not be; False when neither comes in that time."""
        with self._changed:
            told = ("radiated", "unsent")
            return self._clock.wait(self._changed, lambda: any(stage.name in told for stage in status.link_stages), timeout_s)

    def wake(self) -> None:
        """Let waiters look again (the link has failed)."""
        with self._changed:
            self._changed.notify_all()

    @property
    def open(self) -> list[CommandStatus]:
        """Commands that have not come to their end."""
        with self._changed:
            return list(self._open.values())
