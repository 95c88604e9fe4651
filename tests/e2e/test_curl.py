"""curl and jq read the mock: the introduction's quick example, uploads, early refusals."""

import json
import re
import subprocess
from pathlib import Path

from tests.e2e.process import MockProcess

README = Path(__file__).parents[2] / "README.md"
MAX_FILE = 52_428_800


def shell(command: str, mock: MockProcess, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env={"PATH": "/usr/bin:/bin", "URL": mock.url, "KEY": mock.key, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quick_example_of_the_introduction(mock: MockProcess):
    stream = shell(
        """
        TASK=$(curl -sS -X POST "$URL/api/v1/tasks" -H "Authorization: Bearer $KEY" \
            -F "message=What is the capital of France?" | jq -re .data.id)
        curl -sS -N "$URL/api/v1/tasks/$TASK/stream" -H "Authorization: Bearer $KEY"
        """,
        mock,
    )

    names = [line.removeprefix("event: ") for line in stream.splitlines() if line.startswith("event: ")]
    data = [
        json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line.startswith("data: ")
    ]
    assert names[:2] == ["history_message", "history_done"]
    assert data[0]["content"] == "What is the capital of France?"
    assert data[1]["messageCount"] == 1
    assert names[-1] == "done"
    assert "Paris" in data[-1]["finalResponse"]
    assert (
        "".join(item["text"] for name, item in zip(names, data, strict=True) if name == "content")
        == (data[-1]["finalResponse"])
    )


def test_the_sample_of_the_readme_shows_what_comes(mock: MockProcess):
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    at = next(number for number, block in enumerate(blocks) if "curl -N" in block)
    commands = "".join(line for line in blocks[at].splitlines(keepends=True) if "SIGMIC_API_KEY=" not in line)

    stream = shell(commands.replace("http://127.0.0.1:8787", "$URL"), mock, SIGMIC_API_KEY=mock.key)

    shown, came = (text.strip().split("\n\n") for text in (blocks[at + 1], stream))
    assert [event.splitlines()[0] for event in shown] == [event.splitlines()[0] for event in came]
    for sample, event in zip(shown, came, strict=True):
        assert re.fullmatch(re.escape(sample).replace("…", '[^"]+'), event), event


def test_a_file_is_uploaded_listed_and_downloaded_unchanged(mock: MockProcess, tmp_path: Path):
    sample = tmp_path / "räport 1.csv"
    sample.write_bytes(b"name,amount\nada,1\n" + bytes(range(256)))

    shell(
        """
        TASK=$(curl -sS -X POST "$URL/api/v1/tasks" -H "X-API-Key: $KEY" -F "message=Summarise the file" \
            -F "files=@$SAMPLE" | jq -re .data.id)
        ARTIFACT=$(curl -sS "$URL/api/v1/tasks/$TASK/artifacts" -H "X-API-Key: $KEY" \
            | jq -re '.data.files[] | select(.name == "räport 1.csv") | .path')
        curl -sS -G "$URL/api/v1/tasks/$TASK/artifacts/download" --data-urlencode "path=$ARTIFACT" \
            -H "X-API-Key: $KEY" -o "$OUT"
        """,
        mock,
        SAMPLE=str(sample),
        OUT=str(tmp_path / "back"),
    )

    assert (tmp_path / "back").read_bytes() == sample.read_bytes()


def refused_upload(mock: MockProcess, arguments: str, tmp_path: Path) -> tuple[str, str]:
    out = shell(
        f"""
        curl -sS -X POST "$URL/api/v1/tasks" -H "Authorization: Bearer $KEY" -F "message=never created" \
            {arguments} -w '\\n%{{http_code}}'
        """,
        mock,
        FOLDER=str(tmp_path),
    )
    body, status = out.rsplit("\n", 1)
    return json.loads(body)["error"]["code"], status


def total(mock: MockProcess) -> int:
    return int(shell('curl -sS "$URL/api/v1/tasks" -H "X-API-Key: $KEY" | jq -re .pagination.total', mock))


def test_the_first_byte_too_many_is_refused_with_an_answer_curl_can_read(mock: MockProcess, tmp_path: Path):
    with (tmp_path / "big.bin").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    before = total(mock)

    code, status = refused_upload(mock, '-F "files=@$FOLDER/big.bin"', tmp_path)

    assert (code, status) == ("FILE_TOO_LARGE", "413")
    assert total(mock) == before


def test_the_twenty_first_file_is_refused_and_nothing_is_kept(mock: MockProcess, tmp_path: Path):
    for number in range(21):
        (tmp_path / f"{number}.txt").write_text("x")
    before = total(mock)

    code, status = refused_upload(
        mock, " ".join(f'-F "files=@$FOLDER/{number}.txt"' for number in range(21)), tmp_path
    )

    assert (code, status) == ("TOO_MANY_FILES", "400")
    assert total(mock) == before
    assert list((mock.data_dir / "staging").iterdir()) == []


def test_a_request_without_credentials_is_refused_before_its_body_is_sent(mock: MockProcess, tmp_path: Path):
    with (tmp_path / "big.bin").open("wb") as file:
        file.truncate(MAX_FILE)

    out = shell(
        """
        curl -sS -X POST "$URL/api/v1/tasks" -H "Expect: 100-continue" -F message=x \
            -F "files=@$FOLDER/big.bin" -w '\\n%{http_code} %{size_upload}'
        """,
        mock,
        FOLDER=str(tmp_path),
    )

    body, tail = out.rsplit("\n", 1)
    assert json.loads(body)["error"]["code"] == "AUTH_REQUIRED"
    assert tail == "401 0"
