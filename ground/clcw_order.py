"""CLCWs in the order in which they were made: by the count of the TM frames that carry them."""

BEHIND = 64  # frames by which a late one may be late


class ClcwOrder:
    """Tells late and repeated frames of one spacecraft from new ones by the master channel frame count (8 bits, CCSDS 132.0, 4.1.2.5).

    A frame up to 64 counts behind the newest is late; any other is new. After a gap of so many frames that new ones look late, at most 65
    of them pass unheard before the count has overtaken itself: to FOP-1 that is a loss, and it is made for losses.
    """

    def __init__(self) -> None:
        self._newest: int | None = None

    def is_new(self, master_count: int) -> bool:
        if self._newest is not None and (self._newest - master_count) & 0xFF <= BEHIND:
            return False
        self._newest = master_count
        return True
