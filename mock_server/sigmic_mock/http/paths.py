"""Match paths with templates, for example `/tasks/{id}`.

A path is matched before it is percent-decoded, so that an encoded slash in a value stays in it (G-70b).
"""

import re
from collections.abc import Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote

from sigmic_spec.nearest import nearest

_NAME = re.compile(r"\\{(\w+)\\}")
_Value = TypeVar("_Value")


class Paths(Generic[_Value]):
    """Values by path template. A template without names takes precedence."""

    def __init__(self, values: Mapping[str, _Value]) -> None:
        self._patterns = {path: re.compile(_NAME.sub(r"(?P<\1>[^/]+)", re.escape(path))) for path in values}
        self._plain = {path: value for path, value in values.items() if "{" not in path}
        self._named = [(self._patterns[path], value) for path, value in values.items() if "{" in path]

    def alike(self, raw_path: str) -> str | None:
        """Return the template that a path with a misspelt step is meant to match."""
        given = [step for step in raw_path.split("/") if step]
        alike = [path for path in self._patterns if path.count("/") == len(given)]
        for template in alike:
            steps = zip(template.split("/")[1:], given, strict=True)
            if all("{" in step or nearest(other, [step]) for step, other in steps):
                return template
        return None

    def nearest(self, raw_path: str) -> str | None:
        """Return the template nearest to a path that matches none: alike, one step above it, or similar."""
        given = [step for step in raw_path.split("/") if step]
        above = "/" + "/".join(given[:-1])
        found = (path for path, pattern in self._patterns.items() if pattern.fullmatch(above))
        return self.alike(raw_path) or next(found, None) or nearest(raw_path, self._plain)

    def find(self, raw_path: str) -> tuple[_Value, dict[str, str]] | None:
        """Return the value for a path, and its parameters by name."""
        if raw_path in self._plain:
            return self._plain[raw_path], {}
        for pattern, value in self._named:
            if found := pattern.fullmatch(raw_path):
                try:
                    names = {name: unquote(text, errors="strict") for name, text in found.groupdict().items()}
                except UnicodeDecodeError:
                    return None
                return value, names
        return None
