"""The folder of the contract's files: within the package if it was installed from a wheel, else beside it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

FOLDER = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent
"""The folder of openapi.yaml, requirements/, facts.yaml, situations.yaml and choices.yaml."""
