"""Count the calls of fault code within a block, in every thread."""

import gc
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sigmic_mock import faults

_FOLDER = faults.__path__[0]


@contextmanager
def fault_calls() -> Iterator[Counter[str]]:
    """Count the calls of functions of `faults/` of the mock in the block, by module and qualified name."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_FOLDER):
            module = code.co_filename.removeprefix(_FOLDER).removesuffix(".py").strip("/").replace("/", ".")
            calls[f"{module}:{code.co_qualname}"] += 1

    gc.collect()  # faults that earlier tests dropped are destroyed now
    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
