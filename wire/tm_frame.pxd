"""TM transfer frame (CCSDS 132.0) of 1115 octets, always with operational control field and FECF: building, and taking packets out."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    TM_FRAME_LENGTH = 1115
    TM_HEADER = 6
    TM_DATA = 1103                  # octets of the data field
    TM_OCF = 1109                   # offset of the operational control field
    TM_FECF = 1113                  # offset of the frame error control field
    TM_NO_PACKET = 0x7FF            # first header pointer: no packet starts here
    TM_ONLY_IDLE = 0x7FE            # first header pointer: nothing but idle data
    PACKET_MAX = 65542              # octets of the longest space packet

cdef struct TmChannel:              # the record of one virtual channel, sending
    uint64_t frames                 # finished, idle ones included
    uint64_t idle_frames            # of these, with only idle data
    uint64_t packets                # taken in whole, idle ones not counted
    uint32_t used                   # octets of the data field in use
    uint32_t packet_offset          # octets of the packet under way that went into earlier frames, or this one
    uint32_t first_header           # pointer of the frame under construction
    uint32_t carry                  # octets of an idle packet that open the next frame
    uint16_t spacecraft_id
    uint16_t idle_count             # sequence count of the idle packets
    uint8_t virtual_channel_id
    uint8_t frame_count             # virtual channel frame count of the next frame
    uint8_t data[1103]
    uint8_t lead                    # octets of the data field kept free at its head for a security header (wire.sdls) ...
    uint8_t tail                    # ... and at its end for a security trailer
    uint8_t reserve_check           # over both: a flipped bit keeps nothing free

cdef void tm_begin(TmChannel* c, uint16_t spacecraft_id, uint8_t virtual_channel_id) noexcept nogil     # a channel that has sent nothing
cdef void tm_reserve(TmChannel* c, uint8_t lead, uint8_t tail) noexcept nogil                         # keep octets free for security, from the next frame on
cdef int tm_append(TmChannel* c, const uint8_t* packet, uint32_t length) noexcept nogil
# ^ 1: all of it is in; 0: the frame is full: tm_finish, then offer the same packet again (the record knows how far it came)
cdef bint tm_full(TmChannel* c) noexcept nogil
cdef uint32_t tm_room(TmChannel* c) noexcept nogil                  # octets of packets that the frame under construction still takes
cdef bint tm_waiting(TmChannel* c) noexcept nogil                   # holds octets of packets: worth finishing
cdef bint tm_finish(TmChannel* c, uint8_t master_count, uint32_t ocf, uint8_t* frame) noexcept nogil
# ^ 1115 octets out, idle packets fill them. False, and nothing done, while a packet is under way in a frame that is not full: offer it again first
cdef bint tm_idle(TmChannel* c, uint8_t master_count, uint32_t ocf, uint8_t* frame) noexcept nogil      # only idle data; False if a packet is under way

cdef struct TmReassembler:          # the record of one virtual channel, receiving
    uint64_t frames                 # offered
    uint64_t packets                # handed over
    uint64_t idle_packets           # APID 0x7FF, thrown away
    uint64_t idle_frames            # first header pointer 0x7FE
    uint64_t repeated               # the same frame once more, ignored
    uint64_t gaps                   # breaks in the virtual channel frame count
    uint64_t frames_missing         # frames that these breaks stand for
    uint64_t packets_dropped        # begun and never completed, or not agreeing with the pointer
    uint64_t bad_frames             # version, synchronisation flag or segment length identifier not for packets
    uint64_t bad_pointers           # pointing past the data field
    uint64_t bad_headers            # packet headers that cannot be: version not 0, or all zero
    uint32_t frame_length           # octets of every frame
    uint32_t cursor                 # where the current frame was left
    uint32_t synchronised           # 1 while packet boundaries are known
    uint32_t collected              # octets of the packet under way
    uint32_t packet_length          # octets of the packet handed over last
    uint32_t last_count             # virtual channel frame count before; 0x100 for none
    uint32_t last_check             # fingerprint of that frame
    uint32_t pointer                # first header pointer of the current frame
    uint32_t delivered              # 1: the packet buffer is free again
    uint8_t packet[65544]           # valid from tm_next() > 0 to the next call

cdef void tm_reassembler_reset(TmReassembler* r) noexcept nogil                     # for frames of 1115 octets
cdef void tm_reassembler_begin(TmReassembler* r, uint32_t frame_length) noexcept nogil      # 13 to 2048 octets
cdef bint tm_offer(TmReassembler* r, const uint8_t* frame) noexcept nogil           # False: nothing to take from this frame
cdef uint32_t tm_next(TmReassembler* r, const uint8_t* frame) noexcept nogil        # octets of the next packet in r.packet, or 0: frame done
