"""Reed-Solomon (255,223): one code word of a telemetry frame, against reedsolo on the same (conventional) code."""

import random
from collections.abc import Iterator

import reedsolo

from tools.bench.result import Result, calls_per_second
from wire import reed_solomon


def run(quick: bool) -> Iterator[Result]:
    seconds = 0.05 if quick else 2.0
    chance = random.Random(1)
    message = chance.randbytes(223)
    peer = reedsolo.RSCodec(32, nsize=255, fcr=112, prim=0x187, generator=0xAD)  # alpha to the 11th
    word = message + reed_solomon.encode(message, dual=False)
    if bytes(peer.encode(message)) != word:
        raise AssertionError("the two disagree")
    ours = calls_per_second(lambda: reed_solomon.encode(message, dual=False), seconds) * 223 / 1e6
    theirs = calls_per_second(lambda: peer.encode(message), seconds) * 223 / 1e6
    yield Result("RS (255,223) encode", ours, "MB/s", peer="reedsolo", peer_value=theirs)
    for errors in (0, 16):
        damaged = bytearray(word)
        for at in chance.sample(range(255), errors):
            damaged[at] ^= chance.randrange(1, 256)
        spoilt = bytes(damaged)
        if reed_solomon.decode(spoilt, dual=False)[0][:223] != message or bytes(peer.decode(spoilt)[0]) != message:
            raise AssertionError("a code word with 16 errors was not corrected")
        ours = calls_per_second(lambda octets=spoilt: reed_solomon.decode(octets, dual=False), seconds) * 223 / 1e6
        theirs = calls_per_second(lambda octets=spoilt: peer.decode(octets), seconds) * 223 / 1e6
        yield Result(f"RS (255,223) decode, {errors} errors", ours, "MB/s", peer="reedsolo", peer_value=theirs)
