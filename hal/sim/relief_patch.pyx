# distutils: extra_compile_args = -O3 -fno-trapping-math
# cython: cdivision=True, boundscheck=False, wraparound=False, initializedcheck=False
# (The checks are off: pictures fill millions of nodes a second; every index follows from the patch's own bounds. Without traps, either side
# of a choice may be computed: the values are the same.)
"""Relief patch: the soil of a whole square of nodes at a stretch.

The same sums in the same order as relief_height's, so the same bits. What is saved is work done twice: the craters of each class about
the patch are made once, cell by cell, from the largest class down, and serve both as what is felt and as the neighbours that the smaller
ones are asked of. Of craters whose class is large beside the patch only those that can reach it are kept at hand.
"""

from libc.math cimport fmax
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from hal.sim.craters cimport CELL_MOST, CRATER_CLASSES, Crater, cell_craters, class_size_m
from hal.sim.relief cimport HEIGHT_M, LENGTH_M, PATCH, ROOM, SWELLS, SwellLine, beyond, relief_forget, rims_meet, share_of, swell_line, whole

cdef enum:
    MADE = 3072                             # craters about a patch: three times as many as there are
    STARTS = 6144                           # cells about a patch, all classes
    FAR = 128                               # craters of large classes that can reach it


cdef struct Field:                          # the craters of one class about a patch: cells in rows from west to east, each from south to north
    int64_t i0
    int64_t j0
    int64_t wide
    int64_t high
    int32_t first                           # of its cells' starts


cdef struct Crowd:
    Field field[CRATER_CLASSES]
    int32_t start[STARTS]                   # of each cell's craters; the next one's start ends them
    Crater made[MADE]
    Crater far[FAR]                         # of the classes from far_from on, in the order of their classes and cells
    int32_t cells
    int32_t count
    int32_t far_count
    int32_t far_from


cdef struct SwellRow:                       # what the nodes of a row have in common with the row before, as long as it crosses the same squares
    double gx[4][PATCH]                     # gradients at the corners of each node's square
    double gy[4][PATCH]
    double u[PATCH]                         # place in it
    double weight[PATCH]
    int64_t square[PATCH]


cdef void row_gradients(Surface* surface, int k, int64_t j, int nx, SwellRow* row) noexcept nogil:
    cdef SwellLine* line = NULL
    cdef int n, corner
    for n in range(nx):
        if n == 0 or row.square[n] != row.square[n - 1]:
            line = swell_line(surface, k, row.square[n], j)
        for corner in range(4):
            row.gx[corner][n], row.gy[corner][n] = line.gx[corner], line.gy[corner]


cdef void swell_row(const SwellRow* row, double height, int nx, double v, double b, double* out) noexcept nogil:
    """One octave over a row: as swell_add, without the gradient."""
    cdef double u, h0, h2, low, high, v1 = v - 1.0
    cdef int n
    for n in range(nx):
        u = row.u[n]
        h0, h2 = row.gx[0][n] * u + row.gy[0][n] * v, row.gx[2][n] * u + row.gy[2][n] * v1
        low = h0 + row.weight[n] * ((row.gx[1][n] * (u - 1.0) + row.gy[1][n] * v) - h0)
        high = h2 + row.weight[n] * ((row.gx[3][n] * (u - 1.0) + row.gy[3][n] * v1) - h2)
        out[n] += height * (low + b * (high - low))


cdef void swell_row_one(const SwellRow* row, double height, int nx, double v, double b, double* out) noexcept nogil:
    """The same where the whole row lies in one square."""
    cdef double gx0 = row.gx[0][0], gx1 = row.gx[1][0], gx2 = row.gx[2][0], gx3 = row.gx[3][0]
    cdef double y0 = row.gy[0][0] * v, y1 = row.gy[1][0] * v, y2 = row.gy[2][0] * (v - 1.0), y3 = row.gy[3][0] * (v - 1.0), u, h0, h2, low, high
    cdef int n
    for n in range(nx):
        u = row.u[n]
        h0, h2 = gx0 * u + y0, gx2 * u + y2
        low = h0 + row.weight[n] * ((gx1 * (u - 1.0) + y1) - h0)
        high = h2 + row.weight[n] * ((gx3 * (u - 1.0) + y3) - h2)
        out[n] += height * (low + b * (high - low))


