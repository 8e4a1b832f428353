"""The mission dictionary: what each vehicle says and understands, as rows. `DICTIONARIES["lander"].command("land")`."""

from typing import Final

from wire.dictionary.book import Dictionary, UnknownNameError
from wire.dictionary.codes import FAILURE_CODE
from wire.dictionary.lander import LANDER
from wire.dictionary.mission import check_together
from wire.dictionary.relay import RELAY
from wire.dictionary.rover import ROVER

DICTIONARIES: Final[dict[str, Dictionary]] = {d.vehicle.name: d for d in (LANDER, ROVER, RELAY)}
check_together(DICTIONARIES.values())

__all__ = ["DICTIONARIES", "FAILURE_CODE", "LANDER", "RELAY", "ROVER", "Dictionary", "UnknownNameError"]
