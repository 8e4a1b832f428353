"""Sequence numbers over every loss of power: none is used twice, and none that was accepted is fresh again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flight.security_numbers import BLOCK, Numbers, Sender
from tests.house import ROOT
from wire.sdls import IV_OCTETS

LIFE = """
import sys
from pathlib import Path
from flight.security_numbers import Numbers, Sender
numbers = Numbers(Path(sys.argv[1]))
print("fresh", numbers.received("up"), flush=True)
senders = [Sender(numbers, name, octets, block=3) for name, octets in (("iv", 12), ("short", 4))]
while True:
    for sender in senders:
        print(sender._fingerprint, sender.take(), flush=True)
    numbers.accept({"up": numbers.received("up") + 1})
    print("accepted", numbers.received("up"), flush=True)
"""


def live(state: Path, words: int, seconds: float) -> list[tuple[str, int]]:
    """What one life said that it had used and accepted, until killed so long after its first words. A torn last line was not said."""
    process = subprocess.Popen([sys.executable, "-c", LIFE, str(state)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = "".join(process.stdout.readline() for _ in range(words))
    time.sleep(seconds)
    process.kill()
    said += process.stdout.read()
    process.stdout.close()
    process.wait()
    return [(name, int(number)) for name, number in (line.split() for line in said.rpartition("\n")[0].splitlines())]


@pytest.mark.long(1000)
@pytest.mark.timeout(7200)
def test_no_number_comes_twice_and_none_is_fresh_again_when_the_power_fails(tmp_path: Path, repetitions: int) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    draw = random.Random(seed)
    last = {"iv": -1, "short": -1, "accepted": 0}
    used = 0
    for life in range(repetitions):
        words = draw.randrange(6, 14) if life % 2 else 1  # of six, four are numbers used
        for name, number in live(tmp_path, words, draw.uniform(0.0, 0.04)):
            if name == "fresh":
                assert number >= last["accepted"]
            else:
                assert number > last[name]
                last[name] = number
                used += 1
    assert used > repetitions, f"seed {seed}"


def test_numbers_go_up_by_one_and_a_block_is_lost_with_the_power(tmp_path: Path) -> None:
    sender = Sender(Numbers(tmp_path), "short", 4)
    assert [sender.take() for _ in range(3)] == [0, 1, 2]
    assert Sender(Numbers(tmp_path), "short", 4).take() == BLOCK


def test_a_new_directory_begins_above_an_older_one(tmp_path: Path) -> None:
    """The same keys on a fresh directory: initialisation vectors are not those of before."""
    for octets, later_ns in ((IV_OCTETS, 20_000_000), (8, 1_000_000_000)):
        old, new = tmp_path / f"old{octets}", tmp_path / f"new{octets}"
        first = Sender(Numbers(old), "key", octets)
        Numbers(new)
        begun_ns = (old / "security.json").stat().st_mtime_ns + later_ns
        os.utime(new / "security.json", ns=(begun_ns, begun_ns))
        assert Sender(Numbers(new), "key", octets).take() > first.take() + 10 * BLOCK


def test_what_was_accepted_never_goes_down(tmp_path: Path) -> None:
    numbers = Numbers(tmp_path)
    numbers.accept({"a": 7})
    numbers.accept({"a": 3, "b": 1})
    assert [Numbers(tmp_path).received(name) for name in "abc"] == [7, 1, 0]


def test_what_cannot_be_written_was_not_accepted_nor_reserved(tmp_path: Path) -> None:
    numbers = Numbers(tmp_path)
    numbers.accept({"a": 7})
    numbers.path = tmp_path / "gone" / "security.json"
    with pytest.raises(FileNotFoundError):
        numbers.accept({"a": 8})
    with pytest.raises(FileNotFoundError):
        numbers.reserve("s", 4)
    assert numbers.received("a") == 7


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"sent": {}}', '{"sent": {}, "received": {"a": -1}}', '{"sent": {}, "received": {"a": 1.5}}']
)
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "security.json").write_text(text)
    with pytest.raises(ValueError, match="numbers would come twice"):
        Numbers(tmp_path)


def test_the_file_names_keys_without_telling_them(tmp_path: Path) -> None:
    numbers = Numbers(tmp_path)
    numbers.reserve("fingerprint", 4)
    assert json.loads((tmp_path / "security.json").read_text()) == {"received": {}, "sent": {"fingerprint": BLOCK}}
