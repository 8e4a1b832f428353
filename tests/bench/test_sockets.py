"""Nothing that comes in through a socket harms the spacecraft: noise, halves, excess; and the next good unit is accepted."""

from __future__ import annotations

import random
import socket

import pytest

from ground.bench import Bench, BenchError, Emulator
from tests.bench.modem import Listener, command, send
from tests.house import PATIENCE_S, eventually

NOISE_OCTETS = 1 << 20


def ping(craft: Emulator, vehicle: str = "lander") -> None:
    """A no-op is accepted and answered."""
    with Listener(craft.tm) as listener:
        send(craft.tc, command(vehicle, "ping"))
        craft.bench.run(seconds=2.0)
        assert listener.hears(vehicle, 17, 2)
        assert listener.count(vehicle, 1, 1) == listener.count(vehicle, 1, 7) == 1


def rest_of_noise(craft: Emulator, octets: int) -> None:
    """Let time pass until the loop has taken all that was sent."""
    for _ in range(100):
        craft.bench.run(seconds=1.0)
        if craft.bench.peek("harness.radio.octets") >= octets:
            return
    raise AssertionError("the loop never took what was sent")


@pytest.mark.parametrize("vehicle", ["lander", "rover", "relay"])
def test_every_vehicle_answers_a_no_op(spacecraft: Emulator, vehicle: str) -> None:
    spacecraft.bench.run(seconds=10.0)
    ping(spacecraft, vehicle)


