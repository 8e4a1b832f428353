"""`farside pictures`: what the PNGs say of themselves."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from ground.__main__ import run
from ground.pictures import PictureError, SavedPicture, read_picture, read_pictures, save_picture
from wire import picture_file, time_code


def saved(directory: Path, vehicle: str = "lander", camera: str = "lcam", number: int = 3, tick: int = 1234) -> SavedPicture:
    """A picture as it comes down, made a PNG."""
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(stream, "JPEG", quality=90)
    time = time_code.from_ns(1_925_173_237_000_000_000)
    place, attitude = (1.0, -2.5, 3.25e5), (1.0, 0.0, 0.0, 0.0)
    file = picture_file.PictureFile(camera, number, tick, time, 64, 500, 64, 48, 100.5, place, attitude, stream.getvalue())
    return save_picture(picture_file.build(file), vehicle, directory)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive with three pictures; the one with the lowest number was taken last."""
    for vehicle, camera, number, tick in (("lander", "lcam", 3, 300), ("lander", "lcam", 12, 200), ("rover", "mcam", 0, 250)):
        saved(tmp_path / "pictures", vehicle, camera, number, tick)
    return tmp_path


def test_a_png_says_of_itself_what_was_known_when_it_was_written(tmp_path: Path) -> None:
    picture = saved(tmp_path)
    assert read_picture(Path(picture.path)) == picture


def test_pictures_as_json_are_a_list_in_the_order_in_which_they_were_taken(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pictures", "--json", "--archive", str(home)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(each["vehicle"], each["camera"], each["number"]) for each in listed] == [
        ("lander", "lcam", 12),
        ("rover", "mcam", 0),
        ("lander", "lcam", 3),
    ]
    assert listed[2] == json.loads(json.dumps(saved(home / "pictures", tick=300).as_json()))
    assert (listed[0]["time"][:16], listed[0]["altitude_m"], listed[0]["ratio"]) == ("2019-01-03T02:20", 100.5, 64)


def test_pictures_are_listed_with_vehicle_camera_height_ratio_and_path(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    assert run(["pictures", "--archive", str(home)]) == 0
    heading, first, *_ = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["vehicle", "camera", "number"]
    words = first.split()
    assert (words[:3], words[4:7], words[-1]) == (
        ["lander", "lcam", "12"],
        ["100.5", "64:1", "64x48"],
        str(home / "pictures" / "lander-lcam-0000012.png"),
    )


def test_on_a_narrow_terminal_the_path_stands_below(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    assert run(["pictures", "--archive", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[3] == f"  {home / 'pictures' / 'lander-lcam-0000012.png'}"
    assert max(len(line) for line in lines[::2]) <= 90


def test_no_picture_is_said_with_the_way_to_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pictures", "--archive", str(tmp_path / "none")]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert f"there is no picture in {tmp_path / 'none' / 'pictures'}" in said.err
    assert "lander.send_pictures" in said.err
    assert not (tmp_path / "none").exists()


def test_a_png_of_somebody_else_and_one_cut_short_are_named_and_left_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (8, 8)).save(home / "pictures" / "holiday.png")
    (home / "pictures" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run(["pictures", "--json", "--archive", str(home)]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 3
    assert "holiday.png is no picture of ours" in said.err
    assert "cut.png cannot be read" in said.err


def test_text_that_is_no_figure_is_a_picture_error(tmp_path: Path) -> None:
    from PIL import PngImagePlugin

    picture = saved(tmp_path)
    with Image.open(picture.path) as image:
        text = PngImagePlugin.PngInfo()
        for name, value in image.info.items():
            text.add_text(str(name), "high" if name == "farside:altitude_m" else str(value))
        image.save(tmp_path / "wrong.png", pnginfo=text)
    with pytest.raises(PictureError, match=r"wrong\.png.*'high'"):
        read_picture(tmp_path / "wrong.png")
    assert [each.path for each in read_pictures(tmp_path)[0]] == [picture.path]


def test_a_contact_sheet_has_a_thumbnail_of_each_picture(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = home / "sheet.png"
    assert run(["pictures", "--archive", str(home), "--sheet", str(sheet)]) == 0
    assert f"contact sheet: {sheet}" in capsys.readouterr().out
    with Image.open(sheet) as image:
        thumbnails = [image.getpixel((8 + 248 * place + 20, 8 + 40)) for place in range(4)]
    assert all(grey > 60 for grey in thumbnails[:3])
    assert thumbnails[3] == 16


def test_a_contact_sheet_that_cannot_be_written_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pictures", "--archive", str(home), "--sheet", str(home / "no" / "sheet.png")]) == 5
    assert "sheet.png cannot be written: No such file or directory" in capsys.readouterr().err
