"""Writes to the terminal or log of the process that started pytest, bypassing pytest's own capture."""

import contextlib
import shutil
import sys
import time
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sigmic_conformance.run.progress import Teller


class Outside:
    """Standard error outside pytest's capture."""

    def __init__(self, config: pytest.Config) -> None:
        self._capture: Any = config.pluginmanager.getplugin("capturemanager")

    def write(self, text: str, /) -> None:
        """Write and flush immediately: later output is captured again."""
        with self._uncaptured():
            sys.stderr.write(text)
            sys.stderr.flush()

    def flush(self) -> None:
        """Do nothing: no data is buffered."""

    def isatty(self) -> bool:
        """True on a terminal."""
        with self._uncaptured():
            return sys.stderr.isatty()

    def _uncaptured(self) -> AbstractContextManager[object]:
        if self._capture is None:
            return contextlib.nullcontext()
        context: AbstractContextManager[object] = self._capture.global_and_fixture_disabled()
        return context


def teller(config: pytest.Config) -> Teller:
    """A progress display. Next to pytest's own dots it only adds lines, as in a log."""
    screen = Outside(config)
    alone = not config.pluginmanager.hasplugin("terminalreporter")
    return Teller(
        screen=screen,
        terminal=alone and screen.isatty(),
        monotonic=time.monotonic,
        columns=shutil.get_terminal_size().columns,
        lead="" if alone else "\n",
    )
