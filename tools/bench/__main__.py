"""python -m tools.bench [NAME...] [--quick]: run the benchmarks, write build/bench.json, print a table.

Each benchmark runs in a process of its own, so that one that fails or crashes takes no other with it.
"""

import argparse
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    "ports", "executive", "layout", "crc", "reed_solomon", "packets", "tm_chain", "snapshot", "terrain", "rover", "landing",
    "gnc", "basilisk", "drive", "picture", "file_transfer", "start", "lateness", "ping",
]  # fmt: skip
PREFIX = "result: "


def child(name: str, quick: bool) -> None:
    """Run one benchmark here and print its rows."""
    for result in importlib.import_module(f"tools.bench.{name}").run(quick):
        print(PREFIX + json.dumps(result.row()), flush=True)


def run_one(name: str, quick: bool) -> tuple[list[dict[str, Any]], bool]:
    """Rows of one benchmark, and whether it came to its end."""
    began = time.monotonic()
    print(f"{name} ...", end=" ", flush=True)
    command = [sys.executable, "-m", "tools.bench", "--child", name, *(["--quick"] if quick else [])]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = [json.loads(line.removeprefix(PREFIX)) for line in result.stdout.splitlines() if line.startswith(PREFIX)]
    well = result.returncode == 0
    print(f"{'done' if well else f'FAILED ({result.returncode})'} in {time.monotonic() - began:.1f} s")
    if not well:
        print(result.stderr, file=sys.stderr)
    return rows, well


def table(rows: list[dict[str, Any]]) -> str:
    """The rows for a person."""
    lines = [("name", "value", "unit", "peer", "its value", "ratio", "better")]
    for r in rows:
        peer_value = "" if r["peer_value"] is None else f"{r['peer_value']:,.4g}"
        ratio = "" if r["ratio"] is None else f"{r['ratio']:,.3g}"
        lines.append((r["name"], f"{r['value']:,.4g}", r["unit"], r["peer"] or "", peer_value, ratio, r["better"]))
    widths = [max(len(line[i]) for line in lines) for i in range(7)]
    adjust = [str.ljust, str.rjust, str.ljust, str.ljust, str.rjust, str.rjust, str.ljust]
    return "\n".join("  ".join(put(text, width) for put, text, width in zip(adjust, line, widths, strict=True)).rstrip() for line in lines)


def main() -> int:
    """Exit code 0 when every benchmark came to its end."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ORDER)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small counts: whether it runs, not how fast")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.quick)
        return 0
    if unknown := set(options.names) - set(ORDER):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ORDER)}")
    rows: list[dict[str, Any]] = []
    failed = []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in options.names or ORDER:
        found, well = run_one(name, options.quick)
        rows += found
        failed += [] if well else [name]
        options.out.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"\n{table(rows)}\n\n{len(rows)} figures in {options.out}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
