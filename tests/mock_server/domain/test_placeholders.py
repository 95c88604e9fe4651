"""A variable's value in the address of an MCP server fills its own part, and changes nothing else."""

from urllib.parse import unquote, urlsplit

import pytest

from sigmic_mock.domain.placeholders import Misplaced, Unresolved, resolved_url

HOSTILE = [
    "../../admin",
    "a/b",
    "a?x=",
    "a#",
    "a%2fb",
    "a b",
    "é",
    "@evil.example",
    "a\\b",
    ";",
    "a&b=c",
    ".",
    "..",
    "",
]
"""Values with a special meaning elsewhere in an address."""


@pytest.mark.parametrize(
    ("url", "value", "resolved"),
    [
        ("https://a.example/tenants/{{mcp.T}}/mcp", "acme", "https://a.example/tenants/acme/mcp"),
        ("https://{{ mcp.T }}.example:8443/sse?t={{mcp.T}}", "eu-1", "https://eu-1.example:8443/sse?t=eu-1"),
        ("http://localhost:{{mcp.T}}/mcp", "8080", "http://localhost:8080/mcp"),
        ("https://a.example/{{mcp.T}}", "../../admin?x=#", "https://a.example/..%2F..%2Fadmin%3Fx%3D%23"),
        ("https://a.example/{{mcp.T}}", "%2e%2e", "https://a.example/%252e%252e"),
        ("https://a.example/x-{{mcp.T}}", "..", "https://a.example/x-.."),
        ("https://a.example/mcp?t={{mcp.T}}&u=1", "a&u=2", "https://a.example/mcp?t=a%26u%3D2&u=1"),
        ("https://a.example/mcp?t={{mcp.T}}", "", "https://a.example/mcp?t="),
        ("https://a.example/mcp#{{mcp.T}}", "é", "https://a.example/mcp#%C3%A9"),
    ],
)
def test_a_value_fills_its_own_part(url: str, value: str, resolved: str) -> None:
    assert resolved_url(url, {"T": value}) == resolved


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_moves_no_address(value: str) -> None:
    try:
        parts = urlsplit(
            resolved_url("https://crm.example/tenants/{{mcp.T}}/mcp?u={{mcp.T}}&v=1", {"T": value})
        )
    except Misplaced:
        assert value in {".", "..", ""}
        return
    assert (parts.netloc, parts.fragment) == ("crm.example", "")
    before, tenants, filled, after = parts.path.split("/")
    assert (before, tenants, unquote(filled), after) == ("", "tenants", value, "mcp")
    assert unquote(parts.query) == f"u={value}&v=1"


@pytest.mark.parametrize("value", [*HOSTILE, "127.0.0.1:80/x?", "crm.evil", "a:b"])
@pytest.mark.parametrize(
    "url", ["https://{{mcp.T}}.crm.example/mcp", "https://{{mcp.T}}", "http://a:{{mcp.T}}/"]
)
def test_a_value_in_the_host_is_letters_digits_and_hyphens(url: str, value: str) -> None:
    with pytest.raises(Misplaced, match=r"\{\{mcp.T\}\} cannot be used in its url: the value is in the host"):
        resolved_url(url, {"T": value})


@pytest.mark.parametrize(
    ("path", "value"),
    [("{{mcp.T}}", "."), ("{{mcp.T}}", ".."), ("{{mcp.T}}", ""), (".{{mcp.T}}", "."), ("%2e{{mcp.T}}", ".")],
)
def test_a_part_of_the_path_is_never_empty_or_of_dots(path: str, value: str) -> None:
    with pytest.raises(Misplaced, match="a part of the path empty, or of dots alone"):
        resolved_url(f"https://a.example/tenants/{path}/mcp", {"T": value})


def test_an_unset_or_too_long_variable_is_named_and_its_value_is_not_shown() -> None:
    with pytest.raises(Unresolved, match=r"^\{\{mcp.T\}\} is not set$"):
        resolved_url("https://a.example/{{mcp.T}}", {})
    with pytest.raises(Misplaced, match=r"\{\{mcp.T\}\} .* longer than 2000 characters$"):
        resolved_url("https://a.example/{{mcp.T}}", {"T": "planted" * 1000})
