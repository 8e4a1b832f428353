"""Rows that every vehicle has: its computer, its link, its mode, and the commands that any computer understands.

Identifiers below 0x100 are common; those of a vehicle's own records start there.
"""

from typing import Final

from wire.dictionary.codes import DEVICE_ERROR, FARM_STATE, QUEUE, RESET_CAUSE, UPLINK_REASON, VALIDITY
from wire.dictionary.rows import Argument, Command, Enumeration, Event, EventArgument, Limits, Parameter, Report

COMMON_REPORT: Final = (
    "system.uptime_s",
    "system.boot_count",
    "system.reset_cause",
    "system.frame_load",
    "system.overruns",
    "system.shed",
    "system.watchdog_margin_ticks",
    "mode.mode",
    "mode.previous",
    "mode.transitions",
    "mode.refused",
    "link.tc_frames_accepted",
    "link.tc_frames_rejected",
    "link.tc_packets_accepted",
    "link.tc_packets_rejected",
    "link.tm_packets",
    "link.tm_frames",
    "link.tm_lost",
    "link.tm_replaced",
)


def common_parameters(modes: Enumeration) -> tuple[Parameter, ...]:
    """Records `mode`, `system`, `link` and `farm`."""
    load = Limits(yellow_high=0.7, red_high=0.9)  # our choice: the usual margins for processor load
    margin = Limits(yellow_low=20, red_low=5)  # our choice: 200 ms and 50 ms
    return (
        Parameter(0x01, "mode.mode", "u8", "", "present mode", enumeration=modes),
        Parameter(0x02, "mode.previous", "u8", "", "mode before", enumeration=modes),
        Parameter(0x03, "mode.transitions", "u32", "", "mode changes since the computer started"),
        Parameter(0x04, "mode.refused", "u16", "", "mode changes refused since the computer started"),
        Parameter(0x10, "system.uptime_s", "f64", "s", "time since the computer started"),
        Parameter(0x11, "system.boot_count", "u32", "", "starts of the computer, ever"),
        Parameter(0x12, "system.reset_cause", "u8", "", "why it started last", enumeration=RESET_CAUSE),
        Parameter(0x13, "system.frame_load", "f32", "", "part of the last major frame's budget in use", limits=load),
        Parameter(0x14, "system.overruns", "u32", "", "frames that took more than their budget"),
        Parameter(0x15, "system.shed", "u32", "", "slots left out because a frame was full"),
        Parameter(0x16, "system.watchdog_margin_ticks", "i32", "tick", "least time left when the watchdog was fed", limits=margin),
        Parameter(0x20, "link.tc_frames_accepted", "u32", "", "telecommand frames accepted"),
        Parameter(0x21, "link.tc_frames_rejected", "u32", "", "telecommand frames rejected, all reasons"),
        Parameter(0x22, "link.tc_packets_accepted", "u32", "", "telecommand packets accepted"),
        Parameter(0x23, "link.tc_packets_rejected", "u32", "", "telecommand packets rejected, all reasons"),
        Parameter(0x24, "link.tm_packets", "u32", "", "telemetry packets put into frames"),
        Parameter(0x25, "link.tm_frames", "u32", "", "telemetry frames sent, idle ones included"),
        Parameter(0x26, "link.tm_lost", "u32", "", "telemetry packets lost for want of room"),
        Parameter(0x2E, "link.tm_replaced", "u32", "", "periodic reports that newer ones of their kind replaced before the line was free"),
        Parameter(0x28, "farm.state", "u8", "", "FARM-1: what it does with AD frames", enumeration=FARM_STATE),
        Parameter(0x29, "farm.v_r", "u8", "", "FARM-1: number of the AD frame waited for"),
        Parameter(0x2A, "farm.taken", "u32", "", "AD frames accepted"),
        Parameter(0x2B, "farm.discarded", "u32", "", "AD frames sound but not accepted: copies, gaps, no room, lockout"),
        Parameter(0x2C, "farm.lockouts", "u32", "", "times that FARM-1 has locked over a number outside its window"),
        Parameter(0x2D, "farm.upsets", "u32", "", "times that FARM-1's record was found damaged"),
    )


def device_parameters(first: int, record: str, text: str) -> tuple[Parameter, ...]:
    """What every device's reading carries."""
    return (
        Parameter(first, f"{record}.tick", "i64", "tick", f"{text}: time of the reading, in ticks from the scenario's epoch"),
        Parameter(first + 1, f"{record}.sequence", "u32", "", f"{text}: readings accepted"),
        Parameter(first + 2, f"{record}.validity", "u8", "", f"{text}: what the reading is worth", enumeration=VALIDITY),
        Parameter(first + 3, f"{record}.error", "u8", "", f"{text}: last error", enumeration=DEVICE_ERROR),
        Parameter(first + 4, f"{record}.rejected", "u32", "", f"{text}: units refused, all reasons"),
    )


