"""The loop's thread asks nothing of the heap between entering and leaving the loop, and the counter that says so is seen to count."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.house import ROOT
from tests.interposer import allocation_counter, compiled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the counter is preloaded by LD_PRELOAD, which only Linux's loader reads")


def fly(*arguments: str) -> dict[str, Any]:
    """What the counter says after a flight in a process of its own."""
    path = os.pathsep.join([str(ROOT), str(compiled("planted_slots"))])
    environment = {**os.environ, "LD_PRELOAD": str(allocation_counter()), "PYTHONPATH": path}
    command = [sys.executable, "-W", "error", "-m", "tests.interposer.fly", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_a_table_of_idle_slots_allocates_nothing() -> None:
    assert fly("table", "idle", "idle") == {"entries": 1, "calls": 0, "first": ""}


def test_a_planted_allocation_is_counted_call_by_call_and_its_place_named() -> None:
    counted = fly("table", "idle", "allocates")
    assert counted["calls"] == 2 * 500  # malloc and free, from tick 500 on
    assert "planted_slots" in counted["first"]


def test_a_whole_landing_allocates_nothing_in_the_loop() -> None:
    counted = fly("mission")
    assert counted["entries"] > 80  # the loop is left at least once a second
    assert (counted["calls"], counted["first"]) == (0, "")


def test_the_rover_drives_over_rocks_and_lays_tracks_without_the_heap() -> None:
    counted = fly("rover")
    assert (counted["calls"], counted["first"]) == (0, "")
    assert counted["distance_m"] > 10.0
    assert counted["tracks"] > 1000


def test_an_allocation_planted_on_board_is_counted() -> None:
    counted = fly("mission", "allocates")
    assert counted["calls"] > 0
    assert "planted_slots" in counted["first"]
