"""Rows of a start until the server answers; what is measured is in `bench.in_process`."""

import asyncio

from tools.bench import in_process
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size


def _turns(size: Size) -> dict[str, tuple[list[float], list[float]]]:
    sides = {
        "start to ready, command": (in_process.bare_as_command, in_process.ours_as_command),
        "start to ready, in a test": (in_process.bare_in_process, in_process.ours_in_process),
    }
    taken: dict[str, tuple[list[float], list[float]]] = {}
    for name, (bare, ours) in sides.items():
        bare(), ours()
        pairs = [(bare() * 1000, ours() * 1000) for _ in range(size.rounds)]
        taken[name] = ([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return taken


async def start(size: Size) -> list[Row]:
    """Start both by turns."""
    taken = await asyncio.to_thread(_turns, size)
    return [
        Row(
            what=name,
            unit="ms",
            floor=bare,
            ours=ours,
            milestone=Bound(most=2.3) if "command" in name else None,
            goal=Bound(most=1.6) if "command" in name else None,
        )
        for name, (bare, ours) in taken.items()
    ]
