# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: all loops run over counts fixed when the vehicle is built.
"""Requests: from a transfer frame to the service that executes it, with its verification.

Frames of virtual channel 0 pass FARM-1, in sequence (AD), by bypass (BD) or as control commands (BC). What FARM-1 accepts is a segment of a
packet, or all of it, for one of the channel's MAPs; each MAP puts AD and BD segments together apart, so that a command sent aside breaks
nothing off. A whole packet waits in a queue for its turn. That queue is FARM-1's buffer: when it is full AD frames are let go with Wait
set, and BD frames wait in the radio. The order of checks is that of their reports: frame and packet ([1,2]), application ([1,10]), service
and subtype ([1,2]); mode and arguments ([1,4], before any effect); execution ([1,8]).
"""

import numpy as np

from flight.farm cimport DID_ACCEPT, DID_LOCKOUT, DID_SET_V_R, FARM_INVALID, FARM_ROOM, Farm, farm_apply, farm_clcw, farm_event, farm_guard
from flight.link cimport Downlink, Radio
from flight.ports cimport (
    STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED, AppLinks, ReplyMessage, event_raise, mode_allows, queuing_receive,
)
from flight.services.service cimport OUTCOME_DEFERRED, OUTCOME_DONE, OUTCOME_START_FAILED, Failure, Handler, Request
from flight.services.verification cimport ACCEPTED, COMPLETED, NOT_ACCEPTED, NOT_COMPLETED, NOT_ROUTED, NOT_STARTED, STARTED, verify
from flight.telemetry cimport CHANNEL_REAL_TIME, TelemetryStore
from hal.core.arena cimport Arena
from hal.core.ring cimport Ring, Unit, ring_count, ring_drop, ring_front, ring_make, ring_octets, ring_push
from wire.dictionary.codes cimport (
    FAIL_APPLICATION, FAIL_ILLEGAL_IN_MODE, FAIL_QUEUE_FULL, FAIL_TIME_OUT, FAIL_UNKNOWN_APID, FAIL_UNKNOWN_SERVICE, FAIL_UNKNOWN_SUBTYPE,
)
from wire.segment cimport (
    SEGMENT_FIRST, SEGMENT_ORPHAN, SEGMENT_OVERLONG, SEGMENT_ROOM, MapReassembler, segment_begin, segment_break, segment_expire, segment_take,
)
from wire.space_packet cimport PACKET_CHECKSUM, PACKET_OK, TC_HEADER, tc_packet_parse
from wire.tc_frame cimport (
    TC_FRAME_CHANNEL, TC_FRAME_DIRECTIVE, TC_FRAME_FARM, TC_FRAME_LOCKOUT, TC_FRAME_MAP, TC_FRAME_OK, TC_FRAME_OVERLONG, TC_FRAME_SEGMENT,
    TC_FRAME_UNFINISHED, TcFrame, tc_frame_parse,
)

REJECTED = "uplink_rejected"


cdef int _unfinished(RequestContext* c, bint given_up) noexcept nogil:
    """A packet under way in segments was given up, or not: TC_FRAME_UNFINISHED, counted, or 0."""
    if not given_up:
        return TC_FRAME_OK
    c.telemetry.link.tc_packets_rejected += 1
    c.telemetry.link.last_frame_error = TC_FRAME_UNFINISHED
    return TC_FRAME_UNFINISHED


cdef int _break_sequence(RequestContext* c) noexcept nogil:
    """FARM-1's number was moved: frames may be missing between the AD segments so far and the next. TC_FRAME_UNFINISHED, or 0."""
    cdef int i, reason = 0
    for i in range(c.map_count):
        reason |= _unfinished(c, segment_break(c.segments[2 * i]))
    return reason


cdef int _expire(RequestContext* c, int64_t tick) noexcept nogil:
    """Give up packets whose next segment was waited for long enough. TC_FRAME_UNFINISHED, or 0."""
    cdef int i, reason = 0
    for i in range(2 * c.map_count):
        reason |= _unfinished(c, segment_expire(c.segments[i], tick, c.patience_ticks[i & 1]))
    return reason


cdef int _take_segment(RequestContext* c, int64_t tick, const TcFrame* f, const uint8_t* data, int* reason) noexcept nogil:
    """What FARM-1 let pass, to its MAP; a packet that it completes, into the queue. What is wrong with it, a TcFrameError.

    `reason` is set when a packet under way was given up for it.
    """
    cdef MapReassembler* r = NULL
    cdef int i
    cdef int32_t whole
    for i in range(c.map_count):
        if c.map_ids[i] == f.map_id:
            r = c.segments[2 * i + f.bypass]
    if r == NULL:
        return TC_FRAME_MAP
    if r.open and f.sequence_flags & SEGMENT_FIRST:
        reason[0] = _unfinished(c, True)
    whole = segment_take(r, f.sequence_flags, data, f.data_length, tick)
    if whole == SEGMENT_ORPHAN:
        return TC_FRAME_SEGMENT
    if whole == SEGMENT_OVERLONG:
        return TC_FRAME_OVERLONG
    if whole > 0:
        ring_push(&c.packets, tick, 0, r.packet, <uint32_t>whole)
    return TC_FRAME_OK


