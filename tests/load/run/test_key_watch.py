"""A key is doubted if answers keep refusing it, and for no other reason."""

import pytest

from sigmic_load.run.key_watch import KeyWatch


@pytest.mark.parametrize(
    ("statuses", "is_doubtful"),
    [
        ([401] * 5, True),
        ([401, 403, 401, 429, 503, 0, 401, 401], True),
        ([401] * 4, False),
        ([401] * 4 + [200] + [401] * 4, False),
        ([404, 429, 500, 0] * 5, False),
    ],
)
def test_refusals_in_a_row_make_it_doubtful(statuses, is_doubtful):
    watch = KeyWatch()

    for status in statuses:
        watch.answered(status)

    assert watch.is_doubtful == is_doubtful
    watch.clear()
    assert not watch.is_doubtful
