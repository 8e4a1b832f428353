"""The bench client: god's door from the outside, for demos, campaigns and tests. JSON-RPC 2.0, one JSON text a line.

with Emulator(scenario="hover", speed="max") as emulator:
    emulator.bench.run_until([("lander.nav.altitude_m", "<", 100.0)])
    octets = emulator.bench.snapshot()
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Condition = tuple[str, str, float]

READY_S = 120.0  # from process start to its ports: a busy machine may take ten times as long as a quiet one
END_S = 60.0  # from a request to end to the end


class BenchError(Exception):
    """The emulator's answer was an error: `code` and `data` as JSON-RPC has them."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, dict(data or {})


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run ended: the next tick, ticks done, digest there, and which condition was met (None: the limit was reached)."""

    tick: int
    ticks: int
    digest: str
    met: int | None = None


class Bench:
    """One connection to a bench door. Safe to share between threads; each call waits for its answer, and for those before it.

    To end a run early, `pause` from a second connection, or interrupt the call (Ctrl-C) and then `pause`: the run's answer is passed over.
    """

    def __init__(self, host: str, port: int, timeout_s: float | None = None) -> None:
        """Raises OSError when nobody listens. `timeout_s` bounds the wait for each answer; None: as long as a run takes."""
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._number = 0

    def call(self, method: str, **params: Any) -> Any:
        """Any method by name. Raises BenchError for an error, ConnectionError when the emulator is gone."""
        with self._lock:
            self._number += 1
            request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
            self._socket.sendall(json.dumps(request, separators=(",", ":")).encode() + b"\n")
            answer = self._answer(method)
        if "error" in answer:
            raise BenchError(answer["error"]["code"], answer["error"]["message"], answer["error"].get("data"))
        return answer["result"]

    def _answer(self, method: str) -> dict[str, Any]:
        """The answer to the last request; those to calls that were interrupted come before it."""
        while True:
            line = self._lines.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError(f"the emulator closed the bench door during {method!r}")
            answer: dict[str, Any] = json.loads(line)
            if answer["id"] in (self._number, None):
                return answer

    def reset(self, scenario: str | None = None, seed: int | None = None, options: Mapping[str, float] | None = None) -> str:
        """Start a scenario from its epoch, paused; the digest there. Radio clients are disconnected."""
        return str(self.call("reset", scenario=scenario, seed=seed, options=dict(options or {}))["digest"])

    def run(self, ticks: int | None = None, seconds: float | None = None) -> Run:
        """Let time pass, then pause."""
        return Run(**self.call("run", ticks=ticks, seconds=seconds))

    def step(self, ticks: int = 1) -> Run:
        return Run(**self.call("step", ticks=ticks))

    def run_until(self, conditions: Sequence[Condition], max_seconds: float = 3600.0) -> Run:
        """Run until one of the conditions holds after a tick, or for so much simulated time at the most; then pause."""
        return Run(**self.call("run_until", conditions=[list(each) for each in conditions], max_seconds=max_seconds))

    def pause(self) -> int:
        """Stop time; the tick."""
        return int(self.call("pause")["tick"])

    def resume(self) -> None:
        self.call("resume")

    def speed(self, factor: float | str | None = None) -> str | float:
        """Set the pace of a lockstep run (a factor of real time, or "max"), or ask for it."""
        speed: str | float = self.call("speed", factor=factor)["speed"]
        return speed

    def inject(self, device: str, kind: str, **params: float) -> int:
        """Start a fault now; the tick."""
        return int(self.call("inject", device=device, kind=kind, params=params)["tick"])

    def clear(self, device: str, kind: str | None = None) -> int:
        """End one fault of a device, or all; the tick."""
        return int(self.call("clear", device=device, kind=kind)["tick"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self.call("faults"))

    def devices(self) -> Any:
        return self.call("devices")

    def truth(self) -> dict[str, Any]:
        """What no on-board computer can know, SI units."""
        return dict(self.call("truth"))

    def symbols(self, prefix: str = "") -> Any:
        return self.call("symbols", prefix=prefix)

    def peek(self, symbol: str) -> Any:
        return self.call("peek", symbol=symbol)

    def poke(self, symbol: str, value: float) -> None:
        self.call("poke", symbol=symbol, value=value)

    def uplink(self, octets: bytes) -> None:
        """Hand octets to the radio as if received before the next tick."""
        self.call("uplink", octets=base64.b64encode(octets).decode())

    def snapshot(self) -> bytes:
        """The whole mission as it is now."""
        return base64.b64decode(self.call("snapshot")["octets"])

    def restore(self, octets: bytes) -> str:
        """Go to the time of a snapshot, paused; the digest there. Radio clients are disconnected."""
        return str(self.call("restore", octets=base64.b64encode(octets).decode())["digest"])

    def save(self, path: str | os.PathLike[str]) -> str:
        """A snapshot to a file on the emulator's side; the digest."""
        return str(self.call("save", path=str(Path(path).absolute()))["digest"])

    def load(self, path: str | os.PathLike[str]) -> str:
        """Restore from such a file; the digest there."""
        return str(self.call("load", path=str(Path(path).absolute()))["digest"])

    def digest(self) -> str:
        return str(self.call("digest")["digest"])

    def digests(self, since_second: int = 0) -> list[tuple[int, str]]:
        return [(int(second), str(value)) for second, value in self.call("digests", since_second=since_second)]

    def computer(self, vehicle: str, action: str) -> None:
        """Power of an on-board computer: on, off or reset."""
        self.call("computer", vehicle=vehicle, action=action)

    def slot(self, name: str, cost_factor: float = 1.0, hung: bool = False) -> None:
        """A fault of computing: one slot of the table costs more, or never comes back; without arguments it is whole again."""
        self.call("slot", name=name, cost_factor=cost_factor, hung=hung)

    def status(self) -> dict[str, Any]:
        return dict(self.call("status"))

    def shutdown(self) -> None:
        """End the emulator in order."""
        self.call("shutdown")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class EmulatorError(Exception):
    """The emulator did not start, or ended by itself; the message holds what it said last."""


