"""The seed of every fuzzing test: FARSIDE_FUZZ_SEED, or 1; pytest prints it at its head."""

import pytest

from tests.conftest import FUZZ_SEED


@pytest.fixture(scope="session")
def seed() -> int:
    return FUZZ_SEED
