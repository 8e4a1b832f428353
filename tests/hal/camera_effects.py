"""How cameras are observed and judged in the matrix of faults."""

from __future__ import annotations

import numpy as np

from hal.reading import DeviceError, Validity
from tests.hal.rig import Rig
from tests.hal.series import Series

CAMERAS = ("lcam", "mcam")
SETTLED = 60  # ticks after which every picture has been asked for after the injection


def picture_figures(rig: Rig, camera: str) -> dict[str, float]:
    """Mean of the last whole picture, how much its rows differ, and how many there were."""
    pictures = rig.pictures[camera]
    return {"value": pictures.mean, "spread": pictures.spread, "pictures": int(rig.reading(camera)["pictures"])}


def picture_effect(kind: str, bad: Series, good: Series) -> None:
    """The effects on the detector."""
    taken, usual = bad.grown("pictures", SETTLED), good.grown("pictures", SETTLED)
    blind = DeviceError.SELF_TEST in bad["error"]
    assert blind == (kind in ("off", "drop", "intermittent"))
    if kind == "off":
        assert taken == 0
        assert bad["validity"][-1] == Validity.SUSPECT
    elif kind in ("drop", "intermittent"):
        assert 0 < taken < usual
    elif kind == "delay":
        assert 0 < taken < 0.6 * usual
    elif kind == "stuck":
        assert abs(bad["value"][-1] - 128.0) < 1.0
        assert bad["spread"][-1] < 0.1
    elif kind == "frozen":
        assert taken >= 0.8 * usual
        assert len(set(bad["value"][SETTLED:])) == 1
        assert len(set(good["value"][SETTLED:])) > 1
    elif kind in ("noise", "corrupt"):
        assert bad["spread"][-1] > good["spread"][-1] + 5.0
    elif kind == "bias":
        assert 45.0 < bad["value"][-1] - good["value"][-1] < 61.0
    elif kind == "scale":
        assert np.allclose(bad["value"][-1], 0.5 * good["value"][-1], atol=2.0)
    else:
        assert kind == "saturate"
        assert bad["value"][-1] > 1.5 * good["value"][-1]


def link_delay(bad: Series, good: Series) -> None:
    """Requests and pieces take their time: fewer pictures."""
    assert 0 < bad.grown("pictures") < good.grown("pictures")
