"""The single owner of background work."""

import asyncio
import logging

import pytest

from sigmic_mock.runtime.background import BackgroundWork


async def test_what_it_started_is_cancelled_and_awaited_at_the_end() -> None:
    background = BackgroundWork()
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("yes")

    _ = background.start(work(), name="forever")
    await asyncio.sleep(0)
    assert background.names == ("forever",)
    await background.close()

    assert cleaned == ["yes"]
    assert not background.names


async def test_an_exception_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    background = BackgroundWork()
    await asyncio.wait([background.start(fail(), name="sweep")])
    await asyncio.sleep(0)

    assert [(record.levelno, record.message) for record in caplog.records] == [
        (logging.ERROR, "background work failed: sweep")
    ]
    await background.close()


async def test_nothing_is_started_after_the_end() -> None:
    background = BackgroundWork()
    await background.close()

    async def work() -> None:
        raise AssertionError

    with pytest.raises(RuntimeError, match="late: the server is closing"):
        _ = background.start(work(), name="late")


async def test_what_does_not_end_is_named_and_does_not_hold_up_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    background = BackgroundWork()
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = background.start(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    await background.close(timeout=0.01)

    assert [vars(record)["work"] for record in caplog.records] == [("stubborn",)]
    release.set()
    await task
