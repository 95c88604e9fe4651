"""Merges a session's variables from the request and the token exchange (section 8)."""

from collections.abc import Mapping

from sigmic_mock.domain.accounts import Variables
from sigmic_mock.domain.secret import Secret
from sigmic_mock.runtime.long_work import work_on
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.sessions import SessionVariables


async def session_variables(
    accounts: Accounts,
    *,
    token_id: str | None,
    env: Mapping[str, str] | None,
    secrets: Mapping[str, Secret],
    lost: tuple[str, ...] = (),
) -> SessionVariables:
    """Merge both sources.

    The exchange wins over the request: it comes from the customer's backend, the request may come from a
    browser (G-23). `lost` names secrets of the request that no longer exist (X-07).
    """
    exchange = Variables(env={}, secrets={})
    if token_id is not None:
        exchange = await accounts.token_variables(token_id)
    named = exchange.env.keys() | exchange.secrets.keys()
    variables = SessionVariables(
        env={name: value for name, value in (env or {}).items() if name not in named} | dict(exchange.env),
        secrets={name: secret for name, secret in secrets.items() if name not in named}
        | dict(exchange.secrets),
        lost=frozenset(lost) - named,
    )
    length = sum(len(secret.reveal()) for secret in variables.secrets.values())
    await work_on(length, lambda: variables.redactor)
    return variables
