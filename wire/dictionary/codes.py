"""Enumerations that every vehicle shares. Those that mirror a C enumeration are held to it by a test."""

from typing import Final

from wire.dictionary.rows import Enumeration, Member

NO_YES: Final = Enumeration("NO_YES", (Member(0, "NO"), Member(1, "YES")), "A flag")
OFF_ON: Final = Enumeration("OFF_ON", (Member(0, "OFF"), Member(1, "ON")), "A switch")

RESET_CAUSE: Final = Enumeration(
    "RESET_CAUSE",
    (
        Member(0, "POWER_ON", "the computer was switched on"),
        Member(1, "COMMAND", "reset_computer was commanded"),
        Member(2, "WATCHDOG", "the watchdog was not fed in time"),
        Member(3, "BENCH", "the bench door reset it, or switched it off and on"),
    ),
    "Why the computer started last",
)

VALIDITY: Final = Enumeration(
    "VALIDITY",
    (
        Member(0, "NEVER", "nothing has ever been read"),
        Member(1, "VALID", "read in time and without fault"),
        Member(2, "STALE", "older than the device's time-out"),
        Member(3, "SUSPECT", "read, but its counter, range or self-test is wrong"),
    ),
    "What a device's reading is worth",
)

DEVICE_ERROR: Final = Enumeration(
    "DEVICE_ERROR",
    (
        Member(0, "OK"),
        Member(1, "SILENT", "nothing heard within the device's time-out"),
        Member(2, "CHECKSUM", "the last unit failed its check"),
        Member(3, "FORMAT", "the last unit had a wrong length, address or framing"),
        Member(4, "SEQUENCE", "the device's own counter stood still, went back or jumped"),
        Member(5, "RANGE", "a value outside what the device can measure"),
        Member(6, "SELF_TEST", "the device says that it is unwell"),
        Member(7, "RESET", "the device has restarted since the last unit"),
    ),
    "The last error of a device or its bus",
)

UPLINK_REASON: Final = Enumeration(
    "UPLINK_REASON",
    (
        Member(1, "FRAME_SHORT", "fewer octets than the smallest frame"),
        Member(2, "FRAME_LENGTH", "the length field does not agree with the octets that came"),
        Member(3, "FRAME_FECF", "frame error control field"),
        Member(4, "FRAME_VERSION", "transfer frame version"),
        Member(5, "FRAME_SPARE", "spare bits are set"),
        Member(6, "FRAME_TYPE", "control command that is not by-pass"),
        Member(7, "FRAME_SPACECRAFT", "another spacecraft's identifier"),
        Member(8, "FRAME_CHANNEL", "no such virtual channel"),
        Member(9, "FRAME_MAP", "no such MAP"),
        Member(10, "FRAME_SEGMENT", "empty segment, or out of sequence"),
        Member(11, "FRAME_DIRECTIVE", "control command not known"),
        Member(12, "FRAME_LOCKOUT", "sequence number outside the window: FARM-1 has locked"),
        Member(13, "FRAME_FARM", "FARM-1's own record was damaged, and it has locked"),
        Member(14, "FRAME_OVERLONG", "segments of a packet that is longer than is taken"),
        Member(15, "FRAME_UNFINISHED", "a packet in segments was given up: another began on its MAP, or nothing more came"),
        Member(17, "PACKET_SHORT", "fewer octets than headers and check sum"),
        Member(18, "PACKET_VERSION", "packet version number"),
        Member(19, "PACKET_TYPE", "telemetry where a telecommand is due"),
        Member(20, "PACKET_IDLE", "idle packet"),
        Member(21, "PACKET_SECONDARY", "no secondary header"),
        Member(22, "PACKET_SEQUENCE", "not a stand-alone packet"),
        Member(23, "PACKET_LENGTH", "the length field is not the octets that came"),
        Member(24, "PACKET_CHECKSUM", "packet error control"),
        Member(25, "PACKET_PUS", "PUS version is not 2"),
        Member(32, "QUEUE_FULL", "the door's queue had no room"),
        Member(33, "SECURITY_SHORT", "fewer octets than security header and trailer"),
        Member(34, "SECURITY_ASSOCIATION", "no security association of this index: in clear, or by other keys"),
        Member(35, "SECURITY_CHANNEL", "the security association is another's"),
        Member(36, "SECURITY_MAC", "message authentication code"),
        Member(37, "SECURITY_REPLAYED", "a sequence number that is not above the last"),
        Member(38, "SECURITY_AHEAD", "a sequence number ahead of the window"),
        Member(39, "SECURITY_FORM", "not a frame of this link"),
        Member(40, "SECURITY_INTERNAL", "the security unit failed, and let nothing pass"),
    ),
    "Why a unit from the radio went no further: 1..15 a transfer frame, 17..31 a packet (16 + reason), 33..40 by security (32 + reason)",
)

