"""Flags, environment, configuration file, defaults: their precedence, and how invalid values are refused."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.config.settings import FLAGS, Settings, SettingsError, resolve
from sigmic_mock.domain.secret import Secret
from sigmic_mock.runtime.clock.mode import Mode
from sigmic_mock.runtime.pace import Pace

HOME = {"XDG_STATE_HOME": "/state"}


def test_without_anything_the_defaults_hold():
    settings = resolve({}, HOME)

    assert settings == Settings(
        data_dir=Path("/state/sigmic-mock"),
        mcp_tools=Path("/state/sigmic-mock-tools"),
        registry=Path("/state/sigmic-mock-servers"),
    )
    assert (settings.host, settings.port, settings.heartbeat, settings.session_idle) == (
        "127.0.0.1",
        8787,
        15,
        1800,
    )


def test_a_flag_wins_over_the_environment_which_wins_over_the_file_which_wins_over_the_default(
    tmp_path: Path,
):
    config = tmp_path / "mock.yaml"
    config.write_text("server: {port: 1, session-idle: 1, heartbeat: 1}\n")
    environ = {**HOME, "SIGMIC_MOCK_PORT": "2", "SIGMIC_MOCK_SESSION_IDLE": "2"}

    settings = resolve({"config": str(config), "port": "3"}, environ)

    assert (settings.port, settings.session_idle, settings.heartbeat) == (3, 2, 1)


BY_VARIABLE: dict[str, tuple[str, Any]] = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "allow_host": ("Mock.test, [fd00::1]", ("mock.test", "[fd00::1]")),
    "port": ("0", 0),
    "data_dir": ("/data", Path("/data")),
    "session_idle": ("0.5", 0.5),
    "heartbeat": ("2", 2),
    "clock": ("scaled:60", Mode("scaled", 60.0)),
    "journal": ("0", 0),
    "seed": ("7", 7),
    "sandbox": ("process", "process"),
    "spare_sandboxes": ("0", 0),
    "playbooks": ("/playbooks", Path("/playbooks")),
    "answers": ("/answers", Path("/answers")),
    "strict_agent": ("on", True),
    "pace": ("natural,rate=80", Pace(first=0.6, rate=80, jitter=0.4, pause=0.25)),
    "mcp_tools": ("/opt/tools", Path("/opt/tools")),
    "model": ("http://127.0.0.1:1/v1/chat/completions", "http://127.0.0.1:1/v1"),
    "model_name": ("small", "small"),
    "model_steps": ("3", 3),
    "model_seconds": ("9.5", 9.5),
    "model_characters": ("10", 10),
    "jwt": ("off", False),
    "check_responses": ("1", True),
    "public_control": ("yes", True),
    "no_ui": ("on", True),
    "ready_file": ("/ready", Path("/ready")),
    "until_stdin_ends": ("on", True),
    "json": ("true", True),
    "log_level": ("debug", "debug"),
    "log_format": ("json", "json"),
    "no_faults": ("on", True),
    "fault": ("net.slow,times=1;sse.crlf", "net.slow,times=1;sse.crlf"),
    "header_faults": ("on", True),
}


def test_every_flag_has_an_environment_variable():
    variables = {flag.name.replace("-", "_"): flag.variable for flag in FLAGS}
    environ = {variables[name]: text for name, (text, _) in BY_VARIABLE.items()}

    settings = resolve({}, HOME | environ)

    assert set(variables) - set(BY_VARIABLE) == {"ephemeral", "config"}
    registry = Path("/state/sigmic-mock-servers")
    assert settings == Settings(
        registry=registry, **{name: value for name, (_, value) in BY_VARIABLE.items()}
    )


def test_an_ephemeral_server_has_no_data_folder_of_its_own():
    assert resolve({"ephemeral": "on"}, HOME).data_dir is None
    assert resolve({"ephemeral": "on"}, {**HOME, "SIGMIC_MOCK_DATA_DIR": "/x"}).data_dir is None
    assert resolve({}, {**HOME, "SIGMIC_MOCK_EPHEMERAL": "off"}).data_dir == Path("/state/sigmic-mock")


def test_a_data_folder_on_the_command_line_wins_over_an_ephemeral_environment():
    settings = resolve({"data-dir": "/x"}, {**HOME, "SIGMIC_MOCK_EPHEMERAL": "1"})

    assert settings.data_dir == Path("/x")


@pytest.mark.parametrize(
    ("given", "environ", "told"),
    [
        ({"port": "banana"}, {}, "--port must be a port number"),
        ({"port": "65536"}, {}, "--port must be a port number"),
        ({"port": "-1"}, {}, "--port must be a port number"),
        ({"port": "٣"}, {}, "--port must be a port number"),
        ({"session-idle": "-1"}, {}, "--session-idle must be a"),
        ({"session-idle": "nan"}, {}, "--session-idle must be a"),
        ({"pace": "natrual"}, {}, "--pace must be one of off, natural, slow, fast, or figures"),
        ({"pace": "rate=0"}, {}, "--pace needs a number from 0.1 to 10000 after rate="),
        ({"heartbeat": "0"}, {}, "--heartbeat must be above 0, not '0'"),
        ({"sandbox": "proces"}, {}, "did you mean process?"),
        ({"spare-sandboxes": "-1"}, {}, "--spare-sandboxes must be a number of sandboxes, 0 to 64"),
        ({"spare-sandboxes": "65"}, {}, "--spare-sandboxes must be a number of sandboxes, 0 to 64"),
        ({"host": "a b"}, {}, "--host must be an address or host name, without scheme or port, not 'a b'"),
        ({"host": "localhost:9000"}, {}, "--host must be an address or host name, without scheme or port"),
        ({"host": "http://a"}, {}, "--host must be an address or host name, without scheme or port"),
        ({"allow-host": "*.test"}, {}, "--allow-host must be a host name or an address, without scheme"),
        ({"allow-host": "http://a"}, {}, "--allow-host must be a host name"),
        ({"allow-host": "a:80"}, {}, "--allow-host must be a host name"),
        ({"model": "localhost:11434"}, {}, "--model must be the URL of a chat completions API, for example"),
        ({"model": "http://a:b/v1", "model-name": "a"}, {}, "--model must be the URL"),
        ({"model": "http://a/v1?key=b", "model-name": "a"}, {}, "--model must be the URL"),
        ({"model": "http://a/v1"}, {}, "--model needs --model-name, the name of the model"),
        ({"model-steps": "3"}, {}, "--model-steps needs --model"),
        ({"model-steps": "0"}, {}, "--model-steps must be a number of answers, 1 to 1000"),
        ({}, {"SIGMIC_MOCK_MODEL_KEY": "a\nb"}, "SIGMIC_MOCK_MODEL_KEY must have printable ASCII"),
        ({"ephemeral": "on", "data-dir": "/x"}, {}, "use either --ephemeral or --data-dir, not both"),
        ({}, {"SIGMIC_MOCK_PORT": "x"}, "SIGMIC_MOCK_PORT must be a port number"),
        ({}, {"SIGMIC_MOCK_JWT": "perhaps"}, "SIGMIC_MOCK_JWT must be on or off"),
        ({"config": "/nowhere.yaml"}, {}, "/nowhere.yaml: no such file"),
    ],
)
def test_a_wrong_value_is_reported_with_its_source_on_one_line(given, environ, told):
    with pytest.raises(SettingsError) as refused:
        resolve(given, {**HOME, **environ})

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_key_of_a_model_is_read_from_the_environment_or_else_the_file_and_shown_nowhere(tmp_path: Path):
    config = tmp_path / "mock.yaml"
    config.write_text("model_key_env: OPENAI_API_KEY\n")
    environ = {**HOME, "OPENAI_API_KEY": "sk-file"}

    of_file = resolve({"config": str(config)}, environ)
    of_environment = resolve({"config": str(config)}, {**environ, "SIGMIC_MOCK_MODEL_KEY": "sk-environment"})

    assert (of_file.model_key, of_environment.model_key) == (Secret("sk-file"), Secret("sk-environment"))
    assert "sk-" not in f"{of_file} {of_environment}"
    with pytest.raises(SettingsError, match=r"^model_key must have printable ASCII characters only$"):
        resolve({"config": str(config)}, {**HOME, "OPENAI_API_KEY": "schlüssel"})
    with pytest.raises(SettingsError) as refused:
        resolve({"model": "http://sk-argument@a/v1"}, HOME)
    assert str(refused.value) == "--model must have no key in it; set SIGMIC_MOCK_MODEL_KEY"


def test_a_wrong_value_in_the_file_is_reported_with_the_file(tmp_path: Path):
    config = tmp_path / "mock.yaml"
    config.write_text("server:\n  port: banana\n")

    with pytest.raises(SettingsError, match=r"mock\.yaml: server\.port must be a port number"):
        resolve({"config": str(config)}, HOME)


def test_a_misspelt_variable_is_noted_but_other_programs_may_have_their_own():
    settings = resolve({}, {**HOME, "SIGMIC_MOCK_PROT": "1", "SIGMIC_MOCK_URL_OF_SOMETHING": "x"})

    assert settings.notes == (
        "unknown environment variable SIGMIC_MOCK_PROT; did you mean SIGMIC_MOCK_PORT?",
    )


def test_only_addresses_of_this_machine_are_loopback():
    hosts = ["127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "192.168.1.2"]

    local = [resolve({"host": host}, HOME).is_loopback for host in hosts]

    assert local == [True, True, True, False, False, False]


def test_localhost_is_one_address():
    assert resolve({"host": "localhost"}, HOME).host == "127.0.0.1"
