"""Rows of tool calls, measured by `tools.bench.sandbox` on the strongest backend of this machine."""

import tempfile
from pathlib import Path

from sigmic_conformance.mock_server.sandbox.detect import open_backend
from tools.bench import sandbox
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size

_TURNS = 10


async def tool_calls(size: Size) -> list[Row]:
    """Run a command outside and inside by turns."""
    with tempfile.TemporaryDirectory() as name:
        backend = await open_backend("auto", runtime_dir=Path(name))
        try:
            samples = await sandbox.measure(backend, Path(name), size.rounds * _TURNS)
        finally:
            await backend.close()
    rows = [
        Row(
            what="tool call in a live sandbox",
            unit="ms",
            floor=samples["plain"],
            ours=samples["exec"],
            milestone=Bound(most=1.2),
            goal=Bound(most=0.8),
            note=f"backend {backend.report.backend}; to the end of the output, not to its first byte",
        ),
        Row(
            what="new sandbox",
            unit="ms",
            ours=samples["create"],
            by_ratio=False,
            milestone=Bound(most=5),
            goal=Bound(most=3),
        ),
    ]
    if "pool" in samples:
        rows.append(
            Row(
                what="sandbox from the pool",
                unit="ms",
                ours=samples["pool"],
                by_ratio=False,
                milestone=Bound(most=1),
                goal=Bound(most=0.5),
                note="a spare that was ready; one of the same rounds as the new sandbox",
            )
        )
    return rows
