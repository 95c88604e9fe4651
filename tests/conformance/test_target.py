from pathlib import Path

import pytest

from conformance.profile_file import load_profile
from conformance.target import ProfileError, resolve

KEY = {"SIGMIC_API_KEY": "sigmic_" + "1" * 64}


def write(folder: Path, text: str) -> Path:
    path = folder / "target.yaml"
    path.write_text(text)
    return path


def test_a_profile_and_flags_over_it(tmp_path):
    document = load_profile(
        write(
            tmp_path,
            "base_url: http://a/\nheartbeat_seconds: 5\nlimits: {max_files: 3}\nbudget: {wall_seconds: 9}\n"
            "without: [zip]\nwidget: {app_id_env: A, app_secret_env: B, allowed_origin: https://o}\n",
        )
    )

    profile, credentials = resolve(
        document | {"base_url": "http://b"},
        environment=KEY | {"A": "app", "B": "secret-1"},
    )

    assert (profile.base_url, profile.heartbeat_seconds, profile.max_files) == ("http://b", 5, 3)
    assert (profile.wall_seconds, profile.offers("zip"), profile.offers("files")) == (9, False, True)
    assert (profile.has_widget, profile.has_second_key, profile.allowed_origin) == (True, False, "https://o")
    assert credentials.secrets() == (KEY["SIGMIC_API_KEY"], "secret-1")


def test_credentials_are_not_printed():
    _, credentials = resolve({"base_url": "http://a"}, environment=KEY)

    assert "1111" not in repr(credentials)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base_url: ftp://x", "base_url"),
        ("nonsense: 1", "nonsense"),
        ("heartbeat_seconds: -1", "heartbeat_seconds"),
        ("- a list", "a mapping of keys"),
        ("a: [", "not YAML"),
        ("without: [everything]", "without"),
    ],
)
def test_a_bad_profile_is_one_line(tmp_path, text, words):
    with pytest.raises(ProfileError) as refusal:
        load_profile(write(tmp_path, text))

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "document", "words"),
    [
        ({}, {"base_url": "http://a"}, "SIGMIC_API_KEY is not set"),
        (KEY, {}, "no target"),
        (KEY, {"base_url": "localhost:80"}, "must be an http or https URL"),
        (KEY, {"base_url": "http://a", "second_api_key_env": "X"}, "X is not set"),
        ({"SIGMIC_API_KEY": "a\nb"}, {"base_url": "http://a"}, "no header can carry"),
    ],
)
def test_what_is_missing_is_named(environment, document, words):
    with pytest.raises(ProfileError, match=words):
        resolve(document, environment=environment)


def test_an_empty_profile_is_fine(tmp_path):
    assert load_profile(write(tmp_path, "")) == {}
