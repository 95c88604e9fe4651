"""Rows of the safe unzip. Floor: `zipfile.extractall` of the same archive. All guards are on.

The files are not handed over: `chown`, which `extractall` does not do, is left out on both sides.
"""

import asyncio
import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from sigmic_conformance.mock_server.domain.archive_rules import ArchiveLimits
from sigmic_conformance.mock_server.storage.archives import Archive
from sigmic_conformance.mock_server.storage.file_work import StopSignal
from sigmic_conformance.mock_server.storage.trees import remove_tree
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size

_SMALL_BYTES = 4096
_WORDS = b"report ledger quarter figures agree with those of the invoice and the customer ".split()


def _text(size: int, draw: random.Random) -> bytes:
    """Return random words, which compress to about a third, like text."""
    return b" ".join(draw.choices(_WORDS, k=size // 3))[:size]


def pack(path: Path, files: int, size: int) -> None:
    """Write an archive of this many text files; a large file repeats the same mebibyte."""
    draw = random.Random(1)  # noqa: S311 - the same archive each time
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        piece = _text(1 << 20, draw) if size > 1 << 20 else b""
        for number in range(files):
            data = piece * (size >> 20) if piece else _text(size, draw)
            archive.writestr(f"data/{number % 100}/{number}.txt", data)


def _plainly(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(target)


def _safely(path: Path, target: Path) -> None:
    with path.open("rb") as file:
        Archive(file.fileno(), ArchiveLimits()).extract(target, lambda _: None, StopSignal())


def _rate(way: Callable[[Path, Path], None], path: Path, target: Path, unpacked: int) -> float:
    """Return MB per CPU second; raises `AssertionError` unless every file is there."""
    used = time.thread_time()
    way(path, target)
    used = time.thread_time() - used
    found = sum(each.stat().st_size for each in target.rglob("*.txt"))
    if found != unpacked:
        raise AssertionError(f"{found} bytes were unpacked, {unpacked} were packed")
    remove_tree(target)
    return unpacked / used / 1e6


def _turns(files: int, size: int, rounds: int) -> tuple[list[float], list[float]]:
    rates: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack(folder / "packed.zip", files, size)
        for number in range(rounds + 1):
            for index, way in enumerate((_plainly, _safely)):
                rate = _rate(way, folder / "packed.zip", folder / "target", files * size)
                if number:  # the first round loads the archive into memory
                    rates[index].append(rate)
    return rates


async def unzip(size: Size) -> list[Row]:
    """Unpack alternately: many small files, then a large one."""
    rounds = min(size.rounds, 5)
    rows: list[Row] = []
    for what, files, each, milestone, goal in (
        ("many small", size.zipped, _SMALL_BYTES, 1.0, 1.2),
        ("one large", 1, size.zipped * 30_000 >> 20 << 20, 1.0, 1.1),
    ):
        plain, safe = await asyncio.to_thread(_turns, files, each, rounds)
        rows.append(
            Row(
                what=f"unzip {what}, {files * each / 1e6:.0f} MB in {files:,}, by CPU",
                unit="MB/CPU s",
                floor=plain,
                ours=safe,
                milestone=Bound(least=milestone),
                goal=Bound(least=goal),
            )
        )
    return rows
