"""A task whose commands use much of the machine, within reason, and another client at the same time."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, attempts, nonce, shell
from sigmic_conformance.traffic.steps import Run, created, follow, get, poll
from sigmic_conformance.wire.json_values import FINAL

PROCESSES, MEBIBYTES, SECONDS = 64, 192, 2
"""Enough to detect a platform without limits, too little to harm one: the target may be in use."""


@probe(seconds=8, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def resource_limits(driver: Driver) -> None:
    """Fork, fill memory and print without end in one task; ask and create during that."""
    word = nonce()
    forking = f"for n in $(seq {PROCESSES}); do sleep {SECONDS} & done; wait; echo {word}"
    filling = f"head -c {MEBIBYTES << 20} /dev/zero | tail -c {MEBIBYTES << 20} | wc -c"
    printing = f"timeout {SECONDS} yes {word}"

    async def attempt(number: int) -> Run | None:
        task = await created(driver, shell(forking, filling, printing), label=f"greedy {number}")
        live = await driver.open_stream(task, label=f"run {number}")
        while not live.ended and not live.settled:
            await driver.call("list_tasks", label="concurrent task", query={"limit": "1"})
            await asyncio.wait({asyncio.create_task(live.end(1.0))})
        live.hang_up()
        return Run(task, live) if Run(task, live).called(word) else None

    made = await attempts(driver, "greedy commands", attempt, most=2)
    await poll(driver, made.task, FINAL, label="greedy: task", timeout=10)
    other = await created(driver, EASY, label="bystander")
    await follow(driver, other, label="bystander: run")
    await get(driver, other, label="bystander: task")
