"""The links: what passes between the ground and the vehicles, how fast, and how long it takes (facts: change4, section 6)."""

from typing import Final

from wire.dictionary.rows import Enumeration, Member, Parameter

LINKS: Final = ("lab", "queqiao")
TC_FORMATS: Final = ("cltu", "frame")  # what the doors carry: CLTUs or bare transfer frames up, ...
TM_FORMATS: Final = ("cadu", "frame")  # ... CADUs or bare transfer frames down
FORWARD_BIT_S: Final = 125  # relay to lander and rover, of CLTUs
ROUND_TRIP_S: Final = 3.8  # the longest light time there and back by way of the relay; lander and rover to Earth
RELAY_DELAY_NS: Final = 4_460_000  # of a frame of lander or rover at the relay, at the least: as long as it takes to send, at 2 Mbit/s
RETURN_BIT_S: Final[dict[str, tuple[int, ...]]] = {
    "lander": (1_400, 50_000, 280_000, 555_000),
    "rover": (700, 140_000, 285_000),
    "relay": (1_000_000, 2_000_000, 4_000_000, 10_000_000),
}
RATE_AT_POWER_ON: Final[dict[str, int]] = {"lander": 3, "rover": 2, "relay": 1}  # the highest; of the relay, 2 Mbit/s


def rate_parameter(vehicle: str) -> Parameter:
    """The rate at which a vehicle sends frames on the link `queqiao`, as a place in RETURN_BIT_S."""
    rates = RETURN_BIT_S[vehicle]
    members = tuple(Member(i, f"BIT_S_{rate}") for i, rate in enumerate(rates))
    named = Enumeration(f"{vehicle.upper()}_RATE", members, f"Rates at which the {vehicle} can send, bits of transfer frames a second")
    text = "rate at which frames are sent on the link queqiao; on lab it changes nothing"
    return Parameter(0x27, "downlink.rate", "u8", "", text, enumeration=named, settable=(0, len(rates) - 1))
