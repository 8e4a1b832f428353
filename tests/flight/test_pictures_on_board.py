"""Pictures on board, from the command to the unit of a file: taken, filmed, stored, numbered and sent; and what goes wrong on the way."""

from __future__ import annotations

import functools
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from flight import mission as mission_module
from hal.flash import FlashMemory
from tests.flight.picture_flight import COMPLETED, FAILED, NOT_STARTED, PICTURE_PX, STARTED, PictureFlight, small_pictures
from wire import cfdp, picture_file
from wire.dictionary import DICTIONARIES

ACCEPTED = 1
DESCENT_REPORT = 2
ALL_WELL = [ACCEPTED, STARTED, COMPLETED]


@pytest.fixture(scope="module")
def made() -> Iterator[PictureFlight]:
    with small_pictures():
        flight = PictureFlight()
    yield flight
    flight.close()


def anew(flight: PictureFlight, scenario: str = "surface", **options: float) -> PictureFlight:
    """The same mission from the start, with a station that has heard nothing yet."""
    flight.station.close()
    flight.mission.reset(scenario, 1, options)
    flight.station = type(flight.station)(flight.mission)
    flight.run(3.0)
    return flight


@pytest.fixture
def flight(made: PictureFlight) -> PictureFlight:
    return anew(made)


@pytest.fixture
def built() -> Iterator[Any]:
    """Builds missions with settings of their own, and closes them."""
    flights: list[PictureFlight] = []

    def build(scenario: str = "surface", **settings: Any) -> PictureFlight:
        with small_pictures():
            flights.append(PictureFlight(scenario, **settings))
        return flights[-1]

    yield build
    for each in flights:
        each.close()


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


# --- sending ---


@pytest.fixture(scope="module")
def stocked(made: PictureFlight) -> tuple[bytes, list[bytes]]:
    """A snapshot with five pictures in the flash, and these."""
    flight = anew(made)
    flight.take(5, ratio="FINE")
    return flight.mission.snapshot(), [flight.picture(number) for number in range(5)]


@pytest.fixture
def full(made: PictureFlight, stocked: tuple[bytes, list[bytes]]) -> PictureFlight:
    """At that snapshot, with a station that has heard nothing yet."""
    made.station.close()
    made.mission.restore(stocked[0])
    made.station = type(made.station)(made.mission)
    return made


@pytest.mark.parametrize(
    ("first", "last", "step", "numbers"), [(0, 4, 1, [0, 1, 2, 3, 4]), (0, 4, 2, [0, 2, 4]), (1, 4, 2, [1, 3]), (3, 3, 1000, [3])]
)
def test_pictures_come_down_by_ranges_and_steps(
    full: PictureFlight, stocked: tuple[bytes, list[bytes]], first: int, last: int, step: int, numbers: list[int]
) -> None:
    request = full.send("send_pictures", first=first, last=last, step=step)
    full.run(5.0)
    assert full.stages(request) == ALL_WELL
    files = list(full.station.files().values())
    assert [file["name"] for file in files] == [f"lander-lcam-{number:07d}.fsp" for number in numbers]
    assert [(file["octets"], file["size"], file["end"]) for file in files] == [
        (stocked[1][number], len(stocked[1][number]), cfdp.NO_ERROR) for number in numbers
    ]
    assert full.numbers("file_sent") == numbers
    assert full.view("files")["waiting"] == 0
    turn = int(full.view("files")["turn"])
    full.run(3.0)
    assert full.view("files")["turn"] == turn  # it rests
    assert len(full.station.files()) == len(numbers)


def test_pictures_that_are_not_there_are_named_and_the_others_come(full: PictureFlight, stocked: tuple[bytes, list[bytes]]) -> None:
    request = full.send("send_pictures", first=3, last=8, step=1)
    full.run(8.0)
    assert full.stages(request) == ALL_WELL
    assert [file["octets"] for file in full.station.files().values()] == stocked[1][3:]
    assert full.numbers("file_unsent") == [5, 6, 7, 8]
    assert set(full.reasons("file_unsent")) == {"ARGUMENT_RANGE"}


def test_a_hundred_thousand_pictures_that_are_not_there_hold_nobody_up(full: PictureFlight, stocked: tuple[bytes, list[bytes]]) -> None:
    full.send("send_pictures", first=1000, last=90_000, step=1)
    full.run(3.0)
    assert full.view("files.slot")["failures"] == 0
    told = full.numbers("file_unsent")
    assert told == list(range(1000, 1000 + len(told)))
    assert len(told) > 10
    stop = full.send("send_stop")
    again = full.send("send_pictures", first=2, last=2, step=1)
    full.run(3.0)
    assert full.stages(stop) == full.stages(again) == ALL_WELL
    assert [file["octets"] for file in full.station.files().values()] == [stocked[1][2]]


@pytest.mark.parametrize(("first", "last", "reason"), [(3, 2, "ARGUMENT_RANGE"), (0, 100_000, "QUEUE_FULL"), (0, 0xFFFFFFFF, "QUEUE_FULL")])
def test_a_range_that_is_none_or_is_too_long_is_refused(full: PictureFlight, first: int, last: int, reason: str) -> None:
    request = full.send("send_pictures", first=first, last=last, step=1)
    full.run(1.0)
    assert (full.stages(request), full.refusal(request)) == ([ACCEPTED, NOT_STARTED], reason)
    assert full.station.files() == {}