def common_commands(apid: int, safe: tuple[str, ...], standby: tuple[str, ...], reset: tuple[str, ...]) -> tuple[Command, ...]:
    """Test, housekeeping and parameter services, mode changes and reset. The last three arguments say in which modes these are legal."""
    report = Argument("report", "u16", "", "housekeeping report", refers="report")
    parameter = Argument("parameter", "u16", "", "parameter", refers="parameter")
    value = Argument("value", "deduced", "", "new value, in the parameter's own kind and unit")
    return (
        Command("ping", 17, 1, apid, "Are you alive? Answered by report [17,2]"),
        Command("hk_enable", 3, 5, apid, "Send a housekeeping report each period", arguments=(report,), counted=True),
        Command("hk_disable", 3, 6, apid, "Send a housekeeping report no more", arguments=(report,), counted=True),
        Command("hk_report", 3, 27, apid, "Send a housekeeping report once, now", arguments=(report,), counted=True),
        Command("get", 20, 1, apid, "Report a parameter's value in [20,2]", arguments=(parameter,), counted=True),
        Command("set", 20, 3, apid, "Set a parameter that can be set", arguments=(parameter, value), counted=True),
        Command("safe", 8, 1, apid, "Go to mode SAFE", function=0x01, modes=safe),
        Command("standby", 8, 1, apid, "Go to mode STANDBY", function=0x02, modes=standby),
        Command("reset_computer", 8, 1, apid, "Restart this vehicle's computer", function=0x03, modes=reset, hazardous=True),
    )


def common_events(apid: int, modes: Enumeration) -> tuple[Event, ...]:
    """Events of any computer."""
    count = EventArgument("count", "u32", "", "since the computer started")
    previous = EventArgument("previous", "u8", "", enumeration=modes)
    mode = EventArgument("mode", "u8", "", enumeration=modes)
    requested = EventArgument("requested", "u8", "", enumeration=modes)
    boot = (
        EventArgument("dictionary", "u32", "", "first 32 bits of the dictionary's hash"),
        EventArgument("boot_count", "u32", "", "starts of the computer, ever"),
        EventArgument("reset_cause", "u8", "", "why it started", enumeration=RESET_CAUSE),
    )
    load = EventArgument("load", "f32", "", "part of the frame's budget that was asked for")
    reason = EventArgument("reason", "u8", "", enumeration=UPLINK_REASON)
    confirmations = EventArgument("confirmations", "u16", "", "one bit for each independent piece of evidence")
    return (
        Event(0x01, 1, "boot", apid, "boot {boot_count} after {reset_cause}, dictionary {dictionary:08x}", boot),
        Event(0x02, 1, "mode_changed", apid, "mode {previous} -> {mode}", (previous, mode)),
        Event(
            0x03, 2, "mode_refused", apid, "mode {mode} -> {requested} refused, evidence {confirmations}", (mode, requested, confirmations)
        ),
        Event(0x04, 2, "computer_overrun", apid, "frame overrun number {count}, load {load:.3f}", (load, count)),
        Event(
            0x05,
            2,
            "slot_shed",
            apid,
            "slot {slot} left out, {count} so far",
            (EventArgument("slot", "u16", "", "row of the table"), count),
        ),
        Event(0x06, 3, "watchdog_reset", apid, "the watchdog reset the computer, {count} times so far", (count,)),
        Event(0x07, 2, "uplink_rejected", apid, "uplink unit rejected: {reason}, {count} so far", (reason, count)),
        Event(
            0x08,
            2,
            "queue_lost",
            apid,
            "queue {queue} full, {count} lost so far",
            (EventArgument("queue", "u8", "", enumeration=QUEUE), count),
        ),
        Event(0x09, 2, "packet_lost", apid, "{count} telemetry packets lost so far", (count,)),
        Event(0x0A, 2, "event_lost", apid, "{count} events lost so far", (count,)),
    )


def device_events(first: int, device: str, apid: int, severity: int = 2) -> tuple[Event, ...]:
    """A device is believed no more, or believed again."""
    error = EventArgument("error", "u8", "", enumeration=DEVICE_ERROR)
    return (
        Event(first, severity, f"{device}_degraded", apid, f"{device} degraded: {{error}}", (error,)),
        Event(first + 1, 1, f"{device}_recovered", apid, f"{device} recovered after {{error}}", (error,)),
    )


def common_report(apid: int) -> Report:
    return Report(1, "system", apid, 1.0, COMMON_REPORT, "computer, mode and link")
