"""What cameras need of a bench for devices: their slow halves run as a slot of the world would, and somebody who takes their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from hal.core.arena import Arena
from hal.core.world import WorldPythonSlot

CAMERAS = ("lander.lcam", "rover.mcam")
PICTURE_PX = 128
LATENCY_TICKS = 5
PATIENCE_TICKS = 40


class SlowHalves:
    """Runs slots in Python when their triggers move, and publishes what they give some ticks later."""

    def __init__(self, arena: Arena, rows: Sequence[WorldPythonSlot], bodies: Mapping[str, Any]) -> None:
        self.arena, self.rows, self.bodies = arena, rows, bodies
        self.seen = [0] * len(rows)
        self.due: list[tuple[int, str, bytes]] = []

    def step(self, tick: int) -> None:
        for _, record, octets in [row for row in self.due if row[0] == tick]:
            self.arena.view(record).reshape(-1).view(np.uint8)[:] = np.frombuffer(octets, np.uint8)
        self.due = [row for row in self.due if row[0] > tick]
        for n, row in enumerate(self.rows):
            record, _, field = row.trigger.rpartition(".")
            now = int(self.arena.view(record)[field])
            if now != self.seen[n]:
                self.seen[n] = now
                inputs = {name: self.bodies.get(name, self.arena.view(name)).copy() for name in row.inputs}
                self.due.append((tick + LATENCY_TICKS, row.record, row.application.step(tick, inputs)))


class Pictures:
    """The application of a camera: asks for one picture after the other, and takes their octets out of the window."""

    def __init__(self, computer: Arena, name: str, ratio: int = 8) -> None:
        self.reading, self.command, self.window = computer.view(name), computer.view(f"{name}.command"), computer.view(f"{name}.window")
        self.command["ratio"] = ratio
        self.asked_tick = -PATIENCE_TICKS
        self.paused = self.silent = False
        self.octets = b""
        self.taken: list[tuple[int, bytes]] = []  # request and octets of whole pictures
        self.mean, self.spread = -1.0, 0.0

    def take(self) -> None:
        """What waits in the window; it all belongs to the picture that the reading speaks of."""
        start, end = int(self.window["taken"]), int(self.window["written"])
        if start == end:
            return
        octets = self.window["octets"]
        self.octets += (
            bytes(octets[n % len(octets)] for n in range(start, end))
            if end - start < 64
            else bytes(np.take(octets, np.arange(start, end), mode="wrap"))
        )
        self.window["taken"] = end
        if int(self.reading["received"]) == int(self.reading["octets"]):
            whole = self.octets[-int(self.reading["octets"]) :]
            self.taken.append((int(self.reading["picture"]), whole))
            self.octets = b""
            counts = np.asarray(Image.open(BytesIO(whole)), float)
            self.mean, self.spread = float(counts.mean()), float(np.abs(np.diff(counts, axis=0)).mean())

    def step(self, tick: int) -> None:
        if not self.paused:
            self.take()
        there = self.reading["picture"] == self.command["request"] and self.reading["received"] == self.reading["octets"]
        if not self.silent and (there or tick - self.asked_tick >= PATIENCE_TICKS):
            self.command["request"] += 1
            self.asked_tick = tick


def small_pictures(buses: Sequence[str]) -> dict[str, Any]:
    """The parts that make cameras take small pictures, where there are any."""
    return {"picture_px": PICTURE_PX} if any(name in CAMERAS for name in buses) else {}
