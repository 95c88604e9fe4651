"""Twenty files of 50 MiB in one request pass through in constant memory."""

from collections.abc import Iterator
from pathlib import Path

import requests

from tests.e2e.process import MockProcess

FILE_BYTES = 52_428_800
FILES = 20
GROWTH_LIMIT = 64 << 20


def body() -> Iterator[bytes]:
    piece = b"\r\n--x-not-the-boundary" + b"\0" * ((1 << 18) - 22)
    yield b'--edge\r\nContent-Disposition: form-data; name="message"\r\n\r\nList the files\r\n'
    for number in range(FILES):
        yield (
            f'--edge\r\nContent-Disposition: form-data; name="files"; filename="{number:02}.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        for _ in range(FILE_BYTES // len(piece)):
            yield piece
        yield piece[: FILE_BYTES % len(piece)]
        yield b"\r\n"
    yield b"--edge--\r\n"


def test_twenty_files_of_fifty_mebibytes_are_accepted_in_constant_memory(tmp_path: Path):
    with MockProcess(tmp_path) as mock:
        requests.get(f"{mock.url}/api/v1/tasks", headers=mock.headers, timeout=10)
        before = mock.resident_bytes()

        answer = requests.post(
            f"{mock.url}/api/v1/tasks",
            headers={**mock.headers, "Content-Type": "multipart/form-data; boundary=edge"},
            data=body(),
            timeout=120,
        )
        growth = mock.resident_bytes() - before

        assert answer.status_code == 201, answer.text
        listing = requests.get(
            f"{mock.url}/api/v1/tasks/{answer.json()['data']['id']}/artifacts",
            headers=mock.headers,
            timeout=10,
        ).json()["data"]["files"]
        assert [(file["path"], file["size"]) for file in listing] == [
            (f"uploads/{number:02}.bin", FILE_BYTES) for number in range(FILES)
        ]
        assert growth < GROWTH_LIMIT