cdef void patch_swell(Surface* surface, int k, double weight, const double* east, const double* north, int nx, int ny, double* out) noexcept nogil:
    cdef double height = HEIGHT_M[k] * weight, per_length = 1.0 / LENGTH_M[k], x, u, v, b
    cdef SwellRow row
    cdef int64_t j, last = 0
    cdef int n, m
    for n in range(nx):
        x = east[n] * per_length
        row.square[n] = whole(x)
        u = row.u[n] = x - <double>row.square[n]
        row.weight[n] = u * u * u * (u * (6.0 * u - 15.0) + 10.0)
    for m in range(ny):
        v = north[m] * per_length
        j = whole(v)
        if m == 0 or j != last:
            row_gradients(surface, k, j, nx, &row)
            last = j
        v -= <double>j
        b = v * v * v * (v * (6.0 * v - 15.0) + 10.0)
        if row.square[0] == row.square[nx - 1]:
            swell_row_one(&row, height, nx, v, b, out + m * nx)
        else:
            swell_row(&row, height, nx, v, b, out + m * nx)


cdef bint make_field(Surface* surface, Crowd* crowd, int k, const double* east, const double* north, int nx, int ny) noexcept nogil:
    """Make the craters of one class that can be felt in the patch, or be neighbours of those that are; 0 when there is no room for them."""
    cdef Field* field = &crowd.field[k]
    cdef double size = class_size_m(k), reach = 5.0 * size, per_cell = 0.25 / size
    cdef int64_t ci, cj
    field.i0, field.j0 = whole((east[0] - reach) * per_cell), whole((north[0] - reach) * per_cell)
    field.wide = whole((east[nx - 1] + reach) * per_cell) + 1 - field.i0
    field.high = whole((north[ny - 1] + reach) * per_cell) + 1 - field.j0
    field.first = crowd.cells
    if crowd.cells + field.wide * field.high >= STARTS:
        return False
    for ci in range(field.i0, field.i0 + field.wide):
        for cj in range(field.j0, field.j0 + field.high):
            if crowd.count > MADE - CELL_MOST:
                return False
            crowd.start[crowd.cells] = crowd.count
            crowd.cells += 1
            crowd.count += cell_craters(surface.crater_key[k], k, ci, cj, &crowd.made[crowd.count])
    crowd.start[crowd.cells] = crowd.count
    return True


cdef bint near(const Crater* c, double margin, const double* east, const double* north, int nx, int ny) noexcept nogil:
    """Whether a crater's rim comes within a margin of the patch."""
    cdef double dx = beyond(c.east_m, east[0], east[nx - 1]), dy = beyond(c.north_m, north[0], north[ny - 1]), reach = c.radius_m + margin
    return dx * dx + dy * dy <= reach * reach


cdef void keep_near(Crowd* crowd, int k, const double* east, const double* north, int nx, int ny) noexcept nogil:
    """Bring the list of craters of large classes up to date for neighbours of class k: another class joins, and who cannot meet leaves."""
    cdef double margin = 3.001 * class_size_m(k), width = fmax(east[nx - 1] - east[0], north[ny - 1] - north[0])
    cdef Crater kept[FAR]
    cdef Field* field
    cdef int n, count = 0, joins = crowd.far_from - 1
    if joins > k and 16.0 * class_size_m(joins) > width:
        field = &crowd.field[joins]
        for n in range(crowd.start[field.first], crowd.start[field.first + field.wide * field.high]):
            if near(&crowd.made[n], margin, east, north, nx, ny):
                if count == FAR:
                    return                                    # they stay where they are: their own cells are gone through
                kept[count] = crowd.made[n]
                count += 1
    else:
        joins += 1
    for n in range(crowd.far_count):
        if near(&crowd.far[n], margin, east, north, nx, ny):
            if count == FAR:
                return
            kept[count] = crowd.far[n]
            count += 1
    memcpy(crowd.far, kept, count * sizeof(Crater))
    crowd.far_count, crowd.far_from = count, joins


cdef double steepest_met(const Crowd* crowd, int k, const Crater* c, double sum, double per_quadrant) noexcept nogil:
    """Add the steepest walls of the craters of class k whose rims meet a crater's, from the four cells about its quadrant."""
    cdef const Field* field = &crowd.field[k]
    cdef int64_t i = whole(c.east_m * per_quadrant), j = whole(c.north_m * per_quadrant), ci
    cdef const int32_t* start
    cdef int n
    for ci in range((i - 1) >> 1, ((i + 1) >> 1) + 1):
        start = crowd.start + field.first + (ci - field.i0) * field.high + (((j - 1) >> 1) - field.j0)
        for n in range(start[0], start[((j + 1) >> 1) - ((j - 1) >> 1) + 1]):
            if rims_meet(&crowd.made[n], c):
                sum += crowd.made[n].steepest
    return sum


