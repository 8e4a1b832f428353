"""How long the declared link takes there and back: light, and the slow line from the relay to lander and rover."""

from ground.clock import SECOND_NS
from wire.dictionary.links import FORWARD_BIT_S, ROUND_TRIP_S

RELAY = "relay"


class ForwardLine:
    """On `lab` nothing takes time. On `queqiao` a CLTU to lander or rover waits for those sent before it and goes up at 125 bit/s.

    What is reckoned is what our own commands take; another station's on the same line are not known here.
    """

    def __init__(self, link: str) -> None:
        self.link = link
        self._free_ns = 0

    def window(self, vehicle: str) -> int:
        """How many frames to have under way: no more than keep the slow line busy for a round trip and some."""
        return 4 if self.link != "lab" and vehicle != RELAY else 10

    def acknowledged_within_s(self, vehicle: str, cltu_octets: int) -> float:
        """How long after it is sent the acknowledgement of a frame may be down, at the end of a full window of such frames."""
        if self.link == "lab":
            return 0.0
        if vehicle == RELAY:
            return ROUND_TRIP_S
        return ROUND_TRIP_S + (self.window(vehicle) + 1) * 8 * cltu_octets / FORWARD_BIT_S

    def send(self, vehicle: str, cltu_octets: int, now_ns: int) -> float:
        """A CLTU goes up now: the seconds until its first report can be down."""
        if self.link == "lab":
            return 0.0
        if vehicle == RELAY:
            return ROUND_TRIP_S
        self._free_ns = max(now_ns, self._free_ns) + 8 * cltu_octets * SECOND_NS // FORWARD_BIT_S
        return ROUND_TRIP_S + (self._free_ns - now_ns) / SECOND_NS
