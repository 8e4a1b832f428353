"""The whole demonstration, as a person starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground.archive import Archive
from ground.telemetry import events, history
from tests.house import ROOT, run_alone
from wire.export import dictionary_hash

STEPS = ["boot", "ping", "refusal", "descend", "cut_altimeter", "snapshot", "crash", "rewind", "land", "store_log"]


def fly(out: Path, seed: int, speed: float, hash_seed: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ground", "demo", "--short", "--seed", str(seed), "--speed", str(speed), "--out", str(out), *more]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return run_alone(command, 800, cwd=ROOT, env=environment)


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """One demonstration: where it left what, its report, and what it told."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = fly(out, 3, 500.0, "1")
    assert done.returncode == 0, done.stdout + done.stderr
    return out, json.loads((out / "report.json").read_text()), done.stdout


def step(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in report["steps"] if each["step"] == name]
    return dict(found)


def test_every_step_comes_out_as_told(flown) -> None:
    _, report, told = flown
    assert report["passed"]
    assert [each["step"] for each in report["steps"]] == STEPS
    assert all(each["passed"] and each["to_tick"] >= 0 and len(each["digest"]) == 32 for each in report["steps"])
    assert report["dictionary"] == dictionary_hash()
    assert "Everything came out as told" in told
    assert "\x1b" not in told


def test_three_vehicles_answer_within_two_ticks(flown) -> None:
    _, report, _ = flown
    assert [each["vehicle"] for each in report["pings"]] == ["lander", "rover", "relay"]
    for each in report["pings"]:
        assert each["stages"] == ["acceptance", "start", "completion"]
        assert 0.0 < each["round_trip_s"] <= 0.02


def test_it_crashes_without_an_engine_and_lands_with_one_from_the_same_moment(flown) -> None:
    _, report, _ = flown
    crash, landing = report["endings"]["crash"], report["endings"]["landing"]
    assert (crash["outcome"], landing["outcome"]) == ("crashed", "landed")
    # Free fall at 1.62 m/s2 from 120 m alone gives 19.7 m/s; legs are made for a few.
    assert crash["vertical_speed_m_s"] > 19.0
    assert 0.0 < landing["vertical_speed_m_s"] < 4.0
    assert step(report, "rewind")["digest"] == step(report, "snapshot")["digest"] != step(report, "crash")["digest"]
    assert step(report, "rewind")["to_tick"] == step(report, "snapshot")["to_tick"]


def test_the_altimeters_silence_is_seen_in_what_navigation_believes(flown) -> None:
    _, report, _ = flown
    facts = step(report, "cut_altimeter")["facts"]
    assert facts["sigma_blind_m"] > facts["sigma_before_m"] > 0.0
    assert facts["sigma_after_m"] < facts["sigma_blind_m"]
    assert facts["recovered_s"] > facts["cut_s"] + facts["cut_for_s"]
    assert step(report, "refusal")["facts"]["code"] == "ILLEGAL_IN_MODE"


def test_the_archive_holds_both_histories(flown) -> None:
    out, report, _ = flown
    rewound_s, crash_s = step(report, "rewind")["facts"]["to_s"], report["endings"]["crash"]["time_s"]
    with Archive(out / "archive") as archive:
        first, second = archive.branches()
        assert (first.parent, second.parent) == (None, first.id)
        for branch, row in zip((first, second), report["archive"]["branches"], strict=True):
            assert len(archive.packets(branch.id)) == row["packets"]
        times = {branch.id: history(archive, branch.id, "lander.nav.altitude_m")[0] for branch in (first, second)}
        begin_ns = times[first.id][0]
        assert (times[second.id][0] - begin_ns) * 1e-9 == pytest.approx(rewound_s - 1.0, abs=0.2)
        assert (times[first.id][-1] - begin_ns) * 1e-9 == pytest.approx(crash_s - 1.0, abs=0.5)
        names = {branch.id: {event.event.name for event in events(archive, branch.id)} for branch in (first, second)}
    assert "engine_powerless" in names[first.id] - names[second.id]
    assert {"touchdown", "file_stored"} <= names[second.id] - names[first.id]
    assert report["archive"]["frames_lost_or_wrong"] == 0


def test_pictures_are_left(flown) -> None:
    out, report, _ = flown
    assert report["pictures"] == ["altitude_speed.png", "navigation_error.png"]
    for name in report["pictures"]:
        octets = (out / name).read_bytes()
        assert octets[12:16] == b"IHDR"
        assert int.from_bytes(octets[16:20]) >= 1000


def test_the_same_seed_gives_the_same_report_but_for_the_wall(flown) -> None:
    """In another process, at another speed, with another PYTHONHASHSEED, and over what the first has left."""
    out, report, _ = flown
    pictures = [(out / name).read_bytes() for name in report["pictures"]]
    done = fly(out, 3, 2000.0, "2", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    again = json.loads(done.stdout)
    assert again == json.loads((out / "report.json").read_text())
    assert again["wall"] != report["wall"]
    assert {**again, "wall": {}} == {**report, "wall": {}}
    assert [(out / name).read_bytes() for name in report["pictures"]] == pictures


def test_another_seed_gives_another_history(flown, tmp_path) -> None:
    _, report, _ = flown
    done = fly(tmp_path, 4, 2000.0, "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    other = json.loads(done.stdout)
    digests = [{each["digest"] for each in one["steps"]} for one in (report, other)]
    assert not digests[0] & digests[1]
