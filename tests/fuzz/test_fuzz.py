"""Whatever octets come: no decoder crashes, raises what it does not declare, reads past its input, or disagrees with its reference.

A hundredth of ten million inputs here, all of them under `make test-long`; FARSIDE_FUZZ_SEED chooses others. A failure prints seed, block
and the input made smaller.
"""

import resource

import pytest

from tests.fuzz.registry import ENTRIES
from tests.fuzz.run import BrokenError, Fuzzed, Shape, Take, run

MOST_MIB = 256  # that a million inputs may leave behind or need at once, over what the first thousand needed


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.name, marks=pytest.mark.long(each.inputs)) for each in ENTRIES])
@pytest.mark.timeout(3000)
def test_a_decoder_takes_whatever_comes(entry: Fuzzed, repetitions: int, seed: int) -> None:
    print(f"{entry.name}: {repetitions} inputs, seed {seed}")
    run(entry, seed, min(repetitions, 1000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert run(entry, seed, repetitions) == repetitions
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10 < MOST_MIB


def planted(take: Take) -> Fuzzed:
    return Fuzzed("planted", (), lambda random: bytes(range(20)), lambda: take, 0, Shape(((3, 1),)))


def test_an_error_that_is_not_declared_is_reported_with_its_seed_and_made_smaller() -> None:
    def take(octets: bytes) -> None:
        if b"\xff\x05" in octets:
            raise IndexError("planted")

    with pytest.raises(BrokenError) as broken:
        run(planted(take), 7, 100_000)
    text = str(broken.value)
    assert "seed 7" in text
    assert "\ninputs, made smaller: ff05\n" in text
    assert "IndexError: planted" in text


def test_a_fault_of_two_inputs_one_after_the_other_is_made_smaller_too() -> None:
    def decoder() -> Take:
        lengths: list[int] = []

        def take(octets: bytes) -> None:
            lengths.append(len(octets))
            assert lengths.count(21) < 2

        return take

    entry = Fuzzed("planted", (), lambda random: bytes(range(20)), decoder, 0, Shape())
    with pytest.raises(BrokenError) as broken:
        run(entry, 7, 100_000)
    (line,) = [line for line in str(broken.value).splitlines() if line.startswith("inputs")]
    assert [len(unit) for unit in line.partition(": ")[2].split()] == [42, 42]
