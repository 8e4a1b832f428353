# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""TM transfer frames (CCSDS 132.0): filling the data field with packets, and taking them out again.

Sending: a frame closed before it is full ends in an idle packet. When fewer octets are left than the shortest packet has (7), the idle
packet runs over into the next frame, as any packet may.

Receiving: the first header pointer rules. A packet that does not end where the next one begins is dropped, and so is one across a break in
the frame count: no packet is ever made of two. Bounds are not checked: offsets stay below the constants of the class card.
"""

import numpy as np

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from wire.crc cimport crc16

cdef uint8_t IDLE_OCTET = 0x55
cdef uint32_t SHORTEST_PACKET = 7
cdef uint32_t SHORTEST_FRAME = 13   # header, an octet of data, control field, FECF
cdef uint16_t IDLE_APID = 0x7FF
cdef uint32_t NO_COUNT = 0x100


# --- sending

cdef void tm_begin(TmChannel* c, uint16_t spacecraft_id, uint8_t virtual_channel_id) noexcept nogil:
    memset(c, 0, sizeof(TmChannel))
    c.spacecraft_id = spacecraft_id
    c.virtual_channel_id = virtual_channel_id
    c.first_header = TM_NO_PACKET


cdef inline uint8_t reserve_check(uint8_t lead, uint8_t tail) noexcept nogil:
    return 0xA5 ^ lead ^ (tail << 1 | tail >> 7)


cdef void tm_reserve(TmChannel* c, uint8_t lead, uint8_t tail) noexcept nogil:
    c.lead, c.tail = lead, tail
    c.reserve_check = reserve_check(lead, tail) if lead or tail else 0


cdef inline uint32_t lead_of(const TmChannel* c) noexcept nogil:
    return c.lead if c.reserve_check == reserve_check(c.lead, c.tail) else 0


cdef inline uint32_t room_of(const TmChannel* c) noexcept nogil:
    """Octets of the data field that packets may use. Whatever an upset makes of the record, it is between 593 and TM_DATA."""
    return TM_DATA - c.lead - c.tail if c.reserve_check == reserve_check(c.lead, c.tail) else TM_DATA


cdef bint tm_full(TmChannel* c) noexcept nogil:
    return c.used == room_of(c)


cdef uint32_t tm_room(TmChannel* c) noexcept nogil:
    cdef uint32_t room = room_of(c)
    return room - c.used if c.used < room else 0


cdef bint tm_waiting(TmChannel* c) noexcept nogil:
    return c.used > c.carry


cdef int tm_append(TmChannel* c, const uint8_t* packet, uint32_t length) noexcept nogil:
    cdef uint32_t part, room
    room = room_of(c)
    if c.packet_offset >= length or c.used > room:      # the record was hit by an upset: nothing may be written outside it
        c.packet_offset = c.carry = 0
        c.used = c.used if c.used < room else room
    room -= c.used
    if room == 0:
        return 0
    part = length - c.packet_offset
    if c.packet_offset == 0 and c.first_header == TM_NO_PACKET:
        c.first_header = c.used
    if part > room:
        part = room
    memcpy(c.data + c.used, packet + c.packet_offset, part)
    c.used += part
    c.packet_offset += part
    if c.packet_offset < length:
        return 0
    c.packet_offset = 0
    c.packets += 1
    return 1


cdef void write_frame(TmChannel* c, uint32_t pointer, uint8_t master_count, uint32_t ocf, uint8_t* f) noexcept nogil:
    """Headers, data field, operational control field and FECF; the count moves on. Secondary header, synchronisation and order flags are 0."""
    cdef uint16_t check
    f[0] = <uint8_t>(c.spacecraft_id >> 4 & 0x3F)
    f[1] = <uint8_t>((c.spacecraft_id & 15) << 4 | (c.virtual_channel_id & 7) << 1 | 1)
    f[2] = master_count
    f[3] = c.frame_count
    f[4] = <uint8_t>(0x18 | pointer >> 8)
    f[5] = <uint8_t>pointer
    memset(f + TM_HEADER, 0, TM_DATA)
    memcpy(f + TM_HEADER + lead_of(c), c.data, room_of(c))
    f[TM_OCF] = <uint8_t>(ocf >> 24)
    f[TM_OCF + 1] = <uint8_t>(ocf >> 16)
    f[TM_OCF + 2] = <uint8_t>(ocf >> 8)
    f[TM_OCF + 3] = <uint8_t>ocf
    check = crc16(f, TM_FECF)
    f[TM_FECF] = <uint8_t>(check >> 8)
    f[TM_FECF + 1] = <uint8_t>check
    c.frame_count += 1
    c.frames += 1


cdef uint32_t fill(TmChannel* c, uint8_t* rest) noexcept nogil:
    """Fill what is left with one idle packet. Its octets that do not fit go to `rest`: how many."""
    cdef uint32_t gap = room_of(c) - c.used
    cdef uint32_t length = gap if gap >= SHORTEST_PACKET else SHORTEST_PACKET
    cdef uint8_t header[7]
    cdef uint32_t part = gap if gap < 7 else 7
    header[0] = <uint8_t>(IDLE_APID >> 8)
    header[1] = <uint8_t>IDLE_APID
    header[2] = <uint8_t>(0xC0 | c.idle_count >> 8)
    header[3] = <uint8_t>c.idle_count
    header[4] = <uint8_t>((length - 7) >> 8)
    header[5] = <uint8_t>(length - 7)
    header[6] = IDLE_OCTET
    c.idle_count = (c.idle_count + 1) & 0x3FFF
    if c.first_header == TM_NO_PACKET:
        c.first_header = c.used
    memset(c.data + c.used, IDLE_OCTET, gap)
    memcpy(c.data + c.used, header, part)
    c.used = room_of(c)
    memcpy(rest, header + part, 7 - part)
    return length - gap


cdef bint tm_finish(TmChannel* c, uint8_t master_count, uint32_t ocf, uint8_t* frame) noexcept nogil:
    cdef uint8_t rest[8]
    cdef uint32_t left = 0
    if c.used < room_of(c):
        if c.packet_offset:
            return False
        left = fill(c, rest)
    write_frame(c, c.first_header, master_count, ocf, frame)
    memcpy(c.data, rest, left)
    c.used = c.carry = left
    c.first_header = TM_NO_PACKET
    return True


cdef bint tm_idle(TmChannel* c, uint8_t master_count, uint32_t ocf, uint8_t* frame) noexcept nogil:
    if c.used or c.packet_offset:
        return False
    memset(c.data, IDLE_OCTET, room_of(c))
    write_frame(c, TM_ONLY_IDLE, master_count, ocf, frame)
    c.idle_frames += 1
    return True


# --- receiving

cdef void tm_reassembler_reset(TmReassembler* r) noexcept nogil:
    tm_reassembler_begin(r, TM_FRAME_LENGTH)


cdef void tm_reassembler_begin(TmReassembler* r, uint32_t frame_length) noexcept nogil:
    memset(r, 0, sizeof(TmReassembler))
    r.frame_length = frame_length
    r.last_count = NO_COUNT


cdef void drop(TmReassembler* r) noexcept nogil:
    """Give up the packet under way, if there is one."""
    if r.collected:
        r.packets_dropped += 1
    r.collected = 0


cdef void lose(TmReassembler* r) noexcept nogil:
    drop(r)
    r.synchronised = 0


cdef inline uint32_t data_start(const uint8_t* f) noexcept nogil:
    """Behind the primary header, and the secondary one where its flag says so (CCSDS 132.0, 4.1.3)."""
    return TM_HEADER + 1 + (f[6] & 0x3F) if f[4] & 0x80 else TM_HEADER


cdef inline uint32_t data_end(const TmReassembler* r, const uint8_t* f) noexcept nogil:
    return r.frame_length - (6 if f[1] & 1 else 2)


cdef bint carries_packets(const uint8_t* f) noexcept nogil:
    """Version 0, packets (synchronisation flag 0), segment length identifier 3, secondary header of version 0."""
    return f[0] >> 6 == 0 and f[4] & 0x40 == 0 and f[4] & 0x18 == 0x18 and (f[4] & 0x80 == 0 or f[6] >> 6 == 0)


cdef uint32_t fingerprint(const uint8_t* f, uint32_t length) noexcept nogil:
    """Tells frames of the same counts apart. Their FECF cannot: packets that end with their own CRC leave it the same remainder."""
    cdef uint64_t sum = 0xCBF29CE484222325u, word
    cdef uint32_t at
    for at in range(0, length - 7, 8):
        memcpy(&word, f + at, 8)
        sum = (sum ^ word) * 0x100000001B3u
        sum ^= sum >> 29
    memcpy(&word, f + length - 8, 8)
    sum = (sum ^ word) * 0x100000001B3u
    return <uint32_t>(sum >> 32) ^ <uint32_t>sum


cdef bint follow_count(TmReassembler* r, const uint8_t* f) noexcept nogil:
    """Mark breaks in the frame count. False for the frame before once more."""
    cdef uint32_t check = fingerprint(f, r.frame_length)
    cdef uint32_t missing
    if r.last_count != NO_COUNT:
        if f[3] == r.last_count and check == r.last_check:
            r.repeated += 1
            return False
        missing = (f[3] - r.last_count - 1) & 0xFF
        if missing:
            r.gaps += 1
            r.frames_missing += missing
            lose(r)
    r.last_count = f[3]
    r.last_check = check
    return True


cdef bint tm_offer(TmReassembler* r, const uint8_t* frame) noexcept nogil:
    cdef uint32_t start = data_start(frame), end = data_end(r, frame)
    cdef uint32_t pointer = (frame[4] & 7) << 8 | frame[5]
    r.frames += 1
    r.cursor = end
    if r.delivered:
        r.collected = r.delivered = 0
    if not carries_packets(frame):
        r.bad_frames += 1
        return False
    if not follow_count(r, frame):
        return False
    if pointer == TM_ONLY_IDLE:
        r.idle_frames += 1
        return False
    if pointer == TM_NO_PACKET:
        r.pointer = end
        r.cursor = start
        return r.synchronised != 0
    if start + pointer >= end:
        r.bad_pointers += 1
        lose(r)
        return False
    r.pointer = start + pointer
    r.cursor = start
    if r.synchronised == 0 or pointer == 0:
        drop(r)
        r.cursor = r.pointer
    r.synchronised = 1
    return True


cdef bint header_possible(const uint8_t* p) noexcept nogil:
    """Version 0, and not six zeros: a field filled with zeros instead of an idle packet is no packet."""
    return p[0] >> 5 == 0 and (p[0] | p[1] | p[2] | p[3] | p[4] | p[5]) != 0


cdef void resume_at_pointer(TmReassembler* r, uint32_t end) noexcept nogil:
    """After something that cannot be: go on where this frame, or the next that has one, points to a header."""
    drop(r)
    if r.cursor <= r.pointer < end:
        r.cursor = r.pointer
    else:
        r.cursor = end
        r.synchronised = 0


cdef bint take(TmReassembler* r, const uint8_t* frame, uint32_t wanted, uint32_t bound) noexcept nogil:
    """Collect up to `wanted` octets of the packet in all, from in front of `bound`. True when they are there."""
    cdef uint32_t part = wanted - r.collected
    if part > bound - r.cursor:
        part = bound - r.cursor
    memcpy(r.packet + r.collected, frame + r.cursor, part)
    r.collected += part
    r.cursor += part
    return r.collected == wanted


cdef uint32_t tm_next(TmReassembler* r, const uint8_t* frame) noexcept nogil:
    cdef uint32_t end = data_end(r, frame), bound, length
    if r.delivered:
        r.collected = r.delivered = 0
    while r.cursor < end and r.synchronised:
        if r.cursor == r.pointer and r.collected:
            drop(r)                                     # it should have ended here
        bound = r.pointer if r.cursor < r.pointer else end
        if r.collected < 6 and not take(r, frame, 6, bound):
            continue
        if not header_possible(r.packet):
            r.bad_headers += 1
            resume_at_pointer(r, end)
            continue
        length = (<uint32_t>r.packet[4] << 8 | r.packet[5]) + 7
        if not take(r, frame, length, bound):
            continue
        if r.cursor < r.pointer:                        # it should have gone on to there
            resume_at_pointer(r, end)
            continue
        if (r.packet[0] & 7) == 7 and r.packet[1] == 0xFF:
            r.idle_packets += 1
            r.collected = 0
            continue
        r.packets += 1
        r.packet_length = length
        r.delivered = 1
        return length
    return 0


# --- for Python

cdef class Channel:
    """The sending side of one virtual channel."""

    cdef TmChannel c
    cdef uint8_t lead, tail

    def __init__(self, uint16_t spacecraft_id, uint8_t virtual_channel_id, uint8_t lead=0, uint8_t tail=0):
        tm_begin(&self.c, spacecraft_id, virtual_channel_id)
        self.lead, self.tail = lead, tail               # octets kept free for security header and trailer: wiring
        tm_reserve(&self.c, lead, tail)

    def append(self, const unsigned char[::1] packet not None) -> bool:
        """Put a packet in. False when the frame is full before all of it is in: finish, and offer the same packet again."""
        if packet.shape[0] < SHORTEST_PACKET or packet.shape[0] > PACKET_MAX:
            raise ValueError(f"{packet.shape[0]} octets are no space packet")
        return tm_append(&self.c, &packet[0], <uint32_t>packet.shape[0])

    def finish(self, uint8_t master_count=0, uint32_t ocf=0) -> bytes:
        """The frame, the rest of it filled with an idle packet."""
        cdef uint8_t out[TM_FRAME_LENGTH]
        if not tm_finish(&self.c, master_count, ocf, out):
            raise ValueError("a packet is under way: offer it again first")
        return bytes((<char*>out)[:TM_FRAME_LENGTH])

    def idle(self, uint8_t master_count=0, uint32_t ocf=0) -> bytes:
        """A frame with only idle data."""
        cdef uint8_t out[TM_FRAME_LENGTH]
        if not tm_idle(&self.c, master_count, ocf, out):
            raise ValueError("a packet is under way: no idle frame may come between")
        return bytes((<char*>out)[:TM_FRAME_LENGTH])

    @property
    def full(self) -> bool:
        return tm_full(&self.c)

    @property
    def waiting(self) -> bool:
        return tm_waiting(&self.c)

    def record(self):
        """A copy of the record, as numpy sees it."""
        cdef TmChannel[::1] view = <TmChannel[:1]>&self.c
        return np.array(view)[0]

    def load(self, const unsigned char[::1] octets not None) -> None:
        """Put back the octets of a record."""
        if octets.shape[0] != sizeof(TmChannel):
            raise ValueError(f"{octets.shape[0]} octets, where the record has {sizeof(TmChannel)}")
        memcpy(&self.c, &octets[0], sizeof(TmChannel))
        tm_reserve(&self.c, self.lead, self.tail)


cdef class Reassembler:
    """The receiving side of one virtual channel."""

    cdef TmReassembler r

    def __init__(self, uint32_t frame_octets=TM_FRAME_LENGTH):
        if not SHORTEST_FRAME <= frame_octets <= 2048:
            raise ValueError(f"frames of {frame_octets} octets: {SHORTEST_FRAME} to 2048 are possible")
        tm_reassembler_begin(&self.r, frame_octets)

    def feed(self, const unsigned char[::1] frame not None) -> list[bytes]:
        """The packets that this frame completes, idle ones left out. The FECF is taken as checked."""
        if <uint32_t>frame.shape[0] != self.r.frame_length:
            raise ValueError(f"a frame of {frame.shape[0]} octets, where the link has {self.r.frame_length}")
        cdef const uint8_t* f = &frame[0]
        cdef uint32_t length
        packets = []
        if tm_offer(&self.r, f):
            while True:
                length = tm_next(&self.r, f)
                if length == 0:
                    break
                packets.append(bytes((<char*>self.r.packet)[:length]))
        return packets

    def record(self):
        """A copy of the record, as numpy sees it."""
        cdef TmReassembler[::1] view = <TmReassembler[:1]>&self.r
        return np.array(view)[0]
