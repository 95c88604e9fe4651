"""The whole matrix of targets takes many minutes: it runs with `-m slow` and is left out otherwise.

Targets that a test orders as a parameter are tested side by side. Tests that order one are first, in one
process (`xdist_group`): the other processes run the other tests at the same time.
"""

from collections.abc import Iterator

import pytest

from lab.platforms.side_by_side import Order, SideBySide


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" not in config.getoption("markexpr"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    items.sort(key=lambda item: order_of(item) is None)


def order_of(item: pytest.Item) -> Order | None:
    """Return the target that a test orders as its parameter `order`, if any."""
    called = getattr(item, "callspec", None)
    order = None if called is None else called.params.get("order")
    return order if isinstance(order, Order) else None


@pytest.fixture(scope="session")
def side_by_side(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    """All targets that the selected tests order."""
    orders = [order for item in request.session.items if (order := order_of(item)) is not None]
    made = SideBySide(orders, tmp_path_factory.mktemp("targets"))
    yield made
    made.close()
