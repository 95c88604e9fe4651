"""An answer in pieces: a large file ends in time too."""

import pytest

from sigmic_mock.faults.wire.delivery import MOST_PIECES, pieces


@pytest.mark.parametrize(
    ("length", "size", "count"), [(0, 7, 1), (5, 0, 1), (15, 7, 3), (5_000_000, 1, MOST_PIECES)]
)
def test_a_body_is_sent_in_a_limited_number_of_pieces(length: int, size: int, count: int):
    made = pieces(bytes(length), size)

    assert (len(made), len(b"".join(made))) == (count, length)
    assert all(len(each) == size for each in made[:-1])
