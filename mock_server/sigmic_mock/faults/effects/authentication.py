"""Authentication: which callers are accepted, which are refused, and in which order the checks run.

A fault fires only if the other reading has another result. Most of this happens before the caller is known,
so that such a fault is armed for the whole server.
"""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sigmic_mock.domain.credentials import TOKEN_PREFIX, is_api_key, uuid_of
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal
from sigmic_mock.faults.effect import after, effect
from sigmic_mock.faults.effects.bodies import Crashed
from sigmic_mock.faults.effects.tasks import known_task
from sigmic_mock.faults.engine import Here
from sigmic_mock.http.authentication import Authenticator, challenged
from sigmic_mock.http.context import RequestContext
from sigmic_mock.service.accounts import Accounts

Wants = Callable[[str], bool]
"""Returns whether a fault decides so; ask only if that changes what happens."""

_SEGMENTS = 3
EXPIRED = "expired"
_SPELT = frozenset({b"X-API-Key", b"x-api-key", b"X-Api-Key"})
"""How a platform that compares header names letter by letter may expect this one."""
_LOOSE = tuple(
    f"auth.{name}"
    for name in (
        "accept",
        "expired",
        "unsigned",
        "forged",
        "query-string",
        "ascii-only",
        "printable-only",
        "after-lookup",
    )
)


@after("auth.account-per-header", at=Authenticator.authenticate)
def account_per_header(here: Here, _self: Authenticator, caller: Principal, ctx: RequestContext) -> Principal:
    """Return an account that the header for keys alone knows."""
    if not _offered(ctx) or _spoken(ctx).strip() or not here.about(caller).fires():
        return caller
    return replace(caller, app_id="x-api-key", end_user_id=caller.username)


@after("auth.refuse", at=Authenticator.authenticate)
def refuses_caller(here: Here, _self: Authenticator, caller: Principal, ctx: RequestContext) -> Principal:
    wanted = here.about(caller, operation=ctx.name).params(_way_of(ctx, caller))
    if wanted is not None:
        raise challenged(ApiError(ErrorCode[wanted["code"]]))
    return caller


@effect(*_LOOSE, at=Authenticator.authenticate)
async def lets_in(here: Here, self: Authenticator, ctx: RequestContext) -> Principal:
    """Return the principal of a request; a fault may let in a refused caller."""
    try:
        return await here.step(ctx)
    except ApiError as refusal:
        return await _let_in(here, self.accounts, ctx, refusal)


async def _let_in(here: Here, accounts: Accounts, ctx: RequestContext, refusal: ApiError) -> Principal:
    code = refusal.code.value
    found = await _read_otherwise(here, accounts, ctx, refusal)
    if found is not None:
        return found
    task = await known_task(ctx.platform.tasks, ctx.task)
    project = ctx.project_id if task is None else task.project_id
    here = here.about(ctx, project=project)
    if refusal.code is ErrorCode.INVALID_TOKEN:
        flaw, claims = await _examined(accounts, ctx)
        if flaw and here.fires(code, of=f"auth.{flaw}"):
            return _named(accounts, claims)
        if flaw == EXPIRED:  # it was not altered (AUTH-009)
            code = "EXPIRED_TOKEN"
    if not here.fires(code, of="auth.accept"):
        raise refusal
    holder = project or accounts.project_named(None)
    return Principal(project_id=holder, api_key_id=uuid_of("anybody"), username="anybody")


async def _read_otherwise(
    here: Here, accounts: Accounts, ctx: RequestContext, refusal: ApiError
) -> Principal | None:
    """Return the principal for a refused caller; None if no fault reads the request differently.

    Raises the refusal of such a platform instead.
    """
    here = here.about(ctx)

    def wants(point: str) -> bool:
        return here.fires(refusal.code.value, of=point)

    await _look_elsewhere_first(ctx, wants)
    if refusal.code is ErrorCode.AUTH_REQUIRED:
        asked = [value for value in ctx.request.rel_url.query.values() if is_api_key(value)]
        if asked and wants("auth.query-string"):
            return accounts.authenticate_key(asked[0])
    return None


async def _examined(accounts: Accounts, ctx: RequestContext) -> tuple[str, Mapping[str, Any]]:
    """Return what is wrong with a token (`expired`, `unsigned` or `forged`), and what it claims.

    If the text is not a token at all, the flaw is empty.
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
    with suppress(ApiError):
        await accounts._verified(token)
        return EXPIRED, claims
    return "forged", claims


def _named(accounts: Accounts, claims: Mapping[str, Any]) -> Principal:
    """Return the caller that the token names, as far as it does."""
    app, user = claims.get("app"), str(claims.get("sub") or "anybody")
    return Principal(
        project_id=accounts.project_of_app(app) or accounts.project_named(None),
        api_key_id=uuid_of(str(app)),
        username=user,
        app_id=str(app),
        end_user_id=user,
        token_id=str(claims.get("jti") or user),
    )


def _way_of(ctx: RequestContext, caller: Principal) -> str:
    """Return how a caller came: `token`, `bearer`, `x-api-key`, or one of the latter in odd letters."""
    if caller.is_end_user:
        return "token"
    scheme, _, _ = _spoken(ctx).strip().partition(" ")
    if scheme:
        return "bearer" if scheme == "Bearer" else "bearer-in-other-letters"
    names = {name for name, _ in ctx.request.raw_headers if name.lower() == b"x-api-key"}
    return "x-api-key" if names <= _SPELT else "x-api-key-in-other-letters"


async def _look_elsewhere_first(ctx: RequestContext, wants: Wants) -> None:
    """Run checks that belong after authentication before it."""
    spoken = _spoken(ctx)
    if not spoken.isascii() and wants("auth.ascii-only"):
        spoken.encode("ascii")  # falls over, as a platform does that compares bytes
    if spoken.isascii() and not spoken.isprintable() and wants("auth.printable-only"):
        raise Crashed("a credential holds what no log line may")
    if ctx.task is not None:
        is_unknown = await known_task(ctx.platform.tasks, ctx.task) is None
        if is_unknown and wants("auth.after-lookup"):
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")


def _spoken(ctx: RequestContext) -> str:
    return ctx.request.headers.get("Authorization", "")


def _offered(ctx: RequestContext) -> str:
    return ctx.request.headers.get("X-API-Key", "").strip()


def _token(ctx: RequestContext) -> str:
    return _spoken(ctx).partition(" ")[2].strip()


def _decoded(segment: str) -> Mapping[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
