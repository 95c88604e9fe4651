"""The keywords of `mock_server()` that are flags of a start."""

import difflib
from collections.abc import Mapping

from sigmic_conformance.mock_server.config.flags import FLAGS
from sigmic_conformance.mock_server.testing.project import MockRefused

_DECIDED = frozenset(
    {"host", "port", "data-dir", "ephemeral", "ready-file", "json", "log-level", "log-format"}
)
"""A server in a test listens on a free port of this machine, keeps nothing and leaves logging alone."""


def checked(flags: Mapping[str, str]) -> dict[str, str]:
    """Return `flags`; raises `MockRefused` for one that does not exist, with the nearest that does."""
    known = {flag.name for flag in FLAGS} - _DECIDED
    for name in flags:
        if name not in known:
            words = sorted(each.replace("-", "_") for each in known)
            close = difflib.get_close_matches(name.replace("-", "_"), words, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(words)}"
            raise MockRefused(f"mock_server() takes no {name.replace('-', '_')!r}; {hint}")
    return dict(flags)
