"""The server's own secret keys: one file each, mode 0600, created when first needed.

PyJWT and PyNaCl are imported in a thread when a key is first used: most runs never exchange a token. Call
`open()` before other methods.
"""

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sigmic_mock.domain.tokens import BadToken

if TYPE_CHECKING:
    from nacl.secret import SecretBox

_ALGORITHM = "HS256"


def load_or_create_key(path: Path, make: bytes) -> bytes:
    """Return the key in `path`. If there is none, first write `make` there, completely or not at all.

    If several callers find none, one of them writes its key and all return that one.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(make)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
    return path.read_bytes()


class JwtSigner:
    """Signs and verifies widget tokens (HS256)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None
        self._jwt: ModuleType | None = None

    async def open_key(self) -> None:
        """Load the library and the key; create the key if there is none. Idempotent."""
        if self._key is None:
            await asyncio.to_thread(self._load)

    def _load(self) -> None:
        import jwt

        self._jwt = jwt
        self._key = load_or_create_key(self._path, secrets.token_hex(32).encode())

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the compact form (`eyJ…`)."""
        assert self._jwt is not None, "open_key() first"  # noqa: S101 - a programming error
        token: str = self._jwt.encode(dict(claims), self._key, algorithm=_ALGORITHM)
        return token

    def open(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that was signed here. Raises `BadToken`."""
        assert self._jwt is not None, "open_key() first"  # noqa: S101 - a programming error
        if "=" in token:
            raise BadToken("padding")  # RFC 7515, section 2, has none; the library allows it
        # The platform's clock decides about expiry (domain.tokens), which may differ from the machine's.
        options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        try:
            claims: Mapping[str, Any] = self._jwt.decode(
                token, self._key, algorithms=[_ALGORITHM], options=options
            )
        except (self._jwt.PyJWTError, ValueError, RecursionError) as problem:
            raise BadToken(type(problem).__name__) from None
        return claims


class Sealer:
    """Encrypts the data of a token exchange at rest (X-05, X-07): XSalsa20 with Poly1305, of libsodium."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._box: SecretBox | None = None

    async def seal(self, value: Mapping[str, Any]) -> bytes:
        """Return `value` encrypted."""
        return await asyncio.to_thread(lambda: self._open().encrypt(json.dumps(value).encode()))

    async def unseal(self, sealed: bytes) -> dict[str, Any]:
        """Return the value that `seal` encrypted."""
        value: dict[str, Any] = json.loads(await asyncio.to_thread(lambda: self._open().decrypt(sealed)))
        return value

    def _open(self) -> "SecretBox":
        if self._box is None:
            from nacl.secret import SecretBox

            made = secrets.token_hex(SecretBox.KEY_SIZE).encode()
            self._box = SecretBox(bytes.fromhex(load_or_create_key(self._path, made).decode()))
        return self._box