def test_send_stop_cancels_the_file_under_way_and_forgets_the_rest(built: Any) -> None:
    """On a slow line the channel's queue is full all the time: the end of the transaction must find its place all the same."""
    flight = built(link="queqiao")
    flight.take(4, seconds=20.0, ratio="FINE")
    for report in DICTIONARIES["lander"].reports:
        flight.send("hk_disable", report=report.id)
    for _ in range(5):
        flight.send("send_pictures", first=0, last=3, step=1)
    flight.mission.poke("lander.downlink.rate", 1)  # 50 kbit/s: five frames a second
    flight.run(36.0)
    queue = flight.view("telemetry.files")
    assert queue["head"] - queue["tail"] > 25
    stop = flight.send("send_stop")
    flight.mission.poke("lander.downlink.rate", 0)
    flight.run(15.0)
    assert queue["head"] - queue["tail"] >= 31
    assert flight.view("files")["waiting"] == 0
    flight.run(260.0)  # what was queued, at 6.4 s a frame
    assert flight.stages(stop) == ALL_WELL
    files = list(flight.station.files().values())
    assert [file["end"] for file in files] == [cfdp.NO_ERROR] * (len(files) - 1) + [cfdp.CANCELLED]
    assert len(files) < 20
    assert queue["dropped"] == 0
    flight.mission.poke("lander.downlink.rate", 3)
    flight.send("send_pictures", first=1, last=1, step=1)
    flight.run(30.0)
    last = list(flight.station.files().values())[-1]
    assert (last["end"], last["octets"]) == (cfdp.NO_ERROR, flight.picture(1))


@pytest.mark.parametrize(("vehicle", "rate", "seconds"), [("lander", 3, 20.0), ("lander", 1, 80.0), ("rover", 2, 20.0), ("rover", 1, 30.0)])
def test_the_channel_of_files_loses_no_unit_at_any_rate_over_the_relay(built: Any, vehicle: str, rate: int, seconds: float) -> None:
    flight = built(link="queqiao")
    more: dict[str, Any] = {"azimuth_rad": 0.0, "elevation_rad": -0.3} if vehicle == "rover" else {}
    for _ in range(3):
        flight.send("take_picture", vehicle, ratio="FINE", **more)
        flight.run(8.0)
    flight.mission.poke(f"{vehicle}.downlink.rate", rate)
    if (vehicle, rate) == ("lander", 1):
        flight.send("hk_disable", report=DESCENT_REPORT)  # ten frames a second, of five and a half that there are
    for _ in range(4):  # twelve files of ten units: more than the queue holds
        flight.send("send_pictures", vehicle, first=0, last=2, step=1)
    flight.run(20.0 + seconds)
    files = list(flight.station.files(vehicle).values())
    assert [file["end"] for file in files] == [cfdp.NO_ERROR] * 12
    assert [file["octets"] for file in files] == [flight.picture(number, vehicle) for number in range(3)] * 4
    assert flight.view("telemetry.files", vehicle)["dropped"] == 0
    assert flight.view("files.slot", vehicle)["lost"] == 0


# --- what a restart leaves ---


def test_numbers_go_on_after_a_reset_of_the_computer_and_nothing_is_sent_twice(full: PictureFlight) -> None:
    full.mission.poke("lander.files.turn", 0)
    full.send("send_pictures", first=0, last=4, step=1)
    full.run(0.3)
    before = full.station.files()
    assert 0 < sum(file["end"] is not None for file in before.values()) < 5
    full.mission.computer("lander", "reset")
    full.run(4.0)
    after = full.station.files()
    assert sum(file["end"] is not None for file in after.values()) < 5  # what waited died with the computer
    assert full.view("files")["waiting"] == 0
    full.take()
    assert full.numbers("picture_stored")[-1] == 5
    assert full.view("pictures")["next"] == 6
    full.send("send_pictures", first=4, last=5, step=1)
    full.run(3.0)
    fresh = {number: file for number, file in full.station.files().items() if number not in after}
    assert [file["octets"] for file in fresh.values()] == [full.picture(4), full.picture(5)]
    assert {number >> 16 for number in fresh} == {2}
    assert {number >> 16 for number in after} == {1}


def test_a_reset_in_the_middle_of_a_picture_costs_that_picture_alone(flight: PictureFlight) -> None:
    flight.take()
    flight.send("take_picture", ratio="FINE")
    reading = flight.view("lcam")
    for _ in range(100):
        flight.mission.run(1)
        if 0 < reading["received"] < reading["octets"]:
            break
    flight.mission.computer("lander", "reset")
    flight.run(4.0)
    flight.take(2)
    assert flight.numbers("picture_stored") == [0, 1, 2]


def test_numbers_and_pictures_outlive_the_process(built: Any, tmp_path: Path) -> None:
    first = built(state=tmp_path)
    first.take(2)
    first.send("send_pictures", first=0, last=0, step=1)
    first.run(2.0)
    pictures, sent = [first.picture(0), first.picture(1)], set(first.station.files())
    first.close()
    second = built(state=tmp_path, seed=2)
    second.take()
    assert second.numbers("picture_stored") == [2]
    assert [second.picture(0), second.picture(1)] == pictures
    second.send("send_pictures", first=0, last=2, step=1)
    second.run(3.0)
    files = second.station.files()
    assert [file["octets"] for file in files.values()] == [*pictures, second.picture(2)]
    assert not sent & set(files)


def test_a_directory_holds_sixty_four_pictures_and_numbers_go_on_in_the_next(full: PictureFlight) -> None:
    storage = full.vehicle("lander").storage
    storage.write("/pictures/00000/0000063.fsp", full.picture(0))
    full.mission.computer("lander", "reset")
    full.run(4.0)
    full.take()
    assert full.numbers("picture_stored") == [64]
    assert storage.names("/pictures") == ["00000", "00001"]
