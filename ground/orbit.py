"""How long light takes between Earth and the vehicles, by the station's own prediction of the relay's orbit (docs/decisions/0031)."""

from numpy.polynomial import chebyshev

from ground.errors import GroundError
from ground.predicted_ranges import PIECE_S, RANGES, START_TAI_S, UNIT_M

SPEED_OF_LIGHT_M_S = 299_792_458.0
RELAY = "relay"


class NoPredictionError(GroundError):
    """The prediction does not reach to that time."""


def ranges_m(tai_s: float) -> tuple[float, float]:
    """Earth's centre to relay, and relay to site. Raises NoPredictionError."""
    piece, place = divmod((tai_s - START_TAI_S) / PIECE_S, 1.0)
    if not 0 <= piece < len(RANGES):
        days = PIECE_S * len(RANGES) // 86_400
        raise NoPredictionError(f"the prediction of the relay's ranges holds for {days} days from 2019-01-01, not for TAI {tai_s:.0f} s")
    earth_relay, relay_site = (float(chebyshev.chebval(2.0 * place - 1.0, row)) * UNIT_M for row in RANGES[int(piece)])
    return earth_relay, relay_site


def light_ns(link: str, vehicle: str, tai_ns: int) -> int:
    """From a vehicle to Earth on the declared link, at a time of the spacecraft (TAI since 1958). Raises NoPredictionError."""
    if link == "lab":
        return 0
    earth_relay, relay_site = ranges_m(tai_ns * 1e-9)
    metres = earth_relay if vehicle == RELAY else earth_relay + relay_site
    return round(metres / SPEED_OF_LIGHT_M_S * 1e9)
