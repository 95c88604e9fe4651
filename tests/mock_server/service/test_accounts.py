"""Keys, widget apps, tokens: which callers are accepted, for how long, and what is stored."""

from typing import Any

import pytest

from sigmic_mock.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_mock.domain.credentials import digest
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.service.accounts import Accounts
from tests.fakes.house import House

KEY = "sigmic_" + "ab" * 32
SECRET = "shop-secret"
ORIGIN = "https://shop.example"
APP = WidgetApp(
    id="shop", secret_digest=digest(SECRET), project_id="p", name="Shop", allowed_origins=frozenset({ORIGIN})
)


def key(text: str = KEY, **fields: object) -> ApiKey:
    return ApiKey(
        # A mapping of mixed values: each field has its own type.
        **{"id": "k", "digest": digest(text), "project_id": "p", "name": "n", "username": "ann", **fields}  # type: ignore[arg-type]  # fields of any type
    )


def seeds(*keys: ApiKey, apps: tuple[WidgetApp, ...] = (APP,)) -> Seeds:
    return Seeds(projects=(Project(id="p", name="P"),), api_keys=keys, widget_apps=apps)


@pytest.fixture
async def accounts(house: House) -> Accounts:
    await house.layer.accounts.start(seeds(key()))
    return house.layer.accounts


async def token(accounts: Accounts, *, seconds: int = 60, **variables: dict[str, str]) -> str:
    given: dict[str, Any] = {"env": {}, "secrets": {}} | variables
    return (await accounts.exchange(APP, "customer-17", lifetime_seconds=seconds, **given)).token


@pytest.mark.parametrize("kept", [seeds(), seeds(key(revoked=True)), seeds(key(expires_at=1))])
async def test_an_unknown_a_revoked_and_an_expired_key_answer_alike(accounts: Accounts, kept: Seeds):
    await accounts.start(kept)

    with pytest.raises(ApiError) as refused:
        accounts.authenticate_key(KEY)

    assert refused.value.code == "INVALID_API_KEY"


async def test_neither_key_nor_secret_nor_variable_is_on_disk(house: House, accounts: Accounts):
    await token(accounts, env={"TENANT": "acme-corporation"}, secrets={"TOKEN": "hunter2-planted"})
    await house.database.close()

    kept = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())

    assert [
        text in kept for text in (KEY.encode(), SECRET.encode(), b"acme-corporation", b"hunter2-planted")
    ] == [False] * 4


async def test_an_app_without_origins_allows_none(accounts: Accounts):
    await accounts.start(
        seeds(apps=(WidgetApp(id="shop", secret_digest=digest(SECRET), project_id="p", name="Shop"),))
    )

    with pytest.raises(ApiError) as refused:
        await accounts.authenticate_token(await token(accounts), ORIGIN)

    assert refused.value.code == "ORIGIN_NOT_ALLOWED"


async def test_the_token_of_a_removed_app_is_refused(accounts: Accounts):
    issued = await token(accounts)
    await accounts.start(seeds(apps=()))

    with pytest.raises(ApiError) as refused:
        await accounts.authenticate_token(issued, None)

    assert refused.value.code == "INVALID_TOKEN"


async def test_tokens_survive_a_restart(house: House, accounts: Accounts):
    issued = await token(accounts, env={"A": "b"})

    await house.crash()
    again = house.layer.accounts
    await again.start(seeds(key()))
    principal = await again.authenticate_token(issued, None)
    variables = await again.token_variables(principal.token_id or "")

    assert (principal.end_user_id, variables.env) == ("customer-17", {"A": "b"})


async def test_expired_exchanges_are_forgotten_in_time(house: House, accounts: Accounts):
    old = await token(accounts, seconds=60, env={"A": "b"})
    token_id = (await accounts.authenticate_token(old, None)).token_id or ""
    await house.clock.advance(60 + 24 * 3600 + 1)
    await token(accounts)

    assert (await accounts.token_variables(token_id)).env == {}
