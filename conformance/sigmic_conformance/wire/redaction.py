"""Replace secrets by placeholders before anything is recorded, even if lines, escapes or events cut them.

A placeholder is a keyed hash: the same secret gives the same placeholder within one run, so a check sees that
a secret was returned but cannot guess it. The key exists only in memory. Invariant: each byte of a secret
maps to the same part of its placeholder. Views that cut a text differently are therefore equal after
redaction, and checks compare them as if nothing had been redacted, live and from a saved run.
"""

import hashlib
import re
import secrets
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from sigmic_conformance.wire.reassembly import Text, growing, texts_of

_JWT = re.compile(rb"(eyJ[\w-]+\.[\w-]*)\.([\w-]{8,})")
_SHORTEST = 6
PLACEHOLDER = re.compile(r"\[secret:[0-9a-f]+\]")
"""The placeholder of a secret in everything that is recorded."""

Edit = tuple[int, int, bytes]
"""Start and end in a body, and the replacement."""


class Redactor:
    """Holds the run's secrets; replaces them in everything that will be recorded."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._key = secrets.token_bytes(16)
        self._known: dict[bytes, bytes] = {}
        self._by_begin: dict[bytes, list[bytes]] = {}
        for secret in known:
            self.learn(secret)

    def learn(self, secret: str) -> str:
        """Remember a secret and return its placeholder. Raises ValueError if it is shorter than 6 bytes."""
        form = secret.replace("\n", "").replace("\r", "").encode()
        if len(form) < _SHORTEST:
            raise ValueError("too short to be a secret")
        placeholder = self.placeholder(secret)
        is_new = form not in self._known
        # In this order: another thread may redact at the same time.
        self._known[form] = placeholder.encode()
        if is_new:
            self._by_begin.setdefault(form[:_SHORTEST], []).append(form)
        return placeholder

    def placeholder(self, secret: str) -> str:
        """The stand-in for a secret: `[secret:` + 16 or more hexadecimal digits + `]`.

        It is at least as long as the secret, up to 137 characters: no piece of a secret becomes empty.
        """
        size = min(64, max(8, (len(secret.encode()) - 8) // 2))
        digest = hashlib.blake2b(secret.encode(), key=self._key, digest_size=size).hexdigest()
        return f"[secret:{digest}]"

    def text(self, value: str) -> str:
        """A copy of the text without secrets."""
        return self.data(value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def data(self, value: bytes) -> bytes:
        """A copy of the bytes without secrets; a JWT loses its signature and keeps its claims."""
        return self.chunks([value])[0]

    def chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Redact a body that arrived in pieces: a secret split between two pieces is found as well.

        The number of pieces is unchanged; if a secret spans several, its placeholder is in the first.
        """
        whole = b"".join(chunks)
        edits = self._edits(whole)
        ends = accumulate(map(len, chunks))
        return [_piece(whole, edits, end - len(chunk), end) for chunk, end in zip(chunks, ends, strict=True)]

    def _edits(self, whole: bytes) -> list[Edit]:
        """What to replace in a body, in order, never overlapping."""
        found = [edit for text in texts_of(whole) for edit in self._edits_of(whole, text)]
        edits: list[Edit] = []
        for start, end, instead in sorted(found, key=lambda edit: edit[:2]):
            done = edits[-1][1] if edits else 0
            if end > done:
                edits.append((max(start, done), end, instead if start >= done else b""))
        return edits

    def _edits_of(self, whole: bytes, text: Text) -> Iterator[Edit]:
        """What to replace in one text: each part of a secret by the same part of its placeholder."""
        found = self._found(text)
        if not found:
            return
        pieces = text.pieces()
        starts = [0, *accumulate(len(piece.text) for piece in pieces)]
        inside: dict[int, list[tuple[int, int, bytes]]] = {}
        for start, size, placeholder in found:
            for number in range(max(0, bisect_right(starts, start) - 1), len(pieces)):
                if starts[number] >= start + size:
                    break
                inside.setdefault(number, []).append((start - starts[number], size, placeholder))
        for number, length in growing(pieces):
            grown = [each for each in inside.get(number + 1, ()) if 0 <= each[0] < length < each[0] + each[1]]
            inside.setdefault(number, []).extend(grown)
        for number, matches in inside.items():
            piece = pieces[number]
            for start, size, placeholder in matches:
                first, last = max(0, start), min(len(piece.text), start + size)
                if first < last:
                    part = placeholder[
                        _share(first - start, size, placeholder) : _share(last - start, size, placeholder)
                    ]
                    yield (*piece.place(whole, first, last), part)

    def _found(self, text: Text) -> list[tuple[int, int, bytes]]:
        """Where the secrets are in a text: start, length, placeholder; longest first, never overlapping."""
        whole = text.whole
        found: list[tuple[int, int, bytes]] = []
        for begin, alike in tuple(self._by_begin.items()):
            # Most of a run's secrets share a prefix: if the prefix is missing, so are all of them.
            for secret in alike if begin in whole else ():
                places = re.finditer(re.escape(secret), whole) if secret in whole else ()
                found += [(at.start(), len(secret), self._known[secret]) for at in places]
        if b"eyJ" in whole:
            found += [(at.start(2), len(at[2]), self._signature(at[2])) for at in _JWT.finditer(whole)]
        found += self._begun(whole) if text.is_open else ()
        kept: list[tuple[int, int, bytes]] = []
        for start, size, placeholder in sorted(found, key=lambda each: (each[0], -each[1])):
            if not kept or start >= kept[-1][0] + kept[-1][1]:
                kept.append((start, size, placeholder))
        return kept

    def _begun(self, whole: bytes) -> Iterator[tuple[int, int, bytes]]:
        """The secret whose prefix is the end of a text, unless two secrets share that prefix."""
        for begin, alike in tuple(self._by_begin.items()):
            at = whole.rfind(begin)
            if at < 0:
                continue
            fitting = [secret for secret in alike if secret.startswith(whole[at:])]
            if len(fitting) == 1:
                yield at, len(fitting[0]), self._known[fitting[0]]

    def _signature(self, signature: bytes) -> bytes:
        return self.placeholder(signature.decode("ascii")).encode()


def _share(count: int, size: int, placeholder: bytes) -> int:
    """How many bytes of its placeholder replace the first `count` bytes of a secret of `size`."""
    return -(-count * len(placeholder) // size)


def _piece(whole: bytes, edits: list[Edit], start: int, end: int) -> bytes:
    """The bytes of `whole[start:end]`, with each replacement at the start of its edit."""
    out, at = bytearray(), start
    for first, last, instead in edits:
        if last <= at or first >= end:
            continue
        if first >= at:
            out += whole[at:first] + instead
        at = min(last, end)
    out += whole[at:end] if at < end else b""
    return bytes(out)
