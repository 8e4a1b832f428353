import json
import subprocess
import sys
from typing import Any

import pytest

from ground.__main__ import run
from ground.commands import spacecraft
from wire.export import dictionary_hash


def row(device: str, kind: str, supported: bool = True) -> dict[str, Any]:
    return {
        "device": device,
        "depth": "bytes",
        "kind": kind,
        "supported": supported,
        "reason": "" if supported else "there is nothing to break",
        "effect": "nothing is heard" if supported else "",
        "parameters": [{"name": "delay_s", "unit": "s", "default": 0.1, "low": 0.01, "high": 0.5}],
    }


def answers(monkeypatch: pytest.MonkeyPatch, document: Any, code: int = 0) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(spacecraft, "ask_flight", lambda *arguments: (code, json.dumps(document)))


def test_faults_are_a_matrix_in_which_equal_units_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row(f"lander.thruster.{n}", kind, kind == "off") for n in range(28) for kind in ("off", "bias")] + [row("lander.imu", "off")]
    answers(monkeypatch, rows)
    assert run(["faults"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [["device", "depth", "off", "bias"], ["lander.thruster.0..27", "bytes", "yes", "1"], ["lander.imu", "bytes", "yes"]]
    assert lines[-1] == ["1", "there", "is", "nothing", "to", "break"]


def test_faults_of_one_device_show_effect_and_parameters(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers(monkeypatch, [row("lander.imu", "delay"), row("lander.imu", "bias", False)])
    assert run(["faults", "lander.imu"]) == 0
    text = capsys.readouterr().out
    assert "nothing is heard" in text
    assert "delay_s=0.1 s (0.01..0.5)" in text
    assert "cannot be: there is nothing to break" in text
    assert run(["faults", "lander.warp_drive"]) == 2


def test_faults_as_json_pass_through(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers(monkeypatch, [row("lander.imu", "delay")])
    assert run(["faults", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [row("lander.imu", "delay")]


def test_the_spacecraft_programs_exit_code_passes_through(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers(monkeypatch, {"same": False, "digests": 7, "difference": {"second": 3}, "damage": None}, code=1)
    assert run(["replay", __file__]) == 1
    assert capsys.readouterr().out.splitlines() == ["same        no", "digests     7", "difference  second 3", "damage      -"]


def test_a_recording_that_is_not_there_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "/nowhere/at/all"]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_devices_are_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers(monkeypatch, [{"name": "legs", "vehicle": "lander", "bus": "can", "bus_kind": "can", "role": "sensor", "what": "switches"}])
    assert run(["devices"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["device", "bus", "kind", "role", "what"], ["lander.legs", "lander.can", "can", "sensor", "switches"]]
    assert ["uart", "serial:PORT[:BAUD]"] in lines


def test_the_matrix_fits_80_columns_with_its_kinds_as_a_staircase(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = ["off", "stuck", "frozen", "noise", "bias", "scale", "delay", "drop", "corrupt", "babble", "intermittent", "saturate", "reset"]
    answers(monkeypatch, [row("lander.valve_unit.0", kind, kind != "bias") for kind in kinds])
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[-1] for line in lines[:13]] == kinds
    assert lines[13].split() == ["lander.valve_unit.0", "bytes", *("1" if kind == "bias" else "+" for kind in kinds)]
    assert all(lines[13][lines[n].index(kind)] != " " for n, kind in enumerate(kinds)), "a step of the staircase stands over its column"


def test_a_file_that_is_no_recording_is_said_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", __file__, "--json"]) == 5
    said = json.loads(capsys.readouterr().out)
    assert said["error"].startswith(f"{__file__} is not a recording")
    assert said["exit"] == 5


def test_help_about_the_emulator_lists_what_flying_takes() -> None:
    done = subprocess.run([sys.executable, "-m", "ground", "emulator", "--help"], capture_output=True, text=True, check=True)
    assert {"--scenario", "--speed", "--bench", "--state"} <= set(done.stdout.replace("[", " ").split())


def test_the_version_is_said_with_the_dictionary(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.endswith(f", dictionary {dictionary_hash()[:8]}\n")
