"""The one registry of what no entry may show, and how it is taken out of bytes.

Two ways: by shape (API keys, JWTs, the control token), which needs to know nothing, and by value (what was
sent as `env` or `secrets`, app secrets), learnt from the request that brought it, for its project alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from sigmic_conformance.mock_server.domain import variables
from sigmic_conformance.mock_server.domain.credential_shapes import without_credentials_in
from sigmic_conformance.mock_server.domain.redaction import SHORTEST, forms
from sigmic_conformance.mock_server.journal.known_forms import MOST_BYTES, MOST_FORMS, KnownForms
from sigmic_conformance.spec.plural import plural

MOST_LINES = 10_000
"""Of the values that one request brings: each line is looked for, and must be written in every way."""
SHORTEST_ENV = 8
"""A shorter value of `env` (`true`, `prod`) is an ordinary word and masked in `env` itself alone."""
LEAST_TO_RECOGNIZE = 1024
"""Bytes in which whatever has the shape of a credential is recognised."""
_UNSAFE = re.compile(rb"[^A-Za-z0-9_.~-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class Secrets:
    """Knows the secret values of every project."""

    def __init__(self) -> None:
        self._known: dict[str | None, KnownForms] = {}
        self.learnt = 0
        """Counts up with everything learnt: what was redacted before may have to be redacted again."""

    def __repr__(self) -> str:
        return f"Secrets({plural(sum(map(len, self._known.values())), 'value')})"

    def learn(self, project: str | None, name: str, value: str) -> None:
        """Take `value` out of everything noted for `project` from now on; `[secret NAME]` stands there."""
        self.learn_all(project, [(name, value, SHORTEST)])

    def learn_all(self, project: str | None, brought: Sequence[tuple[str, str, int]]) -> None:
        """Learn what one request brought: names, values, and the fewest bytes that are looked for.

        Not learnt is a value too long to be accepted, which nothing can repeat, and of a request that brings
        very many lines whatever is beyond `MOST_LINES`.
        """
        self.know(project, forms_of(brought))

    def know(self, project: str | None, marks: Mapping[bytes, bytes]) -> None:
        """Learn what `forms_of` returned."""
        self.learnt += 1
        self._known.setdefault(project, KnownForms()).learn(marks)

    def longest(self, project: str | None) -> int:
        """Return how many bytes to look at beyond an end, so that what begins before it is recognised."""
        known = self._known.get(project)
        return max(LEAST_TO_RECOGNIZE, known.longest if known else 0)

    def redact(self, project: str | None, data: bytes) -> bytes:
        """Return `data` without anything secret."""
        known = self._known.get(project)
        return without_credentials_in(known.marked(data) if known else data)


def forms_of(brought: Sequence[tuple[str, str, int]]) -> dict[bytes, bytes]:
    """Return what to look for with its mark, oldest first, and no more than can be remembered."""
    return dict(reversed(_newest(brought).items()))


def _newest(brought: Sequence[tuple[str, str, int]]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    seen: set[tuple[str, int]] = set()
    size = lines = 0
    for name, value, shortest in reversed(brought):
        if len(value) > variables.MOST_VALUE_BYTES or (value, shortest) in seen:
            continue
        seen.add((value, shortest))
        own_lines = len(value.splitlines())
        if lines + own_lines > MOST_LINES:
            continue
        lines += own_lines
        mark = f"[secret {name if _NAME.fullmatch(name) else 'value'}]".encode()
        for form in _written(value):
            if len(form) < shortest or form in mark or form in found:
                continue
            if len(found) == MOST_FORMS or size + len(form) > MOST_BYTES:
                return found
            found[form] = mark
            size += len(form)
    return found


def _written(value: str) -> Iterator[bytes]:
    """Yield how a value may be written: as it is, in JSON, in an address or a form."""
    for text in dict.fromkeys(forms(value)):
        form = text.encode("utf-8", "replace")
        yield form
        quoted = _UNSAFE.sub(_quoted, form)
        if quoted != form:
            yield quoted
            yield quoted.replace(b"%20", b"+")


def _quoted(unsafe: re.Match[bytes]) -> bytes:
    return b"%" + unsafe[0].hex("%").upper().encode()
