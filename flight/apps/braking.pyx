# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (fixed-size C arrays and pointers only; every divisor is bounded away from zero where it stands)
"""Main deceleration: explicit guidance by prediction.

Thrust is held at one throttle; its direction follows a tangent linear in time (facts: change4, section 2, guidance laws: explicit guidance,
linear-tangent steering, thrust fixed near its maximum), in axes fixed at the target: backwards along the flight, with tangents up and
aside. Throttle, the two tangents, their two rates and the time to go are the six numbers that meet the six of the gate: place and
velocity some 8.6 km above the target. A fixed bend of the upward tangent, which is not solved for, keeps the path from lofting.

Every prediction integrates the motion in the site frame with central gravity, Coriolis and centrifugal terms and falling mass; Newton's
method with differences does the rest, from the last solution. Near the end the last one is flown out. When the engine is too weak to stop
at the target, the throttle is fixed at its greatest and the distance along the track given up.
"""

from libc.math cimport ceil, fabs, fmax, fmin, sqrt
from libc.stdint cimport int64_t

from flight.apps.attitude cimport dot

from flight import lander_geometry as geometry

cdef double GM = geometry.MOON_GM_M3_S2
cdef double SITE_RADIUS_M = geometry.SITE_RADIUS_M
cdef double RATE_NORTH = geometry.MOON_RATE_SITE_RAD_S[1]
cdef double RATE_UP = geometry.MOON_RATE_SITE_RAD_S[2]
cdef double MOST_THRUST_N = geometry.ENGINE_GREATEST_N
cdef double ISP_S = geometry.ENGINE_ISP_S
cdef double ISP_LOSS_S = geometry.ENGINE_ISP_LOSS_S
cdef double G0_M_S2 = geometry.STANDARD_GRAVITY_M_S2

cdef double GATE_HEIGHT_M = 8600.0           # above the target: the quick adjustment ends near 8 km
cdef double GATE_BEFORE_M = 150.0            # which carries it on by so much
cdef double GATE_DOWN_M_S = 50.0
cdef double GATE_ALONG_M_S = 22.0
cdef double BEND_1_S2 = -1.5e-6
cdef double LAST_SOLUTION_S = 8.0            # before the gate: what is solved any later asks for much to mend little
cdef double STEP_S = 16.0                    # of a prediction, about
cdef double MOST_THROTTLE = 1.0
cdef double CLOSE_M = 1.0

cdef enum:
    TIME = 0
    THROTTLE = 1
    UNKNOWNS = 6

cdef double[6] NUDGE = [0.02, 1e-4, 1e-5, 1e-7, 1e-5, 1e-7]
cdef double[6] MOST_CHANGE = [60.0, 0.15, 0.3, 2e-3, 0.3, 2e-3]

cdef struct Ballistics:
    double along[3]
    double side[3]
    double mass_kg


cdef inline void slope_of(const Ballistics* b, const double* x, const double* v, double thrust_m_s2, double tangent, double aside,
                          double* out) noexcept nogil:
    """Acceleration in the site frame."""
    cdef double z = x[2] + SITE_RADIUS_M
    cdef double square = x[0] * x[0] + x[1] * x[1] + z * z
    cdef double pull = -GM / (square * sqrt(square)) + RATE_NORTH * RATE_NORTH + RATE_UP * RATE_UP
    cdef double share = RATE_NORTH * x[1] + RATE_UP * z
    cdef double push = thrust_m_s2 / sqrt(1.0 + tangent * tangent + aside * aside)
    out[0] = pull * x[0] - 2.0 * (RATE_NORTH * v[2] - RATE_UP * v[1]) + push * (aside * b.side[0] - b.along[0])
    out[1] = pull * x[1] - share * RATE_NORTH - 2.0 * RATE_UP * v[0] + push * (aside * b.side[1] - b.along[1])
    out[2] = pull * z - share * RATE_UP + 2.0 * RATE_NORTH * v[0] + push * tangent


