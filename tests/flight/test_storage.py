"""Files in the flash: whole or not at all, whenever power fails, and errors that have a name."""

import errno
import random

import pytest

from flight.nonvolatile import NonVolatile
from flight.storage import Storage
from hal.flash import FlashMemory

BLOCKS = 64


class PowerFailedError(OSError):
    """Raised in the middle of an operation, as a loss of power is."""


class FailingFlash(FlashMemory):
    """Loses power before the n-th change; what was changed before is there."""

    left = 10**9

    def _change(self, block, octets):
        if self.left == 0:
            raise PowerFailedError
        self.left -= 1
        super()._change(block, octets)


@pytest.fixture
def storage():
    made = Storage(FlashMemory(BLOCKS))
    made.format()
    return made


def test_a_file_is_read_as_it_was_written_and_a_later_one_replaces_it(storage):
    storage.write("/log/00001.csv", b"one")
    storage.write("/log/00002.csv", bytes(range(256)) * 40)
    storage.write("/log/00001.csv", b"two")
    assert storage.read("/log/00001.csv") == b"two"
    assert storage.read("/log/00002.csv") == bytes(range(256)) * 40
    assert storage.names("/log") == ["00001.csv", "00002.csv"]


def test_nothing_is_open_between_two_operations(storage):
    storage.write("/a", b"1")
    saved = storage.flash.save()
    storage.write("/a", b"2")
    storage.flash.load(*saved)
    assert storage.read("/a") == b"1"


def test_what_is_not_there_and_what_does_not_fit_is_an_oserror_with_its_number(storage):
    with pytest.raises(OSError) as missing:
        storage.read("/nothing")
    assert missing.value.errno == errno.ENOENT
    with pytest.raises(OSError) as full:
        storage.write("/big", bytes(BLOCKS * 4096 + 1))
    assert full.value.errno == errno.ENOSPC
    assert storage.names("/nowhere") == []
    storage.write("/small", b"still works")
    assert storage.read("/small") == b"still works"


def test_only_a_formatted_flash_is_formatted(storage):
    assert storage.is_formatted()
    assert not Storage(FlashMemory(BLOCKS)).is_formatted()


def test_after_a_loss_of_power_at_any_change_the_old_or_the_new_file_is_there_and_every_other_is_whole():
    base = FailingFlash(BLOCKS)
    storage = Storage(base)
    storage.format()
    storage.write("/other", b"untouched" * 100)
    storage.write("/file", b"old" * 1000)
    start = base.save()
    base.left = counted = 10**9
    storage.write("/file", b"new" * 1500)
    changes = counted - base.left
    assert changes > 10
    for n in range(changes + 1):
        flash = FailingFlash(BLOCKS)
        flash.load(*start)
        flash.left = n
        try:
            Storage(flash).write("/file", b"new" * 1500)
        except (PowerFailedError, OSError):
            assert n < changes
        flash.left = 10**9
        after = Storage(flash)
        assert after.read("/other") == b"untouched" * 100
        assert after.read("/file") in (b"old" * 1000, b"new" * 1500)
        after.write("/later", random.Random(n).randbytes(500))
        assert after.read("/later") == random.Random(n).randbytes(500)


def test_non_volatile_counters_go_on_after_a_restart(tmp_path):
    computer = {"boot_count": 1, "crashes": 0, "crash_tick": -1, "crash_slot": 0}
    NonVolatile(tmp_path).keep({"lander": computer | {"boot_count": 4, "crashes": 2, "crash_tick": 99}})
    NonVolatile(tmp_path).restore("lander", computer)
    assert computer == {"boot_count": 5, "crashes": 2, "crash_tick": 99, "crash_slot": 0}


def test_counters_that_were_not_given_back_yet_do_not_overwrite_those_on_the_disk(tmp_path):
    """A power failure while a mission is being built must not make a boot count go back."""
    computer = {"boot_count": 4, "crashes": 0, "crash_tick": -1, "crash_slot": 0}
    NonVolatile(tmp_path).keep({"lander": computer})
    kept, fresh = NonVolatile(tmp_path), computer | {"boot_count": 1}
    kept.keep({"lander": fresh})
    kept.restore("lander", fresh)
    assert fresh["boot_count"] == 5
    again = dict(computer)
    NonVolatile(tmp_path).restore("lander", again)
    assert again["boot_count"] == 5
    kept.keep({"lander": fresh})
    NonVolatile(tmp_path).restore("lander", again)
    assert again["boot_count"] == 6


def test_a_damaged_non_volatile_memory_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "nonvolatile.json").write_text('{"lander": 3')
    with pytest.raises(ValueError, match="move it away"):
        NonVolatile(tmp_path)
