"""How many variables, how large, which names; and where a token's variables must not appear."""

from typing import Any

from sigmic_conformance.conformance.probes.token import WIDGET, user
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.prompts import EASY, nonce
from sigmic_conformance.conformance.probing.steps import create, created, get
from sigmic_conformance.conformance.registry import Concurrency, probe

MOST, LARGEST = 100, 32 * 1024
RESERVED = ("PATH", "HOME", "NODE_OPTIONS", "LD_PRELOAD", "PYTHONPATH")


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["environment"])
async def variable_limits(driver: Driver) -> None:
    """Create tasks with variables at a limit and beyond it, and with names that mean something to a shell."""
    kinds: dict[str, dict[str, Any]] = {
        "at the limits": {"env": {f"V{number}": "x" for number in range(MOST - 1)} | {"L": "x" * LARGEST}},
        "too many": {"env": {f"V{number}": "x" for number in range(MOST + 1)}},
        "too many secrets": {"secrets": {f"V{number}": "x" for number in range(MOST + 1)}},
        "too large": {"env": {"L": "x" * (LARGEST + 1)}},
        "not ASCII": {"env": {"GRÖSSE": "x"}},
        **{f"reserved {name}": {"env": {name: "/nowhere"}} for name in RESERVED},
    }
    for label, fields in kinds.items():
        await create(driver, EASY, label=label, **fields)


@probe(seconds=2, concurrency=Concurrency.AGENT, capabilities=["widget", "environment"], requires=WIDGET)
async def token_env(driver: Driver) -> None:
    """Create a task with variables, and with a token that has variables, too."""
    exchanged, own = nonce(), driver.note("own", nonce())
    caller = await user(driver, f"user-{nonce()}", label="token", env={"OF_EXCHANGE": exchanged})
    for label, fields in {"bare": {}, "with env": {"env": {"OWN_WORD": own}}}.items():
        task = await created(driver, EASY, label=label, caller=caller, **fields)
        await get(driver, task, label=f"{label}: task", caller=caller)