cdef void predict(const Ballistics* b, const NavigationSolution* nav, const double* u, double* end) noexcept nogil:
    """Where the six numbers lead: position and velocity at their time to go. Runge-Kutta, fourth order."""
    cdef double x[3]
    cdef double v[3]
    cdef double xk[3]
    cdef double vk[3]
    cdef double a[4][3]
    cdef double w[4][3]
    cdef double thrust = u[THROTTLE] * MOST_THRUST_N
    cdef double flow = thrust / ((ISP_S - ISP_LOSS_S * (1.0 - u[THROTTLE])) * G0_M_S2)
    cdef int steps = <int>fmax(4.0, fmin(ceil(u[TIME] / STEP_S), 60.0))
    cdef double h = u[TIME] / steps, t, part
    cdef int n, k, i
    for i in range(3):
        x[i], v[i] = nav.position_m[i], nav.velocity_m_s[i]
    for n in range(steps):
        for k in range(4):
            part = 0.0 if k == 0 else (1.0 if k == 3 else 0.5)
            t = (n + part) * h
            for i in range(3):
                xk[i] = x[i] + (part * h * w[k - 1][i] if k else 0.0)
                vk[i] = v[i] + (part * h * a[k - 1][i] if k else 0.0)
                w[k][i] = vk[i]
            slope_of(b, xk, vk, thrust / fmax(b.mass_kg - flow * t, 300.0), u[2] + t * (u[3] + BEND_1_S2 * t), u[4] + t * u[5], a[k])
        for i in range(3):
            x[i] += h / 6.0 * (w[0][i] + 2.0 * (w[1][i] + w[2][i]) + w[3][i])
            v[i] += h / 6.0 * (a[0][i] + 2.0 * (a[1][i] + a[2][i]) + a[3][i])
    for i in range(3):
        end[i], end[3 + i] = x[i], v[i]


cdef void miss_of(const Ballistics* b, const BrakingPlan* p, const NavigationSolution* nav, const double* u, double* miss) noexcept nogil:
    """In the axes along, aside, up: what is wrong at the gate, place then velocity."""
    cdef double end[6]
    predict(b, nav, u, end)
    end[0] -= p.target_m[0]
    end[1] -= p.target_m[1]
    miss[0] = dot(end, b.along) + GATE_BEFORE_M
    miss[1] = dot(end, b.side)
    miss[2] = end[2] - GATE_HEIGHT_M
    miss[3] = dot(end + 3, b.along) - GATE_ALONG_M_S
    miss[4] = dot(end + 3, b.side)
    miss[5] = end[5] + GATE_DOWN_M_S


cdef bint solve(double* m, double* x) noexcept nogil:
    """Gauss with pivots: m (6 x 6, row by row) times the result is x, which it replaces. False when m is singular."""
    cdef double factor, swap
    cdef int i, k, j, best
    for k in range(UNKNOWNS):
        best = k
        for i in range(k + 1, UNKNOWNS):
            if fabs(m[UNKNOWNS * i + k]) > fabs(m[UNKNOWNS * best + k]):
                best = i
        if not fabs(m[UNKNOWNS * best + k]) > 1e-12:
            return False
        if best != k:
            for j in range(UNKNOWNS):
                swap = m[UNKNOWNS * k + j]
                m[UNKNOWNS * k + j] = m[UNKNOWNS * best + j]
                m[UNKNOWNS * best + j] = swap
            swap = x[k]
            x[k] = x[best]
            x[best] = swap
        for i in range(k + 1, UNKNOWNS):
            factor = m[UNKNOWNS * i + k] / m[UNKNOWNS * k + k]
            for j in range(k, UNKNOWNS):
                m[UNKNOWNS * i + j] -= factor * m[UNKNOWNS * k + j]
            x[i] -= factor * x[k]
    for k in range(UNKNOWNS - 1, -1, -1):
        for j in range(k + 1, UNKNOWNS):
            x[k] -= m[UNKNOWNS * k + j] * x[j]
        x[k] /= m[UNKNOWNS * k + k]
    return True


