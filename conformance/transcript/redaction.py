"""Secrets become placeholders before anything is recorded.

A placeholder is a keyed hash: the same secret gives the same placeholder within one run, so a judge can still
see that a secret came back, and nobody can guess the secret from it. The key lives only in memory.
"""

import hashlib
import re
import secrets
from bisect import bisect_right
from collections.abc import Iterator, Sequence

_JWT = re.compile(rb"(eyJ[\w-]+\.[\w-]*)\.([\w-]{8,})")
_SHORTEST = 6


class Redactor:
    """Knows the run's secrets; replaces them in anything that will be kept."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(16)
        self._known: dict[bytes, bytes] = {}
        self._shortest_first: tuple[bytes, ...] = ()

    def learn(self, secret: str) -> str:
        """Remember a secret and return its placeholder; a shorter one than 6 characters is no secret."""
        if len(secret) < _SHORTEST:
            raise ValueError("too short to be a secret")
        placeholder = self.placeholder(secret)
        self._known[secret.encode()] = placeholder.encode()
        self._shortest_first = tuple(sorted(self._known, key=len))
        return placeholder

    def placeholder(self, secret: str) -> str:
        """The stand-in for a secret: `[secret:` + 16 hexadecimal digits + `]`."""
        digest = hashlib.blake2b(secret.encode(), key=self._key, digest_size=8).hexdigest()
        return f"[secret:{digest}]"

    def text(self, value: str) -> str:
        """A copy of the text without secrets."""
        return self.data(value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def data(self, value: bytes) -> bytes:
        """A copy of the bytes without secrets; a JWT loses its signature and keeps its claims."""
        for secret in self._longest_first(len(value)):
            if secret in value:
                value = value.replace(secret, self._known[secret])
        return _JWT.sub(self._unsigned, value) if b"eyJ" in value else value

    def chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Redact a body that arrived in pieces: a secret split between two pieces is found as well.

        The pieces keep their number; where a secret spans several, its placeholder stands in the first.
        """
        whole = b"".join(chunks)
        clean = self.data(whole)
        if clean == whole:
            return list(chunks)
        spans = self._spans(whole)
        out, start = [], 0
        for chunk in chunks:
            end = start + len(chunk)
            out.append(_piece(whole, spans, start, end))
            start = end
        return out

    def _spans(self, whole: bytes) -> list[tuple[int, int, bytes]]:
        """Where the secrets are: start, end, placeholder; longest first, never overlapping."""
        spans: list[tuple[int, int, bytes]] = []
        found = [
            (match.start(), match.end(), self._known[secret])
            for secret in self._longest_first(len(whole))
            for match in re.finditer(re.escape(secret), whole)
        ]
        found += [
            (match.start(2), match.end(2), self._signature(match.group(2))) for match in _JWT.finditer(whole)
        ]
        for start, end, placeholder in found:
            if all(end <= other_start or start >= other_end for other_start, other_end, _ in spans):
                spans.append((start, end, placeholder))
        return sorted(spans)

    def _longest_first(self, most: int) -> Iterator[bytes]:
        """The known secrets of at most so many bytes: a header is often shorter than most of them."""
        known = self._shortest_first
        return reversed(known[: bisect_right(known, most, key=len)])

    def _unsigned(self, match: re.Match[bytes]) -> bytes:
        return match.group(1) + b"." + self._signature(match.group(2))

    def _signature(self, signature: bytes) -> bytes:
        return self.placeholder(signature.decode("ascii")).encode()


def _piece(whole: bytes, spans: list[tuple[int, int, bytes]], start: int, end: int) -> bytes:
    """The bytes of `whole[start:end]` with each secret replaced where it begins."""
    out, at = bytearray(), start
    for first, last, placeholder in spans:
        if last <= at or first >= end:
            continue
        if first >= at:
            out += whole[at:first] + placeholder
        at = min(last, end)
    out += whole[at:end] if at < end else b""
    return bytes(out)
