from pathlib import Path

import pytest

from sigmic_conformance.target.profile import (
    ExpiryCommand,
    ExpiryHook,
    Profile,
    ProfileError,
    laid_over,
    resolve,
)
from sigmic_conformance.target.profile_file import SCHEMA, load_profile
from sigmic_conformance.target.settings import effective

KEY = {"SIGMIC_API_KEY": "sigmic_" + "1" * 64}
EXAMPLE = Path(__file__).parents[3] / "docs" / "guides" / "target.example.yaml"


def write(folder: Path, text: str) -> Path:
    path = folder / "target.yaml"
    path.write_text(text)
    return path


def test_variables_and_options_override_the_profile(tmp_path):
    path = write(
        tmp_path,
        "base_url: http://a/\nheartbeat_seconds: 5\nlimits: {max_files: 3}\nbudget: {wall_seconds: 9}\n"
        "without: [zip]\nwidget: {app_id_env: A, app_secret_env: B, allowed_origin: https://o}\n",
    )
    environment = KEY | {"A": "app", "B": "secret-1", "SIGMIC_MAX_TURNS": "7", "SIGMIC_HEARTBEAT": "2"}

    document = effective({"profile": str(path), "target": "http://b", "heartbeat": "1"}, environment)
    profile, credentials = resolve(document, environment=environment)

    assert (profile.base_url, profile.heartbeat_seconds, profile.max_files) == ("http://b", 1, 3)
    assert (profile.wall_seconds, profile.model_turns) == (9, 7)
    assert (profile.offers("zip"), profile.offers("files")) == (False, True)
    assert (profile.has_widget, profile.has_second_key, profile.allowed_origin) == (True, False, "https://o")
    assert credentials.secrets() == (KEY["SIGMIC_API_KEY"], "secret-1")


def test_an_allowed_origin_needs_no_names_of_variables(tmp_path):
    """The ready file of `--serve` contains the widget app."""
    path = write(tmp_path, "base_url: http://a\nwidget: {allowed_origin: 'https://o'}\n")
    document = effective({"profile": str(path)}, KEY)

    profile, _ = resolve(
        document, environment=KEY | {"SIGMIC_APP_ID": "app", "SIGMIC_APP_SECRET": "secret-1"}
    )

    assert (profile.has_widget, profile.allowed_origin) == (True, "https://o")


def test_the_variables_of_each_role_need_not_be_named():
    environment = KEY | {
        "SIGMIC_SECOND_API_KEY": "second-key",
        "SIGMIC_VIEWER_API_KEY": "reader-key",
        "SIGMIC_ANOTHER_API_KEY": "further-key",
        "SIGMIC_MCP_API_KEY": "mcp-key",
        "SIGMIC_APP_ID": "app",
        "SIGMIC_APP_SECRET": "hidden-word",
        "SIGMIC_MCP_APP_ID": "other-app",
        "SIGMIC_MCP_APP_SECRET": "other-word",
    }

    profile, credentials = resolve({"base_url": "http://a"}, environment=environment)

    assert (profile.has_second_key, profile.has_widget, profile.has_mcp_widget) == (True, True, True)
    assert profile.roles == {"viewer", "another", "mcp"}
    assert set(credentials.secrets()) == {
        *(KEY["SIGMIC_API_KEY"], "second-key", "reader-key", "further-key", "mcp-key"),
        *("hidden-word", "other-word"),
    }


def test_credentials_are_printed_neither_by_themselves_nor_with_the_profile():
    environment = KEY | {"SIGMIC_VIEWER_API_KEY": "v-secret", "TOKEN": "t-secret"}
    document = {
        "base_url": "http://a",
        "session_expiry": {"hook": "http://admin.example/h", "token_env": "TOKEN"},
    }

    profile, credentials = resolve(document, environment=environment)

    for text in (repr(credentials), str(profile.public())):
        assert "1111" not in text
        assert "secret" not in text
        assert "admin.example" not in text


