"""Undoes the content coding of a response, gzip or deflate, if its request offered it (RFC 9110, 8.4)."""

import zlib

GZIP, X_GZIP, DEFLATE = "gzip", "x-gzip", "deflate"
_ZLIB_METHOD = 8
_AUTOMATIC = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS


class BadCoding(Exception):
    """The bytes do not have the announced coding; the text says what is wrong."""


class TooLarge(Exception):
    """The decoded content is larger than the limit."""


class Decoding:
    """Decodes a body piece by piece.

    The data may end without its trailer, which browsers and Node accept: the content shows what is missing.
    """

    def __init__(self, coding: str, most: int) -> None:
        """`most` is the limit of the decoded content in bytes."""
        self._coding = coding
        self._left = most
        self._inflate = zlib.decompressobj(_AUTOMATIC) if coding != DEFLATE else None

    @classmethod
    def of(cls, offered: str | None, applied: str | None, most: int) -> "Decoding | None":
        """The decoding of a body whose coding was offered and is known; else None.

        `offered` is the request's Accept-Encoding, `applied` the response's Content-Encoding.
        """
        names = {each.partition(";")[0].strip().lower() for each in (offered or "").split(",")}
        coding = (applied or "").strip().lower()
        offer = GZIP if coding == X_GZIP else coding
        return cls(coding, most) if coding in {GZIP, X_GZIP, DEFLATE} and offer in names else None

    def feed(self, data: bytes) -> bytes:
        """The content that these bytes complete. Raises BadCoding or TooLarge."""
        if not data:
            return b""
        if self._inflate is None:
            # Some servers send raw deflate data; browsers and Node accept both.
            self._inflate = zlib.decompressobj(_AUTOMATIC if data[0] & 15 == _ZLIB_METHOD else _RAW)
        try:
            content = self._inflate.decompress(data, self._left + 1)
        except zlib.error as error:
            raise BadCoding(f"the body is not {self._coding}: {error}") from None
        self._left -= len(content)
        if self._left < 0 or self._inflate.unconsumed_tail:
            raise TooLarge
        return content
