"""The configuration file: what it can declare, and how mistakes in it are reported."""

from pathlib import Path

import pytest

from sigmic_mock.config.file import Config, ConfigError, load_config
from sigmic_mock.domain.credentials import digest
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.policy import Policy, ProjectRules
from sigmic_mock.domain.settings_form import read_settings, write_settings

KEY = "sigmic_" + "ab" * 32
NAMES = {"port": "", "session-idle": "", "fault": ";"}


def load(folder: Path, text: str, **environment: str) -> Config:
    path = folder / "mock.yaml"
    path.write_text(text)
    return load_config(path, server_names=NAMES, environment=environment)


def test_projects_keys_and_apps_are_read_and_no_secret_is_kept_as_text(tmp_path: Path):
    config = load(
        tmp_path,
        f"""
default_accounts: false
server: {{port: 9000}}
projects:
  - id: support
    name: Customer support
    api_keys:
      - {{key: {KEY}, name: CI, username: ci, role: viewer, expires_at: 2030-01-01T00:00:00Z, revoked: true}}
      - {{key_env: OTHER_KEY}}
    widget_apps:
      - app_id: shop
        app_secret: shop-secret
        allowed_origins: [https://shop.example, 'http://localhost:3000']
""",
        OTHER_KEY="sigmic_" + "cd" * 32,
    )

    first, second = config.seeds.api_keys
    (app,) = config.seeds.widget_apps
    assert config.server == {"port": "9000"}
    assert not config.default_accounts
    assert [project.name for project in config.seeds.projects] == ["Customer support"]
    assert (first.digest, first.username, first.role) == (digest(KEY), "ci", Role.VIEWER)
    assert (first.expires_at, first.revoked) == (1_893_456_000_000, True)
    assert (second.digest, second.role, second.expires_at) == (
        digest("sigmic_" + "cd" * 32),
        Role.MEMBER,
        None,
    )
    assert (app.id, app.secret_digest, app.project_id) == ("shop", digest("shop-secret"), "support")
    assert app.allowed_origins == {"https://shop.example", "http://localhost:3000"}
    assert KEY not in repr(config)
    assert "shop-secret" not in repr(config)


def test_the_settings_of_a_project_are_read(tmp_path: Path):
    config = load(
        tmp_path,
        """
projects:
  - id: plain
  - id: support
    auto_execute: false
    tool_policies: {write_file: deny, 'mcp_*': ask}
    prompts: [Be brief., Be kind.]
    subagents: {code-writer: on, '*': off}
""",
    )

    assert set(config.seeds.settings) == {"support"}
    settings = config.seeds.settings["support"]
    assert settings.rules == ProjectRules(
        auto_execute=False, tools={"write_file": Policy.DENY, "mcp_*": Policy.ASK}
    )
    assert settings.prompts == ("Be brief.", "Be kind.")
    assert settings.subagents.may_work("code-writer")
    assert not settings.subagents.may_work("researcher")
    assert read_settings(write_settings(settings)) == settings


def test_users_are_read_and_no_password_is_kept_as_text(tmp_path: Path):
    config = load(
        tmp_path,
        "users: [{name: eve, role: admin, password_env: EVE}, {name: bob, password: planted}]\n"
        "projects: [{id: a, members: {eve: viewer, ada: member}}, {id: b}]",
        EVE="planted-too",
    )

    eve, bob = config.users
    assert config.seeds.members == {"a": {"eve": Role.VIEWER, "ada": Role.MEMBER}}
    assert (eve.name, eve.role, bob.role) == ("eve", Role.ADMIN, Role.MEMBER)
    assert eve.password is not None
    assert eve.password.reveal() == "planted-too"
    assert "planted" not in repr(config)


def test_an_empty_file_declares_nothing(tmp_path: Path):
    assert load(tmp_path, "") == Config()