def test_a_megabyte_of_noise_on_the_telecommand_port_is_counted_and_the_next_unit_accepted(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    before = bench.status()["radio"]["telecommand"]["octets"]
    noise = random.Random(21).randbytes(NOISE_OCTETS)
    with socket.create_connection(spacecraft.tc, timeout=PATIENCE_S) as connection:
        connection.settimeout(None)
        sent = 0
        while sent < NOISE_OCTETS:  # in lockstep a sender has to let time pass
            sent += connection.send(noise[sent : sent + 65536])
            bench.run(ticks=2)
    rest_of_noise(spacecraft, NOISE_OCTETS)
    assert bench.status()["radio"]["telecommand"]["octets"] - before == NOISE_OCTETS
    assert bench.peek("harness.radio.frames") == bench.peek("harness.radio.short_frames") + bench.peek(
        "harness.radio.unknown_spacecraft"
    ) + sum(bench.peek(f"harness.radio.routed[{i}]") for i in range(3))
    ping(spacecraft)


def test_cut_and_corrupted_units_are_rejected_and_the_next_one_accepted(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    whole = command("lander", "ping")
    draw = random.Random(22)
    with Listener(spacecraft.tm) as listener:
        for _ in range(200):
            cut = whole[: draw.randrange(2, len(whole) - 9)]
            send(spacecraft.tc, cut)
            bad = bytearray(whole)
            bad[draw.randrange(2, 18)] ^= 0x11  # two bits of one codeblock: the code finds them
            send(spacecraft.tc, bytes(bad))
            bench.run(ticks=5)
        send(spacecraft.tc, whole)
        bench.run(seconds=2.0)
        assert listener.hears("lander", 17, 2)
        assert listener.count("lander", 17, 2) == 1


def test_an_oversized_unit_is_cut_off_and_the_next_one_accepted(spacecraft: Emulator) -> None:
    spacecraft.bench.run(seconds=10.0)
    block = command("lander", "ping")[2:10]  # one good codeblock, over and over: a frame of 70,000 octets
    send(spacecraft.tc, b"\xeb\x90" + block * 10_000)
    spacecraft.bench.run(seconds=1.0)
    ping(spacecraft)


def test_datagrams_work_as_streams_do_and_bad_ones_harm_nothing(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    before = bench.status()["radio"]["telecommand"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, Listener(spacecraft.tm) as listener:
        draw = random.Random(23)
        for octets in (0, 1, 7, 1186, 4096, 4097, 20_000):
            sender.sendto(draw.randbytes(octets), spacecraft.tc)
        sender.sendto(command("lander", "ping")[:20], spacecraft.tc)  # a half: forgotten when the next one comes
        sender.sendto(command("lander", "ping"), spacecraft.tc)
        bench.run(seconds=2.0)
        assert listener.hears("lander", 17, 2)
    after = bench.status()["radio"]["telecommand"]
    assert {name: after[name] - before[name] for name in ("datagrams", "empty", "oversized", "no_room")} == {
        "datagrams": 9,
        "empty": 1,
        "oversized": 2,
        "no_room": 0,
    }


def test_telemetry_comes_as_datagrams_to_who_asked_for_it(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.settimeout(PATIENCE_S)
        listener.sendto(b"", spacecraft.tm)
        assert eventually(lambda: bench.status()["outlet"]["readers"] == 1)
        bench.run(seconds=1.0)
        assert {len(listener.recv(4096)) for _ in range(3)} == {1279}
        assert listener.recv(4).hex() == "1acffc1d"


def test_noise_on_the_telemetry_port_harms_nothing(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    before = bench.status()["radio"]["telemetry"]["ignored"]
    with Listener(spacecraft.tm) as listener:
        listener.socket.sendall(random.Random(24).randbytes(NOISE_OCTETS))
        assert eventually(lambda: bench.status()["radio"]["telemetry"]["ignored"] - before == NOISE_OCTETS)
        send(spacecraft.tc, command("lander", "ping"))
        bench.run(seconds=2.0)
        assert listener.hears("lander", 17, 2)


def test_noise_on_the_bench_port_harms_nothing(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    tick = bench.run(ticks=1).tick
    before = bench.status()["bench"]
    with socket.create_connection(spacecraft.ports["bench"], timeout=PATIENCE_S) as connection:
        noise = random.Random(25).randbytes(NOISE_OCTETS).replace(b"\n", b" ")
        connection.sendall(noise + b"\n")
        assert b'"code":-32700' in connection.recv(65536)
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"run","params":{"ticks":5}}')  # its end never comes
    assert eventually(lambda: bench.status()["bench"].get("truncated", 0) == before.get("truncated", 0) + 1)
    assert bench.status()["bench"]["not_json"] == before.get("not_json", 0) + 1
    assert bench.status()["tick"] == tick
    assert bench.step().tick == tick + 1


def test_a_slow_telemetry_reader_slows_a_lockstep_run_and_misses_nothing(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    before = bench.status()["outlet"]
    with Listener(spacecraft.tm) as listener, Bench(*spacecraft.ports["bench"]) as other:
        bench.call("speed", factor="max")
        bench.resume()
        assert eventually(lambda: other.status()["outlet"]["waits"] > before["waits"])
        frames = other.status()["outlet"]["frames"] - before["frames"]
        assert listener.until(lambda: listener.frames > frames)
        other.pause()
        total = other.status()["outlet"]["frames"] - before["frames"]
        assert listener.until(lambda: listener.frames == total)
        assert other.status()["outlet"]["lost"] == before["lost"]


def test_radio_clients_are_disconnected_when_time_jumps(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=10.0)
    octets = bench.snapshot()
    with Listener(spacecraft.tm) as listener, socket.create_connection(spacecraft.tc, timeout=PATIENCE_S) as sender:
        bench.run(seconds=1.0)
        bench.restore(octets)
        assert not listener.until(lambda: False)
        assert listener.frames > 0
        assert sender.recv(1) == b""
    ping(spacecraft)


def test_requests_that_cannot_be_granted_name_the_reason(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    for call, says in (
        (lambda: bench.reset(scenario="moonbase"), "moonbase"),
        (lambda: bench.peek("lander.nothing.at_all"), "nothing"),
        (lambda: bench.inject("lander.nothing", "off"), "nothing"),
        (lambda: bench.computer("orbiter", "on"), "computers are"),
        (lambda: bench.restore(b"no snapshot"), "snapshot"),
        (lambda: bench.run_until([("lander.nothing", "<", 1.0)]), "nothing"),
        (lambda: bench.speed("real"), "real time"),
    ):
        with pytest.raises(BenchError, match=says) as caught:
            call()
        assert caught.value.code == -32000
    bench.step()
