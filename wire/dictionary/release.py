"""The lander's rows of the rover's release: its mechanism and sequence. Numbers are our choice; the order: facts, change4, section 4."""

from typing import Final

from wire.dictionary.codes import FAILURE_CODE, NO_YES
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.lander_devices import SYSTEM
from wire.dictionary.rows import ALL, Apid, Argument, Command, Enumeration, Event, EventArgument, Limits, Member, Parameter, Report

RELEASE: Final = 0x107
APID: Final = Apid("release", RELEASE, "release of the rover: hold-downs and rails")

STEP: Final = Enumeration(
    "RELEASE_STEP",
    (
        Member(0, "IDLE", "nothing is armed"),
        Member(1, "CHECK", "landed, at rest, not too much aslant, the mechanism answers"),
        Member(2, "RAILS", "unlock the rails and let them down"),
        Member(3, "HOLD_DOWNS", "open what holds the rover to the deck"),
        Member(4, "SECURE", "disarm, and see that all is as it should be"),
    ),
    "Steps of the rover's release; each needs the one before to be confirmed by a measurement",
)

PARAMETERS: Final = (
    *device_parameters(0x350, "mechanism", "release mechanism"),
    Parameter(0x355, "mechanism.extension", "f32", "", "rails, 0 stowed to 1 down"),
    Parameter(0x356, "mechanism.current_a", "f32", "A", "current of the unit", limits=Limits(yellow_high=2.3, red_high=2.8)),
    Parameter(0x357, "mechanism.released", "u8", "", "hold-downs open", enumeration=NO_YES),
    Parameter(0x358, "mechanism.down", "u8", "", "both rails bear on the ground", enumeration=NO_YES),
    Parameter(0x700, "release.step", "u8", "", "step under way", enumeration=STEP),
    Parameter(0x701, "release.confirmed", "u8", "", "bit s: step s is confirmed"),
    Parameter(0x702, "release.tilt_rad", "f32", "rad", "the lander's tilt as checked", limits=Limits(yellow_high=0.15, red_high=0.19)),
    Parameter(0x703, "release.step_time_s", "f32", "s", "since the step began"),
    Parameter(0x704, "release.failures", "u16", "", "steps that failed"),
)

_STEP: Final = (Argument("step", "u8", "", "the step to carry out", enumeration=STEP),)
_AT: Final = EventArgument("step", "u8", "", enumeration=STEP)

COMMANDS: Final = (
    Command("release_rover", 8, 1, RELEASE, "Release the rover, all steps", function=0x70, modes=("LANDED",), hazardous=True),
    Command(
        "release_step", 8, 1, RELEASE, "One step of the rover's release", function=0x71, arguments=_STEP, modes=("LANDED",), hazardous=True
    ),
    Command("release_abort", 8, 1, RELEASE, "Disarm the release mechanism", function=0x72, modes=ALL),
)

EVENTS: Final = (
    *device_events(0xA4, "mechanism", SYSTEM),
    Event(
        0xA0, 1, "release_confirmed", RELEASE, "release: {step} confirmed, rails {extension:.3f}",
        (_AT, EventArgument("extension", "f32", "", "as measured")),
    ),
    Event(
        0xA1, 3, "release_failed", RELEASE, "release: {step} failed, {reason} ({value:.3g})",
        (_AT, EventArgument("reason", "u16", "", enumeration=FAILURE_CODE), EventArgument("value", "f32", "", "what was measured")),
    ),
    Event(0xA2, 1, "rover_released", RELEASE, "the rover is free to roll off"),
    Event(0xA3, 2, "release_aborted", RELEASE, "release: {step} aborted by command", (_AT,)),
)  # fmt: skip

REPORT: Final = Report(7, "release", RELEASE, 1.0, tuple(p.name for p in PARAMETERS), "release mechanism and sequence")
