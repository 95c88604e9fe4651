"""No secret is shown: masked by place, by shape and by value, in every notation, even if a text is cut."""

import json

import pytest

from sigmic_mock.domain.json_values import MOST_VALUES as MOST_JSON_VALUES
from sigmic_mock.journal import masking
from sigmic_mock.journal.entry import Excerpt
from sigmic_mock.journal.known_forms import MOST_FORMS
from sigmic_mock.journal.secrets import Secrets

KEY = b"sigmic_" + b"a1" * 32
JWT = b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def recorded(secrets: Secrets, body: bytes) -> Excerpt:
    return masking.body(secrets, "p", masking.json_sent(body))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        *((name, b"hunter2 hunter2", None) for name in (b"x-api-key", b"COOKIE", b"Set-Cookie")),
        (b"Authorization", b"hunter2 hunter2", None),
        (b"Authorization", b"Bearer x", b"Bearer [masked]"),
        (b"Authorization", b"x", b"[masked]"),
    ],
)
def test_the_value_of_a_credentials_header_is_masked_but_for_its_scheme(
    secrets: Secrets, name: bytes, value: bytes, shown: bytes | None
):
    head = masking.head(secrets, None, [(name, value), (b"Accept", b"*/*")])

    assert b"hunter2 " not in head
    assert not head.splitlines()[0].endswith(b"hunter2")
    assert shown is None or head == name + b": " + shown + b"\r\nAccept: */*\r\n"
    assert b"Accept: */*\r\n" in head


@pytest.mark.parametrize("text", [KEY, JWT, b"mockctl_" + b"0a" * 24])
def test_what_has_the_shape_of_a_credential_is_masked_anywhere(secrets: Secrets, text: bytes):
    shown = masking.excerpt(secrets, "p", b'{"note":"' + text + b'"}').text

    assert shown == b'{"note":"[masked]"}'


@pytest.mark.parametrize("query", ["token=abc", "Token=abc", "%74oken=abc", "a=1&api_key=abc&b=2"])
def test_a_token_in_the_address_is_masked(secrets: Secrets, query: str):
    shown = masking.address(secrets, None, f"/api/v1/tasks?{query}")

    assert "abc" not in shown
    assert shown.startswith("/api/v1/tasks?")


def test_variables_are_masked_by_place_and_from_then_on_by_value(secrets: Secrets):
    body = {
        "message": "use s3cr3t-value",
        "env": {"MODE": "on"},
        "secrets": {"K": "s3cr3t-value", "N": 5, "O": None},
    }

    shown = recorded(secrets, json.dumps(body).encode())
    later = masking.excerpt(secrets, "p", b"data: it is s3cr3t-value")

    assert json.loads(shown.text or b"") == {
        "message": "use [secret K]",
        "env": {"MODE": "[masked]"},
        "secrets": {"K": "[masked]", "N": "[masked]", "O": None},
    }
    assert later.text == b"data: it is [secret K]"


VALUE = 'pass "word" é/1'


@pytest.mark.parametrize(
    ("learnt", "text", "shown"),
    [
        *(
            ([("K", VALUE)], written, "[secret K]")
            for written in (
                VALUE,
                json.dumps(VALUE)[1:-1],
                json.dumps(VALUE, ensure_ascii=False)[1:-1],
                "pass%20%22word%22%20%C3%A9%2F1",
                "pass+%22word%22+%C3%A9%2F1",
            )
        ),
        pytest.param([("A", "one value"), ("B", "one value")], "one value", "[secret B]", id="its last name"),
    ],
)
def test_a_value_is_found_however_it_is_written_in_its_own_project(
    secrets: Secrets, learnt: list[tuple[str, str]], text: str, shown: str
):
    secrets.learn_all("p", [(name, value, 4) for name, value in learnt])

    assert secrets.redact("p", text.encode()) == shown.encode()
    assert secrets.redact("another", text.encode()) == text.encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"secrets":{"K":"hunter2hunter2"', id="it is cut"),
        pytest.param('{"secrets":{"K":"hunter2hunter2"}}'.encode("utf-16-le"), id="another encoding"),
        pytest.param(b'{"s\\u0065crets":{"K":"hunter2hunter2"}}', id="an escaped name"),
    ],
)
def test_no_body_shows_a_secret_however_it_is_encoded(secrets: Secrets, body: bytes):
    shown = (recorded(secrets, body).text or b"").replace(b"\0", b"")

    assert b"hunter2" not in shown


def test_a_short_value_of_env_stays_an_ordinary_word(secrets: Secrets):
    recorded(secrets, b'{"env":{"DEBUG":"true"}}')

    assert secrets.redact("p", b'{"isPartial":true}') == b'{"isPartial":true}'


