"""Keys, widget apps, tokens: who is let in, for how long, and what is kept of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_conformance.mock_server.domain.credentials import digest
from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.runtime.ids import ProjectIds
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.storage.accounts import AccountStore
from sigmic_conformance.mock_server.storage.database import Database
from sigmic_conformance.mock_server.storage.keyring import JwtSigner, Sealer
from tests.fakes.clock import SteppedClock

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


class Office:
    """Accounts over a real database and real key files, on a clock that is told to pass."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SteppedClock()
        self.roles: dict[tuple[str, str], Role] = {}
        self.database = Database(folder / "platform.db")
        self.accounts = Accounts(
            AccountStore(self.database),
            clocks=self.clock,
            ids=ProjectIds(),
            signer=JwtSigner(folder / "keys" / "jwt.key"),
            sealer=Sealer(folder / "keys" / "exchange.key"),
            role_of=lambda project, user: self.roles.get((project, user)),
        )

    async def token(self, *, seconds: int = 60, **variables: dict[str, str]) -> str:
        issued = await self.accounts.exchange(
            APP,
            "customer-17",
            lifetime_seconds=seconds,
            env=variables.get("env", {}),
            secrets=variables.get("secrets", {}),
        )
        return issued.token


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    await office.accounts.start(seeds(key()))
    yield office
    await office.database.close()


async def refusal(office: Office, token: str, origin: str | None = None) -> str:
    with pytest.raises(ApiError) as refused:
        await office.accounts.authenticate_token(token, origin)
    return refused.value.code.value


@pytest.mark.parametrize("kept", [seeds(), seeds(key(revoked=True)), seeds(key(expires_at=1))])
async def test_an_unknown_a_revoked_and_an_expired_key_answer_alike(office: Office, kept: Seeds):
    await office.accounts.start(kept)

    with pytest.raises(ApiError) as refused:
        office.accounts.authenticate_key(KEY)

    assert refused.value.code == "INVALID_API_KEY"


async def test_a_key_expires_while_the_server_runs(office: Office):
    await office.accounts.start(seeds(key(expires_at=office.clock.now() + 1000)))
    office.accounts.authenticate_key(KEY)

    await office.clock.advance(1)

    with pytest.raises(ApiError):
        office.accounts.authenticate_key(KEY)


async def test_neither_key_nor_secret_nor_variable_is_on_disk(office: Office):
    await office.token(env={"TENANT": "acme-corporation"}, secrets={"TOKEN": "hunter2-planted"})
    await office.database.close()

    kept = b"".join(path.read_bytes() for path in office.folder.rglob("*") if path.is_file())

    assert [
        text in kept for text in (KEY.encode(), SECRET.encode(), b"acme-corporation", b"hunter2-planted")
    ] == [False] * 4


async def test_an_app_without_origins_allows_none(office: Office):
    await office.accounts.start(
        seeds(apps=(WidgetApp(id="shop", secret_digest=digest(SECRET), project_id="p", name="Shop"),))
    )

    assert await refusal(office, await office.token(), ORIGIN) == "ORIGIN_NOT_ALLOWED"


async def test_tokens_survive_a_restart(office: Office):
    token = await office.token(env={"A": "b"})
    await office.database.close()

    again = Office(office.folder)
    await again.accounts.start(seeds(key()))
    principal = await again.accounts.authenticate_token(token, None)
    variables = await again.accounts.token_variables(principal.token_id or "")
    await again.database.close()

    assert (principal.end_user_id, variables.env) == ("customer-17", {"A": "b"})


async def test_expired_exchanges_are_forgotten_in_time(office: Office):
    old = await office.token(seconds=60, env={"A": "b"})
    token_id = (await office.accounts.authenticate_token(old, None)).token_id or ""
    await office.clock.advance(60 + 24 * 3600 + 1)
    await office.token()

    assert (await office.accounts.token_variables(token_id)).env == {}
