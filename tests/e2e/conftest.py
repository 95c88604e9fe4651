"""One mock for the tests that only read it; those that stop or break one start their own."""

from collections.abc import Iterator

import pytest
import requests

from tests.e2e.process import MockProcess


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    with MockProcess(tmp_path_factory.mktemp("mock"), "--check-responses") as running:
        yield running


@pytest.fixture
def create(mock: MockProcess):
    """Create a task from a message; its id."""

    def create(message: str, **fields: object) -> str:
        answer = requests.post(
            f"{mock.url}/api/v1/tasks", headers=mock.headers, json={"message": message, **fields}, timeout=10
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    return create
