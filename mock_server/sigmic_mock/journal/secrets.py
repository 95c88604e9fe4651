"""The only registry of what entries must not show, and its removal from bytes.

Secrets are recognised by form (API keys, JWTs, the control token), without any registration, and by value
(sent as `env` or `secrets`, app secrets), learnt from the request with them, for its project only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from sigmic_mock.domain import variables
from sigmic_mock.domain.credential_shapes import without_credentials_in
from sigmic_mock.domain.redaction import SHORTEST, forms
from sigmic_mock.journal.known_forms import MOST_BYTES, MOST_FORMS, KnownForms
from sigmic_spec.plural import plural

MOST_LINES = 10_000
"""Lines of the values in one request that are learnt. Each line is searched for, in every encoding."""
SHORTEST_ENV = 8
"""A shorter value of `env` (`true`, `prod`) is an ordinary word, which is masked only in `env` itself."""
LEAST_TO_RECOGNIZE = 1024
"""Bytes that are enough to recognise anything in the form of a credential."""
_UNSAFE = re.compile(rb"[^A-Za-z0-9_.~-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class Secrets:
    """Holds the secret values of every project."""

    def __init__(self, most_forms: int = MOST_FORMS) -> None:
        """For each project at most `most_forms` are stored."""
        self._most_forms = most_forms
        self._known: dict[str | None, KnownForms] = {}
        self.learnt = 0
        """Grows with everything learnt: earlier results may have to be redacted again."""

    def __repr__(self) -> str:
        return f"Secrets({plural(sum(map(len, self._known.values())), 'value')})"

    def learn(self, project: str | None, name: str, value: str) -> None:
        """Replace `value` by `[secret NAME]` in everything recorded for `project` from now on."""
        self.learn_all(project, [(name, value, SHORTEST)])

    def learn_all(self, project: str | None, brought: Sequence[tuple[str, str, int]]) -> None:
        """Learn the secrets of one request: names, values, and the fewest bytes that are searched for.

        Values that are too long to be accepted are not learnt, because nothing can repeat them. If a request
        has very many lines, those beyond `MOST_LINES` are not learnt.
        """
        self.know(project, forms_of(brought))

    def know(self, project: str | None, marks: Mapping[bytes, bytes]) -> None:
        """Learn the result of `forms_of`."""
        self.learnt += 1
        self._known.setdefault(project, KnownForms(self._most_forms)).learn(marks)

    def longest(self, project: str | None) -> int:
        """Return how many bytes to read beyond an end, to recognise a secret that starts before it."""
        known = self._known.get(project)
        return max(LEAST_TO_RECOGNIZE, known.longest if known else 0)

    def redact(self, project: str | None, data: bytes) -> bytes:
        """Return `data` without secrets."""
        known = self._known.get(project)
        return without_credentials_in(known.marked(data) if known else data)


def forms_of(brought: Sequence[tuple[str, str, int]]) -> dict[bytes, bytes]:
    """Return the byte strings to search for with their marks, oldest first, at most as many as are stored."""
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
    """Yield the forms of a value: unchanged, in JSON, in an address or a form."""
    for text in dict.fromkeys(forms(value)):
        form = text.encode("utf-8", "replace")
        yield form
        quoted = _UNSAFE.sub(_quoted, form)
        if quoted != form:
            yield quoted
            yield quoted.replace(b"%20", b"+")


def _quoted(unsafe: re.Match[bytes]) -> bytes:
    return b"%" + unsafe[0].hex("%").upper().encode()
