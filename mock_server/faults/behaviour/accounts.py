"""Accounts whose tokens can say more than they should, and keep variables that a newer exchange replaced."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sigmic_conformance.mock_server.domain.accounts import Exchange, Variables
from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.ports import Clocks, ProjectIds
from sigmic_conformance.mock_server.service.accounts import Accounts, IssuedToken, OpenableSigner
from sigmic_conformance.mock_server.service.variables import TokenVariables
from sigmic_conformance.mock_server.storage.accounts import AccountStore, read_exchange
from sigmic_conformance.mock_server.storage.keyring import Sealer


class FaultyAccountStore(AccountStore):
    """Finds an exchange that a newer one of the same end user has replaced."""

    async def exchange_of(self, token_id: str) -> Exchange | None:
        """Return the exchange that made a token."""

        def find(con: sqlite3.Connection) -> Exchange | None:
            row = con.execute("SELECT * FROM token_exchanges WHERE token_id = ?", (token_id,)).fetchone()
            return None if row is None else read_exchange(row)

        return await self._database.read(find)


class FaultyAccounts(Accounts):
    """Offers what no honest platform does; whoever calls it has asked the faults."""

    def __init__(
        self,
        store: FaultyAccountStore,
        *,
        clocks: Clocks,
        ids: ProjectIds,
        signer: OpenableSigner | None,
        sealer: Sealer,
        role_of: Callable[[str, str], Role | None],
    ) -> None:
        super().__init__(store, clocks=clocks, ids=ids, signer=signer, sealer=sealer, role_of=role_of)
        self._exchanges = store

    async def claim_more(self, issued: IssuedToken, claims: Mapping[str, object]) -> IssuedToken:
        """Return a token that makes `claims` beside its own, or instead of them."""
        signer = await self.open_signer()
        return replace(issued, token=signer.sign({**signer.open(issued.token), **claims}))

    async def has_signed(self, token: str) -> bool:
        """True for a token of this server, whether or not it is still valid."""
        try:
            await self._verified(token)
        except ApiError:
            return False
        return True

    async def own_variables(self, token_id: str) -> Variables:
        """Return the variables of the exchange that made a token, however old it is."""
        return await self.variables_of(await self._exchanges.exchange_of(token_id))

    async def has_newer_exchange(self, token_id: str) -> bool:
        """True when the end user behind `token_id` has exchanged again since."""
        newest = await self._exchanges.newest_exchange(token_id)
        return newest is not None and newest.token_id != token_id


class ExchangedVariables(TokenVariables, Protocol):
    """The variables of token exchanges, of the newest and of older ones; `FaultyAccounts` has them."""

    async def own_variables(self, token_id: str) -> Variables:
        """Return the variables of the exchange that made a token, however old it is."""

    async def has_newer_exchange(self, token_id: str) -> bool:
        """True when the end user behind `token_id` has exchanged again since."""


@dataclass(frozen=True, slots=True)
class VariablesAsExchanged:
    """Gives a token the variables it was exchanged for, when a fault wants it; else the newest.

    Fulfils `service.variables.TokenVariables`. `is_wanted` is asked when a newer exchange has replaced them.
    """

    accounts: ExchangedVariables
    is_wanted: Callable[[], bool]

    async def token_variables(self, token_id: str) -> Variables:
        if await self.accounts.has_newer_exchange(token_id) and self.is_wanted():
            return await self.accounts.own_variables(token_id)
        return await self.accounts.token_variables(token_id)
