# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""The frame synchroniser: search, check and lock with correlation tolerance, slip and flywheel, down to single bits.

SEARCH compares every bit position with the marker (a few bits of it may be wrong, when so asked; the inverted marker tells of an inverted
stream). CHECK: the block behind the marker must decode to a frame with a right check sum, or of an uncoded stream the next markers must
be where they are due. LOCK: a marker may have more bits wrong; it is looked for a few bits beside its place; and a few missed markers or
failed blocks do not end it. A failed block is searched again from its second bit on, so that after octets were lost nothing that came is
lost with them, and a false marker costs time but no frame. A block that decodes has not confirmed its place: whole columns beside it the
code finds a codeword too. The check sum of the frame tells.
Bounds are not checked: `bit` stays in front of what is filled, and what is filled below SYNC_ROOM.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from wire.channel_code cimport ChannelCode, code_decode, code_from_options
from wire.channel_code import DEFAULTS as CODING
from wire.crc cimport crc16

SETTINGS = {"search_tolerance": 0, "lock_tolerance": 8, "slip_bits": 2, "flywheel": 1, "confirmations": 2}

cdef enum:
    MARKER_BITS = 32
    HISTORY = 8                     # octets kept in front of `bit`, for slips backwards and markers cut by a failed block

cdef enum:                          # what a step came to
    MORE = 0                        # octets are needed
    MOVED = 1
    FRAME = 2


cdef inline uint32_t ones(uint32_t v) noexcept nogil:
    v = v - (v >> 1 & 0x55555555u)
    v = (v & 0x33333333u) + (v >> 2 & 0x33333333u)
    return ((v + (v >> 4) & 0x0F0F0F0Fu) * 0x01010101u) >> 24


cdef inline uint32_t window(const uint8_t* raw, uint32_t bit) noexcept nogil:
    """The 32 bits from `bit` on."""
    cdef const uint8_t* p = raw + (bit >> 3)
    cdef uint32_t head = <uint32_t>p[0] << 24 | <uint32_t>p[1] << 16 | <uint32_t>p[2] << 8 | p[3]
    cdef uint32_t shift = bit & 7
    return head if shift == 0 else head << shift | p[4] >> (8 - shift)


cdef inline uint32_t bits_left(const FrameSync* s, uint32_t bit) noexcept nogil:
    return 8 * s.fill - bit if bit < 8 * s.fill else 0


cdef void sync_begin(FrameSync* s) noexcept nogil:
    memset(&s.record, 0, sizeof(SyncRecord))
    s.fill = s.bit = s.taken = 0


cdef void skip_to(FrameSync* s, uint32_t bit) noexcept nogil:
    cdef uint64_t back = s.bit - bit if bit < s.bit else 0
    if back:
        s.record.skipped_bits -= back if back < s.record.skipped_bits else s.record.skipped_bits
    else:
        s.record.skipped_bits += bit - s.bit
    s.record.skipped = s.record.skipped_bits >> 3
    s.bit = bit


cdef uint32_t find_marker(const FrameSync* s, uint32_t start, uint32_t end, uint32_t* inverted) noexcept nogil:
    """The first place in start..end-32 with a marker, or the first place that was not looked at."""
    cdef uint32_t bit = start, wrong, tolerance = s.search_tolerance
    cdef uint32_t word
    while bit + MARKER_BITS <= end:
        if tolerance == 0 and bit & 7 == 0 and bit + 64 <= end:
            memcpy(&word, s.raw + (bit >> 3), 4)        # octets of one value hold no marker: cheap over fill
            if word == 0x55555555u or word == 0:
                bit += 8
                continue
        wrong = window(s.raw, bit) ^ <uint32_t>SYNC_MARKER
        if wrong == 0 or ~wrong == 0 or (tolerance and (ones(wrong) <= tolerance or ones(wrong) >= MARKER_BITS - tolerance)):
            inverted[0] = wrong >> 31 if tolerance == 0 else ones(wrong) > 16
            return bit
        bit += 1
    return bit


cdef void change_state(FrameSync* s, uint32_t state) noexcept nogil:
    if s.record.state == SYNC_LOCK and state != SYNC_LOCK:
        s.record.slips += 1
    s.record.state = state
    s.record.locked = state == SYNC_LOCK
    s.record.misses = 0
    s.taken = 0
    if state == SYNC_SEARCH:
        s.record.confirmed = 0