class Emulator:
    """`python -m flight` as a child process on free ports, from `start` (or `with`) to `stop`. It ends with its parent, however that ends.

    Options are those of the command line (`scenario="hover"`, `seed=7`, `state=path`, `record=path`). It has a bench door unless
    `bench=False`.
    """

    def __init__(self, bench: bool = True, arguments: Sequence[str] = (), **options: str | float | os.PathLike[str]) -> None:
        chosen = {"tc": "127.0.0.1:0", "tm": "127.0.0.1:0"} | ({"bench": "127.0.0.1:0"} if bench else {}) | options
        self.arguments = [text for name, value in chosen.items() for text in (f"--{name}", str(value))] + list(arguments)
        self.ports: dict[str, tuple[str, int]] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self._bench: Bench | None = None
        self._words = ""
        self._rest: threading.Thread | None = None  # reads what the emulator says after its first line

    def start(self) -> Self:
        """Returns when commands are accepted. Raises EmulatorError."""
        with tempfile.TemporaryDirectory(prefix="farside-") as folder:
            ports = Path(folder) / "ports.json"
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (read after the process has ended)
            root = str(Path(__file__).resolve().parent.parent)
            paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flight", *self.arguments, "--ports-file", str(ports), "--with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )
            self._await_ready()
            self.ports = {name: (str(host), int(port)) for name, (host, port) in json.loads(ports.read_text()).items()}
        if "bench" in self.ports:
            self._bench = Bench(*self.ports["bench"])
        return self

    def _await_ready(self) -> None:
        """The ports file is there before the first line is printed; without a line the process has ended, or is given up."""
        assert self.process is not None
        assert self.process.stdout is not None
        alarm = threading.Timer(READY_S, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline()
        alarm.cancel()
        if line:
            self._rest = threading.Thread(target=self.process.stdout.read, daemon=True)
            self._rest.start()
            return
        status = self._close()
        raise EmulatorError(f"the emulator ended with {status} before it was ready: {self.said()}")

    @property
    def bench(self) -> Bench:
        """The connection to the bench door. Raises EmulatorError when there is none."""
        if self._bench is None:
            raise EmulatorError("the emulator has no bench door, or is not running")
        return self._bench

    @property
    def tc(self) -> tuple[str, int]:
        return self.ports["tc"]

    @property
    def tm(self) -> tuple[str, int]:
        return self.ports["tm"]

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        """The end of what the emulator wrote as errors."""
        if not self._errors.closed:
            self._errors.seek(0)
            self._words = self._errors.read()[-4000:].decode(errors="replace").strip()
        return self._words

    def kill(self) -> None:
        """End it as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self._close()

    def stop(self) -> int:
        """End in order, by force when that takes too long; the exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self._close()

    def _close(self) -> int:
        assert self.process is not None
        status = self.process.wait()
        if self._rest is not None:
            self._rest.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        if self._bench is not None:
            self._bench.close()
        self._bench = None
        self.said()
        self._errors.close()
        return status

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
