"""End a task's session as configured in the profile: by waiting, with a command, or with a request to a hook.

Command and hook use no shell. Of them the run records only when they ended which task's session.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from urllib.parse import urlsplit

from sigmic_conformance.target.profile import ExpiryCommand, ExpiryHook
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.wire.bodies import Plain
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request
from sigmic_conformance.wire.transcript import ENDED, is_success

SAID_CHARACTERS = 300


async def expire(driver: Driver, task: str, session: str) -> None:
    """Return when the session is over; Interrupted if the command or hook failed."""
    way = driver.credentials.expiry
    driver.note("session expired by", driver.profile.session_expiry_by)
    if isinstance(way, ExpiryCommand):
        base = driver.profile.base_url  # of a server that the suite started, only the suite knows the port
        ids = {"SIGMIC_TARGET": base, "SIGMIC_TASK_ID": task, "SIGMIC_SESSION_ID": session}
        await _run(way, ids)
    elif isinstance(way, ExpiryHook):
        await _post(way, task, session)
    else:
        await asyncio.sleep(driver.profile.session_expiry_seconds or 0)
        return
    ended = driver.facts.get(ENDED, [])
    driver.note(ENDED, [*(ended if isinstance(ended, list) else []), [task, time.monotonic_ns()]])


async def _run(way: ExpiryCommand, ids: dict[str, str]) -> None:
    """Run the command to its end; after its timeout it and its child processes are ended."""
    try:
        process = await asyncio.create_subprocess_exec(
            *way.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(os.environ) | ids,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        raise Interrupted(f"the command that expires a session can't be run: {why}") from error
    try:
        async with asyncio.timeout(way.timeout_seconds):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Interrupted(
            f"the command that expires a session did not end within {way.timeout_seconds:g} s"
        ) from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if process.returncode != 0:
        last = (said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        raise Interrupted(
            f"the command that expires a session exited with {process.returncode}: {last[:SAID_CHARACTERS]}"
        )


async def _post(way: ExpiryHook, task: str, session: str) -> None:
    """Post the ids to the hook; any 2xx means that the session is over."""
    parts = urlsplit(way.url)
    token = (("Authorization", f"Bearer {way.token}"),) if way.token is not None else ()
    request = Request(
        method="POST",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=(("Connection", "close"), *token),
        body=Plain(json.dumps({"taskId": task, "sessionId": session}).encode()),
    )
    seconds = way.timeout_seconds
    bounds = Bounds(connect=seconds, head=seconds, total=seconds, body=1 << 16)
    capture = await Client(f"{parts.scheme}://{parts.netloc}", proxy=way.proxy).exchange(request, bounds)
    if capture.status is None:
        raise Interrupted(f"the hook that expires a session gave no answer ({capture.error})")
    if not is_success(capture.status):
        raise Interrupted(f"the hook that expires a session answered {capture.status}")
