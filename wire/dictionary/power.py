"""Power and heat of each vehicle: what its power unit says, with limits. The limits are choices of ours, but what they protect is not."""

from typing import Final

from wire.dictionary.codes import NO_YES
from wire.dictionary.common import device_events, device_parameters
from wire.dictionary.rows import Apid, Argument, Command, Enumeration, Event, Limits, Member, Parameter, Polynomial, Report

REPORT: Final = 16
CELSIUS: Final = Polynomial("KELVIN_TO_CELSIUS", "degC", (-273.15, 1.0))
NODES: Final = ("electronics", "battery", "wings", "structure")
_BOX: Final = Limits(263.15, 318.15, 253.15, 328.15)
_BATTERY: Final = Limits(268.15, 308.15, 258.15, 318.15)
_GROUND: Final = (_BOX, _BATTERY, Limits(123.15, 393.15, 73.15, 413.15), Limits(173.15, 363.15, 73.15, 383.15))
_ORBIT: Final = (_BOX, _BATTERY, Limits(223.15, 373.15, 153.15, 393.15), Limits(193.15, 323.15, 173.15, 343.15))
TEMPERATURES: Final[dict[str, tuple[Limits, ...]]] = {"lander": _GROUND, "rover": _GROUND, "relay": _ORBIT}
WING_CURRENT: Final[dict[str, Limits]] = {
    "lander": Limits(yellow_low=5.0),
    "rover": Limits(yellow_low=1.0),
    "relay": Limits(yellow_low=20.0, red_low=15.0),
}
APIDS: Final[dict[str, int]] = {"lander": 0x106, "rover": 0x126, "relay": 0x146}
WINGS: Final = Enumeration("WINGS", (Member(1, "SPREAD", "spread them; they stay so"),), "What the wings can be told")


def power_apid(vehicle: str) -> Apid:
    return Apid("power", APIDS[vehicle], "power and temperatures")


def power_parameters(vehicle: str) -> tuple[Parameter, ...]:
    """The record `power_unit`."""
    heat = TEMPERATURES[vehicle]
    return (
        *device_parameters(0x600, "power_unit", "power unit"),
        Parameter(0x605, "power_unit.bus_voltage_v", "f32", "V", "voltage of the bus", limits=Limits(28.0, 32.0, 26.5, 34.0)),
        Parameter(0x606, "power_unit.wing_current_a", "f32", "A", "current that the wings could give", limits=WING_CURRENT[vehicle]),
        Parameter(0x607, "power_unit.load_current_a", "f32", "A", "current of all loads"),
        Parameter(0x608, "power_unit.battery_current_a", "f32", "A", "current into the battery, negative out of it"),
        Parameter(0x609, "power_unit.state_of_charge", "f32", "", "of the battery, 0 to 1", limits=Limits(yellow_low=0.5, red_low=0.3)),
        Parameter(0x60A, "power_unit.deployment", "f32", "", "of the wings, 0 stowed to 1 spread"),
        Parameter(0x60B, "power_unit.heating", "u8", "", "the battery is heated", enumeration=NO_YES),
        *(
            Parameter(
                0x610 + i, f"power_unit.temperature_k[{i}]", "f32", "K", f"temperature of the {node}", calibration=CELSIUS, limits=heat[i]
            )
            for i, node in enumerate(NODES)
        ),
    )


def power_report(vehicle: str) -> Report:
    """Every ten seconds."""
    return Report(REPORT, "power", APIDS[vehicle], 10.0, tuple(p.name for p in power_parameters(vehicle)), "power and temperatures")


def power_events(vehicle: str) -> tuple[Event, ...]:
    return device_events(0x90, "power_unit", APIDS[vehicle], severity=3)


def power_commands(vehicle: str) -> tuple[Command, ...]:
    """Of lander and rover; the relay's wings are spread for good."""
    wings = Argument("wings", "u8", "", "what they are to do", minimum=1, maximum=1, enumeration=WINGS, default=1)
    return (Command("spread_wings", 8, 1, APIDS[vehicle], "Spread the solar wings", function=0x60, arguments=(wings,)),)
