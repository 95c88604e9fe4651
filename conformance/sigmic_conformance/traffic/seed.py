"""The random source: one seed per run, so that its nonces and orders can be reproduced.

Each probe has its own random source, because probes run in parallel in an order that varies.
"""

import random
import secrets
from contextvars import ContextVar

SEED_LIMIT = 1 << 32

_SOURCE: ContextVar[random.Random | None] = ContextVar("source", default=None)


def new_seed() -> int:
    """A random seed that cannot be guessed."""
    return secrets.randbelow(SEED_LIMIT)


def source(seed: int, purpose: str) -> random.Random:
    """A random source for one purpose of a run."""
    # A label may repeat text of the target, and with it half a surrogate pair.
    return random.Random(f"{seed}/{purpose}".encode(errors="surrogatepass"))  # noqa: S311 to be reproducible, not secret


def draw_from(chance: random.Random) -> None:
    """Use a random source for everything in this context (a probe and the tasks it starts)."""
    _SOURCE.set(chance)


def hex_digits(count: int) -> str:
    """Random hexadecimal digits, from the context's source if it has one."""
    chance = _SOURCE.get()
    return (
        secrets.token_hex(count)[:count] if chance is None else f"{chance.getrandbits(4 * count):0{count}x}"
    )