cdef bint improve(const Ballistics* b, BrakingPlan* p, const NavigationSolution* nav, double* u, double* miss) noexcept nogil:
    """One step of Newton's method; `miss` is that of `u` before and after."""
    cdef double matrix[36]
    cdef double other[6]
    cdef double change[6]
    cdef double kept, scale = 1.0
    cdef int i, k
    for k in range(UNKNOWNS):
        kept = u[k]
        u[k] = kept + NUDGE[k]
        miss_of(b, p, nav, u, other)
        u[k] = kept
        for i in range(UNKNOWNS):
            matrix[UNKNOWNS * i + k] = (other[i] - miss[i]) / NUDGE[k]
    for i in range(UNKNOWNS):
        change[i] = -miss[i]
    if p.short:                                                  # the throttle is given instead of the place along the track
        for k in range(UNKNOWNS):
            matrix[k] = 1.0 if k == THROTTLE else 0.0
        change[0] = MOST_THROTTLE - u[THROTTLE]
    if not solve(matrix, change):
        return False
    for k in range(UNKNOWNS):
        scale = fmin(scale, MOST_CHANGE[k] / fmax(fabs(change[k]), 1e-12))
    for k in range(UNKNOWNS):
        u[k] += scale * change[k]
        if not fabs(u[k]) < 1e4:                                 # also what is not a number
            return False
    u[TIME] = fmax(u[TIME], 1.0)
    miss_of(b, p, nav, u, miss)
    return True


cdef void braking_begin(BrakingPlan* p, const NavigationSolution* nav, int64_t tick) noexcept nogil:
    cdef double east = p.target_m[0] - nav.position_m[0], north = p.target_m[1] - nav.position_m[1]
    cdef double distance = fmax(sqrt(east * east + north * north), 1.0)
    p.along[0], p.along[1], p.along[2] = east / distance, north / distance, 0.0
    p.time_to_go_s, p.throttle = 476.0, 0.96
    p.tangent, p.tangent_rate_1_s = -0.19, 1.9e-3
    p.aside = p.aside_rate_1_s = 0.0
    p.tick = tick
    p.valid = p.short = 0


cdef void braking_solve(BrakingPlan* p, const NavigationSolution* nav, double mass_kg, int64_t tick, double tick_s, int most) noexcept nogil:
    """Bring the plan to now, and improve it by at most so many steps."""
    cdef Ballistics b
    cdef double u[6]
    cdef double miss[6]
    cdef double passed = (tick - p.tick) * tick_s if p.valid else 0.0
    cdef int n, i
    if p.valid and p.time_to_go_s - passed < LAST_SOLUTION_S:
        return
    for i in range(3):
        b.along[i] = p.along[i]
    b.side[0], b.side[1], b.side[2] = -p.along[1], p.along[0], 0.0
    b.mass_kg = mass_kg
    u[TIME], u[THROTTLE] = p.time_to_go_s - passed, p.throttle
    u[2], u[3] = p.tangent + passed * (p.tangent_rate_1_s + BEND_1_S2 * passed), p.tangent_rate_1_s + 2.0 * BEND_1_S2 * passed
    u[4], u[5] = p.aside + passed * p.aside_rate_1_s, p.aside_rate_1_s
    miss_of(&b, p, nav, u, miss)
    for n in range(most):
        if not improve(&b, p, nav, u, miss):
            p.failures += 1
            return
        if not p.short and u[THROTTLE] > MOST_THROTTLE and fabs(miss[0]) < 1000.0:
            p.short = 1
        if n and fabs(miss[1]) + fabs(miss[2]) + (0.0 if p.short else fabs(miss[0])) < CLOSE_M:
            break
    p.miss_m = sqrt(dot(miss, miss))
    p.miss_m_s = sqrt(dot(miss + 3, miss + 3))
    p.time_to_go_s, p.throttle = u[TIME], u[THROTTLE]
    p.tangent, p.tangent_rate_1_s, p.aside, p.aside_rate_1_s = u[2], u[3], u[4], u[5]
    p.tick = tick
    p.solutions += 1
    p.valid = (fabs(miss[2]) < 500.0 and p.miss_m_s < 20.0 and 0.2 <= u[THROTTLE] <= 1.5 and fabs(u[2]) < 2.0)


cdef double braking_left_s(const BrakingPlan* p, int64_t tick, double tick_s) noexcept nogil:
    return p.time_to_go_s - (tick - p.tick) * tick_s


cdef void braking_direction(const BrakingPlan* p, int64_t tick, double tick_s, double* unit) noexcept nogil:
    """Of the thrust now, site frame."""
    cdef double t = (tick - p.tick) * tick_s
    cdef double up = p.tangent + t * (p.tangent_rate_1_s + BEND_1_S2 * t), aside = p.aside + t * p.aside_rate_1_s
    cdef double size = 1.0 / sqrt(1.0 + up * up + aside * aside)
    unit[0] = size * (-p.along[0] - aside * p.along[1])
    unit[1] = size * (-p.along[1] + aside * p.along[0])
    unit[2] = size * up
