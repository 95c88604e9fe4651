"""How many variables, how large, which names; and what a token's variables are not shown as."""

from typing import Any

from sigmic_conformance.conformance.labels.vars_limits import TokenEnv, VariableLimits
from sigmic_conformance.conformance.probes.token import WIDGET, user
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.prompts import EASY, nonce
from sigmic_conformance.conformance.probing.steps import create, created, get
from sigmic_conformance.conformance.registry import Concurrency, probe
from sigmic_conformance.conformance.transcript.label import Label

MOST, LARGEST = 100, 32 * 1024
RESERVED = ("PATH", "HOME", "NODE_OPTIONS", "LD_PRELOAD", "PYTHONPATH")


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["environment"])
async def variable_limits(driver: Driver) -> None:
    """Create tasks with variables at a limit and beyond it, and with names that mean something to a shell."""
    kinds: dict[Label, dict[str, Any]] = {
        VariableLimits.AT_THE_LIMITS: {
            "env": {f"V{number}": "x" for number in range(MOST - 1)} | {"L": "x" * LARGEST}
        },
        VariableLimits.TOO_MANY: {"env": {f"V{number}": "x" for number in range(MOST + 1)}},
        VariableLimits.TOO_MANY_SECRETS: {"secrets": {f"V{number}": "x" for number in range(MOST + 1)}},
        VariableLimits.TOO_LARGE: {"env": {"L": "x" * (LARGEST + 1)}},
        VariableLimits.NOT_ASCII: {"env": {"GRÖSSE": "x"}},
        **{VariableLimits.RESERVED.of(name): {"env": {name: "/nowhere"}} for name in RESERVED},
    }
    for label, fields in kinds.items():
        await create(driver, EASY, label=label, **fields)


@probe(seconds=2, concurrency=Concurrency.AGENT, capabilities=["widget", "environment"], requires=WIDGET)
async def token_env(driver: Driver) -> None:
    """Create a task with a token that has variables, and with variables of its own."""
    exchanged, own = nonce(), driver.note(TokenEnv.OWN, nonce())
    caller = await user(driver, f"user-{nonce()}", label="token", env={"OF_EXCHANGE": exchanged})
    for label, fields in {TokenEnv.BARE: {}, TokenEnv.WITH_ENV: {"env": {"OWN_WORD": own}}}.items():
        task = await created(driver, EASY, label=label, caller=caller, **fields)
        await get(driver, task, label=TokenEnv.TASK.of(label), caller=caller)
