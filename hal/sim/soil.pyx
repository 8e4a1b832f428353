# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""Soil: what loose ground does to one wheel: pressure after Bekker, shear after Janosi and Hanamoto, integrated as Wong and Reece do.

Radial pressure on the rim at an angle a before the lowest point: p = (kc / b + kphi) (r (cos a - cos a1))^n from the entry a1 down to the
lowest point; behind it the rut stands without rebound (Bekker's rigid wheel). Shear: (c + p tan phi) (1 - exp(-j / K)).

The shear deformation j has a memory, so that a wheel at rest holds and a wheel that starts does not jump. The state is the mean
mobilised share m of the strength, a vector: dm/dt = (v - |v| m) / K - g (u / L) m, where v is the sliding velocity of the rim on the soil
averaged over the contact, u the speed at which fresh soil comes under the wheel, L the length of the contact. With u = 0 this is Janosi's
law, with Dahl's hysteresis when the sliding turns. The factor g makes its steady state equal the mean of 1 - exp(-j / K) over a
contact along which j grows evenly: j is then v times the time that the soil has been under the wheel, so that a wheel spinning on
the spot mobilises all of the strength. From m follows the exponent at the exit, and from it the shear along the contact.

Figures: kc, kphi, n, K of Apollo soil; cohesion and friction drawn for the run between the values published for the Chang'e-4 site
(facts: change4, section 8). The time constants of damping, and stiffness and friction of firm ground, are choices of ours.

A wheel that slides without rolling has its shear spread in the same way, which gives it up to a fifth more than an even spread.

What this does not simulate: slip-sinkage (the site showed none to speak of: facts, change4, source 83), the bulldozing of a wheel that
slides sideways, rebound, lugs, repeated passes (each wheel meets fresh ground), soil that sticks.
"""

from libc.math cimport acos, cos, exp, fabs, fmax, fmin, pow, sin, sqrt, tan

cdef enum:
    NODES = 8

cdef double NODE[NODES]                      # Gauss and Legendre's, on 0 to 1
cdef double WEIGHT[NODES]
cdef double SOIL_SETTLE_S = 0.05             # pressure answers to sinkage plus this times its rate: the damping of the ground
cdef double SHEAR_SETTLE_S = 0.03
cdef double MOST_MOBILISED = 0.995
cdef double WALL = 0.3                       # share of the contact's length after which the wall has changed sides
cdef double FIRM_N_M = 3.0e4                 # mesh wheel and rock
cdef double FIRM_N_S_M = 600.0
cdef double FIRM_SHEAR_M = 1.0e-3
cdef double FIRM_CONTACT_M = 0.03
cdef double FIRM_SETTLE_S = 0.01


def _fill_nodes():
    from numpy.polynomial.legendre import leggauss
    for i, (x, w) in enumerate(zip(*leggauss(NODES))):
        NODE[i], WEIGHT[i] = 0.5 * (x + 1.0), 0.5 * w

_fill_nodes()


cdef inline double mean_share(double p, double* slope) noexcept nogil:
    """Mean of 1 - exp(-p x) over x from 0 to 1, and its derivative."""
    cdef double e
    if p < 1e-3:
        slope[0] = 0.5 - p / 3.0
        return p * (0.5 - p / 6.0)
    e = exp(-p)
    slope[0] = (1.0 - e * (1.0 + p)) / (p * p)
    return 1.0 - (1.0 - e) / p


cdef inline double exit_exponent(double share) noexcept nogil:
    """The p of mean_share: a good guess and one step of Newton's method; within 0.2 % of the share."""
    cdef double p, slope, mean
    if share > MOST_MOBILISED:
        share = MOST_MOBILISED
    p = share * (2.0 - share) / (1.0 - share)
    mean = mean_share(p, &slope)
    return fmax(0.0, p + (share - mean) / slope)


cdef inline void mobilise(WheelMemory* memory, double slide_x, double slide_y, double modulus, double renewal, double settle, double dt,
                          double* share) noexcept nogil:
    """Move the mobilised share on by dt, exactly for constant velocities. `renewal` is u / L (1/s); `share` is what acts, with damping."""
    cdef double speed = sqrt(slide_x * slide_x + slide_y * slide_y), p, mean, slope, rate = speed / modulus, gone, size
    cdef double target[2]
    cdef double change
    cdef int i
    if renewal > 0.0:
        p = fmin(rate / renewal, 500.0)
        if p > 1e-3:
            mean = mean_share(p, &slope)
            rate += renewal * p * (1.0 - mean) / mean
        else:
            rate += renewal * (2.0 - p / 3.0)
    if rate <= 0.0:
        share[0], share[1] = memory.mobilised[0], memory.mobilised[1]
        return
    target[0], target[1] = slide_x / (modulus * rate), slide_y / (modulus * rate)
    gone = 1.0 - exp(-rate * dt)
    size = 0.0
    for i in range(2):
        change = gone * (target[i] - memory.mobilised[i])
        memory.mobilised[i] += change
        share[i] = memory.mobilised[i] + settle / dt * change
        size += share[i] * share[i]
    if size > 1.0:
        size = 1.0 / sqrt(size)
        share[0] *= size
        share[1] *= size


cdef inline void forget(WheelMemory* memory, WheelForce* force) noexcept nogil:
    memory.mobilised[0] = memory.mobilised[1] = memory.lean = 0.0
    force.normal_n = force.forward_n = force.left_n = force.axle_n_m = 0.0


cdef void soil_wheel(const Soil* soil, double radius, double width, const WheelMotion* motion, double dt, WheelMemory* memory,
                     WheelForce* force) noexcept nogil:
    cdef double depth = fmin(motion.sinkage_m, radius)
    cdef double felt = fmin(depth + SOIL_SETTLE_S * motion.sinking_m_s, radius)
    cdef double entry, length, size, exponent, a, pressure, shear, c, s, modulus, strength
    cdef double share[2]
    cdef double up = 0.0, wall = 0.0, shear_along = 0.0, shear_up = 0.0, shear_sum = 0.0
    cdef int i
    if depth <= 0.0 or felt <= 0.0:
        forget(memory, force)
        return
    entry = acos(1.0 - depth / radius)
    length = radius * entry
    # Averaged over the contact the rim slides by its own speed less what the centre's motion takes along the tangent.
    mobilise(memory, motion.rim_m_s - motion.forward_m_s * sin(entry) / entry, -motion.left_m_s, soil.shear_m,
             fabs(motion.forward_m_s) / length, SHEAR_SETTLE_S, dt, share)
    memory.lean += (1.0 - exp(-fabs(motion.forward_m_s) * dt / (WALL * length))) * (
        (1.0 if motion.forward_m_s > 0.0 else -1.0) - memory.lean)
    size = sqrt(share[0] * share[0] + share[1] * share[1])
    exponent = exit_exponent(size)
    entry = acos(1.0 - felt / radius)
    modulus = soil.kc_n_m2 / width + soil.kphi_n_m3
    strength = tan(soil.friction_rad)
    for i in range(NODES):
        a = entry * NODE[i]
        c, s = cos(a), sin(a)
        pressure = radius * c - (radius - felt)
        pressure = modulus * (pressure if soil.exponent == 1.0 else pow(fmax(0.0, pressure), soil.exponent))
        shear = WEIGHT[i] * (soil.cohesion_pa + pressure * strength) * (1.0 - exp(-exponent * (1.0 - NODE[i])))
        pressure *= WEIGHT[i]
        up += pressure * c
        wall += pressure * s
        shear_sum += shear
        shear_along += shear * c
        shear_up += shear * s
    size = radius * width * entry / size if size > 1e-12 else 0.0     # direction of the shear, times the rim's area
    force.normal_n = radius * width * entry * up + fabs(size * share[0]) * shear_up * (
        1.0 if share[0] * memory.lean > 0.0 else -1.0) * fabs(memory.lean)
    force.normal_n = fmax(0.0, force.normal_n)
    force.forward_n = size * share[0] * shear_along - memory.lean * radius * width * entry * wall
    force.left_n = size * share[1] * shear_sum
    force.axle_n_m = size * share[0] * shear_sum * radius


cdef void firm_wheel(double friction, double radius, const WheelMotion* motion, double dt, WheelMemory* memory,
                     WheelForce* force) noexcept nogil:
    cdef double share[2]
    cdef double normal = FIRM_N_M * motion.sinkage_m + FIRM_N_S_M * motion.sinking_m_s
    if motion.sinkage_m <= 0.0 or normal <= 0.0:
        forget(memory, force)
        return
    mobilise(memory, motion.rim_m_s - motion.forward_m_s, -motion.left_m_s, FIRM_SHEAR_M,
             fabs(motion.forward_m_s) / FIRM_CONTACT_M, FIRM_SETTLE_S, dt, share)
    memory.lean = 0.0
    force.normal_n = normal
    force.forward_n = friction * normal * share[0]
    force.left_n = friction * normal * share[1]
    force.axle_n_m = force.forward_n * radius


def wheel_force(
    soil: tuple, double sinkage_m, double forward_m_s, double rim_m_s, double left_m_s=0.0, double radius_m=0.15, double width_m=0.15,
    int steps=5000, double step_s=0.002,
) -> tuple:
    """Force of the ground on a wheel that has moved so for a number of steps from rest: normal, forward, left (N), moment against its
    rotation (N.m). `soil`: kc, kphi, n, cohesion, friction angle, K, in the units of the record."""
    cdef Soil ground
    cdef WheelMotion motion
    cdef WheelMemory memory
    cdef WheelForce force
    cdef int n
    ground.kc_n_m2, ground.kphi_n_m3, ground.exponent, ground.cohesion_pa, ground.friction_rad, ground.shear_m = soil
    motion.sinkage_m, motion.sinking_m_s = sinkage_m, 0.0
    motion.forward_m_s, motion.left_m_s, motion.rim_m_s = forward_m_s, left_m_s, rim_m_s
    forget(&memory, &force)
    for n in range(steps):
        soil_wheel(&ground, radius_m, width_m, &motion, step_s, &memory, &force)
    return force.normal_n, force.forward_n, force.left_n, force.axle_n_m
