"""Stored pictures go down as files: by ranges, on fast and slow lines, cancelled, and across restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flight.picture_flight import ACCEPTED, ALL_WELL, NOT_STARTED, PictureFlight, anew
from wire import cfdp
from wire.dictionary import DICTIONARIES

DESCENT_REPORT = 2


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
