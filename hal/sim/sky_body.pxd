"""Where Sun, Earth and relay stand, as the site sees them: the record `sky`, evaluated by the world's sky slot once a second."""

cdef struct Sky:
    double sun_direction[3]              # unit vector, site frame, towards the Sun
    double earth_direction[3]
    double relay_direction[3]
    double relay_range_m                 # site to relay
    double relay_earth_range_m           # relay to the Earth's centre
    double sun_elevation_rad
    double sun_azimuth_rad               # from north towards east
    double relay_elevation_rad