def test_a_profile_is_restored_from_a_report():
    profile = Profile(
        base_url="http://a", without=frozenset({"zip"}), roles=frozenset({"viewer"}), tier="smoke"
    )

    assert Profile.restored(profile.public() | {"of another version": 1}) == profile


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# first\nbase_url: ftp://x", 2, "base_url"),
        ("base_url: http://x\nheartbeat_second: 1", 2, "did you mean heartbeat_seconds?"),
        (
            "budget:\n  wall_seconds: 5\n  model_turn: 3",
            3,
            "'model_turn' in budget; did you mean model_turns?",
        ),
        ("limits:\n  max_files: 0", 2, "limits.max_files"),
        ("heartbeat_seconds: -1", 1, "heartbeat_seconds"),
        ("read_only: true\nread_only: false", 2, "twice"),
        ("without:\n- zip\n- everything", 3, "everything"),
        ("- a list", 1, "a mapping of keys"),
        ("base_url: http://x\na: [", 2, "not YAML"),
        ("session_expiry:\n  timeout_seconds: 3", 1, "either command or hook"),
        ("session_expiry:\n  command: []", 2, "session_expiry.command"),
        ("session_expiry: {command: [a], hook: 'http://x'}", 1, "either command or hook"),
        ("\n\nwidget: {app_id_env: A}", 3, "app_secret_env"),
        ("\n\nwidget: {app_secret_env: A}", 3, "app_id_env"),
    ],
)
def test_a_bad_profile_is_one_line_that_names_the_line(tmp_path, text, line, words):
    path = write(tmp_path, text)

    with pytest.raises(ProfileError) as refusal:
        load_profile(path)

    assert str(refusal.value).startswith(f"{path}:{line}: ")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_profile_that_cannot_be_read(tmp_path):
    (tmp_path / "latin").write_bytes(b"base_url: \xe9")

    for name, words in {"none": "no such file", "latin": "not UTF-8"}.items():
        with pytest.raises(ProfileError, match=words):
            load_profile(tmp_path / name)


@pytest.mark.parametrize("text", ["api_key_env: sk-a1b2-c3d4", "second_api_key_env: 'a secret'"])
def test_a_secret_in_the_place_of_a_variables_name_is_not_repeated(tmp_path, text):
    with pytest.raises(ProfileError) as refusal:
        load_profile(write(tmp_path, text))

    assert "secrets are never written here" in str(refusal.value)
    assert not any(part in str(refusal.value) for part in ("a1b2", "a secret"))


