from collections.abc import Sequence

from flight.apps.forwarding import Forwarding
from flight.link import Downlink
from flight.space import Space
from hal.core.slot import SlotCode

class Transmitter:
    slot: SlotCode
    def __init__(
        self,
        downlink: Downlink,
        space: Space,
        vehicle: str,
        rates_bit_s: Sequence[int],
        claims: Sequence[tuple[str, int, int]],
        forwarding: Forwarding | None,
        tick_ns: int,
    ) -> None: ...
