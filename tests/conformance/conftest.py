"""The whole matrix of targets takes many minutes: it runs with `-m slow` and is left out otherwise.

Targets that a test orders as a parameter are judged side by side, all of them from the first such test on.
"""

from collections.abc import Iterator

import pytest

from tests.conformance.targets.side_by_side import Order, SideBySide


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: the whole matrix of targets; runs with -m slow only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" in config.getoption("markexpr"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def side_by_side(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    """All targets that the selected tests order as their parameter `order`.

    Among several processes of pytest-xdist each begins a target when its test comes.
    """
    mine = [] if hasattr(request.config, "workerinput") else request.session.items
    called = (getattr(item, "callspec", None) for item in mine)
    orders = (call.params.get("order") for call in called if call is not None)
    made = SideBySide(
        (order for order in orders if isinstance(order, Order)), tmp_path_factory.mktemp("targets")
    )
    yield made
    made.close()
