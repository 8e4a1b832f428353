"""Soil: what loose ground does to one wheel: pressure after Bekker, shear after Janosi and Hanamoto, integrated as Wong and Reece do."""

cdef struct Soil:                        # record `soil`: the ground of this run
    double kc_n_m2                       # Bekker's moduli for a plate of width b: p = (kc / b + kphi) z^n, n = 1 in these units
    double kphi_n_m3
    double exponent                      # n
    double cohesion_pa
    double friction_rad                  # internal friction angle
    double shear_m                       # Janosi's deformation modulus K

cdef struct WheelMotion:                 # of a wheel against the ground's tangent plane
    double sinkage_m                     # of the lowest point below the plane
    double sinking_m_s                   # its rate
    double forward_m_s                   # of the centre, along the heading
    double left_m_s                      # of the centre, across
    double rim_m_s                       # radius times rate, positive forward

cdef struct WheelMemory:                 # what the ground under a wheel remembers; part of a record
    double mobilised[2]                  # share of the shear strength at work, forward and left; at most 1 together
    double lean                          # -1 to 1: on which side of the wheel the compacted wall stands, forward positive

cdef struct WheelForce:                  # of the ground on the wheel
    double normal_n
    double forward_n                     # traction less resistance
    double left_n
    double axle_n_m                      # against forward rotation


# Loose ground under a wheel of this radius and width (m) for a step of dt seconds; moves the memory on.
cdef void soil_wheel(const Soil* soil, double radius, double width, const WheelMotion* motion, double dt, WheelMemory* memory,
                     WheelForce* force) noexcept nogil
# Firm ground: a stiff spring and damper along the normal, regularised Coulomb friction across it.
cdef void firm_wheel(double friction, double radius, const WheelMotion* motion, double dt, WheelMemory* memory,
                     WheelForce* force) noexcept nogil
