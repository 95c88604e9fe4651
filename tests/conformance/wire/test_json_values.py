"""JSON texts of any depth are read in the same way on every Python."""

import pytest

from sigmic_conformance.wire.json_values import DEEPEST, TooDeep, count, read


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [DEEPEST + 1, 3_000, 200_000])
def test_too_deeply_nested_json_is_refused(depth: int):
    with pytest.raises(TooDeep):
        read(f'{{"message": {nested(depth - 1)}}}')
    with pytest.raises(TooDeep):
        read(nested(depth).encode())


def test_wide_or_moderately_nested_json_is_read():
    assert read(nested(DEEPEST)) is not None
    assert read("[" + ", ".join(["[]"] * 1_000) + "]") == [[]] * 1_000
    with pytest.raises(ValueError, match="Expecting"):
        read("{")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_json_is_utf_8_only(encoding: str):
    assert read('{"a": "é"}'.encode()) == {"a": "é"}
    with pytest.raises(ValueError):
        read('{"a": "b"}'.encode(encoding))


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity"])
def test_nan_and_infinity_are_not_json(written: str):
    with pytest.raises(ValueError, match=f"{written} is not JSON"):
        read(f'{{"a": {written}}}')


@pytest.mark.parametrize("written", ["10", "10.0", "1e1", "100E-1"])
def test_a_whole_number_is_the_same_however_it_is_written(written: str):
    assert count(read(written))
    assert str(read(written)) == "10"
    assert (read("0.5"), read("1e300")) == (0.5, 1e300)


def test_a_number_of_any_length_is_json():
    huge = read("9" * 5_000)

    assert (read("1" * 300), read("-0"), huge > 10**300, count(huge)) == (int("1" * 300), 0, True, False)
