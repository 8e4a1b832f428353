"""python -m tests.fuzz [DECODER...] [--seed N] [--inputs N] [--share S] [--compiled]: throughput of each decoder, or what breaks it.

With `--follow` decoder and number of each block are written to standard error before it runs, so that a process that dies names it; with
`--block B` every input of that one block is printed before the decoder gets it.
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import sys
import time

from tests.fuzz.registry import BY_NAME
from tests.fuzz.run import BrokenError, run, run_block


def main() -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="DECODER", help=f"of {', '.join(BY_NAME)}; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, help="for each decoder; by default its share of the ten million, times --share")
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--block", type=int, help="this block alone, every input printed")
    parser.add_argument("--compiled", action="store_true", help="the decoders in Cython alone")
    parser.add_argument("--follow", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BY_NAME):
        parser.error(f"no decoder {', '.join(sorted(unknown))}")
    faulthandler.enable()
    total, began = 0, time.perf_counter()
    print(f"seed {options.seed}")
    for name in options.names or BY_NAME:
        entry = BY_NAME[name]
        if options.compiled and not entry.compiled:
            continue
        start = time.perf_counter()
        try:
            if options.block is not None:
                run_block(entry, options.seed, options.block, told=lambda unit: print(unit.hex(), flush=True))
                continue
            inputs = options.inputs or max(1, round(entry.inputs * options.share))
            follow = (lambda block, name=name: print(f"{name} block {block}", file=sys.stderr)) if options.follow else None
            total += run(entry, options.seed, inputs, follow)
        except BrokenError as broken:
            print(broken)
            return 1
        rate = inputs / (time.perf_counter() - start)
        print(f"{name:24} {rate:9.0f} inputs a second, {entry.inputs / rate:6.1f} s for its {entry.inputs}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{total} inputs in {time.perf_counter() - began:.1f} s, {peak:.0f} MiB at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
