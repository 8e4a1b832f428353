"""The flash: sparse file, overlay, running hash, and what survives."""

import os

import pytest

from hal.flash import BLOCK_OCTETS, ERASED, FlashMemory

BLOCKS = 64


@pytest.fixture(params=["memory", "file"])
def make(request, tmp_path):
    made = []

    def build(path=tmp_path / "flash"):
        made.append(FlashMemory(BLOCKS, path if request.param == "file" else None))
        return made[-1]

    yield build
    for flash in made:
        flash.close()


def test_new_flash_reads_as_ones(make):
    flash = make()
    assert flash.block(0) == flash.block(BLOCKS - 1) == ERASED
    assert flash.read(3, 100, 5) == b"\xff" * 5


def test_what_is_programmed_is_read_and_erasing_sets_the_whole_block_to_ones(make):
    flash = make()
    flash.program(2, 10, b"farside")
    assert flash.read(2, 8, 11) == b"\xff\xfffarside\xff\xff"
    flash.erase(2)
    assert flash.block(2) == ERASED


def test_the_running_hash_knows_the_history_and_the_image_hash_the_content(make):
    flash, other = make(), FlashMemory(BLOCKS)
    assert flash.hash() == other.hash()
    flash.program(1, 0, b"a")
    other.program(1, 0, b"a")
    assert (flash.hash(), flash.image_hash()) == (other.hash(), other.image_hash())
    other.program(2, 0, b"b")
    other.erase(2)
    assert flash.hash() != other.hash()
    assert flash.image_hash() == other.image_hash()
    other.program(1, 0, b"\x60")
    assert flash.image_hash() != other.image_hash()


def test_a_snapshot_of_the_overlay_brings_back_blocks_changed_and_blocks_not_changed_since(make):
    flash = make()
    flash.program(1, 0, b"before")
    saved = flash.save()
    flash.program(1, 0, b"AFTER!")
    flash.program(9, 0, b"new")
    flash.load(*saved)
    assert flash.read(1, 0, 6) == b"before"
    assert flash.block(9) == ERASED
    assert flash.hash() == saved[1]


def test_the_file_holds_the_complement_so_that_a_hole_is_erased_flash(tmp_path):
    flash = FlashMemory(BLOCKS, tmp_path / "flash")
    flash.program(5, 0, b"\x00\x0f")
    flash.sync()
    flash.close()
    octets = (tmp_path / "flash").read_bytes()
    assert len(octets) == BLOCKS * BLOCK_OCTETS
    assert octets[5 * BLOCK_OCTETS : 5 * BLOCK_OCTETS + 3] == b"\xff\xf0\x00"
    assert os.stat(tmp_path / "flash").st_blocks * 512 < len(octets)


def test_what_was_programmed_is_there_when_the_file_is_opened_again(tmp_path):
    flash = FlashMemory(BLOCKS, tmp_path / "flash")
    flash.program(7, 3, b"still here")
    digest = flash.image_hash()
    flash.close()
    again = FlashMemory(BLOCKS, tmp_path / "flash")
    assert again.read(7, 3, 10) == b"still here"
    assert again.image_hash() == digest
    again.close()


def test_the_image_hash_is_the_same_where_holes_cannot_be_sought(tmp_path, monkeypatch):
    flash = FlashMemory(BLOCKS, tmp_path / "flash")
    flash.program(7, 3, b"x")
    flash.close()
    flash = FlashMemory(BLOCKS, tmp_path / "flash")
    digest = flash.image_hash()
    monkeypatch.delattr(os, "SEEK_DATA")
    assert flash.image_hash() == digest
    flash.close()


def test_a_file_of_another_size_is_refused(tmp_path):
    (tmp_path / "flash").write_bytes(b"hello")
    with pytest.raises(ValueError, match="holds 5 octets"):
        FlashMemory(BLOCKS, tmp_path / "flash")
