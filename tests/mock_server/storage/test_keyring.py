"""One key per file, whichever caller is first, and however many ask at the same time."""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sigmic_mock.storage.keyring import JwtSigner, Sealer, load_or_create_key


def test_all_who_ask_at_once_get_the_same_key(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            path = tmp_path / f"{number}.key"
            keys = set(
                pool.map(
                    lambda made, path=path: load_or_create_key(path, made), [b"%d" % n for n in range(8)]
                )
            )

            assert keys == {path.read_bytes()}


def test_a_key_is_for_its_owner_alone_and_no_draft_is_left(tmp_path: Path):
    path = tmp_path / "keys" / "jwt.key"

    load_or_create_key(path, b"secret")

    assert [each.name for each in path.parent.iterdir()] == ["jwt.key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_tokens_signed_by_the_first_requests_stay_valid(tmp_path: Path):
    signer = JwtSigner(tmp_path / "jwt.key")
    await asyncio.gather(*(signer.open_key() for _ in range(8)))
    token = signer.sign({"sub": "u"})

    later = JwtSigner(tmp_path / "jwt.key")
    await later.open_key()

    assert later.open(token) == signer.open(token) == {"sub": "u"}


async def test_what_was_sealed_at_once_opens_after_a_restart(tmp_path: Path):
    sealer = Sealer(tmp_path / "secrets.key")
    sealed = await asyncio.gather(*(sealer.seal({"n": number}) for number in range(8)))

    later = Sealer(tmp_path / "secrets.key")

    assert [await later.unseal(each) for each in sealed] == [{"n": number} for number in range(8)]
