"""A running mock for the tests of its promises."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes.served import Served, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mock(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("promises")) as served:
        yield served