cdef int search(FrameSync* s) noexcept nogil:
    cdef uint32_t inverted = 0
    cdef uint32_t found = find_marker(s, s.bit, 8 * s.fill, &inverted)
    skip_to(s, found)
    if bits_left(s, found) < MARKER_BITS:
        return MORE
    s.record.inverted = inverted
    s.record.markers += 1
    s.record.confirmed = 1
    change_state(s, SYNC_CHECK)
    s.taken = 1
    return MOVED


cdef inline uint32_t distance(const FrameSync* s, uint32_t bit) noexcept nogil:
    return ones(window(s.raw, bit) ^ <uint32_t>SYNC_MARKER ^ (0xFFFFFFFFu if s.record.inverted else 0))


cdef int slip_of(const FrameSync* s, uint32_t* wrong) noexcept nogil:
    """How far beside `bit` the marker is: the nearest place with few enough wrong bits. 0 and `wrong` above the tolerance when there is none."""
    cdef int away, side
    cdef uint32_t at, tolerance = s.lock_tolerance // 4     # many places are looked at: fewer errors may be called a marker
    for away in range(1, <int>s.slip_bits + 1):
        for side in range(-1, 2, 2):
            if side < 0 and s.bit < <uint32_t>away:
                continue
            at = s.bit + <uint32_t>(side * away)
            wrong[0] = distance(s, at)
            if wrong[0] <= tolerance:
                return side * away
    wrong[0] = MARKER_BITS
    return 0


cdef uint32_t cut_marker(const FrameSync* s) noexcept nogil:
    """Where a marker may begin of which `bit` has cut off the first bits: at most 31 bits earlier."""
    return s.bit - (MARKER_BITS - 1) if s.bit >= MARKER_BITS - 1 else 0


cdef int judge_marker(FrameSync* s) noexcept nogil:
    """32 bits are there, where a marker is due."""
    cdef uint32_t wrong = distance(s, s.bit)
    cdef int slip = 0
    if wrong >= MARKER_BITS - s.lock_tolerance:         # all bits come inverted from here on
        s.record.inverted ^= 1
        s.record.inversions += 1
        wrong = MARKER_BITS - wrong
    if wrong > s.lock_tolerance and s.slip_bits:
        if bits_left(s, s.bit) < MARKER_BITS + s.slip_bits:
            return MORE
        slip = slip_of(s, &wrong)
    if slip:
        s.record.bit_slips += 1
        s.record.slipped_bits += <uint32_t>(slip if slip > 0 else -slip)
        s.bit += <uint32_t>slip
    if wrong <= s.lock_tolerance:
        s.record.marker_bit_errors += wrong
        s.record.confirmed += 1
        if not s.code.symbols:
            s.record.misses = 0
            if s.record.confirmed >= s.confirmations and s.record.state != SYNC_LOCK:
                change_state(s, SYNC_LOCK)
    else:
        s.record.markers_missed += 1
        s.record.misses += 1
        s.record.confirmed = 0
        if s.record.state != SYNC_LOCK or s.record.misses > s.flywheel:
            if s.record.misses > 1:
                skip_to(s, cut_marker(s))
            change_state(s, SYNC_SEARCH)
            return MOVED
    s.taken = 1
    return MOVED


cdef void copy_block(FrameSync* s) noexcept nogil:
    """The block behind the marker into `block`, aligned and upright."""
    cdef uint32_t at = s.bit + MARKER_BITS, shift = at & 7, i
    cdef const uint8_t* p = s.raw + (at >> 3)
    if shift == 0:
        memcpy(s.block, p, s.code.block_octets)
    else:
        for i in range(s.code.block_octets):
            s.block[i] = <uint8_t>(p[i] << shift | p[i + 1] >> (8 - shift))
    if s.record.inverted:
        for i in range(s.code.block_octets):
            s.block[i] ^= 0xFF


