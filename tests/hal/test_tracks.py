"""Wheel tracks: what wheels press stays pressed, is in the log, and comes back from it."""

import math

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.sim.terrain import Terrain
from hal.sim.tracks import LOG_TYPE, Tracks
from tests.hal.test_terrain import terrain

WIDTH_M = 0.15


def drive(tracks: Tracks, metres: float, depth: float = 0.02, wheel: int = 0, heading: float = 0.4, north: float = 0.0) -> None:
    for step in range(round(metres / 0.005)):
        way = 0.005 * step
        tracks.press(wheel, way * math.cos(heading), north + way * math.sin(heading), heading, WIDTH_M, depth)


def test_a_rut_is_as_deep_and_as_wide_as_what_was_pressed() -> None:
    tracks = Tracks(Arena("world"))
    drive(tracks, 2.0)
    c, s = math.cos(0.4), math.sin(0.4)
    for along in np.linspace(0.1, 1.85, 40):
        for across, low, high in (
            (0.0, 0.0199, 0.0201),
            (0.05, 0.019, 0.0201),
            (-0.05, 0.019, 0.0201),
            (0.12, 0.0, 0.0),
            (-0.12, 0.0, 0.0),
        ):
            assert low <= tracks.rut(along * c - across * s, along * s + across * c) <= high
    assert tracks.rut(-0.2, 0.0) == tracks.rut(1e4, -1e4) == 0.0


def test_no_gap_is_left_between_impressions() -> None:
    tracks = Tracks(Arena("world"))
    drive(tracks, 5.0, heading=1.1)
    assert min(tracks.rut(way * math.cos(1.1), way * math.sin(1.1)) for way in np.linspace(0.05, 4.9, 3000)) > 0.0195


def test_one_impression_is_logged_every_three_centimetres_or_where_the_wheel_sinks_deeper() -> None:
    tracks = Tracks(Arena("world"))
    drive(tracks, 3.0)
    assert len(tracks.log()) == pytest.approx(100, abs=15)
    standing = len(tracks.log())
    for depth in (0.02, 0.0205, 0.0208, 0.022, 0.0222, 0.03):
        tracks.press(0, *(tracks.log()[-1]["east_m"], tracks.log()[-1]["north_m"]), 0.4, WIDTH_M, depth)
    assert len(tracks.log()) == standing + 2
    tracks.press(3, 9.0, 9.0, 0.0, WIDTH_M, 0.0)
    assert len(tracks.log()) == standing + 2


def test_the_deepest_of_several_passes_stays() -> None:
    tracks = Tracks(Arena("world"))
    for wheel, depth in enumerate((0.01, 0.03, 0.02)):
        drive(tracks, 1.0, depth, wheel)
    assert tracks.rut(0.5 * math.cos(0.4), 0.5 * math.sin(0.4)) == pytest.approx(0.03, abs=1e-4)


def test_the_log_says_who_pressed_where_in_order() -> None:
    tracks = Tracks(Arena("world"))
    for wheel in (4, 0, 5):
        tracks.press(wheel, 1.0 * wheel, -2.0, 0.25, WIDTH_M, 0.0125)
    log = tracks.log()
    assert log.dtype == LOG_TYPE
    assert log["wheel"].tolist() == [4, 0, 5]
    assert log["east_m"].tolist() == [4.0, 0.0, 5.0]
    assert log["depth_m"] == pytest.approx([0.0125] * 3)
    assert not log.flags.writeable


def test_a_rut_lowers_soil_but_no_rock_and_only_for_footprints_that_see_it() -> None:
    ground = terrain(8)
    rock = ground.rocks(0.0, 0.0, 60.0, 0.3)[0]
    bare = ground.point(1.0, 2.0)
    ground.tracks.press(2, 1.0, 2.0, 0.0, WIDTH_M, 0.03)
    ground.tracks.press(3, rock[0], rock[1], 0.0, WIDTH_M, 0.03)
    height, _, _, rut = ground.point(1.0, 2.0)
    assert rut == pytest.approx(0.03, abs=1e-4)
    assert height == pytest.approx(bare[0] - rut, abs=1e-12)
    assert ground.point(rock[0], rock[1])[2:] == (True, 0.0)
    assert ground.point(1.0, 2.0, 0.2)[3] == 0.0
    assert ground.height(1.0, 2.0, 0.02) == bare[0]


