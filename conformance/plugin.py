"""pytest plugin. Every session with this package loads it; it does nothing unless the suite is selected.

`pytest --pyargs sigmic_conformance --target URL` is enough; -k, --junitxml and --alluredir work as usual. The
tests are in `conformance.items` and are loaded only then, and so are its options: any other session starts as
quickly as before, and may have options of the same names.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.spec.extras import needs_extra

ITEMS = "sigmic_conformance.conformance.items"
_PACKAGE = Path(__file__).resolve().parent
_IMPORT_ROOT = Path(__file__).parents[1]
_NAMES = ("sigmic_conformance", "sigmic_conformance.conformance")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the tests, and with them their options, into a session whose arguments name the suite."""
    config: Any = pluginmanager.get_plugin("pytestconfig")  # pytest registers it before any plugin
    if names_the_suite(config.known_args_namespace.file_or_dir):
        try:
            pluginmanager.register(import_module(ITEMS), ITEMS)
        except ModuleNotFoundError as missing:
            raise pytest.UsageError(needs_extra("testing", "conformance", missing)) from missing


def names_the_suite(arguments: Iterable[str]) -> bool:
    """Whether an argument of pytest means the suite: by --pyargs the package, or a path within it."""
    return any(map(_is_suite, arguments))


def _is_suite(argument: str) -> bool:
    name = argument.partition("::")[0]
    if name in _NAMES or name.startswith(f"{_NAMES[-1]}."):
        return True
    path = Path(name).resolve()
    return path == _IMPORT_ROOT.resolve() or path.is_relative_to(_PACKAGE)