def test_a_body_of_very_many_values_is_masked_whole_and_nothing_of_it_is_learnt(secrets: Secrets):
    values = {f"K{number}": f"value-number-{number}-" for number in range(MOST_JSON_VALUES)}
    body = json.dumps({"env": values}).encode()

    shown = recorded(secrets, body)
    field = masking.field(secrets, "p", ("secrets", None, None), body, len(body))

    assert b"too many names and values" in (shown.text or b"")
    assert (shown.total, field["text"]) == (len(body), b"[masked]")
    assert repr(secrets) == "Secrets(0 values)"


@pytest.mark.parametrize("value", [b"hunter2hunter2", KEY])
@pytest.mark.parametrize("before", range(masking.EXCERPT_BYTES - 12, masking.EXCERPT_BYTES + 2, 3))
def test_a_value_on_the_edge_of_the_excerpt_is_not_shown_in_part(secrets: Secrets, before: int, value: bytes):
    secrets.learn("p", "K", "hunter2hunter2")

    shown = masking.excerpt(secrets, "p", b"." * before + value + b"." * 1000)

    assert value[:3] not in (shown.text or b"")
    assert shown.truncated
    assert shown.total == before + len(value) + 1000


def test_of_a_file_only_the_size_is_kept_and_of_a_name_that_is_none_only_the_length(secrets: Secrets):
    secrets.learn("p", "K", "hunter2hunter2")
    field = masking.field(secrets, "p", ("files", "a.bin", "x/y"), None, 5_000_000)
    name = masking.short_text(secrets, "p", "hunter2hunter2" + "." * 1_000_000)

    assert (field["text"], field["bytes"], field["filename"]) == (None, 5_000_000, "a.bin")
    assert name == "[masked: 1,000,014 characters, more than a name has]"


def test_what_is_remembered_is_bounded_and_the_oldest_is_forgotten(secrets: Secrets):
    for number in range(MOST_FORMS + 1):
        secrets.learn("p", "K", f"value-number-{number}-")

    assert secrets.redact("p", b"value-number-0-") == b"value-number-0-"
    assert secrets.redact("p", b"value-number-1-") == b"[secret K]"
    assert repr(secrets) == f"Secrets({MOST_FORMS:,} values)"


def test_of_what_one_request_brings_only_what_would_be_remembered_is_learnt(secrets: Secrets):
    secrets.learn("p", "OLD", "what was known before")
    values = [(f"K{number}", f"value-number-{number}-", 4) for number in range(MOST_FORMS + 1)]

    secrets.learn_all("p", values)

    assert secrets.redact("p", b"what was known before") == b"what was known before"
    assert secrets.redact("p", b"value-number-0-") == b"value-number-0-"
    assert secrets.redact("p", b"value-number-1-") == b"[secret K1]"
    assert secrets.redact("p", b"value-number-1000-") == b"[secret K1000]"
    assert repr(secrets) == f"Secrets({MOST_FORMS:,} values)"


@pytest.mark.parametrize("letter", ["x", "\u00e9", "ab\n"])
def test_a_value_that_no_platform_accepts_drives_no_other_out(secrets: Secrets, letter: str):
    secrets.learn("p", "K", "hunter2hunter2")

    secrets.learn("p", "LONG", letter * 5_000_000)

    assert secrets.redact("p", b"hunter2hunter2") == b"[secret K]"
    assert repr(secrets) == "Secrets(1 value)"


def test_values_of_very_many_lines_do_not_keep_others_from_being_learnt(secrets: Secrets):
    lines = [(f"L{number}", "ab\n" * 10_000, 4) for number in range(100)]

    secrets.learn_all("p", [("FIRST", "hunter2hunter2", 4), *lines, ("LAST", "hunter3hunter3", 4)])

    assert secrets.redact("p", b"hunter2hunter2 hunter3hunter3") == b"[secret FIRST] [secret LAST]"


def test_all_fields_of_a_form_share_one_excerpt(secrets: Secrets):
    field = masking.field(secrets, "p", ("message", None, None), b"x" * 100, 100, 10)
    none = masking.field(secrets, "p", ("message", None, None), b"x" * 100, 100, 0)

    assert (field["text"], none["text"], none["bytes"]) == (b"x" * 10, b"", 100)


def test_of_a_head_of_very_many_lines_the_first_are_kept_whole(secrets: Secrets):
    lines = [(b"X-%d" % number, b"y" * 7_000) for number in range(120)]

    head = masking.head(secrets, None, lines)

    assert head.splitlines(keepends=True) == [
        b"X-%d: %b\r\n" % line for line in enumerate([b"y" * 7_000] * 9)
    ]
