"""A bench door and its conductor on a free port, with a mission that does nothing but count its ticks."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from flight.conductor import Conductor
from flight.doors import bench as door_module
from flight.doors.bench import BenchDoor
from flight.doors.inbox import Inbox
from flight.doors.outlet import Outlet
from ground.bench import Bench
from tests.house import PATIENCE_S


class Metronome:
    """A mission without a spacecraft: time, a value that can be poked, and the loop's way of stopping."""

    tick_ns = 10_000_000

    def __init__(self, real_time: bool = False) -> None:
        self.tick, self.scenario, self.seed, self.value = 0, "surface", 1, 0.0
        self.real_time = real_time
        self.inbox, self.outlet = Inbox(), Outlet(lossy=real_time)
        self.did: list[Any] = []
        self.frames_per_tick = 0
        self._stop = threading.Event()

    def request_stop(self) -> None:
        self._stop.set()

    def run(self, ticks: int) -> int:
        return self._pass(ticks, 0.0, lambda: False)

    def run_paced(self, ticks: int, factor: float) -> int:
        self.did.append(("paced", factor))
        return self._pass(ticks, 0.01 / factor, lambda: False)

    def run_real(self, ticks: int) -> int:
        self.did.append("real")
        return self._pass(ticks, 0.01, lambda: False)

    def _pass(self, ticks: int, wait_s: float, met: Callable[[], bool]) -> int:
        done = 0
        while done < ticks and not (self._stop.wait(wait_s) if wait_s else self._stop.is_set()):
            for _ in range(self.frames_per_tick):
                self.outlet.put(bytes(1115))
            self.tick += 1
            done += 1
            if met():
                break
        self._stop.clear()
        return done

    def run_until(self, conditions: list[tuple[str, str, float]], max_ticks: int, factor: float = 0.0) -> dict[str, Any]:
        for symbol, _, _ in conditions:
            if symbol != "tick":
                raise KeyError(f"no symbol {symbol}")
        done = self._pass(max_ticks, 0.0, lambda: self.tick >= conditions[0][2])
        return {"met": 0 if done and self.tick >= conditions[0][2] else None, "tick": self.tick}

    def reset(self, scenario: str, seed: int, options: dict[str, float]) -> None:
        if scenario != "surface":
            raise ValueError(f"there is no scenario {scenario!r}")
        self.tick, self.scenario, self.seed = 0, scenario, seed
        self.did.append(("reset", scenario, seed, options))

    def digest(self) -> str:
        return f"{self.tick:032x}"

    def digests(self, since_second: int) -> list[tuple[int, str]]:
        return [(second, f"{second:032x}") for second in range(since_second, self.tick // 100 + 1)]

    def inject(self, device: str, kind: str, params: dict[str, float]) -> None:
        if kind == "melt":
            raise ValueError("an altimeter does not melt")
        self.did.append((device, kind, params))

    def clear(self, device: str, kind: str | None) -> None:
        self.did.append((device, kind))

    def truth(self) -> dict[str, Any]:
        return {"position_m": np.array([1.0, 2.0, np.nan]), "count": np.int64(7), "names": ("a", "b")}

    def peek(self, symbol: str) -> float:
        if symbol == "broken":
            raise RuntimeError("the floor gave way")
        return self.value

    def poke(self, symbol: str, value: float) -> None:
        self.value = value

    def snapshot(self) -> bytes:
        return self.tick.to_bytes(8, "big")

    def restore(self, octets: bytes) -> None:
        if len(octets) != 8:
            raise ValueError(f"{len(octets)} octets are no snapshot")
        self.tick = int.from_bytes(octets, "big")

    def status(self) -> dict[str, Any]:
        return {"overruns": 0}


class Table:
    """A conductor at work, its door, and a client."""

    def __init__(self, speed: str | float = "max", real_time: bool = False, max_line: int = door_module.MAX_LINE) -> None:
        self.mission = Metronome(real_time)
        self.conductor = Conductor(self.mission, speed)
        self.door = BenchDoor(("127.0.0.1", 0), self.conductor.submit, max_line)
        self.conductor.bench_counters = self.door.counters
        self.door.start()
        self.main = threading.Thread(target=self.conductor.serve)
        self.main.start()
        self.bench = Bench(*self.door.address, timeout_s=PATIENCE_S)

    def close(self) -> None:
        self.conductor.finish()
        self.main.join(PATIENCE_S)
        assert not self.main.is_alive()
        self.bench.close()
        self.door.stop()


class Line:
    """A client that speaks in octets."""

    def __init__(self, table: Table) -> None:
        self.socket = socket.create_connection(table.door.address, timeout=PATIENCE_S)
        self.lines = self.socket.makefile("rb")

    def say(self, octets: bytes) -> Any:
        self.socket.sendall(octets + b"\n")
        return json.loads(self.lines.readline())

    def close(self) -> None:
        self.lines.close()
        self.socket.close()
