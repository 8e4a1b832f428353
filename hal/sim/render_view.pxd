"""Render view: one picture: where the camera is, what it looks with, which grids of ground it uses, and who casts shadows."""

from libc.stdint cimport int32_t

from hal.sim.render_field cimport Level

cdef enum:
    MOST_LEVELS = 24
    STRIP = 64                           # pixels across a strip, the unit of work
    PHASES = 256                         # steps of the phase functions, even in the cosine
    CASTERS = 2
    CASTER_PX = 512


cdef struct Caster:                      # a vehicle as the Sun sees it: where its shadow falls
    double centre_m[3]                   # from the camera, tangent frame
    double right[3]                      # of the Sun's picture of it, unit vectors
    double down[3]
    double toward[3]                     # the Sun
    double reach_m                       # half the side of that picture
    float* depth_m                       # CASTER_PX^2: how far towards the Sun from the centre its nearest part is; -1e9 for none

cdef struct View:
    double altitude_m                    # of the camera above the site's sphere
    double site_x_m                      # of the camera, site axes, in the order of i and j
    double site_y_m
    double right[3]                      # of the camera, in the tangent frame below it: along the grids' i and j, and up
    double down[3]
    double ahead[3]
    double site_right[2]                 # x and y of the same in the site frame
    double site_down[2]
    double site_ahead[2]
    double per_focal                     # one over the focal length in pixels
    double centre_x_px
    double centre_y_px
    double sun[3]                        # unit vector towards the Sun, tangent frame
    double near_m                        # depth at which rays may first meet something
    double far_m                         # and last
    double high_m                        # nothing of the ground stands higher
    double mean_m                        # height of the ground about the camera
    int32_t width_px
    int32_t height_px
    int32_t far_map                      # the map's stretch needs its long series
    int32_t scan                         # the picture's "up": 0 towards row 0, 1 the last row, 2 column 0, 3 the last column
    int32_t levels
    int32_t casting                      # vehicles that cast shadows
    float sunlight[3]                    # the same as `sun`
    float bend                           # one over the sphere's radius
    float hardness                       # of shadows: how fast light fades with the cells below their upper edge
    Level* level[24]                     # finest first, the picture's own only
    float seeliger[257]                  # by cosine of the phase angle, from -1 to 1: weight of Lommel-Seeliger, and of Lambert
    float lambert[257]
    Caster casters[2]
    float* radiance                      # of a white screen facing the Sun: 1
    float* depth_m                       # along the camera's axis; -1 for the sky
