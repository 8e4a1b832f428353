# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""CADUs in, an index of packets out: synchroniser, decoder, frame checks and reassembly in one loop without the interpreter's lock.

What a call completes lies in one buffer, packet behind packet, since a packet that spans frames lies nowhere in one piece in the stream.
Bounds are not checked: rows and buffer are grown before they are written.
"""

import numpy as np

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

from wire.crc cimport crc16
from wire.frame_sync cimport SyncRecord, sync_feed, sync_options
from wire.tm_frame cimport TmReassembler, tm_next, tm_offer, tm_reassembler_begin

# The types once: numpy takes a fifth of a millisecond to read one out of a memory view.
cdef PacketRow no_packet[1]
cdef FrameRow no_frame[1]
cdef SyncRecord no_record[1]
cdef TmReassembler no_channel[1]
memset(no_packet, 0, sizeof(PacketRow))
memset(no_frame, 0, sizeof(FrameRow))
memset(no_record, 0, sizeof(SyncRecord))
memset(no_channel, 0, sizeof(TmReassembler))
cdef PacketRow[::1] packet_view = <PacketRow[:1]>no_packet
cdef FrameRow[::1] frame_view = <FrameRow[:1]>no_frame
cdef SyncRecord[::1] record_view = <SyncRecord[:1]>no_record
cdef TmReassembler[::1] channel_view = <TmReassembler[:1]>no_channel
PACKET_ROW = np.asarray(packet_view).dtype
FRAME_ROW = np.asarray(frame_view).dtype
SYNC_RECORD = np.asarray(record_view).dtype
CHANNEL_RECORD = np.asarray(channel_view).dtype
SECOND = 1 << 24                    # units of `time`


cdef void* grown(void* block, size_t* room, size_t needed, size_t unit) noexcept nogil:
    """The block with room for `needed` units, or NULL: then it is as it was."""
    cdef size_t more = room[0]
    cdef void* moved
    if needed <= more:
        return block
    while more < needed:
        more = 2 * more
    moved = realloc(block, more * unit)
    if moved != NULL:
        room[0] = more
    return moved


cdef inline uint16_t word(const uint8_t* p) noexcept nogil:
    return <uint16_t>(p[0] << 8 | p[1])


cdef class TmChain:
    """One stream's chain. `spacecraft_ids`: whose frames are looked into, all by default; options: those of wire.cadu.Synchroniser.

    `keep_frames`: the octets of the frames of each call are kept for frame_octets(), which whoever opens sealed ones needs.
    """

    def __cinit__(self):
        self.packet_room = self.frame_room = 256
        self.room = 65536
        self.packets = <PacketRow*>malloc(self.packet_room * sizeof(PacketRow))
        self.frames = <FrameRow*>malloc(self.frame_room * sizeof(FrameRow))
        self.kept_room = 4096
        self.buffer = <uint8_t*>malloc(self.room)
        self.kept_frames = <uint8_t*>malloc(self.kept_room)
        if self.packets == NULL or self.frames == NULL or self.buffer == NULL or self.kept_frames == NULL:
            raise MemoryError

    def __init__(self, spacecraft_ids=None, keep_frames=False, **options):
        sync_options(&self.sync, options)
        self.keep = keep_frames
        if self.sync.code.frame_octets < 13:
            raise ValueError(f"frames of {self.sync.code.frame_octets} octets hold no packets")
        memset(self.known, spacecraft_ids is None, 1024)
        for spacecraft_id in spacecraft_ids or ():
            if not 0 <= spacecraft_id < 1024:
                raise ValueError(f"spacecraft identifier {spacecraft_id} is not 0 to 1023")
            self.known[<int>spacecraft_id] = 1

    def __dealloc__(self):
        cdef uint32_t i
        for i in range(self.channel_count):
            free(self.channels[i].reassembler)
        free(self.packets)
        free(self.frames)
        free(self.buffer)
        free(self.kept_frames)

    cdef TmReassembler* channel(self, uint32_t key) noexcept nogil:
        """The reassembler of a virtual channel, made when it is heard first; NULL without room for it."""
        cdef uint32_t i
        cdef TmReassembler* made
        for i in range(self.channel_count):
            if self.channels[i].key == key:
                return self.channels[i].reassembler
        if self.channel_count == CHAIN_CHANNELS:
            return NULL
        made = <TmReassembler*>malloc(sizeof(TmReassembler))
        if made != NULL:
            tm_reassembler_begin(made, self.sync.code.frame_octets)
            self.channels[self.channel_count].key = key
            self.channels[self.channel_count].reassembler = made
            self.channel_count += 1
        return made

    cdef int take_packet(self, const FrameRow* frame, const uint8_t* packet, uint32_t length) noexcept nogil:
        cdef void* block = grown(self.packets, &self.packet_room, self.packet_count + 1, sizeof(PacketRow))
        cdef PacketRow* row
        cdef int i
        if block == NULL:
            return -1
        self.packets = <PacketRow*>block
        block = grown(self.buffer, &self.room, self.used + length, 1)
        if block == NULL:
            return -1
        self.buffer = <uint8_t*>block
        memcpy(self.buffer + self.used, packet, length)
        row = &self.packets[self.packet_count]
        memset(row, 0, sizeof(PacketRow))
        row.offset = self.used
        row.length = length
        row.frame = <uint32_t>(self.frame_count - 1)
        row.spacecraft_id = frame.spacecraft_id
        row.virtual_channel_id = frame.virtual_channel_id
        row.apid = word(packet) & 0x7FF
        row.sequence_count = word(packet + 2) & 0x3FFF
        row.secondary = packet[0] >> 3 & 1
        row.sound = crc16(packet, length) == 0
        if row.secondary and length >= 20:
            row.service = packet[7]
            row.subtype = packet[8]
            for i in range(13, 20):
                row.time = row.time << 8 | packet[i]
        self.used += length
        self.packet_count += 1
        return 0

    cdef int keep_frame(self) noexcept nogil:
        cdef size_t length = self.sync.code.frame_octets
        cdef void* block = grown(self.kept_frames, &self.kept_room, (self.frame_count + 1) * length, 1)
        if block == NULL:
            return -1
        self.kept_frames = <uint8_t*>block
        memcpy(self.kept_frames + self.frame_count * length, self.sync.block, length)
        return 0

    cdef int take_frame(self) noexcept nogil:
        """The frame that the synchroniser holds: its row, and its packets."""
        cdef const uint8_t* f = self.sync.block
        cdef void* block = grown(self.frames, &self.frame_room, self.frame_count + 1, sizeof(FrameRow))
        cdef FrameRow* row
        cdef TmReassembler* r
        cdef const uint8_t* tail = f + self.sync.code.frame_octets - 6
        cdef uint32_t length
        if block == NULL:
            return -1
        self.frames = <FrameRow*>block
        if self.keep and self.keep_frame():
            return -1
        row = &self.frames[self.frame_count]
        self.frame_count += 1
        memset(row, 0, sizeof(FrameRow))
        row.octet = self.sync.record.octets
        row.spacecraft_id = <uint16_t>((f[0] & 0x3F) << 4 | f[1] >> 4)
        row.virtual_channel_id = f[1] >> 1 & 7
        row.master_count = f[2]
        row.frame_count = f[3]
        row.first_header_pointer = <uint16_t>((f[4] & 7) << 8 | f[5])
        row.has_ocf = f[1] & 1
        if row.has_ocf:
            row.ocf = <uint32_t>word(tail) << 16 | word(tail + 2)
        if f[0] >> 6 or not self.known[row.spacecraft_id]:
            self.foreign_frames += 1
            return 0
        r = self.channel(<uint32_t>row.spacecraft_id << 3 | row.virtual_channel_id)
        if r == NULL:
            self.no_room += 1
            return 0
        row.kept = 1
        if not tm_offer(r, f):
            return 0
        while True:
            length = tm_next(r, f)
            if length == 0:
                return 0
            if self.take_packet(row, r.packet, length):
                return -1

    cdef void begin(self) noexcept nogil:
        self.packet_count = self.frame_count = self.used = 0

    cdef int take(self, const uint8_t* data, uint32_t n) noexcept nogil:
        cdef uint32_t done = 0, consumed
        self.begin()
        while sync_feed(&self.sync, data + done, n - done, &consumed):
            done += consumed
            if self.take_frame():
                return -1
        return 0

    def feed(self, const unsigned char[::1] data not None):
        """Take octets in any chunks. Gives (rows, buffer): an array of PACKET_ROW, and the octets that its offsets point into."""
        cdef const uint8_t* octets = &data[0] if data.shape[0] else NULL
        cdef int failed
        if data.shape[0] > 1 << 30:
            raise ValueError("more than 2^30 octets at once: feed them in parts")
        with nogil:
            failed = self.take(octets, <uint32_t>data.shape[0])
        if failed:
            raise MemoryError
        return self.taken()

    def feed_frames(self, const unsigned char[::1] frames not None):
        """Take frames that need no synchroniser: bare ones, or opened by whoever holds the keys, one behind the other. Gives what feed() gives.

        A wrong check sum is counted like one in the stream. Raises ValueError for octets that are no whole frames.
        """
        cdef size_t length = self.sync.code.frame_octets, at
        if <size_t>frames.shape[0] % length:
            raise ValueError(f"{frames.shape[0]} octets are no whole frames of {length}")
        self.begin()
        for at in range(0, <size_t>frames.shape[0], length):
            self.sync.record.octets += length
            if crc16(&frames[at], length):
                self.sync.record.bad_fecf += 1
                continue
            memcpy(self.sync.block, &frames[at], length)
            self.sync.record.frames += 1
            if self.take_frame():
                raise MemoryError
        return self.taken()

    def taken(self):
        """What the last call completed, once more: (rows, buffer)."""
        rows = np.empty(self.packet_count, PACKET_ROW)
        buffer = np.empty(self.used, np.uint8)
        cdef unsigned char[::1] to_rows = rows.view(np.uint8)
        cdef unsigned char[::1] to_buffer = buffer
        if self.packet_count:
            memcpy(&to_rows[0], self.packets, self.packet_count * sizeof(PacketRow))
            memcpy(&to_buffer[0], self.buffer, self.used)
        return rows, buffer

    def frame_rows(self):
        """The frames of the last call, as an array of FRAME_ROW: all with a right check sum, other spacecraft's too."""
        rows = np.empty(self.frame_count, FRAME_ROW)
        cdef unsigned char[::1] to_rows = rows.view(np.uint8)
        if self.frame_count:
            memcpy(&to_rows[0], self.frames, self.frame_count * sizeof(FrameRow))
        return rows

    def frame_octets(self):
        """The octets of the frames of the last call, in the order of frame_rows(), as an array of (frames, octets of a frame).

        Raises ValueError where they are not kept.
        """
        cdef size_t length = self.sync.code.frame_octets
        if not self.keep:
            raise ValueError("frames are kept with keep_frames alone")
        octets = np.empty((self.frame_count, length), np.uint8)
        cdef unsigned char[:, ::1] to = octets
        if self.frame_count:
            memcpy(&to[0, 0], self.kept_frames, self.frame_count * length)
        return octets

    def record(self):
        """A copy of the synchroniser's counters, as numpy sees them."""
        return np.frombuffer(bytes((<char*>&self.sync.record)[:sizeof(SyncRecord)]), SYNC_RECORD)[0]

    def channel_records(self):
        """By (spacecraft identifier, virtual channel): a copy of the reassembler's record."""
        cdef uint32_t i
        found = {}
        for i in range(self.channel_count):
            octets = bytes((<char*>self.channels[i].reassembler)[:sizeof(TmReassembler)])
            found[self.channels[i].key >> 3, self.channels[i].key & 7] = np.frombuffer(octets, CHANNEL_RECORD)[0]
        return found
