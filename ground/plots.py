"""Pictures for paper: lines told apart without colour, texts that can be read in a column. matplotlib is loaded when one is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Series = np.ndarray[Any, Any]

# The colour-blind safe palette of Okabe and Ito (2008).
BLUE, VERMILION, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#E69F00", "#009E73", "#444444"
DPI = 200
STYLE = {"font.size": 9.0, "axes.titlesize": 11.0, "axes.grid": True, "grid.alpha": 0.3, "grid.linewidth": 0.5, "legend.framealpha": 0.95,
         "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "farside"}  # fmt: skip
TIME_LABEL = "time since the scenario's epoch, s"
CUT_LABEL = "altimeter cut"
SETTLING_S = 5.0  # until navigation has settled after the boot; the band's width before does not set the scale


@dataclass(frozen=True, slots=True)
class Flight:
    """One course of events: telemetry (time, altitude, vertical speed, navigation's standard deviation of altitude) and truth."""

    time_s: Series
    altitude_m: Series
    vertical_speed_m_s: Series
    sigma_altitude_m: Series
    truth_time_s: Series
    truth_altitude_m: Series
    truth_vertical_speed_m_s: Series

    def between(self, begin_s: float, end_s: float) -> "Flight":
        """The part between two moments, both included."""
        told = (self.time_s >= begin_s) & (self.time_s <= end_s)
        true = (self.truth_time_s >= begin_s) & (self.truth_time_s <= end_s)
        return Flight(
            self.time_s[told], self.altitude_m[told], self.vertical_speed_m_s[told], self.sigma_altitude_m[told],
            self.truth_time_s[true], self.truth_altitude_m[true], self.truth_vertical_speed_m_s[true],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """What is written into the pictures. Times in seconds from the epoch; `phases` are (begin, name)."""

    title: str
    cut_s: tuple[float, float]
    snapshot_s: float
    crash_s: float
    crash_speed_m_s: float
    touchdown_s: float
    touchdown_speed_m_s: float
    phases: Sequence[tuple[float, str]]


def figure_of(rows: int, height_in: float, title: str) -> tuple[Any, Any]:
    """A figure of a column of axes that share their x, and those axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    figure.suptitle(title, fontsize=11)
    return figure, axes


def save_figure(figure: Any, path: Path) -> None:
    """Without what would differ from run to run."""
    figure.savefig(path, dpi=DPI, metadata={"Software": "farside"})


def draw_altitude_speed(path: Path, whole: Flight, crashed: Flight, story: Story) -> None:
    """Altitude and vertical speed over time: telemetry in bold, truth as a thin line, the branch that crashed in dashes."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, (above, below) = figure_of(2, 7.0, story.title)
        for axes in (above, below):
            axes.axvspan(*story.cut_s, color=ORANGE, alpha=0.25, lw=0)
            for time_s, _ in story.phases:
                axes.axvline(time_s, color=GREY, lw=0.6, ls=":")
        _lines(above, whole.truth_time_s, whole.truth_altitude_m, whole.time_s, whole.altitude_m, crashed.time_s, crashed.altitude_m)
        _lines(
            below, whole.truth_time_s, whole.truth_vertical_speed_m_s, whole.time_s, whole.vertical_speed_m_s,
            crashed.time_s, crashed.vertical_speed_m_s,
        )  # fmt: skip
        above.plot(crashed.truth_time_s, crashed.truth_altitude_m, color="black", lw=0.6)
        below.plot(crashed.truth_time_s, crashed.truth_vertical_speed_m_s, color="black", lw=0.6)
        _notes(above, below, whole, story)
        above.set(ylabel="altitude above the ground, m", ylim=(-25.0, None))
        below.set(ylabel="vertical speed, m/s (up is positive)", xlabel=TIME_LABEL, xlim=(0.0, whole.time_s[-1] + 2.0))
        above.legend(loc="lower left", fontsize=8.5)
        _zoom(above, whole, story)
        save_figure(figure, path)


def _zoom(axes: Any, whole: Flight, story: Story) -> None:
    """The last metres, where the picture has room."""
    from matplotlib.patches import Rectangle

    begin_s = next((time_s for time_s, name in reversed(story.phases) if name == "slow descent"), story.touchdown_s - 20.0)
    near = whole.between(begin_s - 1.0, story.touchdown_s + 3.0)
    axes.add_patch(
        Rectangle((0.60, 0.44), 0.395, 0.555, transform=axes.transAxes, facecolor="white", edgecolor="#bbbbbb", lw=0.6, zorder=3)
    )
    inset = axes.inset_axes((0.655, 0.53, 0.33, 0.40))
    inset.plot(near.time_s, near.altitude_m, color=BLUE, lw=2.2)
    inset.plot(near.truth_time_s, near.truth_altitude_m, color="black", lw=0.6)
    inset.plot([story.touchdown_s], [0.0], "^", color=BLUE, ms=6, zorder=5)
    for time_s, _ in story.phases:
        if near.time_s[0] <= time_s <= near.time_s[-1]:
            inset.axvline(time_s, color=GREY, lw=0.6, ls=":")
    inset.set_title("the last metres", fontsize=8.5, color=GREY)
    inset.tick_params(labelsize=8)
    inset.margins(x=0.0)


def _lines(axes: Any, true_s: Series, true: Series, told_s: Series, told: Series, crash_s: Series, crash: Series) -> None:
    axes.plot(told_s, told, color=BLUE, lw=2.2, label="telemetry")
    axes.plot(crash_s, crash, color=VERMILION, lw=1.8, ls=(0, (4, 2)), label="telemetry, engine broken")
    axes.plot(true_s, true, color="black", lw=0.6, label="truth")


def _notes(above: Any, below: Any, whole: Flight, story: Story) -> None:
    """Phases, the snapshot and the two ends."""
    top = above.get_xaxis_transform()
    ends = [*(time_s for time_s, _ in story.phases[1:]), float(whole.time_s[-1])]
    for (time_s, name), end_s in zip(story.phases, ends, strict=True):
        if end_s - time_s >= 8.0:
            above.text(0.5 * (time_s + end_s), 1.01, name, transform=top, ha="center", va="bottom", fontsize=8.5, color=GREY)
    above.text(sum(story.cut_s) / 2, 0.96, CUT_LABEL, transform=top, ha="center", va="top", fontsize=8.5, rotation=90)
    height = float(np.interp(story.snapshot_s, whole.time_s, whole.altitude_m))
    above.plot([story.snapshot_s], [height], "D", color=GREEN, ms=6, zorder=5)
    _arrow(above, "snapshot", (story.snapshot_s, height), (14, 26))
    above.plot([story.crash_s], [0.0], "X", color=VERMILION, ms=9, zorder=5)
    _arrow(above, f"crash at {story.crash_speed_m_s:.1f} m/s", (story.crash_s, 0.0), (-38, 34), "right")
    above.plot([story.touchdown_s], [0.0], "^", color=BLUE, ms=8, zorder=5)
    _arrow(above, f"touchdown at {story.touchdown_speed_m_s:.1f} m/s", (story.touchdown_s, 0.0), (12, 40), "right")
    below.plot([story.crash_s], [-story.crash_speed_m_s], "X", color=VERMILION, ms=9, zorder=5)
    below.plot([story.touchdown_s], [-story.touchdown_speed_m_s], "^", color=BLUE, ms=8, zorder=5)
    speed = float(np.interp(story.snapshot_s, whole.time_s, whole.vertical_speed_m_s))
    below.plot([story.snapshot_s], [speed], "D", color=GREEN, ms=6, zorder=5)


def _arrow(axes: Any, text: str, at: tuple[float, float], away: tuple[float, float], side: str = "left") -> None:
    """A note `away` from a point, in points of print."""
    arrow = {"arrowstyle": "-", "color": GREY, "lw": 0.7}
    axes.annotate(text, at, xytext=away, textcoords="offset points", ha=side, fontsize=8.5, arrowprops=arrow)


def draw_navigation_error(path: Path, whole: Flight, story: Story) -> None:
    """Altitude as navigated minus truth, in the band that navigation itself believes."""
    import matplotlib as mpl

    end_s = story.touchdown_s
    told = (whole.time_s >= whole.truth_time_s[0]) & (whole.time_s <= end_s)
    time_s, sigma = whole.time_s[told], whole.sigma_altitude_m[told]
    error = whole.altitude_m[told] - np.interp(time_s, whole.truth_time_s, whole.truth_altitude_m)
    with mpl.rc_context(STYLE):
        figure, (axes,) = figure_of(1, 3.8, f"{story.title}: error of the navigated altitude")
        axes.axvspan(*story.cut_s, color=ORANGE, alpha=0.25, lw=0, label=CUT_LABEL)
        axes.fill_between(time_s, -3 * sigma, 3 * sigma, color=BLUE, alpha=0.12, lw=0, label="±3 standard deviations")
        axes.fill_between(time_s, -sigma, sigma, color=BLUE, alpha=0.22, lw=0, label="±1, as navigation believes")
        axes.plot(time_s, error, color="black", lw=0.9, label="navigated minus true")
        steady = time_s > time_s[0] + SETTLING_S
        limit = 1.15 * max(float(np.max(3 * sigma[steady])), float(np.max(np.abs(error[steady]))))
        axes.set(ylabel="m", xlabel=TIME_LABEL, xlim=(0.0, end_s + 2.0), ylim=(-limit, limit))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, ncols=4, frameon=False)
        save_figure(figure, path)


def columns(values: Mapping[str, tuple[Series, Series]], names: Sequence[str]) -> tuple[Series, list[Series]]:
    """Parameters of one report as columns on one time axis. Raises ValueError when they are not of one report."""
    time_s = values[names[0]][0]
    for name in names[1:]:
        if not np.array_equal(values[name][0], time_s):
            raise ValueError(f"{name} has other times than {names[0]}")
    return time_s, [values[name][1] for name in names]
