"""A service layer with faults for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.faulty_house import FaultyHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[FaultyHouse]:
    house = FaultyHouse(tmp_path)
    yield house
    await house.close()
    house.engine.close()