cdef int _take_frame(RequestContext* c, int64_t tick, const uint8_t* octets, TcFrame* f, int parsed, int* reason) noexcept nogil:
    """Put a frame through FARM-1, and what it carries to its MAP. What is wrong with the frame, a TcFrameError."""
    cdef bint room = ring_count(&c.packets) < PACKETS
    cdef uint8_t value = 0
    cdef int event, error = TC_FRAME_OK
    cdef uint16_t done
    if parsed == TC_FRAME_OK and f.virtual_channel_id != 0:
        return TC_FRAME_CHANNEL                              # another FARM-1's business, and there is none
    event = FARM_INVALID if parsed else farm_event(c.farm, f, octets + f.data_offset, room, &value)
    done = farm_apply(c.farm, event, value)
    if parsed:
        return parsed
    if event == FARM_INVALID:
        return TC_FRAME_DIRECTIVE
    if done & DID_LOCKOUT:
        return TC_FRAME_LOCKOUT
    if done & DID_SET_V_R:
        reason[0] = _break_sequence(c)
    if done & DID_ACCEPT:
        error = _take_segment(c, tick, f, octets + f.data_offset, reason)
    if (done & DID_ACCEPT or f.control_command) and not error:
        c.telemetry.link.tc_frames_accepted += 1
    return error


cdef int _take_frames(RequestContext* c, int64_t tick) noexcept nogil:
    """Frames from the radio, through FARM-1. The last reason why one was refused, or 0."""
    cdef Unit* unit
    cdef TcFrame frame
    cdef int taken, error, parsed, reason = _expire(c, tick)
    if not farm_guard(c.farm):
        _break_sequence(c)
        reason = TC_FRAME_FARM
    if ring_count(&c.packets) < PACKETS:
        farm_apply(c.farm, FARM_ROOM, 0)
    for taken in range(FRAMES_PER_TICK):
        unit = ring_front(c.uplink)
        if unit == NULL:
            break
        parsed = tc_frame_parse(ring_octets(unit), unit.length, &frame)
        if parsed == TC_FRAME_OK and frame.bypass and not frame.control_command and ring_count(&c.packets) >= PACKETS - AD_RESERVE:
            break                                            # a BD frame must not be lost for want of room: it waits in the radio
        error = _take_frame(c, tick, ring_octets(unit), &frame, parsed, &reason)
        if error != TC_FRAME_OK:
            c.telemetry.link.tc_frames_rejected += 1
            c.telemetry.link.last_frame_error = error
            reason = error
        ring_drop(c.uplink)
    return reason


cdef Route* _find(RequestContext* c, Request* r, Failure* failure) noexcept nogil:
    cdef int i
    cdef bint apid = False, service = False
    cdef Route* route
    for i in range(c.apid_count):
        apid = apid or c.apids[i] == r.packet.apid
    for i in range(c.route_count):
        route = &c.routes[i]
        if route.apid == r.packet.apid and route.service == r.packet.service:
            service = True
            if route.subtype == r.packet.subtype:
                return route
    if not apid:
        failure.code, failure.parameter = FAIL_UNKNOWN_APID, r.packet.apid
    elif not service:
        failure.code, failure.parameter = FAIL_UNKNOWN_SERVICE, r.packet.service
    else:
        failure.code, failure.parameter = FAIL_UNKNOWN_SUBTYPE, r.packet.subtype
    return NULL


cdef int _place(RequestContext* c) noexcept nogil:
    cdef int i
    for i in range(PENDING):
        if c.state.active[i] == 0:
            return i
    return -1


cdef void _report(RequestContext* c, int64_t tick, Request* r, uint8_t subtype, Failure* failure) noexcept nogil:
    cdef int i
    cdef uint16_t apid = c.apids[0]
    for i in range(c.apid_count):
        if c.apids[i] == r.packet.apid:
            apid = r.packet.apid
    verify(c.telemetry, tick, apid, subtype, r.packet.packet_id, r.packet.sequence_control, r.packet.ack_flags, failure)