FARM_STATE: Final = Enumeration(
    "FARM_STATE",
    (
        Member(1, "OPEN", "AD frames are taken in order"),
        Member(2, "WAIT", "no room for AD frames"),
        Member(3, "LOCKOUT", "no AD frame is taken until unlocked"),
    ),
    "States of FARM-1 (CCSDS 232.1, 6.1.2)",
)

QUEUE: Final = Enumeration(
    "QUEUE",
    (
        Member(0, "EVENTS", "events of an application"),
        Member(1, "COMMANDS", "commands to an application"),
        Member(2, "REPLIES", "replies of an application"),
        Member(3, "MODE_REQUESTS", "mode requests of an application"),
        Member(4, "TELEMETRY", "packets waiting for a frame"),
        Member(5, "TELECOMMAND", "packets waiting for a service"),
    ),
    "A bounded queue on board",
)

FAILURE_CODE: Final = Enumeration(
    "FAILURE_CODE",
    (
        Member(1, "PACKET_SHORT", "the packet is shorter than its headers and check sum"),
        Member(2, "PACKET_VERSION", "the packet version is not 0"),
        Member(3, "PACKET_TYPE", "the packet is not a telecommand"),
        Member(5, "PACKET_SECONDARY", "the packet has no secondary header"),
        Member(6, "PACKET_SEQUENCE", "the packet is not stand-alone"),
        Member(7, "PACKET_LENGTH", "the packet length field is not the octets that came; parameter: octets that came"),
        Member(8, "PACKET_CHECKSUM", "the packet error control is wrong"),
        Member(9, "PACKET_PUS", "the PUS version is not 2"),
        Member(16, "UNKNOWN_APID", "no application has this APID; parameter: the APID"),
        Member(17, "UNKNOWN_SERVICE", "the application has no such service; parameter: the service type"),
        Member(18, "UNKNOWN_SUBTYPE", "the service has no such message subtype; parameter: the subtype"),
        Member(19, "UNKNOWN_FUNCTION", "the application has no such function; parameter: the function identifier"),
        Member(20, "ARGUMENT_COUNT", "the count N is not accepted; parameter: N"),
        Member(21, "DATA_LENGTH", "the application data are too short or too long; parameter: octets that came"),
        Member(22, "ARGUMENT_RANGE", "an argument is out of its range; parameter: its index, from 0"),
        Member(23, "ARGUMENT_ENUMERATION", "an argument is none of the listed values; parameter: its index, from 0"),
        Member(24, "ARGUMENT_NOT_FINITE", "an argument is not a finite number; parameter: its index, from 0"),
        Member(25, "ILLEGAL_IN_MODE", "the command is not legal in the present mode; parameter: the mode"),
        Member(26, "UNKNOWN_REPORT", "there is no such housekeeping report; parameter: the report identifier"),
        Member(27, "UNKNOWN_PARAMETER", "there is no such parameter; parameter: the parameter identifier"),
        Member(28, "NOT_SETTABLE", "the parameter can only be read; parameter: the parameter identifier"),
        Member(29, "VALUE_RANGE", "the value is out of the parameter's settable range; parameter: the parameter identifier"),
        Member(30, "QUEUE_FULL", "too many commands are waiting; parameter: how many"),
        Member(32, "BUSY", "the application is still executing; parameter: what (its own number)"),
        Member(33, "DEVICE_NOT_READY", "the device is off, silent or unwell; parameter: the device's last error"),
        Member(34, "NOT_HOVERING", "the vehicle does not hover; parameter: the mode"),
        Member(35, "NOT_LANDED", "the vehicle has not landed; parameter: the mode"),
        Member(36, "MODE_REFUSED", "the mode manager did not allow the change; parameter: the mode asked for"),
        Member(37, "STORAGE", "the flash refused; parameter: the file system's error number, positive"),
        Member(38, "STORAGE_FULL", "the flash has no room; parameter: octets asked for"),
        Member(39, "TIME_OUT", "the application did not finish in time; parameter: ticks waited"),
        Member(40, "ABORTED", "another command or a mode change ended it; parameter: the mode"),
        Member(41, "LIMIT", "a limit of the application's own is exceeded: an event says which; parameter: its number"),
        Member(42, "INTERLOCK", "a measurement does not confirm the step before; parameter: the step"),
        Member(43, "OUT_OF_REACH", "too late in this orbit: full thrust from now on would overshoot the target; parameter: 0"),
        Member(48, "APPLICATION", "a reason of the application's own; parameter: its number"),
    ),
    "Why a command failed, in reports [1,2], [1,4], [1,8] and [1,10]; codes below 16 are the reasons of the packet parser",
)
