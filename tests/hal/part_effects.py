"""What faults of a part's physics must do to what flight reads of it."""

from __future__ import annotations

import numpy as np

from hal.reading import DeviceError, Validity
from tests.hal.series import Series, came_back, lags, stale

TICKS = 180  # after the injection


def engine_effect(kind: str, bad: Series, good: Series) -> None:
    ratio = np.mean(bad["value"][60:]) / np.mean(good["value"][60:])
    if kind == "off":
        assert bad["value"][-1] == 0.0
        assert bad["open"][-1] == 0
    elif kind in ("stuck", "frozen"):
        assert len(set(bad["throttle"][1:])) == 1
        assert kind == "frozen" or bad["throttle"][-1] == 0.5
    elif kind == "noise":
        assert 150.0 < np.std(bad["value"] - good["value"]) < 600.0
    elif kind == "bias":
        assert np.allclose(bad["value"] - good["value"], 300.0, atol=0.4)
    elif kind == "scale":
        assert np.allclose(bad["value"], 0.55 * good["value"], atol=0.4)
    elif kind == "delay":
        lags(bad, good, 30, "throttle", 0.02)
    elif kind == "drop":
        assert ratio < 0.9
    elif kind == "intermittent":
        assert set(bad["open"]) == {0, 1}
    elif kind == "saturate":
        assert max(bad["value"]) <= 3000.2
    else:
        assert kind == "reset"
        assert DeviceError.RESET in bad["error"]
        assert not bad["open"][5:90].any()
        assert bad["open"][-1]


def valve_effect(kind: str, device: str, bad: Series, good: Series) -> None:
    grown, expected, ticks = bad.grown("value", 20), good.grown("value", 20), TICKS - 21
    if kind == "off" or kind == "reset":
        assert bad["value"][30] == bad["value"][10]
        if "valve_unit" in device:
            stale(bad) if kind == "off" else came_back(bad)
            assert not bad["alive"][20] >> bad.part & 1
            assert kind == "off" or DeviceError.RESET in bad["error"]
        else:
            assert not bad["open"][5:].any()
    elif kind == "stuck":
        assert abs(grown - 0.01 * ticks) < 0.08
        assert bad["open"][5:].all()
    elif kind == "frozen":
        assert abs(bad.grown("value", 20, 90) - bad.grown("value", 90, 160)) < 0.02
        assert abs(good.grown("value", 20, 90) - good.grown("value", 90, 160)) > 0.05
    elif kind == "noise":
        assert np.any(bad["value"] != good["value"])
        assert abs(grown - expected) < 0.2 * expected
    elif kind == "bias":
        assert abs(grown - expected - 0.001 * ticks) < 0.01
    elif kind == "scale":
        assert abs(grown - 0.5 * expected) < 0.02
    elif kind == "delay":
        assert not bad["open"][2:5].any()
        assert bad["open"][10:].all()
        assert np.any(bad["value"][60:] != good["value"][60:])
    elif kind == "drop":
        assert 0.2 * expected < grown < 0.8 * expected
    elif kind == "intermittent":
        assert set(bad["open"]) == {0, 1} or Validity.STALE in bad["validity"]
        assert bad["value"][40] == bad["value"][20]
        assert grown > 0.2 * expected
    else:
        assert kind == "saturate"
        assert grown <= 0.002 * ticks + 0.01 < expected


def wheel_effect(kind: str, bad: Series, good: Series) -> None:
    difference = (bad["value"] - good["value"])[40:]
    if kind == "off":
        assert abs(bad["value"][-1]) < 0.06
        assert not bad["current"][10:].any()
    elif kind == "stuck":
        assert not bad["value"][5:100].any()
        assert max(bad["current"]) == 1.5
        assert 0x2310 in bad["code"]
    elif kind == "frozen":
        assert np.ptp(bad["value"][10:]) < 0.005 < np.ptp(good["value"][10:])
    elif kind == "noise":
        assert np.std(difference) > 0.001
    elif kind in ("bias", "scale"):
        assert np.mean(bad["current"][60:]) > 1.5 * np.mean(good["current"][60:])
    elif kind == "delay":
        lags(bad, good, 30, tolerance=0.02)
    elif kind in ("drop", "intermittent"):
        assert np.mean(np.abs(difference)) > 0.005
    elif kind == "saturate":
        assert np.mean(difference) < -0.02
    else:
        assert kind == "reset"
        assert DeviceError.RESET in bad["error"]
        assert not bad["operational"][20]
        assert bad["operational"][-1]


def steering_effect(kind: str, bad: Series, good: Series) -> None:
    if kind in ("off", "saturate"):
        assert np.ptp(bad["value"][5:]) == 0.0
        assert kind == "saturate" or not bad["current"][5:].any()
    elif kind == "stuck":
        assert np.ptp(bad["value"]) == 0.0
        assert max(abs(bad["current"])) == 0.75
        assert 0x2310 in bad["code"]
    elif kind == "frozen":
        assert abs(np.ptp(np.diff(bad["value"][::2]))) < 1e-6
    elif kind == "noise":
        assert np.std((bad["value"] - good["value"])[40:]) > 1e-4
    elif kind in ("bias", "scale"):
        assert max(abs(bad["current"])) > 1.5 * max(abs(good["current"]))
        assert np.allclose(bad["value"], good["value"])
    elif kind == "delay":
        lags(bad, good, 30, tolerance=1e-4)
    elif kind in ("drop", "intermittent"):
        assert np.max(good["value"] - bad["value"]) > 0.002
    else:
        assert kind == "reset"
        assert DeviceError.RESET in bad["error"]
        assert not bad["operational"][20]
        assert bad["operational"][-1]


def mechanism_effect(kind: str, bad: Series, good: Series) -> None:
    grown, expected = bad.grown("value", 10), good.grown("value", 10)
    assert expected > 0.01
    if kind == "off":
        assert grown == 0.0
        assert bad["current"][-1] == 0.1
    elif kind == "stuck":
        assert grown == 0.0
        assert max(bad["current"]) == 2.6
        assert bad["validity"][-1] == Validity.VALID or bad["error"][-1] == DeviceError.SELF_TEST
    elif kind == "frozen":
        assert abs(grown - expected) < 2e-4
    elif kind == "noise":
        assert np.std(bad["current"][20:]) > 0.05 > np.std(good["current"][20:])
    elif kind == "bias":
        assert abs(bad["current"][-1] - good["current"][-1] - 0.5) < 1e-3
    elif kind == "scale":
        assert abs(grown - 0.5 * expected) < 0.002
    elif kind == "delay":
        assert bad["value"][35] == bad["value"][10]
        assert grown > 0.004
    elif kind in ("drop", "intermittent"):
        assert 0.2 * expected < grown < 0.8 * expected
    elif kind == "saturate":
        assert grown == 0.0
        assert max(bad["current"][20:]) == 0.9
    else:
        assert kind == "reset"
        assert DeviceError.RESET in bad["error"]
        assert 0.0 < grown < expected - 0.002
