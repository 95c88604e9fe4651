"""Several pieces of one run's work at the same time, each of them counted by the project's clock."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from sigmic_conformance.mock_server.ports import Clock

T = TypeVar("T")


async def side_by_side(clock: Clock, works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results in order; the first failure ends the others and is raised.

    The caller counts as one piece of work already; each further one is counted as long as it lasts, so that
    one that waits does not hide from the clock that another runs.
    """
    with ExitStack() as everything:
        shares = [everything.enter_context(ExitStack()) for _ in works[1:]]
        for share in shares:
            share.enter_context(clock.working())

        async def one(work: Coroutine[Any, Any, T]) -> T:
            try:
                return await work
            finally:
                if shares:
                    shares.pop().close()

        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(one(work)) for work in works]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return [each.result() for each in running]
