"""A flag of a start, and how its text is read. The table of all is `settings.Settings`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigmic_spec.nearest import hint
from sigmic_spec.units import read_seconds

_MOST_DIGITS = 20
_LONGEST_SECONDS = 1e9
_HOST_NAME = re.compile(r"[0-9a-z._-]{1,253}|\[[0-9a-f:.]{2,45}\]", re.ASCII)
_ENDPOINT = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[\w.~%/:+-]*)?", re.ASCII)
_WORDS = dict.fromkeys(("on", "true", "1", "yes"), True) | dict.fromkeys(("off", "false", "0", "no"), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One setting: `--name VALUE`, or `--name` alone when it is a `switch`."""

    name: str = ""
    read: Callable[[str], Any]
    value: str = ""
    default: str
    """As shown in the reference."""
    help: str
    own_variable: str = ""
    separator: str = ""
    """Between several values in one text; such a flag may be given again, and the file may hold a list."""

    @property
    def switch(self) -> bool:
        """True if the flag has no value."""
        return not self.value

    @property
    def variable(self) -> str:
        """The environment variable of the same meaning."""
        return self.own_variable or "SIGMIC_MOCK_" + self.field.upper()

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.replace("-", "_")


def flag(
    default: str,
    read: Callable[[str], Any],
    value: str,
    help: str,
    *,
    unset: Any = ...,
    separator: str = "",
    variable: str = "",
) -> Any:
    """Return a field of `Settings` with its flag.

    The value without the flag is `default` as `read` reads it, or `unset`, which `default` only describes.
    """
    made = Flag(
        read=read, value=value, default=default, help=help, separator=separator, own_variable=variable
    )
    return field(default=read(default) if unset is ... else unset, metadata={"flag": made})


def switch(help: str) -> Any:
    """Return a field of `Settings` that is true when its flag is given."""
    return flag("off", on_or_off, "", help)


def whole(what: str, most: int, *, least: int = 0) -> Callable[[str], int]:
    """Read a number from `least` to `most`."""

    def read(text: str) -> int:
        is_whole = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        if not is_whole or not least <= int(text) <= most:
            raise ValueError(f"must be {what}, {least} to {most}")
        return int(text)

    return read


def read_interval(text: str) -> float:
    """Read a time above 0."""
    seconds = read_seconds(text)
    if not 0 < seconds < _LONGEST_SECONDS:
        raise ValueError("must be above 0; it may be at most 30 years")
    return seconds


def on_or_off(text: str) -> bool:
    """Read a switch."""
    if text.lower() not in _WORDS:
        raise ValueError("must be on or off")
    return _WORDS[text.lower()]


def read_folder(text: str) -> Path:
    """Read a path."""
    if not text or "\0" in text:
        raise ValueError("must be a path")
    return Path(text).expanduser().absolute()


_HIDDEN = ("/tmp", "/proc", "/dev", "/workspace", "/home/agent")  # noqa: S108 - where it cannot be


def read_tools_folder(text: str) -> Path:
    """Read a folder. Raises ValueError for one that each sandbox hides behind its own copy."""
    folder = read_folder(text)
    if is_hidden(folder):
        raise ValueError(
            f"must not be under {', '.join(_HIDDEN)}: a sandbox has its own copy of these folders"
        )
    return folder


def is_hidden(folder: Path) -> bool:
    """Return whether each sandbox hides this folder behind its own."""
    return any(folder.resolve().is_relative_to(hidden) for hidden in _HIDDEN)


def read_host(text: str) -> str:
    """Read an address to listen on."""
    if not text or "/" in text or text.count(":") == 1 or any(each.isspace() for each in text):
        raise ValueError("must be an address or host name, without scheme or port")
    # The name has two addresses, and port 0 would take a different port on each.
    return "127.0.0.1" if text == "localhost" else text


class NotShown(ValueError):
    """A text is refused that may hold a secret, and is not repeated."""


def read_endpoint(text: str) -> str:
    """Read the base URL of a model, without the path that its client adds to it."""
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise NotShown("must have no key in it; set SIGMIC_MOCK_MODEL_KEY")
    if _ENDPOINT.fullmatch(text) is None:
        raise ValueError("must be the URL of a chat completions API, for example http://127.0.0.1:11434/v1")
    return text.rstrip("/").removesuffix("/chat/completions")


def read_host_names(text: str) -> tuple[str, ...]:
    """Read names, with commas between them."""
    names = tuple(name.strip().lower() for name in text.split(","))
    if any(_HOST_NAME.fullmatch(name) is None for name in names):
        raise ValueError("must be a host name or an address, without scheme, port or wildcard")
    return names


def one_of(*choices: str) -> Callable[[str], str]:
    """Read one of the choices."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}{hint(text, choices)}")
        return text

    return read
