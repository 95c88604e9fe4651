"""Two tasks in parallel, and what a command finds of other tasks, of the server and of earlier commands."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import attempts, digest_of, nonce, shell
from sigmic_conformance.traffic.steps import Run, created, get, history, run

BUSY_SECONDS = 20


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def parallel_commands(driver: Driver) -> None:
    """While one task's command waits, another's looks for its process and ends it if it is there."""
    one, other = nonce(), driver.note("other", nonce())

    async def attempt(number: int) -> tuple[str, LiveStream, Run] | None:
        waiting = shell(f"sh -c ': PROCESS-{one}; sleep {BUSY_SECONDS}; echo {one}'")
        task = await created(driver, waiting, label=f"waits {number}: create")
        live = await driver.open_stream(task, label=f"waits {number}: stream")
        called = await live.until(
            lambda event: event.type in {"done", "error", "tool_call"}, driver.profile.task_seconds
        )
        if called is None or called.type != "tool_call":
            live.hang_up()
            return None
        await asyncio.sleep(0.3)
        driver.note("looks", f"looks {number}")
        # The shell builds the mark, so that only the searched process has the whole mark.
        look = (
            f'sh -c \': OWN-{other}; tr "\\\\0" " " < /proc/$$/cmdline; :\'; for p in /proc/[0-9]*; do '
            f"if tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q 'PROCESS-''{one}'; "
            "then echo found-process; kill -9 ${p#/proc/} && echo ended-process; fi; done; echo end-of-look"
        )
        looking = await run(driver, shell(look), label=f"looks {number}")
        if not looking.called("end-of-look"):
            live.hang_up()
            return None
        return task, live, looking

    task, live, looking = await attempts(driver, "two parallel commands", attempt)
    await get(driver, task, label="waiting: task")
    driver.note("went on", not live.ended)
    await driver.call("cancel_task", label="tidy up", path={"id": task})
    await live.finish(10)
    both: dict[str, str] = {"one": task, "other": looking.task}
    for name, each in both.items():
        await history(driver, each, label=f"{name}: history")
        await get(driver, each, label=f"{name}: task")


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["tools", "environment"])
async def left_behind(driver: Driver) -> None:
    """Leave files and a variable in one task's sandbox; look for them, and for the server's, in the next."""
    word, own = nonce(), nonce()
    secrets = [driver.credentials.api_key, driver.credentials.second_api_key, driver.credentials.app_secret]
    driver.note("digests", [digest_of(each) for each in secrets if each is not None])
    driver.note("own digest", digest_of(own))
    # The searching task gets only the start of this name: if it prints the whole, it has found the file.
    found = f"{word}-{nonce()}.txt"

    async def leave(number: int) -> Run | None:
        command = (
            f"export LEFT_{word}=set; echo > {found}; "
            f"for each in {SHARED}; do cp {found} $each; done 2>/dev/null; echo end-of-leaving"
        )
        done = await run(driver, shell(command), label=f"leaves {number}")
        return done if done.called("end-of-leaving") else None

    await attempts(driver, "leave files", leave)

    async def look(number: int) -> Run | None:
        label = driver.note("looks", f"looks {number}")
        command = (
            f'pwd; ls; echo "variable=[$LEFT_{word}]"; '
            f"find / {SHARED} -xdev -name '{word}*' 2>/dev/null; echo end-of-look"
        )
        done = await run(driver, shell(command, SERVER), label=label, env={"OWN_WORD": own})
        return done if done.called("end-of-look") and done.called("end-of-server") else None

    await attempts(driver, "look for what was left", look)


SHARED = "/tmp /var/tmp /dev/shm ~"  # noqa: S108  looked at, not used
"""Folders that sandboxes may share; each may be a separate file system."""

SERVER = (
    "cat /proc/self/environ /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | cut -d= -f2- "
    "| sort -u | head -n 400 | while IFS= read -r value; "
    'do printf %s "$value" | sha256sum | cut -c1-64; done; '
    "find / -xdev -type f \\( -name '*.db' -o -name '*.sqlite*' -o -name '*.db-wal' \\) 2>/dev/null "
    "| head -n 50 | xargs -r grep -lsa 'end-of''-server' | sed 's/^/data-file=/'; echo end-of-server"
)
"""Prints digests of all values of environments it may read, and data files that hold this very command."""
