"""What the ground's tests share: an archive in a fresh directory, and a spacecraft made of the wire alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.archive import Archive
from tests.ground.fake import FakeSpacecraft, verify_all


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "archive") as opened:
        yield opened


@pytest.fixture
def spacecraft() -> Iterator[FakeSpacecraft]:
    with FakeSpacecraft(verify_all) as fake:
        yield fake
