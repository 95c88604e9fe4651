"""A flow without and with a transient fault: the reader has the same result in the end."""

from collections.abc import Callable
from typing import Any

import pytest

CUT_AFTER_HISTORY = "stream.cut-after-history"
CUT_INSIDE_EVENT = "stream.cut-inside-event"
RESET_LIVE = "stream.reset-live"
STREAM_REFUSED = "proxy.stream-refused"

_Test = Callable[..., Any]


def under(*faults: str) -> Callable[[_Test], _Test]:
    """Run a test without a fault, and under each fault, once; a fault that does not fire fails the test."""
    runs = pytest.mark.parametrize("transient_fault", [None, *faults], indirect=True, ids=["clear", *faults])

    def put(test: _Test) -> _Test:
        return runs(pytest.mark.usefixtures("transient_fault")(test))

    return put
