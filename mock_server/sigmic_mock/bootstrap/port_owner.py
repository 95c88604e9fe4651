"""Find the process that listens on a port, for the message about a port that is taken."""

import re
from collections.abc import Iterator
from pathlib import Path

from sigmic_mock.bootstrap.banner import READY_FILE
from sigmic_mock.bootstrap.registry import running

_LISTENS = "0A"
_PROC = Path("/proc")
_MOST_PROCESSES = 20_000
_ODD = re.compile(r"[^\w.+:/@-]")


def owner_of(port: int, registry: Path | None) -> str:
    """Return the server of this user, or else the process, that listens on a port; empty if it is unknown."""
    for ready in [] if registry is None else running(registry):
        if str(ready.get("base_url")).rpartition(":")[2] == str(port):
            where = Path(str(ready.get("data_dir"))) / READY_FILE
            return f"the mock {ready.get('base_url')} (process {ready.get('pid')}, ready file {where})"
    return next(_processes(_sockets(port)), "")


def _sockets(port: int) -> set[str]:
    """Return the listening sockets of a port, as /proc names them."""
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _processes(sockets: set[str]) -> Iterator[str]:
    """Yield the processes that have one of the sockets open. Those of other users can't be read."""
    if not sockets:
        return
    for count, folder in enumerate(_PROC.glob("[0-9]*")):
        if count > _MOST_PROCESSES:
            return
        try:
            if any(str(each.readlink()) in sockets for each in (folder / "fd").iterdir()):
                name = (folder / "comm").read_text("utf-8", "replace").strip()
                yield f"{_ODD.sub('?', name)} (process {folder.name})"
        except OSError:
            continue
