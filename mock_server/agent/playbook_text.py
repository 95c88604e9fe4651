"""A playbook as the text of a file."""

from collections.abc import Mapping
from typing import Any

import yaml

_LINES_OF_A_BLOCK = 40


class _Dumper(yaml.SafeDumper):
    """Some lines of text become a block, very many one quoted line: either way they read back the same."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    lines = value.count("\n")
    style = None if not lines else "|" if lines <= _LINES_OF_A_BLOCK else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Mapping[str, Any] | list[Any]) -> str:
    """Return YAML without the last line break. A long text is not folded."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=float("inf"))
    return text.rstrip("\n")