def test_a_key_given_as_the_name_of_its_variable_is_not_repeated():
    key = "sigmic_0123456789abcdef"

    with pytest.raises(ProfileError, match="the name of an environment variable, not the value") as refusal:
        resolve({"base_url": "http://a", "api_key_env": key}, environment={})

    assert key not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "document", "words"),
    [
        ({}, {"base_url": "http://a"}, "SIGMIC_API_KEY is not set"),
        (KEY, {}, "no target"),
        (KEY, {"base_url": "http://a", "second_api_key_env": "X"}, "X is not set"),
        ({"SIGMIC_API_KEY": "short"}, {"base_url": "http://a"}, "shorter than 6 characters"),
        ({"SIGMIC_API_KEY": "a\nb"}, {"base_url": "http://a"}, "no header can carry"),
        (
            KEY,
            {"base_url": "http://a", "session_expiry": {"hook": "http://b", "token_env": "T"}},
            "T is not set",
        ),
    ],
)
def test_a_missing_or_unusable_setting_is_named(environment, document, words):
    with pytest.raises(ProfileError, match=words):
        resolve(document, environment=environment)


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        (
            {"heartbeat": "soon"},
            {},
            "--heartbeat must be a time, for example 30s, 1h30m or 250ms, not 'soon'; a number",
        ),
        ({"heartbeat": "nan"}, {}, "--heartbeat must be a time"),
        ({}, {"SIGMIC_MAX_TURNS": "few"}, "SIGMIC_MAX_TURNS must be a whole number, not 'few'"),
        ({"max_bytes": "9 apples"}, {}, "--max-bytes must be a size, for example 20MB"),
        ({"tier": "smok"}, {}, '--tier: "smok'),
        ({}, {"SIGMIC_READ_ONLY": "maybe"}, "SIGMIC_READ_ONLY must be 1, true, yes or on"),
        ({"max_seconds": "0"}, {}, "--max-seconds: 0.0"),
    ],
)
def test_a_bad_flag_or_variable_is_named(options, environment, words):
    with pytest.raises(ProfileError) as refusal:
        effective(options, environment)

    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:80", "no URL with a host"),
        ("http://", "no URL with a host"),
        ("http://a:99999", "a port from 1 to 65535"),
        ("http://a:port", "a port from 1 to 65535"),
        ("http://::1:8000", "an IPv6 address in brackets"),
        ("http://[::1:8000", "an IPv6 address in brackets"),
        ("http://a/b c", "a space"),
        ("http://a/?q=1", "leave out everything from ?"),
        ("http://a/#top", "leave out everything from ?"),
        ("http://me:hidden-word@a", "leave the user name and password out"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line(url, words):
    with pytest.raises(ProfileError) as refused:
        resolve({"base_url": url}, environment=KEY)

    assert words in str(refused.value)
    assert "hidden-word" not in str(refused.value)


@pytest.mark.parametrize(("text", "count"), [("200MB", 200_000_000), ("1.5GiB", 1_610_612_736), ("7", 7)])
def test_sizes_have_units(text, count):
    assert effective({"max_bytes": text}, {})["budget"] == {"upload_bytes": count}


def test_the_mock_takes_neither_file_nor_address_from_the_environment():
    found = effective(
        {}, {"SIGMIC_TARGET": "http://x", "SIGMIC_PROFILE": "/none", "SIGMIC_TIER": "smoke"}, mock=True
    )

    assert found == {"tier": "smoke"}
    assert laid_over(Profile(base_url="http://mock", reference=True), found).tier == "smoke"


def test_ways_to_end_a_session():
    command = {
        "base_url": "http://a",
        "session_expiry": {"command": ["end", "it"]},
        "session_expiry_seconds": 99,
    }
    hook = {"base_url": "http://a", "session_expiry": {"hook": "http://h/x", "timeout_seconds": 3}}

    by_command, credentials = resolve(command, environment=KEY)
    by_hook, more = resolve(hook, environment=KEY)

    assert credentials.expiry == ExpiryCommand(argv=("end", "it"), timeout_seconds=30)
    assert (by_command.session_expiry_by, by_command.session_expiry_seconds) == ("a command", 30)
    assert more.expiry == ExpiryHook(url="http://h/x", timeout_seconds=3)
    assert (by_hook.session_expiry_by, by_hook.session_expiry_seconds) == ("a hook", 3)


def test_an_empty_profile_is_fine(tmp_path):
    assert load_profile(write(tmp_path, "")) == {}


def test_the_example_profile_holds_and_has_every_key():
    document = load_profile(EXAMPLE)
    environment = dict.fromkeys(
        (f"SIGMIC_{name}API_KEY" for name in ("", "SECOND_", "VIEWER_", "ANOTHER_", "MCP_")), "xxxxxxxx"
    )
    environment |= {"SIGMIC_APP_ID": "x", "SIGMIC_APP_SECRET": "xxxxxxxx"}
    environment |= {"SIGMIC_MCP_APP_ID": "x", "SIGMIC_MCP_APP_SECRET": "xxxxxxxx"}

    profile, _ = resolve(document, environment=environment)

    assert (profile.model_turns, profile.tier, profile.session_expiry_by) == (200, "standard", "a command")
    text = EXAMPLE.read_text()
    import json

    schema = json.loads(SCHEMA.read_text())["properties"]
    missing = [key for key in schema if f"{key}:" not in text]
    missing += [
        key for outer in schema.values() for key in outer.get("properties", {}) if f"{key}:" not in text
    ]
    assert missing == []
