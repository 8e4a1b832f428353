"""The example of docs/applications.md, taken from that page as it stands, built into the relay and flown."""

import re
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from flight import relay, scenarios
from flight.mission import Mission
from flight.page import Part
from tests.flight.station import EmptyWorld, Station
from wire.dictionary import DICTIONARIES, RELAY, Dictionary
from wire.export import dictionary_hash

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(python|cython)\n(.*?)```", (ROOT / "docs/applications.md").read_text(), re.DOTALL)
ROWS, WATCH, PLACE, FILTER = (text for _, text in BLOCKS)
BUILD = """
import sys
from Cython.Build import cythonize
from setuptools import Extension, setup
from setup import FLAGS, SAFE
target = sys.argv.pop(1)
extension = Extension("load_filter", [target + "/load_filter.pyx"], extra_compile_args=FLAGS)
found = cythonize([extension], compiler_directives=SAFE, include_path=["."])
setup(ext_modules=found, script_args=["-q", "build_ext", "--build-lib", target, "--build-temp", target])
"""


def executed(text: str, name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    exec(compile(text, f"docs/applications.md: {name}", "exec"), module.__dict__)
    return module


@pytest.fixture
def fly(monkeypatch):
    """Builds a mission of the relay with the example's rows and a part; its octets come from the page alone."""
    monkeypatch.setitem(sys.modules, "flight.apps.load_watch", executed(WATCH, "load_watch"))
    rows, place = executed(ROWS, "rows"), executed(PLACE, "place")
    vehicle = replace(RELAY.vehicle, apids=(*RELAY.vehicle.apids, rows.APID))
    book = Dictionary(
        vehicle,
        RELAY.parameters + rows.PARAMETERS,
        RELAY.commands + rows.COMMANDS,
        RELAY.events + rows.EVENTS,
        RELAY.reports + rows.REPORTS,
    )
    monkeypatch.setitem(DICTIONARIES, "relay", book)
    dictionary_hash.cache_clear()  # the boot event has it
    made = []

    def build(part: Part | None = None) -> Mission:
        schedule = list(relay.PAGE.schedule)
        schedule.insert([line.slot for line in schedule].index("requests.reply_slot"), place.SLOT)
        owners = relay.PAGE.owners | {"load": "load"}
        page = replace(relay.PAGE, parts=(*relay.PAGE.parts, part or place.PART), schedule=tuple(schedule), owners=owners)
        row = scenarios.Scenario("relay", 10_000_000, (page,), scenarios.DESCENT_EPOCH_TAI_S, {}, False, "")
        monkeypatch.setitem(scenarios.SCENARIOS, "relay", row)
        made.append(Mission(EmptyWorld(), "relay", 1))
        return made[-1]

    yield build
    for mission in made:
        mission.close()
    dictionary_hash.cache_clear()


def operate(mission: Mission) -> None:
    """What both forms of the application must do."""
    station = Station(mission)
    mission.run(100 + 600)
    load = mission.peek("relay.system.frame_load")
    assert 0.01 < load < 1.0
    assert mission.peek("relay.load.mean") == pytest.approx(load, rel=0.2)
    assert mission.peek("relay.load.peak") >= load
    station.listen()
    assert [p for p in station.packets if p.secondary.service == 3 and p.data[:2] == (20).to_bytes(2, "big")]
    request = station.send("relay", "load_clear")
    mission.run(5)
    assert station.stages(request) == [1, 3, 7]
    assert "load_cleared" in station.events("relay")
    assert mission.peek("relay.load.peak") <= load * 1.2


def test_the_python_slot_of_the_page_publishes_reports_and_answers(fly):
    mission = fly()
    operate(mission)
    assert mission.peek("relay.load.steps") == pytest.approx(60, abs=2)


def test_a_reset_begins_the_python_slot_anew_and_the_boot_counter_goes_on(fly):
    mission = fly()
    mission.run(700)
    mission.computer("relay", "reset")
    mission.run(1 + 100 + 12)
    assert mission.peek("relay.load.steps") == 2
    assert mission.peek("relay.system.boot_count") == 2


def test_a_snapshot_holds_the_python_slot(fly):
    mission = fly()
    mission.run(704)
    saved = mission.snapshot()
    mission.run(1000)
    digest = mission.digest()
    mission.restore(saved)
    mission.run(1000)
    assert mission.digest() == digest


def test_the_c_slot_of_the_page_does_the_same_every_cycle(fly, tmp_path, monkeypatch):
    (tmp_path / "load_filter.pyx").write_text(FILTER)
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=ROOT, check=True, timeout=800)
    monkeypatch.syspath_prepend(tmp_path)
    mission = fly(Part("load", "load_filter:LoadFilter", links=True))
    operate(mission)
    assert mission.peek("relay.load.steps") == 605
