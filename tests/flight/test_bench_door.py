"""The bench door and the conductor behind it, through a real socket, with a mission that does nothing but count its ticks."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flight.doors import bench as door_module
from flight.doors.bench import plain
from flight.doors.bench_methods import fits, parse_speed
from flight.doors.inbox import SOURCE_BENCH
from ground.bench import Bench, BenchError
from tests.flight.bench_table import Line, Table
from tests.flight.radio_bench import drain
from tests.house import PATIENCE_S, eventually


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table()
    yield made
    made.close()


@pytest.fixture
def line(table: Table) -> Iterator[Line]:
    made = Line(table)
    yield made
    made.close()


def test_max_starts_paused_and_a_run_passes_exactly_so_many_ticks(table: Table) -> None:
    assert table.bench.status()["paused"] is True
    run = table.bench.run(ticks=250)
    assert (run.tick, run.ticks, run.met, run.digest) == (250, 250, None, f"{250:032x}")
    assert table.bench.run(seconds=1.5).tick == 400
    assert table.bench.step().tick == 401
    assert table.bench.run(ticks=0).tick == 401
    assert table.mission.tick == 401


def test_a_run_until_tells_which_condition_was_met(table: Table) -> None:
    assert table.bench.run_until([("tick", ">=", 30.0)]).met == 0
    assert table.mission.tick == 30
    limited = table.bench.run_until([("tick", ">=", 1000.0)], max_seconds=2.0)
    assert (limited.met, limited.tick, limited.ticks) == (None, 230, 200)


def test_the_request_on_the_wire_is_json_rpc_and_so_is_the_reply(line: Line) -> None:
    line.socket.sendall(b'{"jsonrpc":"2.0","id":"a","method":"run","params":{"ticks":3}}\n')
    assert (
        line.lines.readline() == b'{"jsonrpc":"2.0","id":"a","result":{"tick":3,"ticks":3,"digest":"00000000000000000000000000000003"}}\n'
    )


def test_parameters_may_come_by_place_and_in_batches_and_notifications_get_no_reply(line: Line, table: Table) -> None:
    batch = [
        {"jsonrpc": "2.0", "method": "poke", "params": ["x", 4.5]},
        {"jsonrpc": "2.0", "id": 1, "method": "peek", "params": ["x"]},
        {"jsonrpc": "2.0", "id": 2, "method": "step"},
    ]
    answers = line.say(json.dumps(batch).encode())
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[0]["result"] == 4.5
    line.socket.sendall(b'{"jsonrpc":"2.0","method":"step"}\n')
    assert line.say(b'{"jsonrpc":"2.0","id":9,"method":"digest"}')["result"]["tick"] == 2


@pytest.mark.parametrize(
    ("octets", "code", "says"),
    [
        (b"{", -32700, "not JSON"),
        (b"\xff\xfe\x00", -32700, "not JSON"),
        (b"[" * 100_000, -32700, "not JSON"),
        (b"[]", -32600, "empty batch"),
        (b"7", -32600, "object"),
        (b'{"id":1,"method":"run"}', -32600, "2.0"),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600, "names its method"),
        (b'{"jsonrpc":"2.0","id":{},"method":"run"}', -32600, "identifier"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run","params":7}', -32600, "list or an object"),
        (b'{"jsonrpc":"2.0","id":1,"method":"runn"}', -32601, "no method 'runn'"),
        (b'{"jsonrpc":"2.0","id":1,"method":"call"}', -32601, "no method 'call'"),
        (b'{"jsonrpc":"2.0","id":1,"method":"_ticks"}', -32601, "no method"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run"}', -32602, "either ticks or seconds"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run","params":{"ticks":1.5}}', -32602, "ticks must be int"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run","params":{"ticks":-1}}', -32602, "forward"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run","params":{"tick":1}}', -32602, "tick"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run","params":{"ticks":true}}', -32602, "ticks must be int"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run_until","params":[[["tick","=>",1]]]}', -32602, "condition is"),
        (b'{"jsonrpc":"2.0","id":1,"method":"run_until","params":[[["nothing",">",1]]]}', -32000, "no symbol nothing"),
        (b'{"jsonrpc":"2.0","id":1,"method":"restore","params":["*"]}', -32602, "base64"),
        (b'{"jsonrpc":"2.0","id":1,"method":"restore","params":["QUJD"]}', -32000, "3 octets are no snapshot"),
        (b'{"jsonrpc":"2.0","id":1,"method":"load","params":["/nowhere/at/all"]}', -32000, "No such file"),
        (b'{"jsonrpc":"2.0","id":1,"method":"reset","params":["moonbase"]}', -32000, "no scenario 'moonbase'"),
        (b'{"jsonrpc":"2.0","id":1,"method":"inject","params":["lander.altimeter","melt"]}', -32000, "does not melt"),
        (b'{"jsonrpc":"2.0","id":1,"method":"computer","params":["lander","explode"]}', -32602, "on, off or reset"),
        (b'{"jsonrpc":"2.0","id":1,"method":"speed","params":["real"]}', -32000, "real time measures"),
        (b'{"jsonrpc":"2.0","id":1,"method":"speed","params":["fast"]}', -32000, "'fast'"),
        (b'{"jsonrpc":"2.0","id":1,"method":"peek","params":["broken"]}', -32603, "peek failed"),
    ],
)
def test_a_bad_request_gets_its_code_and_a_reason_and_the_next_one_is_served(line: Line, octets: bytes, code: int, says: str) -> None:
    error = line.say(octets)["error"]
    assert error["code"] == code
    assert says in error["message"] or says in str(error["data"])
    assert line.say(b'{"jsonrpc":"2.0","id":2,"method":"step"}')["result"]["ticks"] == 1


def test_a_misspelt_method_is_answered_with_near_ones(table: Table) -> None:
    with pytest.raises(BenchError) as caught:
        table.bench.call("snapshott")
    assert caught.value.code == -32601
    assert "snapshot" in caught.value.data["near"]


def test_a_megabyte_of_noise_is_counted_and_the_next_request_is_served(line: Line, table: Table) -> None:
    noise = random.Random(8).randbytes(1 << 20)
    lines = [each for each in noise.split(b"\n") if each.strip()]
    reader = threading.Thread(target=lambda: [line.lines.readline() for _ in lines])
    reader.start()
    line.socket.sendall(noise + b"\n")
    reader.join(60)
    assert line.say(b'{"jsonrpc":"2.0","id":1,"method":"step"}')["result"]["tick"] == 1
    counted = table.bench.status()["bench"]
    assert counted["not_json"] + counted.get("invalid", 0) == len(lines)


def test_an_oversized_line_is_refused_and_counted_and_the_next_one_is_served() -> None:
    table = Table(max_line=1000)
    line = Line(table)
    for length in (1001, 5000, 2000):
        assert line.say(b"x" * length)["error"]["message"] == "a line may have 1000 octets"
    assert line.say(b'{"jsonrpc":"2.0","id":1,"method":"step"}'.ljust(1000))["result"]["tick"] == 1
    assert table.door.counters["oversized"] == 3
    line.close()
    table.close()


def test_half_a_request_does_nothing_and_is_counted(table: Table) -> None:
    cut = Line(table)
    cut.socket.sendall(b'{"jsonrpc":"2.0","id":1,"method":"step"}')
    cut.close()
    assert eventually(lambda: table.door.counters["truncated"] == 1)
    assert table.mission.tick == 0


def test_a_client_that_leaves_before_its_reply_harms_nobody(table: Table) -> None:
    gone = Line(table)
    gone.socket.sendall(b'{"jsonrpc":"2.0","id":1,"method":"run","params":[200000]}\n')
    gone.close()
    assert eventually(lambda: table.mission.tick == 200_000)
    assert table.bench.step().tick == 200_001


def test_more_clients_than_there_are_places_are_refused(table: Table) -> None:
    lines = [Line(table) for _ in range(door_module.CLIENTS - 1)]
    refused = Line(table)
    assert refused.lines.readline() == b""
    assert eventually(lambda: table.door.counters["refused"] == 1)
    for each in (*lines, refused):
        each.close()


def test_requests_of_others_are_answered_while_a_run_is_under_way(table: Table) -> None:
    with Bench(*table.door.address, timeout_s=20) as other:
        runs: list[int] = []
        runner = threading.Thread(target=lambda: runs.append(table.bench.run(ticks=1 << 30).ticks))
        runner.start()
        assert eventually(lambda: table.mission.tick > 0)
        other.poke("x", 2.0)
        assert other.peek("x") == 2.0
        with pytest.raises(BenchError, match="already being driven") as caught:
            other.step()
        assert caught.value.code == -32001
        tick = other.pause()
        runner.join(PATIENCE_S)
        assert runs == [tick]


def test_a_free_run_goes_on_until_paused_and_its_pace_can_change(table: Table) -> None:
    assert table.bench.speed(1000.0) == 1000.0
    table.bench.resume()
    assert eventually(lambda: table.mission.tick > 5)
    table.bench.speed("max")
    assert eventually(lambda: table.mission.tick > 1000)
    tick = table.bench.pause()
    assert table.bench.status()["tick"] == tick
    assert ("paced", 1000.0) in table.mission.did


class Radio:
    """Tells the ticks at which it was asked to take in what had come."""

    counters: dict[str, dict[str, int]] = {}

    def __init__(self, table: Table) -> None:
        self.table, self.ticks = table, list[int]()

    def settle(self) -> None:
        self.ticks.append(self.table.mission.tick)

    def drop_clients(self) -> None:
        """Nobody is there."""


def test_time_passes_only_when_what_came_to_the_radio_before_is_on_board(table: Table) -> None:
    radio = table.conductor.radio = Radio(table)
    table.bench.run(ticks=3)
    table.bench.resume()
    table.bench.resume()  # it is running: nothing to wait for
    assert eventually(lambda: table.mission.tick > 5)
    table.bench.pause()
    assert radio.ticks == [0, 3]


def test_a_run_at_a_factor_is_paced(table: Table) -> None:
    table.bench.speed(100000.0)
    assert table.bench.run(ticks=50).tick == 50
    assert set(table.mission.did) == {("paced", 100000.0)}


def test_real_time_runs_from_the_start_and_stays_real() -> None:
    table = Table("real", real_time=True)
    assert eventually(lambda: table.mission.tick > 2)
    with pytest.raises(BenchError, match="real time measures"):
        table.bench.speed(2.0)
    assert table.bench.run(ticks=2).ticks == 2
    assert table.bench.status()["paused"] is True
    assert set(table.mission.did) == {"real"}
    table.close()


def test_a_snapshot_can_be_restored_from_octets_and_from_a_file(table: Table, tmp_path: Path) -> None:
    table.bench.run(ticks=123)
    octets = table.bench.snapshot()
    assert octets == (123).to_bytes(8, "big")
    table.bench.save(tmp_path / "here")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    table.bench.run(ticks=500)
    assert table.bench.restore(octets) == f"{123:032x}"
    table.bench.run(ticks=500)
    assert table.bench.load(tmp_path / "here") == f"{123:032x}"
    assert table.mission.tick == 123


def test_what_waits_at_the_radio_is_forgotten_when_time_jumps(table: Table) -> None:
    table.bench.uplink(b"a command for a time that never comes")
    assert table.mission.inbox.pending == 1
    table.bench.reset(seed=9, options={"wind": 0.0})
    assert table.mission.inbox.pending == 0
    assert table.mission.did == [("reset", "surface", 9, {"wind": 0.0})]
    assert table.mission.seed == 9


def test_octets_can_be_handed_to_the_radio_between_two_ticks(table: Table) -> None:
    table.bench.uplink(b"\xeb\x90")
    assert drain(table.mission.inbox) == [(SOURCE_BENCH, b"\xeb\x90")]
    while table.mission.inbox.put(0, bytes(4096), wait=False):
        pass
    with pytest.raises(BenchError, match="inbox is full"):
        table.bench.uplink(bytes(4096))


def test_requests_are_answered_while_the_loop_waits_for_a_slow_telemetry_reader(table: Table) -> None:
    table.mission.frames_per_tick = 1
    reader = table.mission.outlet.reader()
    with Bench(*table.door.address, timeout_s=20) as other:
        runner = threading.Thread(target=lambda: table.bench.run(ticks=1 << 20))
        runner.start()
        assert eventually(lambda: table.mission.outlet.counters["waits"] > 0)
        ticks = {other.status()["tick"] for _ in range(20)}
        assert len(ticks) <= 2  # at the most the tick that was under way has ended
        tick = other.pause()
        runner.join(PATIENCE_S)
    assert sum(1 for _ in iter(reader.take, None)) == tick
    assert reader.lost == 0


def test_numbers_that_json_cannot_say_become_null(table: Table) -> None:
    assert table.bench.truth() == {"position_m": [1.0, 2.0, None], "count": 7, "names": ["a", "b"]}
    assert plain({"x": [float("inf"), np.float32(0.5)]}) == {"x": [None, 0.5]}


def test_faults_and_digests_pass_through(table: Table) -> None:
    table.bench.run(ticks=250)
    assert table.bench.inject("lander.altimeter", "bias", offset_m=3.0) == 250
    table.bench.clear("lander.altimeter")
    assert table.mission.did == [("lander.altimeter", "bias", {"offset_m": 3.0}), ("lander.altimeter", None)]
    assert table.bench.digests(1) == [(1, f"{1:032x}"), (2, f"{2:032x}")]


def test_every_method_tells_its_parameters_and_what_it_does(table: Table) -> None:
    methods = table.bench.call("methods")
    wanted = (
        "reset run run_until step pause resume inject clear faults devices truth symbols peek poke snapshot restore save load uplink "
        "digest digests computer slot status speed shutdown methods channel"
    )
    assert set(methods) == set(wanted.split())
    assert methods["inject"] == "(device, kind, params) Start a fault now; `faults` lists what there is."


def test_a_shutdown_is_answered_and_ends_everything() -> None:
    table = Table()
    table.bench.run(ticks=5)
    table.bench.shutdown()
    table.main.join(PATIENCE_S)
    assert not table.main.is_alive()
    with pytest.raises((BenchError, ConnectionError, OSError)):
        table.bench.step()
    table.close()


def test_a_run_under_way_is_answered_when_the_emulator_ends() -> None:
    table = Table()
    errors: list[BenchError] = []

    def run() -> None:
        try:
            table.bench.run(ticks=1 << 30)
        except BenchError as error:
            errors.append(error)

    runner = threading.Thread(target=run)
    runner.start()
    assert eventually(lambda: table.mission.tick > 0)
    table.conductor.finish()
    runner.join(PATIENCE_S)
    assert [error.code for error in errors] == [-32002]
    table.close()


@pytest.mark.parametrize(("text", "speed"), [("max", "max"), ("real", "real"), ("1", 1.0), ("2.5", 2.5), ("1e3", 1000.0)])
def test_a_speed_is_a_word_or_a_factor(text: str, speed: str | float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "fast", "1e9"])
def test_a_speed_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a speed is real, max or a factor"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (1, float, True),
        (True, float, False),
        ("a", str, True),
        (None, int | None, True),
        ([1.0, 2], list[float], True),
        (["a"], list[float], False),
        ({"a": 1}, dict[str, float], True),
        ({"a": "b"}, dict[str, float], False),
    ],
)
def test_a_value_is_held_against_the_type_that_the_method_names(value: Any, hint: Any, expected: bool) -> None:
    assert fits(value, hint) is expected


def test_base64_is_what_travels_for_octets(line: Line, table: Table) -> None:
    answer = line.say(b'{"jsonrpc":"2.0","id":1,"method":"snapshot"}')["result"]
    assert base64.b64decode(answer["octets"]) == bytes(8)
