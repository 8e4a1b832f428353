import json
from typing import Any

import pytest

from ground.__main__ import run
from ground.commands import spacecraft


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
    answers(monkeypatch, [{"vehicle": "lander", "bus": "lander.can", "kind": "can"}])
    assert run(["devices"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["vehicle", "bus", "kind"], ["lander", "lander.can", "can"]]
