"""Reed-Solomon (255,223): one codeword of a telemetry frame, against libfec where the machine has it and against reedsolo.

libfec (dual basis) is called through ctypes and corrects in place; its cost of a call is measured with it, as ours from Python is.
reedsolo has the conventional basis alone. Where libfec is not installed its published figures stand in the row.
"""

import ctypes
import random
from collections.abc import Callable, Iterator

import reedsolo

from tools.bench.result import Result, calls_per_second
from wire import reed_solomon

PUBLISHED = {"encode": 159e3, "clean decode": 109e3, "decode, 16 errors": 64e3}


def libfec() -> ctypes.CDLL | None:
    """The library, or None when the machine has none."""
    for name in ("libfec.so.0", "libfec.so", "libfec.dylib"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def libfec_calls(library: ctypes.CDLL, word: bytes, spoilt: bytes) -> dict[str, Callable[[], object]]:
    """What is measured, each as a call without arguments; checked once."""
    room = ctypes.create_string_buffer(word, 255)
    parity = ctypes.byref(room, 223)

    def decode(octets: bytes) -> int:
        ctypes.memmove(room, octets, 255)
        return int(library.decode_rs_ccsds(room, None, 0, 0))

    library.encode_rs_ccsds(room, parity, 0)
    if room.raw != word or decode(word) != 0 or decode(spoilt) != 16 or room.raw != word:
        raise AssertionError("libfec and we disagree")
    return {
        "encode": lambda: library.encode_rs_ccsds(room, parity, 0),
        "clean decode": lambda: decode(word),
        "decode, 16 errors": lambda: decode(spoilt),
    }


def run(quick: bool) -> Iterator[Result]:
    seconds = 0.05 if quick else 2.0
    chance = random.Random(1)
    message = chance.randbytes(223)
    errors = [(place, chance.randrange(1, 256)) for place in chance.sample(range(255), 16)]

    def codeword(dual: bool) -> tuple[bytes, bytes]:
        word = message + reed_solomon.encode(message, dual=dual)
        damaged = bytearray(word)
        for at, value in errors:
            damaged[at] ^= value
        if reed_solomon.decode(damaged, dual=dual) != (word, 16):
            raise AssertionError("a codeword with 16 errors was not corrected")
        return word, bytes(damaged)

    def calls(dual: bool) -> dict[str, Callable[[], object]]:
        word, spoilt = codeword(dual)
        return {
            "encode": lambda: reed_solomon.encode(message, dual),
            "clean decode": lambda: reed_solomon.decode(word, dual),
            "decode, 16 errors": lambda: reed_solomon.decode(spoilt, dual),
        }

    peer = reedsolo.RSCodec(32, nsize=255, fcr=112, prim=0x187, generator=0xAD)  # alpha to the 11th
    word, spoilt = codeword(False)
    if bytes(peer.encode(message)) != word or bytes(peer.decode(spoilt)[0]) != message:
        raise AssertionError("reedsolo and we disagree")
    slow: dict[str, Callable[[], object]] = {
        "encode": lambda: peer.encode(message),
        "clean decode": lambda: peer.decode(word),
        "decode, 16 errors": lambda: peer.decode(spoilt),
    }
    library = libfec()
    fast = libfec_calls(library, *codeword(True)) if library else {}
    for what, call in calls(True).items():
        ours = calls_per_second(call, seconds)
        name, theirs = ("libfec", calls_per_second(fast[what], seconds)) if what in fast else ("libfec (published)", PUBLISHED[what])
        yield Result(f"RS (255,223) {what}", ours, "codewords/s", peer=name, peer_value=theirs)
        yield Result(f"RS (255,223) {what}", ours, "codewords/s", peer="reedsolo", peer_value=calls_per_second(slow[what], seconds))
