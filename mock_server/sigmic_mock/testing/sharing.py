"""One server for several processes of one test run: the first to come runs it, the others attach.

Three files in a folder that all of them know. `owner.lock` is held by the one whose server it is,
`users.lock` is shared by all users, `server.json` says how to reach it. The kernel releases both locks when a
process dies, however it dies. Invariant: the owner ends the server only after the last user.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO

from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing.control_client import ControlClient, MockRefused

Address = tuple[str, Secret]
"""Control URL and token."""
_START_SECONDS = 60.0
_USERS_SECONDS = 3600.0
"""How long the owner waits for the others' tests. A user that dies is waited for no longer."""
_POLL_SECONDS = 0.02


@contextmanager
def shared_server(folder: Path, start: Callable[[], AbstractContextManager[Address]]) -> Iterator[Address]:
    """Yield the address of the one server of `folder`, started by `start` if none runs yet.

    Raises `MockRefused` if the process that is to start it does not.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as resources:
        users = resources.enter_context((folder / "users.lock").open("ab"))
        fcntl.flock(users, fcntl.LOCK_SH)
        yield _joined(folder, start, users, resources)


def _joined(
    folder: Path, start: Callable[[], AbstractContextManager[Address]], users: IO[bytes], resources: ExitStack
) -> Address:
    owner = resources.enter_context((folder / "owner.lock").open("ab"))
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if _locks(owner, fcntl.LOCK_EX):
            (folder / "server.json").unlink(missing_ok=True)
            address = resources.enter_context(start())
            resources.callback(_wait_for_users, users)
            _publish(folder, address)
            return address
        found = _found(folder)
        if found is not None:
            return found
        time.sleep(_POLL_SECONDS)
    raise MockRefused(f"no process of this run started its server within {_START_SECONDS:.0f} s")


def _locks(file: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _publish(folder: Path, address: Address) -> None:
    url, token = address
    draft = folder / f".server.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"control_url": url, "control_token": token.reveal()}, file)
    draft.replace(folder / "server.json")


def _found(folder: Path) -> Address | None:
    """Return the address that the owner has left, if it is alive: a dead one's file may lie there."""
    try:
        left = json.loads((folder / "server.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    address = str(left["control_url"]), Secret(str(left["control_token"]))
    try:
        ControlClient(*address).ask("health")
    except MockRefused:
        return None
    return address


def _wait_for_users(users: IO[bytes]) -> None:
    deadline = time.monotonic() + _USERS_SECONDS
    while not _locks(users, fcntl.LOCK_EX) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
