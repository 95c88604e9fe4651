"""pytest plugin. Every session with this package loads it; it does nothing unless the suite is selected.

`pytest --pyargs sigmic_conformance --target URL` is enough; -k, --junitxml and --alluredir work as usual. The
tests and their options are in `sigmic_conformance.items`, which is loaded only then: any other session starts
as quickly as before, and may have options of the same names.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ITEMS = "sigmic_conformance.items"
_PACKAGE = Path(__file__).resolve().parent
_NAME = "sigmic_conformance"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the tests, and with them their options, into a session whose arguments name the suite."""
    config: Any = pluginmanager.get_plugin("pytestconfig")  # pytest registers it before any plugin
    if names_the_suite(config.known_args_namespace.file_or_dir):
        pluginmanager.register(import_module(ITEMS), ITEMS)


def names_the_suite(arguments: Iterable[str]) -> bool:
    """Whether an argument of pytest means the suite: by --pyargs the package, or a path within it."""
    return any(map(_is_suite, arguments))


def _is_suite(argument: str) -> bool:
    name = argument.partition("::")[0]
    if name == _NAME or name.startswith(f"{_NAME}."):
        return True
    return Path(name).resolve().is_relative_to(_PACKAGE)
