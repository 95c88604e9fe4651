from collections.abc import Callable, Sequence

import pytest

from sigmic_conformance.cli import main


def pytest_configure() -> None:
    pytest.register_assert_rewrite(
        "tests.conformance.kit", "tests.conformance.handwritten"
    )  # tables of tests


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