cdef void _execute(RequestContext* c, int64_t tick, Route* route, Request* r) noexcept nogil:
    cdef Failure failure
    cdef int outcome, place
    failure.code, failure.parameter = 0, 0
    _report(c, tick, r, ACCEPTED, NULL)
    place = _place(c)
    if not mode_allows(route.modes, c.mode):
        failure.code, failure.parameter = FAIL_ILLEGAL_IN_MODE, c.mode.mode
        outcome = OUTCOME_START_FAILED
    elif place < 0:
        failure.code, failure.parameter = FAIL_QUEUE_FULL, PENDING
        outcome = OUTCOME_START_FAILED
    else:
        if c.state.next_token == 0:                                         # 0 names no request
            c.state.next_token = 1
        r.token = c.state.next_token
        outcome = route.function(route.context, r, tick, &failure)
    if outcome == OUTCOME_START_FAILED:
        _report(c, tick, r, NOT_STARTED, &failure)
        return
    if outcome == OUTCOME_DEFERRED:
        c.state.active[place] = r.token
        c.state.packet_id[place], c.state.sequence_control[place] = r.packet.packet_id, r.packet.sequence_control
        c.state.apid[place], c.state.ack_flags[place] = r.packet.apid, r.packet.ack_flags
        c.state.deadline[place] = tick + c.timeout_ticks
        c.state.next_token += 1
        return
    _report(c, tick, r, STARTED, NULL)
    if outcome == OUTCOME_DONE:
        _report(c, tick, r, COMPLETED, NULL)
    else:
        _report(c, tick, r, NOT_COMPLETED, &failure)


cdef int _take_packet(RequestContext* c, int64_t tick, const uint8_t* octets, uint32_t length) noexcept nogil:
    """What is wrong with the packet itself, a PacketError; a good one for nobody is told of in [1,10] or [1,2] alone."""
    cdef Request r
    cdef Failure failure
    cdef Route* route = NULL
    cdef int error = tc_packet_parse(octets, length, &r.packet)
    failure.code, failure.parameter = <uint16_t>error, length
    if error == PACKET_OK:
        r.data, r.length, r.token = octets + TC_HEADER, r.packet.data_length, 0
        route = _find(c, &r, &failure)
    if route == NULL:
        c.telemetry.link.tc_packets_rejected += 1
        c.telemetry.link.last_packet_error = error
        if length >= TC_HEADER and (error == PACKET_OK or error >= 5):      # there is a request identifier to name
            if error >= PACKET_CHECKSUM:
                failure.parameter = 0
            _report(c, tick, &r, NOT_ROUTED if error == PACKET_OK and failure.code == FAIL_UNKNOWN_APID else NOT_ACCEPTED, &failure)
        return error
    c.telemetry.link.tc_packets_accepted += 1
    _execute(c, tick, route, &r)
    return PACKET_OK


cdef int _request_cycle(void* context, int64_t tick) noexcept nogil:
    cdef RequestContext* c = <RequestContext*>context
    cdef Ring* answers = &c.telemetry.channels[CHANNEL_REAL_TIME]
    cdef Unit* unit
    cdef int taken = 0, error, reason
    cdef double values[2]
    reason = _take_frames(c, tick)
    while taken < PACKETS_PER_TICK and ring_count(answers) <= ROOM_FOR_ANSWERS:
        unit = ring_front(&c.packets)
        if unit == NULL:
            break
        taken += 1
        error = _take_packet(c, tick, ring_octets(unit), unit.length)
        if error != PACKET_OK:
            reason = PACKET_REASONS + error
        ring_drop(&c.packets)
    c.ocf[0] = farm_clcw(c.farm)
    if reason:                                                              # at most one event a tick, with the last reason
        values[0], values[1] = reason, c.telemetry.link.tc_frames_rejected + c.telemetry.link.tc_packets_rejected
        event_raise(c.own, tick, c.event_rejected, 2, values)
    return 0


cdef void _settle(RequestContext* c, int64_t tick, int i, uint8_t subtype, Failure* failure, bint ended) noexcept nogil:
    verify(c.telemetry, tick, c.state.apid[i], subtype, c.state.packet_id[i], c.state.sequence_control[i], c.state.ack_flags[i], failure)
    if ended:
        c.state.active[i] = 0


