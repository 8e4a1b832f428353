"""From frames to packets: headers, counts and first header pointers, from the text of CCSDS 132.0 and the dictionary's layout."""

from __future__ import annotations

from .words import Json, StrangeError, read_words, split_word

HEADER_OCTETS = 6  # of a space packet


class Reception:
    """The virtual channels of all spacecraft. `packets` are (spacecraft identifier, virtual channel, octets), idle ones left out."""

    def __init__(self, link: Json) -> None:
        self.packets: list[tuple[int, int, bytes]] = []
        self.clcws: list[tuple[int, dict[str, int]]] = []  # spacecraft identifier and fields, of every frame
        self.run_over = 0  # packets that lie in more than one frame
        frame = link["tm_frame"]
        names = [field["name"] for field in frame["fields"]]
        place = names.index("data")
        self._head = frame["fields"][:place]
        self._start = sum(field["octets"] for field in self._head)
        self._end = self._start + frame["fields"][place]["octets"]
        self._no_start, self._only_idle = (frame["first_header_pointer"][name] for name in ("no_packet_starts", "only_idle_data"))
        self._clcw, self._idle_apid = link["clcw"], link["packets"]["idle_apid"]
        self._known_clcws: dict[bytes, dict[str, int]] = {}
        self._parts: dict[tuple[int, int], bytes] = {}  # of each channel: a packet's beginning
        self._last: dict[tuple[int, int], bytes] = {}

    def take(self, frame: bytes) -> None:
        """What a frame says, and the packets that it completes."""
        head = read_words(self._head, frame[: self._start])
        channel = head["spacecraft_id"], head["virtual_channel_id"]
        self.clcws.append((channel[0], self._control(frame[self._end : self._end + 4])))
        last = self._last.get(channel)
        if frame == last:
            return
        self._last[channel] = frame
        if last is not None and frame[3] != (last[3] + 1) % 256:  # virtual channel frame count: one is missing
            self._parts.pop(channel, None)
        pointer, data = head["first_header_pointer"], frame[self._start : self._end]
        if pointer == self._only_idle:
            return
        before = self._parts.pop(channel, b"")
        if pointer != self._no_start or before:
            self._parts[channel] = self._cut(channel, before + data if before else data[pointer:], len(before), pointer)

    def _control(self, octets: bytes) -> dict[str, int]:
        if octets not in self._known_clcws:
            self._known_clcws[octets] = split_word(self._clcw["bits"], int.from_bytes(octets, "big"), 32, "clcw")
        return self._known_clcws[octets]

    def _cut(self, channel: tuple[int, int], octets: bytes, before: int, pointer: int) -> bytes:
        """Whole packets off the front; what is left is the beginning of one."""
        at, starts = 0, []
        while len(octets) - at >= HEADER_OCTETS:
            size = 7 + int.from_bytes(octets[at + 4 : at + 6], "big")
            if len(octets) - at < size:
                break
            packet = octets[at : at + size]
            if int.from_bytes(packet[:2], "big") & 0x7FF != self._idle_apid:
                self.packets.append((*channel, packet))
                self.run_over += at < before
            at += size
            starts.append(at)
        if before and pointer != self._no_start and before + pointer not in starts:
            raise StrangeError(f"the first header pointer says {pointer}; packets end at {starts}, {before} octets came before")
        return octets[at:]
