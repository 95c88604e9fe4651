"""The whole matrix of targets takes many minutes: it runs with `-m slow` and is left out otherwise.

Targets that a test orders as a parameter are judged in parallel. Tests that order one are first, in one
process (`xdist_group`): the other processes run the other tests at the same time.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from lab.platforms.side_by_side import Order, SideBySide
from sigmic_conformance.cli import main


def pytest_configure(config: pytest.Config) -> None:
    pytest.register_assert_rewrite(
        "tests.conformance.kit", "tests.conformance.handwritten"
    )  # tables of tests
    config.addinivalue_line("markers", "slow: the whole matrix of targets; runs with -m slow only")


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


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must be refused with this exit code and one line on stderr; return the line."""

    def refused(words: Sequence[str], code: int = 4) -> str:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        assert (ended.value.code, said.out, said.err.count("\n")) == (code, "", 1), said
        return said.err

    return refused
