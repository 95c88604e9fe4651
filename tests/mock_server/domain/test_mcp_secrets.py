"""Which values of an MCP server are hidden."""

import pytest

from sigmic_mock.domain.mcp_secrets import hidden_values
from sigmic_mock.domain.mcp_servers import Address, Program


def hidden(written: str, value: str | None = None, *, name: str = "X") -> bool:
    resolved = Program(command="c", env={name: written if value is None else value})
    return name in hidden_values(Program(command="c", env={name: written}), resolved)


@pytest.mark.parametrize("name", ["DSN", "PGPASS", "DB_PASSWORD", "REGION"])
def test_a_value_that_is_shown_as_set_is_hidden_whatever_its_name(name: str) -> None:
    assert hidden("postgres://u:p@h/d", name=name)
    assert hidden("hunter2", name=name)
    assert hidden("correcthorse", name=name)
    assert hidden("eu-{{mcp.REGION}}", "eu-1", name=name)


SHOWN = [
    *((value, value) for value in ("", "1", "true", "8080", "0.0.0.0", "verbose")),
    ("{{mcp.R}}", "eu-west-1"),
]


@pytest.mark.parametrize(("written", "value"), SHOWN)
def test_a_short_word_a_number_or_a_placeholder_is_not_unless_its_name_says_so(
    written: str, value: str
) -> None:
    assert not hidden(written, value)
    assert hidden(written, value, name="DB_PASSWORD")
    assert hidden(written, value, name="API_TOKEN")


def test_a_header_is_hidden_without_the_word_before_it() -> None:
    headers = {"Authorization": "Bearer hunter22", "X-Note": "two short words"}
    where = Address(url="http://h/", headers=headers)

    found = {name: value.reveal() for name, value in hidden_values(where, where).items()}

    assert found == {"Authorization": "hunter22", "X-Note": "two short words"}
