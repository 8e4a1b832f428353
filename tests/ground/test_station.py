import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.clock import SECOND_NS, SimulatedClock
from ground.commanding import CommandStatus, Stage
from ground.endpoint import parse_endpoint
from ground.errors import BadArgumentError, NoLinkError, NothingCameError
from ground.options import StationOptions
from ground.station import Station
from tests.ground.fake import LANDER, LANDER_GNC, LANDER_SYSTEM, ROVER, FakeSpacecraft
from tests.ground.programs import event, housekeeping
from tests.house import PATIENCE_S, eventually
from wire.dictionary import FAILURE_CODE
from wire.export import dictionary_hash


def options(spacecraft: FakeSpacecraft, archive: Path) -> StationOptions:
    return StationOptions(parse_endpoint(spacecraft.tc), parse_endpoint(spacecraft.tm), archive)


@pytest.fixture
def station(spacecraft: FakeSpacecraft, tmp_path: Path) -> Iterator[Station]:
    with Station(options(spacecraft, tmp_path)) as opened:
        opened.connect()
        spacecraft.wait_listeners()
        yield opened


def test_a_ping_goes_up_as_one_bypass_frame_and_comes_back_in_stages(station: Station, spacecraft: FakeSpacecraft) -> None:
    stages: list[str] = []
    status = station.command("lander.ping", None, lambda status, stage: stages.append(stage.name))
    assert station.commander.wait(status, PATIENCE_S)
    assert (status.state, stages) == ("completed", ["acceptance", "start", "completion"])
    ((fields, octets),) = spacecraft.commands
    assert (fields["service"], fields["subtype"], fields["apid"], fields["ack_flags"], fields["source_id"]) == (17, 1, LANDER_SYSTEM, 15, 1)
    frame = fields["frame"]
    assert (frame["spacecraft_id"], frame["bypass"], frame["control_command"], frame["sequence_flags"], frame["map_id"]) == (
        LANDER,
        1,
        0,
        3,
        0,
    )
    assert status.request == int.from_bytes(octets[:4], "big")


def test_golden_octets_go_up(station: Station, spacecraft: FakeSpacecraft) -> None:
    station.execute("lander.ping")
    # APID 101 telecommand, count 0 stand-alone, length 6; PUS-C with all acknowledgements, [17,1], source 1; CRC
    assert spacecraft.commands[0][1].hex() == "1901c0000006" + "2f11010001" + "de75"


def test_each_vehicle_is_addressed_by_its_own_spacecraft_identifier(station: Station, spacecraft: FakeSpacecraft) -> None:
    station.execute("rover.ping")
    assert spacecraft.commands[0][0]["frame"]["spacecraft_id"] == ROVER


def test_request_identifiers_differ_from_command_to_command_and_run_to_run(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    requests: list[int] = []
    for _ in range(2):
        with Station(options(spacecraft, tmp_path)) as station:
            station.connect()
            spacecraft.wait_listeners()
            requests += [station.execute("lander.ping").request for _ in range(2)]
        spacecraft.drop_clients()
    assert len(set(requests)) == 4


def test_a_refusal_carries_its_reason(station: Station, spacecraft: FakeSpacecraft) -> None:
    def refuse(fake: FakeSpacecraft, fields: dict, octets: bytes) -> None:
        fake.emit(fields["apid"], 1, 2, octets[:4] + FAILURE_CODE["ILLEGAL_IN_MODE"].to_bytes(2, "big") + (4).to_bytes(4, "big"))

    spacecraft.on_command = refuse
    status = station.execute("lander.land")
    assert (status.state, status.reason) == ("refused", "lander.land is not legal in mode LANDED (allowed: HOVER)")
    assert station.commander.open == []


def test_a_failure_after_the_start_is_a_failure(station: Station, spacecraft: FakeSpacecraft) -> None:
    def fail(fake: FakeSpacecraft, fields: dict, octets: bytes) -> None:
        fake.emit(fields["apid"], 1, 1, octets[:4])
        fake.emit(fields["apid"], 1, 3, octets[:4])
        fake.emit(fields["apid"], 1, 8, octets[:4] + FAILURE_CODE["ABORTED"].to_bytes(2, "big") + bytes(4))

    spacecraft.on_command = fail
    status = station.execute("lander.land")
    assert (status.state, status.reason) == ("failed", "another command or a mode change ended it (mode SAFE)")


def test_reports_about_commands_of_others_are_left_alone(station: Station, spacecraft: FakeSpacecraft) -> None:
    spacecraft.on_command = None
    status = station.command("lander.ping")
    spacecraft.emit(LANDER_SYSTEM, 1, 1, bytes.fromhex("1901ffff"))
    spacecraft.emit(LANDER_SYSTEM, 1, 1, status.request.to_bytes(4, "big"))
    apid, severity, data = event("mode_changed", previous=1, mode=2)
    spacecraft.emit(apid, 5, severity, data)
    station.wait_event("lander.mode_changed", PATIENCE_S)  # what came before it has been taken
    assert [stage.name for stage in status.stages] == ["acceptance"]
    assert not station.commander.wait(status, 0.0)
    assert status.state == "accepted"


def test_a_command_without_answer_ends_in_time(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    spacecraft.on_command = None
    clock, errors = SimulatedClock(), []

    def execute() -> None:
        try:
            station.execute("lander.ping")
        except NothingCameError as error:
            errors.append(str(error))

    with Station(options(spacecraft, tmp_path), clock) as station:
        station.connect()
        waiting = threading.Thread(target=execute)
        waiting.start()
        spacecraft.wait_commands(1)
        while waiting.is_alive():
            clock.advance_to(clock.now_ns() + SECOND_NS)
            waiting.join(0.01)
    assert errors == ["lander.ping: no report came within 10 s"]


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("lander.pong", {}, "lander has no command 'pong'; did you mean ping"),
        ("landr.ping", {}, "there is no vehicle 'landr'"),
        ("ping", {}, "'ping' is not VEHICLE.NAME"),
        ("lander.imu_power", {}, "needs argument 'on'"),
        ("lander.imu_power", {"on": "MAYBE"}, "'MAYBE' is not a number; it is one of OFF, ON"),
        ("lander.imu_power", {"on": "OFF", "off": "1"}, "has no argument 'off'"),
        ("lander.set", {"parameter": "guidance.commanded_altitude_m", "value": "1"}, r"1.* is outside 5\.\.2000"),
        ("lander.set", {"parameter": "nav.altitude_m", "value": "1"}, "can only be read"),
    ],
)
def test_a_bad_command_is_refused_here_and_nothing_is_sent(
    station: Station, spacecraft: FakeSpacecraft, name: str, arguments: dict[str, str], reason: str
) -> None:
    with pytest.raises(BadArgumentError, match=reason):
        station.command(name, arguments)
    station.execute("lander.ping")
    assert len(spacecraft.commands) == 1
    assert len(station.archive.commands()) == 1


