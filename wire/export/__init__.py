"""Export: the whole interface as JSON, as XTCE and as a document; the same octets on every machine and in every run.

`dictionary_hash()` names the interface; its first 32 bits fly in the boot event.
"""

import hashlib
import json
from functools import lru_cache

from wire.export import markdown, xtce
from wire.export.interface import interface


def export_json() -> str:
    """Everything that a stranger needs to talk to the vehicles without our code. Ends in a newline."""
    return json.dumps({"hash": dictionary_hash()} | interface(), indent=1, ensure_ascii=True) + "\n"


def export_xtce() -> str:
    """The same vehicles, parameters, packets and commands in XTCE 1.2 (OMG formal/2020-02-01)."""
    return xtce.document(dictionary_hash())


def export_markdown() -> str:
    """The interface control document."""
    return markdown.document({"hash": dictionary_hash()} | interface())


@lru_cache(maxsize=1)
def dictionary_hash() -> str:
    """BLAKE2s, 64 hexadecimal digits, over the canonical JSON of the interface (sorted keys, no white space, ASCII)."""
    canonical = json.dumps(interface(), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2s(canonical.encode("ascii")).hexdigest()


def dictionary_word() -> int:
    """The first 32 bits of the hash, as the boot event carries them."""
    return int(dictionary_hash()[:8], 16)
