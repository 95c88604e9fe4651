"""Reasoning of a model as thoughts of the platform: one for each complete paragraph."""

import re
from collections.abc import Sequence

_HEADED = re.compile(r"\*\*(.{1,100}?)\*\*\s*(.*)", re.DOTALL)
_LONGEST = 4_000
"""Characters of a paragraph after which it is shown, complete or not."""


class Thoughts:
    """Collects reasoning; each method returns thoughts to show, as subjects with descriptions."""

    def __init__(self) -> None:
        self._rest = ""

    def add(self, text: str) -> Sequence[tuple[str, str]]:
        """Take in a piece of reasoning."""
        if not text:
            return ()
        *complete, self._rest = (self._rest + text).split("\n\n")
        if len(self._rest) > _LONGEST:
            complete.append(self._rest)
            self._rest = ""
        return [_thought(each) for each in complete if each.strip()]

    def rest(self) -> Sequence[tuple[str, str]]:
        """Return what is left at the end."""
        rest, self._rest = self._rest.strip(), ""
        return [_thought(rest)] if rest else ()


def _thought(text: str) -> tuple[str, str]:
    """Return subject and description; some models begin a paragraph with a headline in bold."""
    headed = _HEADED.fullmatch(text.strip())
    return (headed[1], headed[2] or headed[1]) if headed else ("Thinking", text.strip())
