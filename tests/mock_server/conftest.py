"""One mock for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.served import Served, serving


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        yield served
