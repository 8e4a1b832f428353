"""Pictures on board, from the command to the flash: taken, filmed, stored; and what goes wrong on the way."""

from __future__ import annotations

import functools
import io
import itertools
from typing import Any

import pytest
from PIL import Image

from flight import mission as mission_module
from hal.flash import FlashMemory
from tests.flight.picture_flight import ACCEPTED, ALL_WELL, COMPLETED, FAILED, NOT_STARTED, PICTURE_PX, STARTED, PictureFlight, anew
from wire import picture_file

# --- taking ---


@pytest.mark.parametrize(("ratio", "times"), [("FINE", 8), ("SMALL", 64)])
def test_a_picture_of_the_lander_is_stored_with_what_navigation_believed(flight: PictureFlight, ratio: str, times: int) -> None:
    request = flight.send("take_picture", ratio=ratio)
    flight.run(1.0)
    assert flight.stages(request) == ALL_WELL
    file = picture_file.parse(flight.picture(0))
    assert (file.camera, file.number, file.ratio, file.width_px, file.height_px) == ("lcam", 0, times, PICTURE_PX, PICTURE_PX)
    assert len(file.picture) <= PICTURE_PX**2 // times
    assert 300 < file.tick < 330
    nav = flight.view("nav")
    assert file.position_m == pytest.approx(tuple(nav["position_m"]), abs=0.2)
    assert file.quaternion_site_from_body == pytest.approx(tuple(nav["quaternion_site_from_body"]), abs=1e-3)
    with Image.open(io.BytesIO(file.picture)) as image:
        assert (image.size, image.mode) == ((PICTURE_PX, PICTURE_PX), "L")
        assert len(set(image.tobytes())) > 20
    (event,) = flight.station.told("lander", "picture_stored")
    assert (int.from_bytes(event[:4]), int.from_bytes(event[4:8]), int.from_bytes(event[8:10])) == (0, len(flight.picture(0)), times)


def test_a_picture_of_the_rover_is_taken_where_its_mast_was_told_to_look(flight: PictureFlight) -> None:
    pictures = []
    for number, azimuth in enumerate((0.0, 3.0)):
        request = flight.send("take_picture", "rover", ratio="FINE", azimuth_rad=azimuth, elevation_rad=-0.25)
        flight.run(1.0)
        assert flight.stages(request) == ALL_WELL
        file = picture_file.parse(flight.picture(number, "rover"))
        assert (file.camera, file.number) == ("mcam", number)
        assert (file.azimuth_rad, file.elevation_rad) == pytest.approx((azimuth, -0.25), abs=1e-6)
        pictures.append(file.picture)
    assert pictures[0] != pictures[1]
    assert flight.vehicle("lander").storage.names("/pictures") == []


def test_while_a_picture_is_awaited_another_is_refused_and_the_first_comes(flight: PictureFlight) -> None:
    first, second = flight.send("take_picture", ratio="SMALL"), flight.send("take_picture", ratio="FINE")
    flight.run(1.0)
    assert flight.stages(first) == ALL_WELL
    assert (flight.stages(second), flight.refusal(second)) == ([ACCEPTED, NOT_STARTED], "BUSY")
    assert flight.numbers("picture_stored") == [0]


def test_a_film_takes_a_picture_a_period_until_it_is_stopped(flight: PictureFlight) -> None:
    begin = flight.send("film", period_s=2.0, ratio="SMALL")
    flight.run(19.5)
    end = flight.send("film_stop")
    flight.run(10.0)
    assert flight.stages(begin) == flight.stages(end) == ALL_WELL
    assert flight.numbers("picture_stored") == list(range(10))
    ticks = [picture_file.parse(flight.picture(number)).tick for number in range(10)]
    assert {b - a for a, b in itertools.pairwise(ticks)} == {200}
    assert flight.view("imaging")["skipped"] == 0
    assert flight.vehicle("lander").storage.names("/pictures/00000")[-1] == "0000009.fsp"


def test_a_film_that_is_faster_than_the_camera_leaves_pictures_out_and_counts_them(flight: PictureFlight) -> None:
    flight.inject("lander.lcam", "delay", delay_s=0.6)
    flight.send("film", period_s=0.5, ratio="SMALL")
    flight.run(10.0)
    flight.send("film_stop")
    flight.run(2.0)
    imaging, pictures = flight.view("imaging"), flight.view("pictures")
    assert imaging["skipped"] >= 8
    assert pictures["stored"] == imaging["requests"] == 20 - imaging["skipped"]
    assert flight.numbers("picture_stored") == list(range(int(pictures["stored"])))


