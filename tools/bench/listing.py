"""Row of a page of 100 tasks out of very many. Floor: the same page out of 100 tasks, on another server."""

import json
import tempfile
from pathlib import Path

from tools.bench.children import Child, mock
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size
from tools.bench.seeding import fill
from tools.bench.wire import TASKS, get, many, one

PAGE = get(f"{TASKS}?limit=100")
_COUNT = 96


async def checked(server: Child, total: int) -> None:
    """Raise `AssertionError` unless the page belongs to a list of this many tasks."""
    data = json.loads(await one(server, PAGE))
    text = json.dumps(data)
    if text.count('"messageCount"') < 100 and text.count('"status"') < 100:
        raise AssertionError(f"not 100 tasks: {text[:200]}")
    if f'"total": {total}' not in text:
        raise AssertionError(f"not out of {total}: {text[-200:]}")


async def listing(size: Size) -> list[Row]:
    """Request both alternately."""
    used: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as name:
        few, all_of_them = Path(name) / "few", Path(name) / "many"
        await fill(few, 100)
        await fill(all_of_them, size.tasks)
        async with mock(data=few) as short, mock(data=all_of_them) as long:
            await checked(short, 100)
            await checked(long, size.tasks)
            for number in range(size.rounds + 1):
                for index, server in enumerate((short, long)):
                    _, rate = await many(server, PAGE, _COUNT)
                    if number:  # the first round is the warm-up
                        used[index].append(1e6 / rate)
    return [
        Row(
            what=f"list 100 of {size.tasks:,}, CPU",
            unit="us",
            floor=used[0],
            ours=used[1],
            milestone=Bound(most=1.3),
            goal=Bound(most=1.1),
            note="floor: the same page out of 100",
        )
    ]
