"""The recorder on board: the last minute goes to a file, and a flash that refuses is told of."""

import errno
import itertools
import zlib

import pytest

from flight.apps.recorder import path_of
from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE

LANDER = DICTIONARIES["lander"]


@pytest.fixture
def station():
    mission = Mission(SimulatedWorld(), "hover", 1)
    made = Station(mission)
    mission.run(1500)
    yield made
    made.close()
    mission.close()


def event(station, name):
    station.listen()
    number = LANDER.event(name).id.to_bytes(2)
    return next(p.data for p in station.packets if p.secondary.service == 5 and p.data[:2] == number)


def test_a_stored_file_holds_a_line_a_second_and_is_reported_with_its_size_and_check_sum(station):
    request = station.send("lander", "store_log", file=42)
    station.mission.run(50)
    assert station.stages(request) == [1, 3, 7]
    octets = station.mission.vehicles[0].storage.read(path_of(42))
    lines = octets.decode().splitlines()
    assert lines[0] == "tick,altitude_m,vertical_speed_m_s,thrust_n,on_time_s"
    ticks = [int(line.split(",")[0]) for line in lines[1:]]
    assert [b - a for a, b in itertools.pairwise(ticks[:-1])] == [100] * (len(ticks) - 2)
    data = event(station, "file_stored")
    assert (int.from_bytes(data[2:4]), int.from_bytes(data[4:8]), int.from_bytes(data[8:12])) == (42, len(octets), zlib.crc32(octets))
    assert station.mission.peek("lander.recorder.octets_stored") == len(octets)


@pytest.mark.parametrize(("number", "code"), [(errno.EIO, "STORAGE"), (errno.ENOSPC, "STORAGE_FULL")])
def test_a_flash_that_refuses_is_reported_and_the_next_file_is_stored(station, monkeypatch, number, code):
    storage = station.mission.vehicles[0].storage

    def refuse(path, octets):
        raise OSError(number, "told to")

    monkeypatch.setattr(storage, "write", refuse)
    request = station.send("lander", "store_log", file=1)
    station.mission.run(50)
    assert station.stages(request) == [1, 3, 8]
    assert FAILURE_CODE.name_of(station.failure(request)[0]) == code
    assert int.from_bytes(event(station, "file_failed")[4:6]) == FAILURE_CODE[code]
    monkeypatch.undo()
    request = station.send("lander", "store_log", file=1)
    station.mission.run(50)
    assert station.stages(request) == [1, 3, 7]


def test_files_outlive_a_reset_of_the_computer_and_counters_do_not(station):
    station.send("lander", "store_log", file=3)
    station.mission.run(50)
    station.mission.computer("lander", "reset")
    station.mission.run(200)
    assert station.mission.peek("lander.recorder.files_stored") == 0
    assert station.mission.vehicles[0].storage.names("/log") == ["00003.csv"]