def test_below_a_height_that_can_be_set_a_film_is_taken_at_8_to_1(made: PictureFlight) -> None:
    for altitude_m, limit_m, ratio in ((500.0, None, 64), (30.0, None, 8), (500.0, 600.0, 8), (30.0, 10.0, 64)):
        flight = anew(made, "hover", altitude_m=altitude_m)
        if limit_m is not None:
            flight.mission.poke("lander.imaging.fine_below_m", limit_m)
        flight.send("film", period_s=1.0, ratio="SMALL")
        flight.run(1.9)
        files = [picture_file.parse(flight.picture(number)) for number in (0, 1)]
        assert [file.ratio for file in files] == [ratio, ratio]
        assert all(file.altitude_m == pytest.approx(altitude_m, abs=20.0) for file in files)


def test_a_single_picture_has_the_ratio_that_was_asked_for_at_any_height(flight: PictureFlight) -> None:
    flight.take()
    assert picture_file.parse(flight.picture(0)).ratio == 64


# --- what goes wrong ---


def test_a_camera_that_does_not_answer_is_told_of_once_and_the_next_picture_comes(flight: PictureFlight) -> None:
    flight.inject("lander.lcam", "off")
    request = flight.send("take_picture", ratio="SMALL")
    flight.run(9.0)
    assert flight.stages(request) == [ACCEPTED, STARTED]
    flight.run(15.0)
    assert (flight.stages(request), flight.refusal(request)) == ([ACCEPTED, STARTED, FAILED], "TIME_OUT")
    assert flight.numbers("camera_late") == [1]
    assert flight.view("imaging")["late"] == 1
    flight.mission.clear("lander.lcam")
    flight.run(2.0)
    flight.take()
    assert flight.numbers("picture_stored")[-1] == int(flight.view("pictures")["next"]) - 1
    assert flight.view("lcam")["validity"] == 1
    assert flight.view("imaging")["late"] == 0


def test_a_film_goes_on_when_its_camera_is_back(flight: PictureFlight) -> None:
    flight.send("film", period_s=1.0, ratio="SMALL")
    flight.run(3.5)
    flight.inject("lander.lcam", "off")
    flight.run(15.0)
    late, stored = flight.numbers("camera_late"), len(flight.numbers("picture_stored"))
    assert len(late) == 1
    assert flight.view("imaging")["skipped"] >= 8
    flight.mission.clear("lander.lcam")
    flight.run(14.0)
    assert len(flight.numbers("picture_stored")) >= stored + 3
    assert flight.numbers("picture_stored") == list(range(len(flight.numbers("picture_stored"))))


def test_a_picture_that_is_cut_short_is_lost_and_the_next_has_its_number(flight: PictureFlight) -> None:
    request = flight.send("take_picture", ratio="FINE")
    reading = flight.view("lcam")
    for _ in range(100):
        flight.mission.run(1)
        if 0 < reading["received"] < reading["octets"]:
            break
    assert 0 < reading["received"] < reading["octets"]
    flight.inject("lander.bus.lcam", "off")
    flight.run(12.0)
    assert (flight.stages(request), flight.refusal(request)) == ([ACCEPTED, STARTED, FAILED], "TIME_OUT")
    assert flight.numbers("picture_stored") == []
    flight.mission.clear("lander.bus.lcam")
    flight.run(2.0)
    flight.take(2)
    assert (flight.numbers("picture_failed"), flight.reasons("picture_failed")) == ([0], ["ABORTED"])
    assert flight.numbers("picture_stored") == [0, 1]
    with Image.open(io.BytesIO(picture_file.parse(flight.picture(0)).picture)) as image:
        image.load()


def test_a_flash_that_is_full_is_told_of_and_what_is_stored_can_still_be_sent(built: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mission_module, "FlashMemory", functools.partial(FlashMemory, blocks=24))
    flight = built()
    outcomes = []
    for _ in range(14):
        request = flight.send("take_picture", ratio="FINE")
        flight.run(1.0)
        outcomes.append(flight.stages(request)[-1])
    stored = outcomes.count(COMPLETED)
    assert 2 < stored < 14
    assert outcomes == [COMPLETED] * stored + [FAILED] * (14 - stored)
    assert set(flight.reasons("picture_failed")) == {"STORAGE_FULL"}
    assert (flight.view("pictures")["stored"], flight.view("pictures")["failed"]) == (stored, 14 - stored)
    flight.send("send_pictures", first=0, last=stored - 1, step=1)
    flight.run(5.0)
    assert [file["octets"] for file in flight.station.files().values()] == [flight.picture(number) for number in range(stored)]
