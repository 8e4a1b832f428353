"""Pictures and their way down, alike on lander and rover: parameters, commands, events for one camera each."""

from dataclasses import dataclass
from typing import Final

from wire.dictionary.codes import FAILURE_CODE, NO_YES
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.rows import Apid, Argument, Command, Enumeration, Event, EventArgument, Member, Parameter, Report

# Published for the descent camera: LCAM-1 and LCAM-2 (facts: change4, section 3).
RATIO: Final = Enumeration("RATIO", (Member(8, "FINE", "8:1"), Member(64, "SMALL", "64:1")), "Compression of a picture")
FILM_CAMERAS: Final = ("lcam",)

_NUMBER: Final = EventArgument("picture", "u32", "", "its number")
_TRANSACTION: Final = EventArgument("transaction", "u32", "", "sequence number of the transaction (CFDP)")


@dataclass(frozen=True, slots=True)
class PictureRows:
    """The rows of one camera; `apids` are those of the camera and of the files, in this order."""

    apids: tuple[Apid, Apid]
    parameters: tuple[Parameter, ...]
    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    report: Report


def camera_parameters(first: int, camera: str) -> tuple[Parameter, ...]:
    """What a camera's driver knows."""
    return (
        *device_parameters(first, camera, f"camera {camera}"),
        Parameter(first + 5, f"{camera}.picture", "u32", "", "number of the request that the picture under way answers, or the last did"),
        Parameter(first + 6, f"{camera}.octets", "u32", "octet", "length of that picture"),
        Parameter(first + 7, f"{camera}.received", "u32", "octet", "octets of it that came"),
        Parameter(first + 8, f"{camera}.pictures", "u32", "", "whole pictures since the computer started"),
        Parameter(first + 9, f"{camera}.exposure_us", "u32", "us", "exposure of that picture"),
        Parameter(first + 10, f"{camera}.ratio", "u16", "", "compression of that picture", enumeration=RATIO),
    )


def camera_events(first: int, camera: str, apid: int) -> tuple[Event, ...]:
    """A camera is believed no more, or believed again."""
    return device_events(first, camera, apid)


def _parameters() -> tuple[Parameter, ...]:
    return (
        Parameter(0x400, "imaging.requests", "u32", "", "pictures asked of the camera since the computer started"),
        Parameter(0x401, "imaging.skipped", "u32", "", "pictures of a film left out because the camera was busy"),
        Parameter(0x402, "imaging.filming", "u8", "", "a film is being taken", enumeration=NO_YES),
        Parameter(0x403, "imaging.period_s", "f32", "s", "from picture to picture of a film"),
        Parameter(0x404, "imaging.ratio", "u16", "", "compression asked for last", enumeration=RATIO),
        Parameter(0x405, "imaging.fine_below_m", "f32", "m", "height below which a film is taken at 8:1", settable=(0.0, 1000.0)),
        Parameter(0x410, "pictures.stored", "u32", "", "pictures in the flash, stored since the computer started"),
        Parameter(0x411, "pictures.next", "u32", "", "number of the next picture; those below are in the flash"),
        Parameter(0x412, "pictures.octets", "u64", "octet", "octets of pictures stored since the computer started"),
        Parameter(0x413, "pictures.failed", "u32", "", "pictures lost: cut short, or refused by the flash"),
        Parameter(0x414, "pictures.receiving", "u8", "", "a picture is coming from the camera", enumeration=NO_YES),
        Parameter(0x500, "files.waiting", "u32", "", "files that wait to be sent"),
        Parameter(0x501, "files.sent", "u32", "", "files sent since the computer started"),
        Parameter(0x502, "files.transaction", "u32", "", "sequence number of the transaction under way, or the last"),
        Parameter(0x503, "files.picture", "u32", "", "picture being sent, or the last"),
        Parameter(0x504, "files.octets", "u64", "octet", "octets of files sent since the computer started"),
    )


def picture_rows(camera: str, camera_apid: int, files_apid: int) -> PictureRows:
    """Everything about the pictures of one camera. A camera on a mast is pointed; one that films has film commands."""
    ratio = Argument("ratio", "u16", "", "compression", enumeration=RATIO)
    pointing = (
        Argument("azimuth_rad", "f32", "rad", "from the vehicle's front to its left", minimum=-3.1416, maximum=3.1416),
        Argument("elevation_rad", "f32", "rad", "above the vehicle's own horizontal", minimum=-1.2, maximum=0.8),
    )
    films = (
        Command(
            "film", 8, 1, camera_apid, "Take pictures at a period, until told otherwise", function=0x41,
            arguments=(Argument("period_s", "f32", "s", "from picture to picture", minimum=0.5, maximum=3600.0), ratio),
        ),
        Command("film_stop", 8, 1, camera_apid, "Take no more pictures", function=0x42),
    )  # fmt: skip
    commands = (
        Command(
            "take_picture", 8, 1, camera_apid, "Take one picture and store it", function=0x40,
            arguments=(ratio,) if camera in FILM_CAMERAS else (ratio, *pointing),
        ),
        *(films if camera in FILM_CAMERAS else ()),
        Command(
            "send_pictures", 8, 1, files_apid, "Send stored pictures, from the first to the last, by steps", function=0x50,
            arguments=(
                Argument("first", "u32", "", "number of the first picture"),
                Argument("last", "u32", "", "number of the last one"),
                Argument("step", "u16", "", "1: each of them; 2: every other", minimum=1, maximum=1000),
            ),
        ),
        Command("send_stop", 8, 1, files_apid, "Cancel the transaction under way and forget the files that wait", function=0x51),
    )  # fmt: skip
    events = (
        Event(
            0x70, 1, "picture_stored", camera_apid, "picture {picture} stored: {octets} octets, {ratio}:1, from {altitude_m:.1f} m",
            (_NUMBER, EventArgument("octets", "u32", "octet"), EventArgument("ratio", "u16", ""), EventArgument("altitude_m", "f32", "m")),
        ),
        Event(
            0x71, 2, "picture_failed", camera_apid, "picture {picture} lost: {reason}",
            (_NUMBER, EventArgument("reason", "u16", "", enumeration=FAILURE_CODE)),
        ),
        Event(
            0x72, 2, "camera_late", camera_apid, "the camera has not answered request {request} within {seconds:.0f} s",
            (EventArgument("request", "u32", ""), EventArgument("seconds", "f32", "s")),
        ),
        Event(
            0x80, 1, "file_sent", files_apid, "picture {picture} sent: {octets} octets in transaction {transaction}",
            (_NUMBER, EventArgument("octets", "u32", "octet"), _TRANSACTION),
        ),
        Event(
            0x81, 2, "file_unsent", files_apid, "picture {picture} not sent: {reason}",
            (_NUMBER, EventArgument("reason", "u16", "", enumeration=FAILURE_CODE)),
        ),
    )  # fmt: skip
    parameters = _parameters()
    return PictureRows(
        (Apid("camera", camera_apid, f"camera {camera} and its pictures"), Apid("files", files_apid, "file transfer (CFDP)")),
        parameters,
        commands,
        events,
        Report(10, "pictures", camera_apid, 5.0, tuple(p.name for p in parameters), "camera, stored pictures and file transfer"),
    )
