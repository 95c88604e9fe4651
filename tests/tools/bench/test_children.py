"""The limit of open files for the processes of a row."""

import resource

import pytest

from tools.bench.children import room_for, soft_limit
from tools.bench.plan import NotMeasured

NO_LIMIT = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"),
    [
        (1024, 20_000, 19_800),
        (20_000, 20_000, 20_000),
        (1024, NO_LIMIT, 19_800),
        (NO_LIMIT, NO_LIMIT, NO_LIMIT),
    ],
)
def test_the_soft_limit_is_raised_where_it_is_too_low(soft, hard, wanted):
    assert soft_limit(19_800, soft, hard) == wanted


def test_a_hard_limit_that_is_too_low_is_told_as_the_reason():
    with pytest.raises(NotMeasured, match="would have to open 19,800 files; the hard limit is 4,096"):
        soft_limit(19_800, 1024, 4096)


def test_the_limit_is_as_before_afterwards():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with room_for(1):
        pass

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
