"""The lander's rows, added up. Spacecraft identifier, APIDs and numbers are our choice; names are the on-board symbols."""

from typing import Final

from wire.dictionary import lander_devices, lander_gnc, release
from wire.dictionary.book import Dictionary
from wire.dictionary.codes import FAILURE_CODE, NO_YES
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report
from wire.dictionary.lander_devices import SWITCHABLE, SYSTEM
from wire.dictionary.lander_gnc import GNC
from wire.dictionary.links import rate_parameter
from wire.dictionary.pictures import camera_events, camera_parameters, picture_rows
from wire.dictionary.power import power_apid, power_commands, power_events, power_parameters, power_report
from wire.dictionary.rows import Apid, Argument, Command, Enumeration, Event, EventArgument, Member, Parameter, Report, Vehicle

RECORDER: Final = 0x103
PICTURES: Final = picture_rows("lcam", 0x104, 0x105)

MODES: Final = Enumeration(
    "LANDER_MODE",
    (
        Member(0, "SAFE", "as little as possible, link open"),
        Member(1, "STANDBY", "waiting for commands, engine disarmed"),
        Member(2, "HOVER", "holding height and place under thrust"),
        Member(3, "DESCENT", "coming down to the ground"),
        Member(4, "LANDED", "standing, engine cut off"),
        Member(5, "ORBIT", "before the descent, waiting for `go`"),
    ),
    "Modes of the lander",
)

VEHICLE: Final = Vehicle(
    "lander",
    0x1C4,
    (
        Apid("system", SYSTEM, "computer, modes, link and devices"),
        Apid("gnc", GNC, "guidance, navigation and control"),
        Apid("recorder", RECORDER, "files in the flash"),
        *PICTURES.apids,
        release.APID,
        power_apid("lander"),
    ),
    MODES,
    "The lander",
)

RECORDING: Final = (
    Parameter(0x2C0, "recorder.files_stored", "u32", "", "files stored since the computer started"),
    Parameter(0x2C1, "recorder.octets_stored", "u64", "octet", "octets stored since the computer started"),
    Parameter(0x2C2, "recorder.last_file", "u16", "", "number of the file stored last"),
    Parameter(0x2C3, "recorder.busy", "u8", "", "a file is being stored", enumeration=NO_YES),
)

FILE: Final = (Argument("file", "u16", "", "number of the file to write"),)

COMMANDS: Final = (
    *common_commands(SYSTEM, safe=("STANDBY", "LANDED"), standby=("SAFE", "LANDED"), reset=SWITCHABLE),
    *lander_gnc.COMMANDS,
    *lander_devices.COMMANDS,
    *release.COMMANDS,
    *PICTURES.commands,
    *power_commands("lander"),
    Command("store_log", 8, 1, RECORDER, "Write recent housekeeping to a file in the flash", function=0x30, arguments=FILE),
)

_NUMBER: Final = EventArgument("number", "u16", "", "number of the file")

EVENTS: Final = (
    *common_events(SYSTEM, MODES),
    *lander_devices.EVENTS,
    *camera_events(0x3A, "lcam", SYSTEM),
    *PICTURES.events,
    *power_events("lander"),
    *lander_gnc.EVENTS,
    *release.EVENTS,
    Event(
        0x50,
        1,
        "file_stored",
        RECORDER,
        "file {number} stored: {size} octets, CRC-32 {crc32:08x}",
        (_NUMBER, EventArgument("size", "u32", "octet"), EventArgument("crc32", "u32", "", "of the octets (zlib's CRC-32)")),
    ),
    Event(
        0x51,
        2,
        "file_failed",
        RECORDER,
        "file {number} not stored: {reason}",
        (_NUMBER, EventArgument("reason", "u16", "", enumeration=FAILURE_CODE)),
    ),
)


def _names(*records: str) -> tuple[str, ...]:
    """The parameters of some records, in the order of the rows."""
    rows = (*lander_gnc.PARAMETERS, *lander_devices.DEVICES, *RECORDING)
    return tuple(p.name for record in records for p in rows if p.name.rsplit(".", 1)[0] == record)


REPORTS: Final = (
    common_report(SYSTEM),
    Report(2, "descent", GNC, 0.1, _names("nav", "guidance", "engine", "altimeter"), "navigation, guidance and what they act on"),
    Report(3, "devices", SYSTEM, 1.0, _names("imu", "altimeter", "engine", "thrusters", "legs", "control", "recorder"), "devices"),
    *lander_devices.REPORTS,
    release.REPORT,
    PICTURES.report,
    power_report("lander"),
)

PARAMETERS: Final = (
    *common_parameters(MODES),
    rate_parameter("lander"),
    *lander_gnc.PARAMETERS,
    *lander_devices.DEVICES,
    *camera_parameters(0x340, "lcam"),
    *PICTURES.parameters,
    *RECORDING,
    *release.PARAMETERS,
    *power_parameters("lander"),
)

LANDER: Final = Dictionary(VEHICLE, PARAMETERS, COMMANDS, EVENTS, REPORTS)
