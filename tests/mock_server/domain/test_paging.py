"""Tests of the bounds of a page and of `has_more`."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.paging import Page, check_page


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (100, 0), (50, 2**53 - 1)])
def test_a_page_within_the_bounds_may_be_asked_for(limit: int, offset: int) -> None:
    check_page(limit, offset)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (101, 0), (-1, 0), (50, -1), (50, 2**53)])
def test_a_page_outside_is_refused(limit: int, offset: int) -> None:
    with pytest.raises(ApiError) as refusal:
        check_page(limit, offset)
    assert refusal.value.code is ErrorCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    ("count", "total", "offset", "expected"),
    [(0, 0, 0, False), (2, 2, 0, False), (2, 3, 0, True), (1, 3, 2, False), (0, 3, 7, False)],
)
def test_there_is_more_when_items_follow_the_page(
    *, count: int, total: int, offset: int, expected: bool
) -> None:
    page = Page(items=tuple(range(count)), total=total, limit=50, offset=offset)

    assert page.has_more is expected
