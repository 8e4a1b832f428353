import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ground.archive import Archive
from ground.mission import find_parameter
from ground.telemetry import history
from tests.ground.fake import LANDER_SYSTEM, FakeSpacecraft
from tests.ground.programs import begin, event, farside, housekeeping, rows
from tests.house import PATIENCE_S, ROOT
from wire.dictionary import FAILURE_CODE


def test_tc_shows_acceptance_start_and_completion_and_exits_0(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tc", "lander.ping")
    assert done.returncode == 0, done.stderr
    words = [line.partition("  ")[2] for line in done.stdout.splitlines()]
    assert [w for w in words if "rel" in w or "rad" in w] == ["lander.ping  released", "lander.ping  radiated (BD)"]
    assert [w for w in words if w[-2:] == "ed"][-3:] == ["lander.ping  accepted", "lander.ping  started", "lander.ping  completed"]


def test_tc_as_json_is_one_object(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tc", "lander.ping", "--json")
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["request"], [s["stage"] for s in answer["stages"]]) == (
        "completed",
        "1901c000",
        ["acceptance", "start", "completion"],
    )


def test_tc_exits_1_on_a_refusal_with_the_spacecrafts_reason(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    def refuse(fake: FakeSpacecraft, fields: dict, octets: bytes) -> None:
        fake.emit(fields["apid"], 1, 2, octets[:4] + FAILURE_CODE["ILLEGAL_IN_MODE"].to_bytes(2, "big") + (4).to_bytes(4, "big"))

    spacecraft.on_command = refuse
    done = farside(spacecraft, tmp_path, "tc", "lander.land")
    assert done.returncode == 1
    assert "refused: lander.land is not legal in mode LANDED (allowed: HOVER)" in done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("lander.imu_power", "on=7"), "7 is none of OFF (0), ON (1)"),
        (("lander.imu_power",), "needs argument 'on'"),
        (("lander.nothing",), "lander has no command 'nothing'"),
        (("lander.imu_power", "on"), "'on' is not NAME=VALUE"),
        (("lander.imu_power", "on=1", "on=0"), "'on' is given twice"),
        (("lander.ping", "--tm", "nowhere"), "'nowhere' is not an address"),
        ((), "which command?"),
    ],
)
def test_tc_exits_2_on_a_bad_command_says_why_and_sends_nothing(
    spacecraft: FakeSpacecraft, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    done = farside(spacecraft, tmp_path, "tc", *words)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stdout == ""
    assert spacecraft.commands == []


def test_tc_exits_3_when_nobody_listens_and_says_what_to_start(tmp_path: Path) -> None:
    with FakeSpacecraft() as gone:
        gone.close()
        done = farside(gone, tmp_path, "tc", "lander.ping")
    assert done.returncode == 3
    assert "nobody listens on telecommand port" in done.stderr
    assert "farside emulator" in done.stderr


def test_tc_exits_4_when_no_report_comes(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    spacecraft.on_command = None
    done = farside(spacecraft, tmp_path, "tc", "lander.ping", "--timeout", "0.2")
    assert done.returncode == 4
    assert "no report came within 0.2 s" in done.stderr


def test_tc_no_wait_sends_and_leaves(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    spacecraft.on_command = None
    done = farside(spacecraft, tmp_path, "tc", "lander.ping", "--no-wait")
    assert (done.returncode, done.stdout) == (0, "lander.ping: sent, request 1901c000\n")
    spacecraft.wait_commands(1)


def test_tc_lists_commands_with_their_arguments(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    listed = json.loads(farside(spacecraft, tmp_path, "tc", "--list", "lander", "--json").stdout)
    power = next(row for row in listed if row["command"] == "lander.imu_power")
    assert (power["arguments"], power["modes"], power["hazardous"]) == (["on=OFF|ON"], ["SAFE", "STANDBY", "LANDED"], True)


def test_tm_waits_for_a_new_value_and_leaves_the_rest(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    process = begin(spacecraft, tmp_path, "tm", "--once", "--json", "lander.mode.mode", "lander.system.frame_load")
    spacecraft.wait_listeners()
    apid, data = housekeeping(mode__mode=3, system__frame_load=0.75)
    spacecraft.emit(apid, 3, 25, data)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    mode, load = json.loads(out)
    assert (mode["name"], mode["value"], mode["raw"], mode["limit"]) == ("lander.mode.mode", "DESCENT", 3, None)
    assert (load["value"], load["limit"], load["time"]) == (0.75, "yellow", "2019-01-01T02:12:43.000Z")


def test_tm_once_exits_4_when_nothing_new_comes(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tm", "--once", "--timeout", "0.2", "lander.mode.mode")
    assert done.returncode == 4


def test_tm_knows_history_and_latest_without_a_spacecraft(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    process = begin(spacecraft, tmp_path, "tm", "--follow", "--json", "lander.mode.mode")
    spacecraft.wait_listeners()
    for mode in (1, 2, 3):
        apid, data = housekeeping(mode__mode=mode)
        spacecraft.emit(apid, 3, 25, data)
    assert process.stdout is not None
    followed = [json.loads(process.stdout.readline())["value"] for _ in range(3)]
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0
    process.stdout.close()
    spacecraft.close()
    past = rows(farside(spacecraft, tmp_path, "tm", "--history", "--json", "lander.mode.mode").stdout)
    assert followed == [row["value"] for row in past] == ["STANDBY", "HOVER", "DESCENT"]
    part = rows(farside(spacecraft, tmp_path, "tm", "--history", "--json", "--from", past[1]["time"], "lander.mode.mode").stdout)
    assert part == past[1:]
    latest = json.loads(farside(spacecraft, tmp_path, "tm", "--offline", "--json", "lander.mode.*").stdout)
    assert latest[0]["value"] == "DESCENT"
    fallen_back = farside(spacecraft, tmp_path, "tm", "lander.mode.mode")
    assert fallen_back.returncode == 0
    assert "values are from the archive" in fallen_back.stderr


def test_tm_ends_in_peace_when_the_reader_of_its_pipe_has_enough(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    process = begin(spacecraft, tmp_path, "tm", "--follow", "lander.mode.mode", stderr=subprocess.PIPE)
    spacecraft.wait_listeners()
    assert process.stdout is not None
    process.stdout.close()
    apid, data = housekeeping(mode__mode=1)
    for _ in range(2):
        spacecraft.emit(apid, 3, 25, data)
    assert process.stderr is not None
    assert (process.wait(PATIENCE_S), process.stderr.read()) == (0, "")
    process.stderr.close()


def test_tm_refuses_an_unknown_parameter_and_offers_what_is_near(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tm", "lander.nav.altitud_m")
    assert done.returncode == 2
    assert "did you mean nav.altitude_m" in done.stderr


def test_a_killed_ground_has_archived_everything_it_showed(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    for round_ in range(3):
        process = begin(spacecraft, tmp_path, "tm", "--follow", "--json", "lander.system.boot_count")
        spacecraft.wait_listeners()
        shown: list[int] = []
        assert process.stdout is not None
        for n in range(1000 * round_, 1000 * round_ + 200):
            apid, data = housekeeping(system__boot_count=n)
            spacecraft.emit(apid, 3, 25, data)
            if n % 1000 == 50 + 30 * round_:
                shown.append(json.loads(process.stdout.readline())["raw"])
                process.kill()
        shown += [row["raw"] for row in rows(process.stdout.read().rpartition("\n")[0])]
        process.stdout.close()
        process.wait(PATIENCE_S)
        with Archive(tmp_path) as archive:
            head = archive.head(spacecraft.tm)
            assert head is not None
            _, values = history(archive, head.id, "lander.system.boot_count")
        assert shown
        assert set(shown) <= set(values.tolist())
        spacecraft.drop_clients()


def test_two_programs_share_an_archive_and_store_each_packet_once(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    programs = [begin(spacecraft, tmp_path, "tm", "--follow", "--json", "lander.system.boot_count") for _ in range(2)]
    spacecraft.wait_listeners(2)
    for n in range(300):
        apid, data = housekeeping(system__boot_count=n)
        spacecraft.emit(apid, 3, 25, data)
    for program in programs:
        assert program.stdout is not None
        assert [json.loads(program.stdout.readline())["raw"] for _ in range(300)] == list(range(300))
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE_S) == 0
        program.stdout.close()
    with Archive(tmp_path) as archive:
        assert len(archive.branches()) == 1
        assert len(archive.packets()) == 300


def test_the_console_reads_lines_from_a_pipe_and_waits_for_each_command(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    def answer(fake: FakeSpacecraft, fields: dict, octets: bytes) -> None:
        apid, severity, data = event("mode_changed", previous=0, mode=1)
        fake.emit(apid, 5, severity, data)
        fake.emit(fields["apid"], 1, 1, octets[:4])
        fake.emit(fields["apid"], 1, 7, octets[:4])

    spacecraft.on_command = answer
    lines = "help lander\n# a remark\nlander.standby\nwait lander.mode_changed 5\nevents\nhistory\nlink\nquit\nlander.ping\n"
    done = farside(spacecraft, tmp_path, "console", lines=lines)
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    assert "lander.imu_power on=OFF|ON" in text
    assert text.count("info    lander  mode SAFE -> STANDBY") == 2  # live, and out of the archive
    assert text.index("lander.standby  accepted") < text.index("lander.standby  completed") < text.rindex("mode SAFE -> STANDBY")
    assert "frames 3" in text
    assert len(spacecraft.commands) == 1  # nothing after quit


def test_the_console_goes_on_after_an_error_and_exits_with_it(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "console", lines="lander.pong\nfly\nlander.ping\ntm lander.mode.mode\n")
    assert done.returncode == 2
    assert "did you mean ping" in done.stdout
    assert "there is no 'fly'" in done.stdout
    assert "lander.ping  completed" in done.stdout
    assert "lander.mode.mode: no value known" in done.stdout


def test_help_comes_without_the_dictionary_or_the_database() -> None:
    script = (
        "import sys; from ground.__main__ import run; run(['--help']); print({'sqlite3', 'construct', 'rich', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
    assert "Exit codes" in done.stdout


def test_an_unknown_command_is_bad_usage(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "ground", "fly"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no command 'fly'" in done.stderr


def test_an_error_as_json_is_an_object(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tc", "lander.pong", "--json")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert (answer["error"].startswith("lander has no command"), answer["exit"]) == (True, 2)


def test_the_dictionary_is_exported_with_its_hash() -> None:
    run = [sys.executable, "-m", "ground", "dictionary"]
    whole = subprocess.run([*run, "--json"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    alone = subprocess.run([*run, "--hash"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(whole)["hash"] == alone.strip()


def test_history_merges_reports_and_asked_values_in_order_of_time(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    process = begin(spacecraft, tmp_path, "tm", "--follow", "lander.mode.mode")
    spacecraft.wait_listeners()
    for mode in (1, 2):
        apid, data = housekeeping(mode__mode=mode)
        spacecraft.emit(apid, 3, 25, data)
        _, row = find_parameter("lander.mode.mode")
        spacecraft.emit(LANDER_SYSTEM, 20, 2, b"\0\1" + row.id.to_bytes(2, "big") + bytes([mode + 2]))
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    with Archive(tmp_path) as archive:
        head = archive.head(spacecraft.tm)
        assert head is not None
        times, values = history(archive, head.id, "lander.mode.mode")
    assert values.tolist() == [1, 3, 2, 4]
    assert times.tolist() == sorted(times.tolist())