def test_a_configured_key_keeps_its_id(tmp_path: Path):
    text = f"projects: [{{id: p, api_keys: [{{key: {KEY}}}]}}]"

    assert load(tmp_path, text).seeds.api_keys[0].id == load(tmp_path, text).seeds.api_keys[0].id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("projects: [", "mock.yaml:1: is not YAML"),
        ("[]", "mock.yaml:1: the file must be a mapping"),
        ("project: []", "mock.yaml:1: unknown name 'project'; did you mean projects?"),
        ("server: {prot: 1}", "server: unknown name 'prot'; did you mean port?"),
        ("server: {port: [1]}", "server.port: must be a single value"),
        ("projects: {}", "projects: must be a list"),
        ("projects:\n  - name: x", "mock.yaml:2: projects.0: 'id' is missing"),
        ("projects:\n  - id: a\n  - id: a", "mock.yaml:3: projects.1: project 'a' is declared twice"),
        ("projects: [{id: a, id: b}]", "'id' is given twice"),
        (
            "projects:\n  - id: a\n    tool_policies:\n      glob: allow\n      write_file: dney",
            "mock.yaml:5: projects.0.tool_policies.write_file: must be one of allow, ask, deny; did you",
        ),
        ("users: [{name: eve}]", "mock.yaml:1: users.0: give either password or password_env"),
        ("users: [{name: eve, password: p, role: king}]", "users.0.role: must be one of owner, admin"),
        ("projects: [{id: a, members: {vear: owner}}]", "did you mean vera?"),
        ("projects: [{id: a, members: {vera: king}}]", "projects.0.members.vera: must be one of owner"),
        (
            "default_accounts: false\nprojects: [{id: a, members: {vera: owner}}]",
            "projects.0.members: unknown name 'vera'",
        ),
        ("users: [{name: eve, password: p}, {name: eve, password: q}]", "user 'eve' is declared twice"),
        ("projects: [{id: a, tool_policy: {}}]", "did you mean tool_policies?"),
        ("projects: [{id: a, tool_policies: {glob: ask, glob: deny}}]", "'glob' is given twice"),
        ("projects: [{id: a, tool_policies: {'a b': ask}}]", "'a b' is neither a tool name nor a pattern"),
        (
            "projects:\n- id: a\n  prompts:\n  - One.\n  - 2",
            "mock.yaml:5: projects.0.prompts.1: must be a text",
        ),
        ("projects: [{id: a, subagents: 1}]", "subagents: must be true, false, or a mapping"),
        ("projects: [{id: a, auto_execute: sometimes}]", "auto_execute: must be true or false"),
        ("projects: [{id: ''}]", "projects.0.id: must be a text that is not empty"),
        ("projects: [{id: a, api_keys: [{key: sigmic_short}]}]", "an API key is sigmic_ and 64 hex digits"),
        ("projects: [{id: a, api_keys: [{name: x}]}]", "give either key or key_env"),
        (
            "projects: [{id: a, api_keys: [{key_env: NOT_SET}]}]",
            "the environment variable NOT_SET is not set",
        ),
        (f"projects: [{{id: a, api_keys: [{{key: {KEY}}}, {{key: {KEY}}}]}}]", "declared twice"),
        (f"projects: [{{id: a, api_keys: [{{key: {KEY}, role: viwer}}]}}]", "did you mean viewer?"),
        (
            f"projects: [{{id: a, api_keys: [{{key: {KEY}, expires_at: soon}}]}}]",
            "expires_at: must be a date",
        ),
        (
            f"projects: [{{id: a, api_keys: [{{key: {KEY}, revoked: maybe}}]}}]",
            "revoked: must be true or false",
        ),
        ("projects: [{id: a, widget_apps: [{app_secret: x}]}]", "'app_id' is missing"),
        (
            "projects: [{id: a, widget_apps: [{app_id: x, app_secret: y, allowed_origins: ['https://*.a.b']}]}]",
            "an origin is scheme://host[:port], without path or wildcard",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_the_nearest_name(tmp_path: Path, text: str, told: str):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_binary_file_a_large_file_and_a_folder_are_refused(tmp_path: Path):
    path = tmp_path / "mock.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(path, server_names=NAMES, environment={})
    path.write_bytes(bytes(2 << 20))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load_config(path, server_names=NAMES, environment={})
    with pytest.raises(ConfigError, match="is a directory"):
        load_config(tmp_path, server_names=NAMES, environment={})


def test_a_flag_of_several_values_takes_a_list(tmp_path):
    path = tmp_path / "mock.yaml"
    path.write_text("server:\n  fault:\n    - net.slow,times=1\n    - sse.crlf\n")

    config = load_config(path, server_names=NAMES, environment={})

    assert config.server == {"fault": "net.slow,times=1;sse.crlf"}
