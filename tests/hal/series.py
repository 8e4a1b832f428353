"""One device as flight sees it over some time, and what can be said of two such series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hal.reading import Validity


@dataclass
class Series:
    """One device as flight sees it, tick by tick, from the injection on."""

    device: str
    part: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The device without its number."""
        return self.device.split(".")[0]

    def note(self, **values: Any) -> None:
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array(self.columns[name])

    def grown(self, name: str, start: int = 0, end: int = -1) -> float:
        return float(self[name][end] - self[name][start])


def lags(bad: Series, good: Series, ticks: int, name: str = "value", tolerance: float = 0.0) -> None:
    assert np.allclose(bad[name][ticks + 60 :], good[name][60:-ticks], rtol=0.0, atol=tolerance)
    assert not np.allclose(bad[name][60:], good[name][60:], rtol=0.0, atol=tolerance)


def stale(bad: Series) -> None:
    assert bad["validity"][-1] == Validity.STALE


def refused(bad: Series, good: Series) -> None:
    assert bad["rejected"][-1] >= good["rejected"][-1] + 2


def came_back(bad: Series) -> None:
    assert Validity.STALE in bad["validity"]
    last = len(bad["validity"]) - 1 - bad["validity"][::-1].tolist().index(Validity.STALE)
    first = bad["validity"].tolist().index(Validity.STALE)
    assert (bad["validity"][first:last] != Validity.STALE).any() or last < len(bad["validity"]) - 1
