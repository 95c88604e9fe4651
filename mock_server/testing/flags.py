"""The keywords of `mock_server()` that are flags of a start."""

from collections.abc import Mapping

from sigmic_conformance.mock_server.config.settings import FLAGS
from sigmic_conformance.mock_server.testing.project import MockRefused
from sigmic_conformance.spec.nearest import hint_of_known

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
            word = name.replace("-", "_")
            raise MockRefused(f"mock_server() has no option {word!r}{hint_of_known(word, words)}")
    return dict(flags)
