"""Random streams: the published answers of Philox, draws that depend on seed and name alone, and the shape of what is drawn."""

import math
from statistics import fmean

import pytest

from hal.core.arena import Arena
from hal.core.random import RandomSource, philox_block


def source(name: str = "imu", seed: int = 1) -> RandomSource:
    made = RandomSource(Arena("a"), name)
    made.seed(seed)
    return made


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox4x32_10_gives_the_answers_published_with_random123(counter: str, key: str, answer: str) -> None:
    """The three lines `philox4x32 10` of the file kat_vectors, Random123 (D. E. Shaw Research): words in order, low word first."""
    c = [int(word, 16) for word in counter.split()]
    k = [int(word, 16) for word in key.split()]
    assert philox_block(c[0] | c[1] << 32, c[2] | c[3] << 32, (k[0], k[1])) == tuple(int(word, 16) for word in answer.split())


def test_the_same_seed_and_name_draw_the_same_and_a_reseed_starts_anew() -> None:
    first, second = source(), source()
    draws = [first.gaussian() for _ in range(11)]
    assert [second.gaussian() for _ in range(11)] == draws
    first.seed(1)  # in the middle of a Gaussian pair
    assert [first.gaussian() for _ in range(11)] == draws


def test_another_seed_or_another_name_draws_otherwise() -> None:
    draws = {(name, seed): source(name, seed).uniform() for name in ("imu", "altimeter") for seed in (0, 1, 2**64 - 1)}
    assert len(set(draws.values())) == len(draws)


def test_a_stream_is_not_shifted_by_draws_from_another() -> None:
    arena = Arena("world")
    imu, altimeter = RandomSource(arena, "imu"), RandomSource(arena, "altimeter")
    imu.seed(3)
    altimeter.seed(3)
    alone = source("imu", 3)
    for i in range(100):
        for _ in range(i % 7):
            altimeter.gaussian()
        assert imu.gaussian() == alone.gaussian()


def test_first_draws_stay_what_they_were_when_this_was_written() -> None:
    drawn = source("golden", 42)
    uniform = [drawn.uniform() for _ in range(3)]
    drawn.seed(42)
    gaussian = [drawn.gaussian() for _ in range(3)]
    assert uniform == [0.9903271671106179, 0.6651233529363385, 0.8797155362289596]
    assert gaussian == pytest.approx(
        [0.13347133101639938, -0.040314278282939646, 0.8367335549028314], rel=1e-14
    )  # the C library's last bit


def test_uniform_draws_fill_zero_to_one_evenly() -> None:
    drawn = source()
    values = [drawn.uniform() for _ in range(100_000)]
    assert all(0.0 <= v < 1.0 for v in values)
    counts = [0] * 100
    for v in values:
        counts[int(v * 100)] += 1
    chi2 = sum((n - 1000) ** 2 / 1000 for n in counts)
    assert 55 < chi2 < 155  # 99 degrees of freedom: 0.9999 of all generators lie between
    assert fmean(values) == pytest.approx(0.5, abs=4 * math.sqrt(1 / 12 / 100_000))


def test_gaussian_draws_have_the_moments_and_tails_of_the_normal_distribution() -> None:
    drawn = source()
    n = 100_000
    values = [drawn.gaussian() for _ in range(n)]
    assert fmean(values) == pytest.approx(0.0, abs=4 / math.sqrt(n))
    assert fmean(v * v for v in values) == pytest.approx(1.0, abs=4 * math.sqrt(2 / n))
    assert fmean(v**4 for v in values) == pytest.approx(3.0, abs=4 * math.sqrt(96 / n))
    assert fmean(a * b for a, b in zip(values[::2], values[1::2], strict=True)) == pytest.approx(0.0, abs=4 / math.sqrt(n / 2))
    for limit in (1.0, 2.0, 3.0):
        expected = math.erfc(limit / math.sqrt(2))
        assert sum(abs(v) > limit for v in values) / n == pytest.approx(expected, abs=4 * math.sqrt(expected / n))
