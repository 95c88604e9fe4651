"""A project's seed through the control plane."""

from pathlib import Path

from tests.fakes.served import Served, serving


async def test_setting_the_same_seed_twice_gives_different_task_ids(mock: Served) -> None:
    tasks = []
    for _ in range(2):
        await mock.ask("change_seed", seed=42)
        tasks.append(await mock.finished())

    assert tasks[0] != tasks[1]


async def test_a_server_that_starts_again_with_its_seed_gives_no_id_twice(tmp_path: Path) -> None:
    tasks = []
    for _ in range(2):
        async with serving(tmp_path, seed=42) as mock:
            tasks.append(await mock.finished())

    assert tasks[0] != tasks[1]
