"""A string that cannot be shown by accident: its repr, str and format show a placeholder."""

from typing import NoReturn


class Secret:
    """Holds a sensitive string; only `reveal()` returns it (V-07)."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value. Call it at the place of use, never to pass the value on."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        message = "a Secret is never serialised"
        raise TypeError(message)
