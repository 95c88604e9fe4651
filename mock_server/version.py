"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("sigmic-conformance")
    except PackageNotFoundError:
        return "0+source"


VERSION = _installed()
