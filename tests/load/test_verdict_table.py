"""Some cases of the table: a stopped load generator, and targets that end, refuse or forget streams."""

import pytest

pytest.importorskip("locust", reason="the extra `load` is not installed")

from tests.load.verdict_table import BROKEN_CASES, HEALTHY, WRONG, run

CASES = {case.name: case for case in (*HEALTHY, *BROKEN_CASES)}


@pytest.mark.e2e
@pytest.mark.parametrize(
    "name",
    [
        "frozen 2 s, fake target",
        "tasks over at once",
        "done after 6 s",
        "every 20th ends with error",
        "every 20th never answered",
        "killed target",
    ],
)
def test_the_verdict_is_right(name):
    answer, says = run(CASES[name])

    assert answer != WRONG, says
