"""Limits of one request and the list of its files."""

from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.upload_rules import share_listing


def test_a_large_archive_leaves_room_for_the_files_beside_it():
    assert share_listing([10_000, 1, 1], 200) == [198, 1, 1]


@given(st.lists(st.integers(0, 500), max_size=20), st.integers(20, 300))
def test_shares_stay_within_the_limit_and_name_every_upload(counts, limit):
    shares = share_listing(counts, limit)
    assert sum(shares) == min(sum(counts), limit)
    assert all(min(count, 1) <= share <= count for share, count in zip(shares, counts, strict=True))
