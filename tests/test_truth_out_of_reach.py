"""Nothing on board can read truth: with the world's memory denied to every slot of a computer, the lander lands as it always does."""

import json
import os
import subprocess
import sys

import pytest

from tests.house import ROOT
from tests.interposer import compiled
from wire.dictionary import DICTIONARIES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the world's memory is denied page by page only on Linux")


def fly(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(compiled("planted_slots"))])
    command = [sys.executable, "-m", "tests.interposer.fly", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)


def test_the_landing_is_the_same_to_the_bit_with_truth_out_of_reach() -> None:
    plain, guarded = (fly(how) for how in ("descent", "guarded"))
    assert (plain.returncode, guarded.returncode) == (0, 0), plain.stderr + guarded.stderr
    found = json.loads(plain.stdout)
    assert found["mode"] == DICTIONARIES["lander"].vehicle.modes["LANDED"]
    assert len(found["digests"]) >= 119
    assert json.loads(guarded.stdout) == found


def test_so_is_the_whole_descent_from_orbit() -> None:
    plain, guarded = (fly(how) for how in ("orbit", "orbit-guarded"))
    assert (plain.returncode, guarded.returncode) == (0, 0), plain.stderr + guarded.stderr
    found = json.loads(plain.stdout)
    assert found["mode"] == DICTIONARIES["lander"].vehicle.modes["LANDED"]
    assert len(found["digests"]) >= 769
    assert json.loads(guarded.stdout) == found


def test_a_planted_read_of_truth_faults() -> None:
    result = fly("guarded", "reads")
    assert result.returncode < 0  # ended by a signal
    assert result.stdout == ""


def test_the_same_read_goes_through_where_nobody_guards() -> None:
    assert fly("descent", "reads").returncode == 0
