def wheel_force(
    soil: tuple[float, float, float, float, float, float],
    sinkage_m: float,
    forward_m_s: float,
    rim_m_s: float,
    left_m_s: float = 0.0,
    radius_m: float = 0.15,
    width_m: float = 0.15,
    steps: int = 5000,
    step_s: float = 0.002,
) -> tuple[float, float, float, float]: ...
