"""Keys and tokens of the independent target: the caller of a credential, and the token exchange."""

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lab.platforms.refusal import Refusal, bad

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Caller:
    """`user` is a token's end user, None for a key; `token` names the exchange; viewers write nothing.

    `name` is the name of the key's owner.
    """

    project: str
    key: str
    user: str | None = None
    token: str | None = None
    writes: bool = True
    name: str = "tester"


class Accounts:
    """One key for each of two projects; for the first also another, a viewer's, an expired key, and an app.

    `clock` returns epoch seconds.
    """

    app_id = "app_independent"
    origins = ("https://shop.example",)
    clock = staticmethod(time.time)

    def __init__(self) -> None:
        self.keys = {f"sigmic_{secrets.token_hex(32)}": project for project in ("first", "second")}
        self.viewer_key = f"sigmic_{secrets.token_hex(32)}"
        self.expired_key = f"sigmic_{secrets.token_hex(32)}"
        self.another_key = f"sigmic_{secrets.token_hex(32)}"
        self.names = {self.viewer_key: "viewer", self.expired_key: "tester", self.another_key: "colleague"}
        self.ends = {self.expired_key: 0.0}
        self.app_secret = secrets.token_hex(24)
        self.signing = secrets.token_bytes(32)
        self.exchanged: dict[str, dict[str, str]] = {}

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        """Return the caller with these headers. Raises Refusal 401 or 403."""
        if authorization is None and api_key is None:
            raise Refusal(401, "AUTH_REQUIRED", "Authentication required")
        if authorization is None:
            return self.by_key(api_key or "")
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == "bearer" and credential.startswith("sigmic_"):
            return self.by_key(credential)
        if scheme.lower() == "bearer" and credential.startswith("eyJ"):
            return self.by_token(credential, origin)
        raise Refusal(401, "INVALID_AUTH_FORMAT", "The token format is not recognised")

    def by_key(self, key: str) -> Caller:
        project = "first" if key in self.names else self.keys.get(key)
        if project is None or self.ends.get(key, math.inf) <= self.clock():
            raise Refusal(401, "INVALID_API_KEY", "The API key is not valid, or has expired")
        identity = f"00000000-0000-4000-8000-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
        return Caller(project, identity, writes=key != self.viewer_key, name=self.names.get(key, "tester"))

    def by_token(self, token: str, origin: str | None) -> Caller:
        try:
            head, body, signature = token.split(".")
            if not hmac.compare_digest(signature, self.sign(f"{head}.{body}")):
                raise ValueError("signature")  # noqa: TRY301  one refusal for all that is wrong with a token
            claims = json.loads(decode(body))
        except (ValueError, UnicodeError) as error:
            raise Refusal(401, "INVALID_TOKEN", "The token is not valid") from error
        if claims["exp"] <= self.clock():
            raise Refusal(401, "INVALID_TOKEN", "The token has expired")
        self.check_origin(origin)
        return Caller("first", f"widget-{self.app_id}", claims["sub"], claims["jti"])

    def check_origin(self, origin: str | None) -> None:
        if origin is not None and origin not in self.origins:
            raise Refusal(403, "ORIGIN_NOT_ALLOWED", "This origin is not allowed")

    def exchange(self, body: object) -> dict:
        """Return the result of a token request: `token` and `ends` (epoch seconds). Raises Refusal."""
        if not isinstance(body, dict):
            raise bad("The body must be an object")
        if not body.get("appId") or not body.get("appSecret"):
            raise Refusal(400, "MISSING_CREDENTIALS", "appId and appSecret are required")
        if not isinstance(body.get("endUserId"), str) or not body["endUserId"]:
            raise Refusal(400, "MISSING_END_USER_ID", "endUserId is required")
        lifetime = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", str(body.get("expiresIn", "1h")))
        if lifetime is None:
            raise Refusal(400, "INVALID_EXPIRES_IN", "expiresIn must look like 1h or 30m")
        env, hidden = variables(body.get("env")), variables(body.get("secrets"))
        if body["appId"] != self.app_id or body["appSecret"] != self.app_secret:
            raise Refusal(401, "INVALID_CREDENTIALS", "Invalid app credentials")
        ends = int(self.clock()) + int(lifetime[1]) * UNITS[lifetime[2]]
        identity = secrets.token_hex(8)
        self.exchanged[identity] = env | hidden
        return {
            "token": self.token(body, {"sub": body["endUserId"], "exp": ends, "jti": identity}),
            "ends": ends,
        }

    def token(self, request: Mapping, claims: dict) -> str:
        parts = [encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        return ".".join([*parts, self.sign(".".join(parts))])

    def sign(self, text: str) -> str:
        return encode(hmac.digest(self.signing, text.encode("ascii", "replace"), "sha256"))


def variables(value: object) -> dict[str, str]:
    """Return a map of variables, {} for None. Raises Refusal INVALID_ENV."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(400, "INVALID_ENV", "Variables must be an object")
    for name, content in value.items():
        if not NAME.fullmatch(name) or not isinstance(content, str) or "\0" in content:
            raise Refusal(400, "INVALID_ENV", "A variable has a bad name or value")
    return dict(value)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
