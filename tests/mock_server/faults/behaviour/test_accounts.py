"""What faulty accounts offer: tokens that say more, and variables that outlive the next exchange."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.mock_server.domain.accounts import Project, Seeds, WidgetApp
from sigmic_conformance.mock_server.domain.credentials import digest
from sigmic_conformance.mock_server.faults.behaviour.accounts import (
    FaultyAccounts,
    FaultyAccountStore,
    VariablesAsExchanged,
)
from sigmic_conformance.mock_server.storage.database import Database
from sigmic_conformance.mock_server.storage.keyring import JwtSigner, Sealer
from tests.fakes.clock import SteppedClock
from tests.fakes.ids import CountedIds

APP = WidgetApp(id="shop", secret_digest=digest("secret"), project_id="p", name="Shop")


@pytest.fixture
async def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def accounts(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[FaultyAccounts]:
    database = Database(tmp_path / "platform.db")
    accounts = FaultyAccounts(
        FaultyAccountStore(database),
        clocks=clock,
        ids=CountedIds(),
        signer=JwtSigner(tmp_path / "jwt.key"),
        sealer=Sealer(tmp_path / "exchange.key"),
        role_of=lambda *_: None,
    )
    await accounts.start(Seeds(projects=(Project(id="p", name="P"),), api_keys=(), widget_apps=(APP,)))
    yield accounts
    await database.close()


async def exchanged(accounts: FaultyAccounts, region: str, **told: object) -> str:
    issued = await accounts.exchange(APP, "user", lifetime_seconds=60, env={"REGION": region}, secrets={})
    return (await accounts.claim_more(issued, told)).token


def claims(token: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return said


async def test_a_token_says_what_it_is_told_to_beside_its_claims_and_instead_of_them(
    accounts: FaultyAccounts,
):
    honest = claims(await exchanged(accounts, "eu"))
    faulty = await exchanged(accounts, "eu", env={"REGION": "eu"}, jti="shop")

    assert claims(faulty) == {**honest, "env": {"REGION": "eu"}, "jti": "shop"}
    assert (await accounts.authenticate_token(faulty, None)).token_id == "shop"


async def token_id(accounts: FaultyAccounts, region: str) -> str:
    principal = await accounts.authenticate_token(await exchanged(accounts, region), None)
    assert principal.token_id is not None
    return principal.token_id


@pytest.mark.parametrize(("is_wanted", "region"), [(True, "eu"), (False, "us")])
async def test_a_token_keeps_the_variables_it_was_exchanged_for_when_a_fault_wants_it(
    accounts: FaultyAccounts, clock: SteppedClock, *, is_wanted: bool, region: str
):
    first = await token_id(accounts, "eu")
    await clock.advance(1)
    await token_id(accounts, "us")

    variables = await VariablesAsExchanged(accounts, lambda: is_wanted).token_variables(first)

    assert variables.env == {"REGION": region}


async def test_the_fault_is_not_asked_for_while_there_is_no_newer_exchange(accounts: FaultyAccounts):
    def is_wanted() -> bool:
        raise AssertionError("a yes would count as fired")

    only = await token_id(accounts, "eu")

    variables = await VariablesAsExchanged(accounts, is_wanted).token_variables(only)

    assert variables.env == {"REGION": "eu"}