def test_the_grid_of_ruts_agrees_with_the_map_and_can_be_drawn_as_it_was_earlier() -> None:
    tracks = Tracks(Arena("world"))
    drive(tracks, 1.0)
    early = len(tracks.log())
    grid = tracks.fill(-0.2, -0.2, 0.01, 140, 90)
    points = np.array([[tracks.rut(-0.2 + 0.01 * i, -0.2 + 0.01 * j) for i in range(140)] for j in range(90)])
    assert np.abs(grid - points).mean() < 0.0005
    assert grid.max() == pytest.approx(0.02, abs=1e-6)
    drive(tracks, 1.0, 0.05, wheel=1)
    assert (tracks.fill(-0.2, -0.2, 0.01, 140, 90, early) == grid).all()
    assert tracks.fill(-0.2, -0.2, 0.01, 140, 90).max() == pytest.approx(0.05, abs=1e-6)
    with pytest.raises(ValueError, match="grid of 0 x 1"):
        tracks.fill(0.0, 0.0, 0.1, 0, 1)


def test_snapshot_and_log_bring_the_same_ruts_back_in_another_world() -> None:
    ground, other = terrain(3), terrain(4)
    drive(ground.tracks, 1.5)
    drive(other.tracks, 1.0, 0.07, heading=2.0)
    other.arena.load(ground.arena.save())
    other.tracks.load(ground.tracks.save())
    assert (other.tracks.log() == ground.tracks.log()).all()
    places = [(0.013 * n, 0.006 * n) for n in range(150)]
    assert [other.tracks.rut(*place) for place in places] == [ground.tracks.rut(*place) for place in places]
    drive(ground.tracks, 1.0, 0.04, wheel=1)
    drive(other.tracks, 1.0, 0.04, wheel=1)
    assert other.arena.save() == ground.arena.save()
    assert [other.tracks.rut(*place) for place in places] == [ground.tracks.rut(*place) for place in places]


def test_a_new_run_has_no_tracks() -> None:
    arena = Arena("world")
    ground = Terrain(arena)
    built = arena.save()
    ground.seed(3)
    drive(ground.tracks, 1.0)
    assert ground.tracks.rut(0.0, 0.0) > 0.0
    arena.load(built)
    ground.seed(3)
    assert ground.tracks.rut(0.0, 0.0) == 0.0
    assert len(ground.tracks.log()) == 0
    drive(ground.tracks, 0.2, 0.01)
    assert ground.tracks.rut(0.0, 0.0) == pytest.approx(0.01, abs=1e-4)


def test_one_bit_of_one_impression_changes_the_record_and_a_foreign_log_is_refused() -> None:
    tracks, other = Tracks(Arena("a")), Tracks(Arena("b"))
    for n in range(50):
        tracks.press(1, 0.1 * n, 0.0, 0.0, WIDTH_M, 0.02)
        other.press(1, 0.1 * n, 0.0 if n != 20 else 2.0**-52, 0.0, WIDTH_M, 0.02)
    assert tracks.arena.view("tracks")["hash"] != other.arena.view("tracks")["hash"]
    saved = bytearray(tracks.save())
    tracks.load(bytes(saved))
    for octet in (0, 700, len(saved) - 1):
        saved[octet] ^= 0x10
        with pytest.raises(ValueError, match="not the one"):
            tracks.load(bytes(saved))
        saved[octet] ^= 0x10
    with pytest.raises(ValueError, match="the record says 50"):
        tracks.load(bytes(saved[:-32]))


def test_what_finds_no_room_is_counted() -> None:
    tracks = Tracks(Arena("world"))
    for n in range(65536 + 7):
        tracks.press(0, 0.04 * (n % 500), 0.04 * (n // 500), 0.0, WIDTH_M, 0.02)
    state = tracks.arena.view("tracks")
    assert state["count"] == 65536
    assert state["dropped"] == 7
    assert tracks.rut(0.02, 0.02) == pytest.approx(0.02, abs=1e-4)
    wide = Tracks(Arena("world"))
    for n in range(2060):
        wide.press(0, 12.8 * n + 0.64, 0.64, 0.0, WIDTH_M, 0.02)
    assert wide.arena.view("tracks")["dropped"] == 12
    assert wide.rut(0.64, 0.64) > 0.0
    assert wide.rut(12.8 * 2059 + 0.64, 0.64) == 0.0


def test_a_wheel_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="wheel 6"):
        Tracks(Arena("world")).press(6, 0.0, 0.0, 0.0, WIDTH_M, 0.01)
