"""Log lines: their format, and the values that they never contain."""

import json
import logging
import sys

import pytest

from sigmic_mock.bootstrap.logs import JsonFormatter, TextFormatter, redact

KEY = "sigmic_" + "ab" * 32
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl"


def record(message: str, *, broken: bool = False, **fields: object) -> logging.LogRecord:
    trace = None
    if broken:
        try:
            dict[str, str]()[KEY]
        except KeyError:
            trace = sys.exc_info()
    line = logging.LogRecord("mock_server.x", logging.INFO, __file__, 1, message, (), trace)
    line.fields = fields
    return line


@pytest.mark.parametrize("secret", [KEY, TOKEN, "Bearer abc.def", "bearer  xyz", "Basic dXNlcjpwYXNz"])
def test_a_credential_is_taken_out_whatever_it_stands_in(secret: str):
    assert secret.rsplit(maxsplit=1)[-1] not in redact(f'before {secret}" after')
    assert redact(f"before {secret} after").startswith("before ")


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_no_form_lets_a_credential_through_not_even_in_a_trace(formatter: logging.Formatter):
    line = formatter.format(record(f"got {KEY}", broken=True, header=f"Bearer {TOKEN}"))

    assert KEY not in line
    assert TOKEN not in line


def test_json_is_one_object_a_line_with_the_fields_beside_the_message():
    line = JsonFormatter().format(record("two\nlines", request_id="r1", status=200))

    assert "\n" not in line
    value = json.loads(line)
    assert (value["message"], value["level"], value["logger"]) == ("two\nlines", "info", "mock_server.x")
    assert (value["request_id"], value["status"]) == ("r1", 200)
    assert value["time"].endswith("Z")


def test_text_cannot_be_broken_into_a_second_line():
    line = TextFormatter().format(record("one\r\nforged line", path="/a\nb", status=200))

    assert "\n" not in line
    assert line.endswith("INFO mock_server.x: one\\r\\nforged line path=/a\\nb status=200")


def test_foreign_text_cannot_control_a_terminal():
    assert "\x1b" not in TextFormatter().format(record("an MCP server said \x1b[31m", path="\x9b"))