def test_a_command_for_nobody_says_so(tmp_path: Path) -> None:
    with FakeSpacecraft() as fake:
        fake.close()
        with Station(options(fake, tmp_path)) as station, pytest.raises(NoLinkError, match="nobody listens on telecommand port"):
            station.command("lander.ping")


def test_the_first_command_after_a_restart_of_the_spacecraft_is_not_lost(tmp_path: Path) -> None:
    with FakeSpacecraft() as first, Station(options(first, tmp_path)) as station:
        station.connect()
        station.command("lander.ping")
        first.wait_commands(1)
        first.close()
        with FakeSpacecraft(ports=first.ports) as second:
            station.command("lander.ping")
            second.wait_commands(1)


def test_values_events_and_branches_reach_whoever_asks(station: Station, spacecraft: FakeSpacecraft) -> None:
    apid, data = housekeeping(system__boot_count=3, mode__mode=2)
    spacecraft.emit(apid, 3, 25, data)
    assert station.values.wait_fresh(["lander.mode.mode"], PATIENCE_S)
    mode, boots = station.values.get("lander.mode.mode"), station.values.get("lander.system.boot_count")
    assert mode is not None
    assert boots is not None
    assert (mode.value, boots.value) == ("HOVER", 3)
    apid, severity, data = event("mode_changed", previous=1, mode=2)
    spacecraft.emit(apid, 5, severity, data)
    assert station.wait_event("lander.mode_changed", PATIENCE_S).text == "mode STANDBY -> HOVER"


def test_after_a_rewind_the_values_of_the_other_branch_are_forgotten(station: Station, spacecraft: FakeSpacecraft) -> None:
    apid, data = housekeeping()
    spacecraft.emit(apid, 3, 25, data)
    assert station.values.wait_fresh(["lander.mode.mode"], PATIENCE_S)
    old = station.branch
    begun: list[int] = []
    station.branch_listeners.append(lambda branch: begun.append(branch.id))
    spacecraft.drop_clients()
    spacecraft.now_ns -= 5_000_000_000
    spacecraft.wait_listeners()
    spacecraft.emit(LANDER_GNC, 17, 2)
    assert station.values.wait_until(lambda values: values.get("lander.mode.mode") is None, PATIENCE_S)
    assert eventually(lambda: begun)  # the listeners are told after that
    assert begun == [station.branch]
    assert station.branch != old


def test_another_dictionary_on_board_is_said_in_red_and_ours_is_not(station: Station, spacecraft: FakeSpacecraft) -> None:
    warnings: list[str] = []
    station.warnings.append(warnings.append)
    ours = int(dictionary_hash()[:8], 16)
    for number in (ours, ours ^ 1):
        apid, severity, data = event("boot", dictionary=number, boot_count=1, reset_cause=0)
        spacecraft.emit(apid, 5, severity, data)
    first = station.wait_event("lander.boot", PATIENCE_S)
    station.wait_event("lander.boot", PATIENCE_S, first.packet.time_ns + 1)
    assert eventually(lambda: warnings)  # an event is known before it is looked into
    assert len(warnings) == 1
    assert f"lander flies dictionary {ours ^ 1:08x}, the ground has {ours:08x}" in warnings[0]


def test_stages_that_come_late_do_not_reopen_a_command() -> None:
    status = CommandStatus("lander.ping", "lander.ping", 1, 0)
    for name in ("completion", "acceptance"):
        status.add(Stage(name, True, 0, 0))
    assert status.state == "completed"
