"""Load that runs during the heartbeats, in separate processes: `python -m tools.bench.noise KIND PORT …`.

`uploads PORT COUNT` sends COUNT files of 50 MiB at the same time, `archive PORT FILE` one ZIP archive,
`crowd PORT PATH READERS MARKS` opens READERS streams and reads them until all marks have arrived.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.bench.children import Child
from tools.bench.fan_out import Crowd
from tools.bench.uploads import send, send_file
from tools.bench.wire import get, hang_up, listen


async def _crowd(port: int, path: str, readers: int, marks: int) -> None:
    crowd = Crowd(marks)
    streams = await listen(Child(0, port), get(path), readers, crowd.heard)
    async with asyncio.timeout(120):
        await crowd.done.wait()
    hang_up(streams)


def main(kind: str, port: int, *more: str) -> None:
    """Create the load once."""
    if kind == "uploads":
        with ThreadPoolExecutor(int(more[0])) as pool:
            list(pool.map(lambda _: send_file(port), range(int(more[0]))))
    elif kind == "archive":
        send(port, "packed.zip", "application/zip", [Path(more[0]).read_bytes()])
    else:
        asyncio.run(_crowd(port, more[0], int(more[1]), int(more[2])))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
