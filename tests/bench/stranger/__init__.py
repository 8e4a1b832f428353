"""A station by somebody who has never seen our code: from the standards and the exported dictionary, with spacepackets and reedsolo.

Nothing of ours is imported, here or in what is imported. Octets go in, frames, packets, values and files come out; a command's name goes
in, octets come out.
"""

from .station import Message, Stranger
from .words import StrangeError

__all__ = ["Message", "StrangeError", "Stranger"]
