"""Pictures of a whole mission: the descent, the rover's track, and a sheet of what the cameras saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ground.pictures import SavedPicture
from ground.plots import BLUE, GREEN, GREY, STYLE, VERMILION, Series, figure_of, save_figure

THUMBNAIL_PX, CAPTION_PX, GAP_PX = 240, 22, 8


@dataclass(frozen=True, slots=True)
class Descent:
    """Telemetry and truth of the whole descent; speeds are relative to the ground. `phases` are (begin, name)."""

    title: str
    time_s: Series
    altitude_m: Series
    vertical_speed_m_s: Series
    horizontal_speed_m_s: Series
    truth_time_s: Series
    truth_altitude_m: Series
    truth_speed_m_s: Series
    phases: Sequence[tuple[float, str]]
    touchdown_s: float


def draw_descent(path: Path, flight: Descent) -> None:
    """Altitude over time, on a scale that shows both fifteen kilometres and two metres; speeds below it."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, (above, below) = figure_of(2, 7.6, flight.title)
        above.plot(flight.truth_time_s, np.maximum(flight.truth_altitude_m, 0.0), color="black", lw=0.7, label="truth")
        above.plot(flight.time_s, np.maximum(flight.altitude_m, 0.0), color=BLUE, lw=1.8, alpha=0.8, label="telemetry: altitude navigated")
        above.set_yscale("symlog", linthresh=10.0, linscale=0.5)
        above.set(ylabel="altitude above the ground, m", ylim=(0.0, 40_000.0))
        above.set_yticks([0, 2, 10, 100, 1000, 8000, 15000], ["0", "2", "10", "100", "1000", "8000", "15000"])
        below.plot(flight.truth_time_s, flight.truth_speed_m_s, color="black", lw=0.7, label="truth: speed")
        below.plot(flight.time_s, flight.horizontal_speed_m_s, color=GREEN, lw=1.8, alpha=0.8, label="telemetry: horizontal")
        below.plot(flight.time_s, -flight.vertical_speed_m_s, color=VERMILION, lw=1.8, alpha=0.8, label="telemetry: down")
        below.set_yscale("symlog", linthresh=10.0, linscale=0.7)
        below.set_yticks([-10, 0, 2, 10, 100, 1700], ["-10", "0", "2", "10", "100", "1700"])
        below.set(ylabel="speed, m/s", xlabel="time since the scenario's epoch, s", ylim=(-30.0, 2500.0))
        _phases(above, below, flight)
        for axes in (above, below):
            axes.legend(loc="lower left", fontsize=8)
            axes.set_xlim(flight.truth_time_s[0], flight.touchdown_s + 15.0)
        save_figure(figure, path)


def _phases(above: Any, below: Any, flight: Descent) -> None:
    ends = [*(time_s for time_s, _ in flight.phases[1:]), flight.touchdown_s]
    whole = flight.touchdown_s - flight.truth_time_s[0]
    for (time_s, name), end_s in zip(flight.phases, ends, strict=True):
        for axes in (above, below):
            axes.axvline(time_s, color=GREY, lw=0.6, ls=":")
        if end_s - time_s > 0.012 * whole:
            above.text(
                0.5 * (time_s + end_s), 0.985, name, transform=above.get_xaxis_transform(), ha="center", va="top", fontsize=7.5,
                color=GREY, rotation=0 if end_s - time_s > 0.12 * whole else 90,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Track:
    """The rover's way from the lander: truth from where the lander stands, and the estimate from where the lander believes to stand."""

    title: str
    truth_m: Series  # n x 2, east and north
    estimate_m: Series
    pictures_m: Sequence[tuple[float, float]] = ()


def draw_track(path: Path, track: Track) -> None:
    """From above, north up, equal scales."""
    import matplotlib as mpl
    from matplotlib.patches import Circle

    with mpl.rc_context(STYLE):
        figure, (axes,) = figure_of(1, 6.5, track.title)
        axes.add_patch(Circle((0.0, 0.0), 2.3, facecolor="#dddddd", edgecolor=GREY, lw=0.8, zorder=1))
        axes.annotate("lander", (0.0, 0.0), ha="center", va="center", fontsize=8.5, color=GREY)
        axes.plot(track.truth_m[:, 0], track.truth_m[:, 1], color="black", lw=1.0, label="truth", zorder=3)
        axes.plot(track.estimate_m[:, 0], track.estimate_m[:, 1], color=BLUE, lw=2.4, alpha=0.6, label="the rover's own estimate", zorder=2)
        if len(track.truth_m):
            axes.plot(*track.truth_m[0], "o", color="black", ms=4, zorder=4)
            axes.plot(*track.truth_m[-1], "s", color=VERMILION, ms=6, zorder=4, label="where it stands")
        for place in track.pictures_m:
            axes.plot(*place, "*", color=GREEN, ms=11, zorder=5)
        axes.set(xlabel="east of the lander, m", ylabel="north of the lander, m")
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.15)
        axes.legend(loc="best", fontsize=8.5)
        save_figure(figure, path)


def draw_sheet(path: Path, pictures: Sequence[SavedPicture], columns: int = 6, most: int = 36) -> None:
    """Thumbnails with their heights, in the order in which they were taken; when there are too many, evenly spread ones."""
    from PIL import Image, ImageDraw

    ordered = sorted(pictures, key=lambda each: (each.tick, each.vehicle, each.number))
    if len(ordered) > most:
        ordered = [ordered[round(i * (len(ordered) - 1) / (most - 1))] for i in range(most)]
    rows = -(-len(ordered) // columns)
    step_x, step_y = THUMBNAIL_PX + GAP_PX, THUMBNAIL_PX + CAPTION_PX + GAP_PX
    sheet = Image.new("L", (columns * step_x + GAP_PX, max(rows, 1) * step_y + GAP_PX), 16)
    pen = ImageDraw.Draw(sheet)
    for place, picture in enumerate(ordered):
        left, top = GAP_PX + place % columns * step_x, GAP_PX + place // columns * step_y
        with Image.open(picture.path) as image:
            small = image.convert("L")
            small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
            sheet.paste(small, (left, top))
        height = f"{picture.altitude_m:.0f} m" if picture.camera == "lcam" else picture.camera
        pen.text((left, top + THUMBNAIL_PX + 4), f"{picture.vehicle} {picture.number}  {height}  {picture.ratio}:1", fill=220)
    fresh = path.with_name(path.name + ".new")
    sheet.save(fresh, format="PNG")
    fresh.replace(path)
