# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False
"""Recordings of space packets into columns: headers, check sums and fields in blocks that stay in the cache, no Python object per packet.

Bounds are not checked: packets are counted before room for them is made, and a field's end is held against each packet's length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from wire.crc cimport crc16
from wire.space_packet cimport PACKET_CRC, PACKET_HEADER, TM_HEADER_OCTETS, tm_packet_begin, tm_packet_finish

from wire.dictionary.kinds import OCTETS

cdef StreamRow no_row[1]
memset(no_row, 0, sizeof(StreamRow))
cdef StreamRow[::1] row_view = <StreamRow[:1]>no_row
STREAM_ROW = np.asarray(row_view).dtype

cdef enum:
    BLOCK = 256                     # packets taken apart at a time
    MAX_COLUMNS = 512


class Decoded(NamedTuple):
    """Rows and columns of the packets that were asked for, and what became of the others."""

    rows: np.ndarray
    columns: dict
    other: int                      # packets of another application process
    unsound: int                    # with a wrong check sum
    short: int                      # too short for the fields
    rest: int                       # octets at the end that are no whole packet


cdef inline uint32_t length_of(const uint8_t* p) noexcept nogil:
    return (<uint32_t>p[4] << 8 | p[5]) + 7


cdef size_t stream_count(const uint8_t* data, size_t n, size_t* end) noexcept nogil:
    cdef size_t at = 0, count = 0, length
    while n - at >= PACKET_HEADER and data[at] >> 5 == 0:
        length = length_of(data + at)
        if length > n - at:
            break
        at += length
        count += 1
    end[0] = at
    return count


cdef void stream_scan(const uint8_t* data, size_t* at, StreamRow* rows, size_t n, bint check) noexcept nogil:
    cdef const uint8_t* p = data + at[0]
    cdef size_t i
    cdef StreamRow* row
    for i in range(n):
        row = &rows[i]
        row.offset = <uint64_t>(p - data)
        row.length = length_of(p)
        row.apid = <uint16_t>((p[0] & 7) << 8 | p[1])
        row.sequence_count = <uint16_t>((p[2] & 0x3F) << 8 | p[3])
        row.type = p[0] >> 4 & 1
        row.secondary = p[0] >> 3 & 1
        row.sequence_flags = p[2] >> 6
        row.sound = not check or crc16(p, row.length) == 0
        p += row.length
    at[0] = <size_t>(p - data)


cdef inline uint32_t four_octets(const uint8_t* p) noexcept nogil:
    return <uint32_t>p[0] << 24 | <uint32_t>p[1] << 16 | <uint32_t>p[2] << 8 | p[3]


cdef void stream_gather(const uint8_t* data, const StreamRow* rows, size_t n, uint32_t offset, int octets, uint8_t* out) noexcept nogil:
    cdef const uint8_t* first = data + offset
    cdef size_t i
    cdef uint16_t two
    cdef uint32_t four
    cdef uint64_t eight
    if octets == 1:
        for i in range(n):
            out[i] = first[rows[i].offset]
    elif octets == 2:
        for i in range(n):
            two = <uint16_t>(first[rows[i].offset] << 8 | first[rows[i].offset + 1])
            memcpy(out + 2 * i, &two, 2)
    elif octets == 4:
        for i in range(n):
            four = four_octets(first + rows[i].offset)
            memcpy(out + 4 * i, &four, 4)
    else:
        for i in range(n):
            eight = <uint64_t>four_octets(first + rows[i].offset) << 32 | four_octets(first + rows[i].offset + 4)
            memcpy(out + 8 * i, &eight, 8)


cdef struct Column:
    uint32_t offset
    int octets
    uint8_t* out


cdef struct Counts:
    size_t kept
    size_t other
    size_t unsound
    size_t short


cdef void decode_block(const uint8_t* data, size_t* at, size_t n, StreamRow* rows, const Column* columns, size_t width, uint32_t extent, int apid,
                       bint check, Counts* counts) noexcept nogil:
    """Up to BLOCK packets; those that are kept go to rows[counts.kept] and on."""
    cdef StreamRow found[BLOCK]
    cdef StreamRow* kept = rows + counts.kept
    cdef size_t i, count = 0
    stream_scan(data, at, found, n, check)
    for i in range(n):
        if apid >= 0 and found[i].apid != apid:
            counts.other += 1
        elif not found[i].sound:
            counts.unsound += 1
        elif found[i].length < extent:
            counts.short += 1
        else:
            kept[count] = found[i]
            count += 1
    for i in range(width):
        stream_gather(data, kept, count, columns[i].offset, columns[i].octets,
                      columns[i].out + counts.kept * <size_t>columns[i].octets)
    counts.kept += count


def scan(const unsigned char[::1] buffer not None, bint check=True):
    """An array of STREAM_ROW for every whole packet, and how many octets are left over at the end.

    The end is where the octets end, or at a packet version that is not 0. Without `check` every packet counts as sound.
    """
    cdef const uint8_t* data = &buffer[0] if buffer.shape[0] else NULL
    cdef size_t n = <size_t>buffer.shape[0], at = 0, end = 0, count
    with nogil:
        count = stream_count(data, n, &end)
    rows = np.empty(count, STREAM_ROW)
    cdef StreamRow[::1] view
    if count:
        view = rows
        with nogil:
            stream_scan(data, &at, &view[0], count, check)
    return rows, n - end


def decode(const unsigned char[::1] buffer not None, fields: Sequence, int apid=-1, bint check=True) -> Decoded:
    """The fields (rows of wire.layout, offsets from the packet's first octet) of the packets of one APID, or of all, as native columns.

    Packets with a wrong check sum, or too short for the fields, are counted and left out. Raises ValueError for more than 512 fields.
    """
    cdef const uint8_t* data = &buffer[0] if buffer.shape[0] else NULL
    cdef size_t n = <size_t>buffer.shape[0], at = 0, end = 0, count, done = 0, part, width = len(fields), i
    cdef Column columns[MAX_COLUMNS]
    cdef Counts counts
    cdef uint32_t extent = 0
    cdef unsigned char[::1] out
    if width > MAX_COLUMNS:
        raise ValueError(f"{width} fields: at most {MAX_COLUMNS} at once")
    memset(&counts, 0, sizeof(Counts))
    with nogil:
        count = stream_count(data, n, &end)
    rows = np.empty(count, STREAM_ROW)
    arrays = {}
    for i, field in enumerate(fields):
        size = OCTETS[field.kind]
        array = arrays[field.name] = np.empty(count, f"{field.kind[0]}{size}")
        columns[i].offset = field.offset
        columns[i].octets = size
        extent = max(extent, field.offset + size)
        if count:
            out = array.view(np.uint8)
            columns[i].out = &out[0]
    cdef StreamRow[::1] view
    if count:
        view = rows
        with nogil:
            while done < count:
                part = count - done if count - done < BLOCK else BLOCK
                decode_block(data, &at, part, &view[0], columns, width, extent, apid, check, &counts)
                done += part
    kept = {name: array[:counts.kept] for name, array in arrays.items()}
    return Decoded(rows[:counts.kept], kept, counts.other, counts.unsound, counts.short, n - end)


def build_tm(int apid, int first_count, int service, int subtype, const unsigned char[:, ::1] times not None,
             const unsigned char[:, ::1] data not None) -> bytes:
    """As many PUS telemetry packets as `data` has rows, back to back: `times` holds a CUC 4+3 for each; sequence counts go on from the first."""
    cdef size_t count = <size_t>data.shape[0], width = <size_t>data.shape[1], i
    cdef uint32_t length = <uint32_t>(TM_HEADER_OCTETS + width + PACKET_CRC)
    if times.shape[0] != data.shape[0] or times.shape[1] != 7:
        raise ValueError(f"times of {times.shape[0]} x {times.shape[1]} octets, where {data.shape[0]} x 7 are due")
    if width > 65542 - TM_HEADER_OCTETS - PACKET_CRC:
        raise ValueError(f"{width} octets of source data are more than a packet holds")
    if not (0 <= apid < 2048 and 0 <= first_count < 16384 and 0 <= service < 256 and 0 <= subtype < 256):
        raise ValueError(f"APID {apid}, count {first_count}, service {service}, {subtype}: one is out of range")
    packets = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(count * length))
    cdef uint8_t* out = <uint8_t*>PyBytes_AS_STRING(packets)
    with nogil:
        for i in range(count):
            tm_packet_begin(out, <uint16_t>apid, <uint16_t>(first_count + <int>i), <uint8_t>service, <uint8_t>subtype, 0, 0, &times[i, 0])
            if width:
                memcpy(out + TM_HEADER_OCTETS, &data[i, 0], width)
            out += tm_packet_finish(out, length - PACKET_CRC)
    return packets