cdef int _reply_cycle(void* context, int64_t tick) noexcept nogil:
    """What applications say of the requests they execute, and requests that none has answered for too long."""
    cdef RequestContext* c = <RequestContext*>context
    cdef ReplyMessage m
    cdef Failure failure
    cdef int a, i
    for a in range(c.app_count):
        while queuing_receive(&c.apps[a].replies, &m, sizeof(ReplyMessage)):
            failure.code = m.code if m.code and m.code != 0xFFFF else FAIL_APPLICATION
            failure.parameter = c.mode.mode
            for i in range(PENDING):
                if m.token == 0 or c.state.active[i] != m.token:
                    continue
                if m.stage == STAGE_STARTED:
                    _settle(c, tick, i, STARTED, NULL, False)
                elif m.stage == STAGE_COMPLETED:
                    _settle(c, tick, i, COMPLETED, NULL, True)
                elif m.stage == STAGE_START_FAILED:
                    _settle(c, tick, i, NOT_STARTED, &failure, True)
                elif m.stage == STAGE_FAILED:
                    _settle(c, tick, i, NOT_COMPLETED, &failure, True)
    for i in range(PENDING):
        if c.state.active[i] and tick > c.state.deadline[i]:
            failure.code, failure.parameter = FAIL_TIME_OUT, <uint32_t>c.timeout_ticks
            _settle(c, tick, i, NOT_COMPLETED, &failure, True)
    return 0


cdef class RequestService:
    """Acceptance and routing of one computer's requests. `rows` are (apid, Handler, modes mask); the first APID is the system's."""

    def __cinit__(self, Arena arena not None, TelemetryStore telemetry not None, Radio radio not None, Downlink downlink not None,
                  str vehicle not None, list apids not None, list maps not None, mode_owner, AppLinks own not None, list apps not None,
                  uint16_t event_rejected, int64_t ticks_per_second):
        cdef RequestContext* c = &self.c
        cdef AppLinks links
        self.farm = Farm(arena)
        self.keep = [telemetry, radio, downlink, mode_owner, own, apps]
        c.state = <PendingState*>arena.take("requests", sizeof(PendingState))
        cdef PendingState[::1] view = <PendingState[:1]>c.state
        arena.bind("requests", np.asarray(view))
        c.state.next_token = 1
        c.telemetry, c.uplink = &telemetry.wiring, &radio.c.uplinks[radio.names.index(vehicle)]
        c.packets = ring_make(arena, "requests.packets", PACKETS, TC_PACKET_MAX)
        if len(maps) > MOST_MAPS:
            raise ValueError(f"{vehicle}: at most {MOST_MAPS} MAPs")
        cdef MapReassembler[::1] map_view
        for i, map_id in enumerate(maps):
            c.map_ids[i] = map_id
            for k, kind in enumerate(("ad", "bd")):
                c.segments[2 * i + k] = <MapReassembler*>arena.take(f"map{map_id}.{kind}", sizeof(MapReassembler))
                map_view = <MapReassembler[:1]>c.segments[2 * i + k]
                arena.bind(f"map{map_id}.{kind}", np.asarray(map_view))
                segment_begin(c.segments[2 * i + k], map_id)
        c.map_count = len(maps)
        c.patience_ticks[0], c.patience_ticks[1] = AD_PATIENCE_S * ticks_per_second, BD_PATIENCE_S * ticks_per_second
        c.farm, c.ocf = &self.farm.c, &downlink.c.state.ocf
        c.ocf[0] = farm_clcw(c.farm)                                        # what a computer says that has just started
        c.mode = <const ModeState*><size_t>mode_owner.mode_address
        c.own, c.event_rejected = &own.ports, event_rejected
        if len(apps) > MAX_APPS or len(apids) > 8:
            raise ValueError(f"{vehicle}: at most {MAX_APPS} applications and 8 APIDs")
        for i, links in enumerate(apps):
            c.apps[i] = &links.ports
        c.app_count = len(apps)
        for i, apid in enumerate(apids):
            c.apids[i] = apid
        c.apid_count = len(apids)
        c.timeout_ticks = PENDING_TIMEOUT_S * ticks_per_second
        self.slot = SlotCode.make("requests", _request_cycle, c, self)
        self.reply_slot = SlotCode.make("replies", _reply_cycle, c, self)

    def serve(self, uint16_t apid, Handler handler not None, uint32_t modes=0xFFFFFFFF):
        """Register a handler for one application. Raises ValueError for a second one of the same kind."""
        cdef RequestContext* c = &self.c
        for i in range(c.route_count):
            if c.routes[i].apid == apid and c.routes[i].service == handler.service and c.routes[i].subtype == handler.subtype:
                raise ValueError(f"APID {apid:#x} serves [{handler.service},{handler.subtype}] already")
        if c.route_count == MAX_HANDLERS:
            raise ValueError(f"at most {MAX_HANDLERS} kinds of request")
        cdef Route* route = &c.routes[c.route_count]
        route.apid, route.service, route.subtype, route.modes = apid, handler.service, handler.subtype, modes
        route.function, route.context = handler.function, handler.context
        c.route_count += 1
        self.keep.append(handler)
