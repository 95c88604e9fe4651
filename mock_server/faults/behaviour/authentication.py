"""Faults of authentication: who is let in, who is turned away, in which order it is found out.

Asked only while a fault is armed, and only where the other reading leads somewhere else. Most of it falls
before anybody is known, so that such a fault is armed for the whole server.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.domain.credentials import TOKEN_PREFIX, is_api_key, uuid_of
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext
from sigmic_conformance.mock_server.faults.behaviour.fields import FellOver
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart, concern
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.authentication import Authenticator, challenged
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.fields import JSON

Wants = Callable[[str], bool]
"""Whether a fault decides so; ask only where a yes changes what happens."""

_SEGMENTS = 3
EXPIRED = "expired"
_SPELT = frozenset({b"X-API-Key", b"x-api-key", b"X-Api-Key"})
"""How a platform that compares header names letter by letter may expect this one."""


class FaultyAuthenticator(FaultInjectingPart, Authenticator):
    """Knows callers as the armed faults will have it."""

    accounts: FaultyAccounts

    def __init__(self, accounts: FaultyAccounts, faults: Faults) -> None:
        super().__init__(accounts)
        self._faults = faults

    async def authenticate(self, ctx: RequestContext) -> Principal:
        try:
            caller = await super().authenticate(ctx)
            if self._faults.may_act(caller.project_id):
                caller = self._taken_for_another(FaultyContext.of(ctx), caller)
        except ApiError as refusal:
            caller = await self._let_in(FaultyContext.of(ctx), refusal)
        concern(caller.project_id)
        return caller

    def _taken_for_another(self, ctx: FaultyContext, caller: Principal) -> Principal:
        """Return whom the other header names, or an account that one header alone knows, as faults want it.

        Raises the code of a fault that turns rightful callers away, and INVALID_API_KEY.
        """
        asker = ctx.asker(caller.project_id)
        if not asker.is_idle("auth.refuse"):
            wanted = asker.parameters("auth.refuse", _way_of(ctx, caller))
            if wanted is not None:
                raise challenged(ApiError(ErrorCode(wanted["code"])))
        offered = ctx.request.headers.get("X-API-Key", "").strip()
        if not offered:
            return caller
        if not _spoken(ctx).strip():
            if not asker.wanted("auth.account-per-header"):
                return caller
            return replace(caller, app_id="x-api-key", end_user_id=caller.username)
        if not asker.wanted("auth.key-first"):
            return caller
        try:
            return self.accounts.authenticate_key(offered)
        except ApiError as refusal:
            raise challenged(refusal) from None

    async def _let_in(self, ctx: FaultyContext, refusal: ApiError) -> Principal:
        """Return who a refused caller is taken for, when a fault lets them in; else raise the refusal."""
        code = refusal.code.value
        found = await self._read_otherwise(ctx, refusal)
        if found is not None:
            return found
        project = await ctx.services.tasks.project_of(ctx.task or "") or ctx.project_id
        asker = ctx.asker(project)
        if refusal.code is ErrorCode.INVALID_TOKEN:
            flaw, claims = await self._examined(ctx)
            if flaw and asker.wanted(f"auth.{flaw}", code):
                return self._named(claims)
            if flaw == EXPIRED:  # nothing was altered about it (AUTH-009)
                code = "EXPIRED_TOKEN"
        if not asker.wanted("auth.accept", code):
            raise refusal
        holder = project or self.accounts.project_named(None)
        return Principal(project_id=holder, api_key_id=uuid_of("anybody"), username="anybody")

    async def _read_otherwise(self, ctx: FaultyContext, refusal: ApiError) -> Principal | None:
        """Return who a refused caller is after all; None where no fault reads the request otherwise.

        Raises what such a platform refuses with instead.
        """
        asker = ctx.asker()

        def wants(decision: str) -> bool:
            return asker.wanted(decision, refusal.code.value)

        await _look_elsewhere_first(ctx, wants)
        readings: Mapping[ErrorCode, Callable[[FaultyContext, Wants], Awaitable[Principal | None]]] = {
            ErrorCode.INVALID_API_KEY: self._key_header,
            ErrorCode.INVALID_AUTH_FORMAT: self._other_scheme,
            ErrorCode.AUTH_REQUIRED: self._key_in_query,
            ErrorCode.ORIGIN_NOT_ALLOWED: self._any_origin,
        }
        reading = readings.get(refusal.code)
        return None if reading is None else await reading(ctx, wants)

    async def _key_header(self, ctx: FaultyContext, wants: Wants) -> Principal | None:
        """Look into the header for keys again: for a token, or for a key beside a bad `Authorization`."""
        offered = ctx.request.headers.get("X-API-Key", "").strip()
        if _spoken(ctx).strip():
            with suppress(ApiError):
                holder = self.accounts.authenticate_key(offered)
                return holder if wants("auth.either-header") else None
            return None
        if not offered.startswith(TOKEN_PREFIX):
            return None
        try:
            found = await self.accounts.authenticate_token(offered, ctx.request.headers.get("Origin"))
        except ApiError as refusal:
            if wants("auth.token-as-key"):
                raise challenged(refusal) from None
            return None
        return found if wants("auth.token-as-key") or wants("auth.good-token-as-key") else None

    async def _other_scheme(self, ctx: FaultyContext, wants: Wants) -> Principal | None:
        spoken = _spoken(ctx).strip().lower()
        if spoken and not spoken.startswith("bearer") and wants("auth.other-scheme"):
            raise challenged(ApiError(ErrorCode.AUTH_REQUIRED))
        return None

    async def _key_in_query(self, ctx: FaultyContext, wants: Wants) -> Principal | None:
        asked = [value for value in ctx.request.rel_url.query.values() if is_api_key(value)]
        if not asked or not wants("auth.query-string"):
            return None
        return self.accounts.authenticate_key(asked[0])

    async def _any_origin(self, ctx: FaultyContext, wants: Wants) -> Principal | None:
        if not wants("auth.any-origin"):
            return None
        return await self.accounts.authenticate_token(_token(ctx), None)

    async def _examined(self, ctx: FaultyContext) -> tuple[str, Mapping[str, Any]]:
        """Return what is wrong with a token (`expired`, `unsigned` or `forged`), and what it claims.

        The flaw is empty when it is no token at all.
        """
        token = _token(ctx)
        segments = token.split(".")
        if not token.startswith(TOKEN_PREFIX) or len(segments) != _SEGMENTS:
            return "", {}
        header, claims = (_decoded(segment) for segment in segments[:2])
        if not header or not claims:
            return "", {}
        if header.get("alg") == "none":
            return "unsigned", claims
        return (EXPIRED if await self.accounts.has_signed(token) else "forged"), claims

    def _named(self, claims: Mapping[str, Any]) -> Principal:
        """Return who the token says it is, as far as it says so."""
        app, user = claims.get("app"), str(claims.get("sub") or "anybody")
        return Principal(
            project_id=self.accounts.project_of_app(app) or self.accounts.project_named(None),
            api_key_id=uuid_of(str(app)),
            username=user,
            app_id=str(app),
            end_user_id=user,
            token_id=str(claims.get("jti") or user),
        )


def _way_of(ctx: FaultyContext, caller: Principal) -> str:
    """Return how a caller came: `token`, `bearer`, `x-api-key`, or one of the latter in odd letters."""
    if caller.is_end_user:
        return "token"
    scheme, _, _ = _spoken(ctx).strip().partition(" ")
    if scheme:
        return "bearer" if scheme == "Bearer" else "bearer-in-other-letters"
    names = {name for name, _ in ctx.request.raw_headers if name.lower() == b"x-api-key"}
    return "x-api-key" if names <= _SPELT else "x-api-key-in-other-letters"


async def _look_elsewhere_first(ctx: FaultyContext, wants: Wants) -> None:
    """Do before the credentials are looked at what belongs after that."""
    spoken = _spoken(ctx)
    if not spoken.isascii() and wants("auth.ascii-only"):
        spoken.encode("ascii")  # falls over, as a platform does that compares bytes
    if spoken.isascii() and not spoken.isprintable() and wants("auth.printable-only"):
        raise FellOver("a credential holds what no log line may")
    if ctx.task is not None:
        is_unknown = await ctx.services.tasks.project_of(ctx.task) is None
        if is_unknown and wants("auth.after-lookup"):
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
    creates = ctx.operation.operation_id == "create_task" and ctx.request.content_type == JSON
    if creates and wants("auth.after-body"):
        await ctx.body().json()


def _spoken(ctx: FaultyContext) -> str:
    return ctx.request.headers.get("Authorization", "")


def _token(ctx: FaultyContext) -> str:
    return _spoken(ctx).partition(" ")[2].strip()


def _decoded(segment: str) -> Mapping[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
