"""The CRC of packets and frames over 1 KiB, by table and by carry-less multiplication, against crcmod with its C extension."""

import os
from collections.abc import Iterator

import crcmod
import crcmod._crcfunext as c_extension

from tools.bench.result import Result, calls_per_second
from wire import crc


def run(quick: bool) -> Iterator[Result]:
    if not c_extension.__file__.endswith(".so"):
        raise AssertionError("crcmod runs without its C extension")
    block = os.urandom(1024)
    peer = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=False)
    seconds = 0.02 if quick else 2.0
    theirs = calls_per_second(lambda: peer(block), seconds) * 1024 / 1e6
    for path, wanted in (("table", False), ("carry-less multiply", True)):
        if crc.carry_less(wanted) != wanted:
            continue  # a processor without it
        if peer(block) != crc.checksum(block):
            raise AssertionError("the two disagree")
        ours = calls_per_second(lambda: crc.checksum(block), seconds) * 1024 / 1e6
        yield Result(f"CRC-16 over 1 KiB, {path}", ours, "MB/s", peer="crcmod (C)", peer_value=theirs)