cdef int give_up(FrameSync* s, uint32_t end) noexcept nogil:
    """The block is no frame: a marker inside it comes before the lock, and the lock before starting afresh."""
    cdef uint32_t inverted = s.record.inverted, found
    found = find_marker(s, s.bit + 1, end, &inverted)
    if s.record.state != SYNC_LOCK or found + MARKER_BITS <= end or s.record.misses >= s.flywheel:
        skip_to(s, found)
        change_state(s, SYNC_SEARCH)
        return MOVED
    skip_to(s, end)
    s.record.misses += 1
    s.taken = 0
    return MOVED


cdef int wrong_uncoded(FrameSync* s, uint32_t end) noexcept nogil:
    """An uncoded frame with a wrong check sum. As long as markers do not vouch for its place, a marker inside it comes first."""
    cdef uint32_t inverted = s.record.inverted, found
    if s.record.misses or (s.record.state != SYNC_LOCK and s.record.confirmed < s.confirmations):
        found = find_marker(s, cut_marker(s) if s.record.misses else s.bit + 1, end, &inverted)
        if found + MARKER_BITS <= end:
            skip_to(s, found)
            change_state(s, SYNC_SEARCH)
            return MOVED
    s.bit = end
    s.taken = 0
    return MOVED


cdef int decode(FrameSync* s) noexcept nogil:
    """A whole block is there, and its marker was judged."""
    cdef uint32_t end = s.bit + MARKER_BITS + 8 * s.code.block_octets
    cdef bint right
    cdef int corrected
    copy_block(s)
    corrected = code_decode(&s.code, s.block)
    if corrected < 0:
        s.record.uncorrectable += 1
        return give_up(s, end)
    right = crc16(s.block, s.code.frame_octets) == 0
    if not right:
        s.record.bad_fecf += 1
        return give_up(s, end) if s.code.symbols else wrong_uncoded(s, end)
    s.record.symbols_corrected += <uint64_t>corrected
    if s.record.state != SYNC_LOCK:
        change_state(s, SYNC_LOCK)
    s.record.misses = 0
    s.taken = 0
    s.bit = end
    s.record.frames += 1
    return FRAME


cdef int step(FrameSync* s) noexcept nogil:
    if s.record.state == SYNC_SEARCH:
        return search(s)
    if bits_left(s, s.bit) < MARKER_BITS:
        return MORE
    if not s.taken:
        return judge_marker(s)
    if bits_left(s, s.bit) < MARKER_BITS + 8 * s.code.block_octets:
        return MORE
    return decode(s)


cdef void drop_old(FrameSync* s) noexcept nogil:
    """Octets that no slip and no search can come back to."""
    cdef uint32_t octets = s.bit >> 3
    if octets <= HISTORY:
        return
    octets -= HISTORY
    s.fill -= octets
    s.bit -= 8 * octets
    memmove(s.raw, s.raw + octets, s.fill)


cdef int sync_feed(FrameSync* s, const uint8_t* data, uint32_t n, uint32_t* consumed) noexcept nogil:
    cdef uint32_t i = 0, part
    cdef int came = step(s)
    while came != FRAME:
        if came == MORE:
            if i == n:
                break
            drop_old(s)
            part = SYNC_ROOM - 8 - s.fill               # a window reads five octets, a shifted block one more than its own
            if part > n - i:
                part = n - i
            memcpy(s.raw + s.fill, data + i, part)
            s.fill += part
            i += part
        came = step(s)
    s.record.octets += i
    consumed[0] = i
    return came == FRAME


cdef int sync_options(FrameSync* s, options) except -1:
    code_from_options(&s.code, {name: value for name, value in options.items() if name not in SETTINGS})
    settings = SETTINGS | {name: value for name, value in options.items() if name in SETTINGS}
    for name, most in (("search_tolerance", 7), ("lock_tolerance", 15), ("slip_bits", 32), ("flywheel", 1000), ("confirmations", 1000)):
        if not 0 <= settings[name] <= most:
            raise ValueError(f"{name} {settings[name]} is not 0 to {most}")
    s.search_tolerance = settings["search_tolerance"]
    s.lock_tolerance = settings["lock_tolerance"]
    s.slip_bits = settings["slip_bits"]
    s.flywheel = settings["flywheel"]
    s.confirmations = settings["confirmations"]
    sync_begin(s)
    return 0