cdef double depth_kept(const Crowd* crowd, int k, const Crater* c) noexcept nogil:
    """The share of its depth that a crater keeps among its neighbours."""
    cdef double sum = 0.0, room
    cdef int m, n
    for m in range(k + 1, crowd.far_from):
        sum = steepest_met(crowd, m, c, sum, 0.5 / class_size_m(m))
    for n in range(crowd.far_count):
        if rims_meet(&crowd.far[n], c):
            sum += crowd.far[n].steepest
    room = ROOM - sum
    if room <= 0.0:
        return 0.0
    sum = steepest_met(crowd, k, c, 0.0, 0.5 / class_size_m(k))
    return 1.0 if sum <= room else room / sum


cdef void crater_row(double east, double inverse_radius2, double depth, const double* places, double dy2, int first, int end, double* row) noexcept nogil:
    """Add one crater to a row of nodes: as crater_add, without the gradient."""
    cdef double dx, s, e, t, inside, outside
    cdef double rim = 0.17 * depth
    cdef int n
    for n in range(first, end):
        dx = places[n] - east
        s = (dx * dx + dy2) * inverse_radius2
        e = 1.0 - s
        inside = depth * (0.17 - e * e)
        t = (s - 1.0) * (1.0 / 3.0)
        e = (1.0 - t * t) * (1.0 - t * t)
        outside = rim * e * e
        outside = outside if s < 4.0 else 0.0
        row[n] += inside if s < 1.0 else outside


cdef bint patch_crater(
    const Crowd* crowd, int k, const Crater* c, const double* east, const double* north, int nx, int ny, double* part
) noexcept nogil:
    """Add one crater to the nodes that feel it; 0 when there are none."""
    cdef double per = (nx - 1) / (east[nx - 1] - east[0]) if nx > 1 else 0.0, reach = 2.0 * c.radius_m, dy, depth = 0.0
    cdef double first = (c.east_m - reach - east[0]) * per - 1.0, last = (c.east_m + reach - east[0]) * per + 2.0
    cdef int west = 0 if first < 0.0 else (nx if first > nx else <int>first), m
    cdef int stop = nx if last > nx else (0 if last < 0.0 else <int>last)
    cdef bint felt = False
    if nx == 1:
        west, stop = 0, 1
    if west >= stop:
        return False
    for m in range(ny):
        dy = north[m] - c.north_m
        if dy * dy * c.inverse_radius2 >= 4.0:
            continue
        if not felt:
            felt = True
            depth = c.depth_m * depth_kept(crowd, k, c)
        crater_row(c.east_m, c.inverse_radius2, depth, east, dy * dy, west, stop, part + m * nx)
    return felt


cdef void patch_class(const Crowd* crowd, int k, double weight, const double* east, const double* north, int nx, int ny, double* out) noexcept nogil:
    """The craters of one class over a patch, cell by cell in the order of felt_add."""
    cdef const Field* field = &crowd.field[k]
    cdef double part[PATCH * PATCH]
    cdef bint felt = False
    cdef int n, end = crowd.start[field.first + field.wide * field.high]
    for n in range(crowd.start[field.first], end):
        if near(&crowd.made[n], 1.001 * crowd.made[n].radius_m, east, north, nx, ny):
            if not felt:
                memset(part, 0, nx * ny * sizeof(double))
            felt |= patch_crater(crowd, k, &crowd.made[n], east, north, nx, ny, part)
    if felt:
        for n in range(nx * ny):
            out[n] += weight * part[n]


cdef bint relief_patch(
    Surface* surface, const double* east, const double* north, int nx, int ny, double footprint, double* out
) noexcept nogil:
    cdef double per_footprint = 1.0 / (footprint if footprint > 1e-6 else 1e-6), weight
    cdef double widest = fmax(east[nx - 1] - east[0], north[ny - 1] - north[0]), least = fmax(footprint, class_size_m(0))
    cdef Crowd crowd
    cdef int k
    if widest > 2.0 * PATCH * least:
        return False
    if surface.cached_seed != surface.state.seed:
        relief_forget(surface)
    memset(out, 0, nx * ny * sizeof(double))
    for k in range(SWELLS):
        weight = share_of(LENGTH_M[k], per_footprint)
        if weight <= 0.0:
            break
        patch_swell(surface, k, weight, east, north, nx, ny, out)
    crowd.cells = crowd.count = crowd.far_count = 0
    crowd.far_from = CRATER_CLASSES
    for k in range(CRATER_CLASSES - 1, -1, -1):
        weight = share_of(class_size_m(k), per_footprint)
        if weight <= 0.0:
            break
        if not make_field(surface, &crowd, k, east, north, nx, ny):
            return False
        keep_near(&crowd, k, east, north, nx, ny)
        patch_class(&crowd, k, weight, east, north, nx, ny, out)
    return True
