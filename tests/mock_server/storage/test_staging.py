"""The staging area of bodies: private, and empty after a start."""

import stat

from sigmic_mock.storage.staging import Staging


async def test_what_an_earlier_process_left_is_removed_at_start(tmp_path):
    (tmp_path / "staging" / "old").mkdir(parents=True)
    (tmp_path / "staging" / "old" / "0").write_bytes(b"half")
    staging = Staging(tmp_path / "staging", lambda _: None)
    await staging.empty()
    assert list(staging.root.iterdir()) == []
    assert stat.S_IMODE(staging.root.stat().st_mode) == 0o700


async def test_every_request_gets_a_directory_of_its_own(tmp_path):
    staging = Staging(tmp_path / "staging", lambda _: None)
    await staging.empty()
    first, second = await staging.open(), await staging.open()
    assert first != second
    (first / "0").write_bytes(b"x")
    await staging.remove(first)
    await staging.remove(first)
    assert list(staging.root.iterdir()) == [second]
    assert stat.S_IMODE(second.stat().st_mode) == 0o700
