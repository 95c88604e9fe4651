"""A complete mock inside a test, on a separate thread."""

import asyncio
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from sigmic_mock.config.settings import RUN_FOLDER
from sigmic_mock.gauntlet.run_folder import RunFolder, Totals
from sigmic_mock.testing import Mock, MockRefused, NotFired, Project, mock_server
from sigmic_mock.testing.leftovers import leftovers
from tests.fakes.command import ended
from tests.fakes.project_tasks import create, get


@pytest.fixture(scope="module")
def mock():
    with mock_server(clock="manual") as running:
        yield running


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attach to no server of the person who runs the tests."""
    monkeypatch.delenv("SIGMIC_MOCK_CONTROL_URL", raising=False)
    monkeypatch.delenv("SIGMIC_MOCK_CONTROL_TOKEN", raising=False)


def stream(project: Project, task: str) -> str:
    return get(project, f"/{task}/stream").text


def test_a_task_runs_in_a_proven_sandbox(mock: Mock) -> None:
    with mock.project(clock="real") as project:
        heard = stream(project, create(project, "Run exactly this shell command: echo $((40 + 2))"))

    assert "42" in heard
    assert mock.sandbox["level"] in {"confined", "weak"}
    assert mock.sandbox["properties"]["environment"] == "enforced"


def test_the_sandbox_is_the_one_that_a_start_by_name_gets(tmp_path: Path) -> None:
    """Opened during the start or before it: the same backend, never a weaker one."""
    with mock_server(folder=tmp_path) as beside:
        chosen = beside.sandbox
    with mock_server(sandbox=chosen["backend"]) as before:
        assert before.sandbox == chosen
    if chosen["backend"] != "ns":
        with pytest.raises(MockRefused), mock_server(sandbox="ns"):
            pass


def test_a_server_of_a_run_arms_its_fault_and_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mock: Mock
) -> None:
    """`exec` and `gauntlet` provide a server, but the test needs its own."""
    run = RunFolder(tmp_path / "run")
    run.make("http.internal-error,operation=list_tasks,times=1")
    monkeypatch.setenv(RUN_FOLDER, str(run.path))
    for name, value in mock.control_environ.items():
        monkeypatch.setenv(name, value)
    with mock_server(heartbeat=1) as own:
        assert own.control_url != mock.control_url
        with own.project() as project:
            answers = [requests.get(f"{own.base_url}/api/v1/tasks", headers=project.headers) for _ in "12"]
            create(project, "Hello")
            assert project.faults.unfired() == []
        url = own.base_url
    with mock_server() as attached:
        assert attached.control_url == mock.control_url

    assert [each.status_code for each in answers] == [500, 200]
    assert run.totals() == {url: Totals(requests=3, tasks=1, messages=1, fired=1)}


def test_nothing_is_left_when_the_block_ends(tmp_path: Path) -> None:
    before = threading.active_count()

    with mock_server(folder=tmp_path) as mock:
        create(mock, "Wait 10 minutes")
        assert any(tmp_path.iterdir())

    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MockRefused, match="no server answers"):
        mock.ask("health")


def test_nothing_is_left_when_it_is_forgotten(tmp_path: Path) -> None:
    """The process ends in time with exit code 0, and deletes its data."""
    program = (
        "import pathlib, sys; from sigmic_mock.testing import mock_server;"
        "m = mock_server(folder=pathlib.Path(sys.argv[1])).__enter__(); print(m.sandbox['level'])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGMIC_MOCK_")}

    done = ended([sys.executable, "-W", "error", "-c", program, str(tmp_path)], env=environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


async def test_it_is_started_and_driven_from_a_coroutine() -> None:
    async with mock_server(clock="manual") as mock:
        assert (await asyncio.to_thread(mock.advance, "15s"))["settled"]
        assert mock.clock["mode"] == "manual"


def test_a_mistake_is_reported_in_the_callers_thread_in_one_line(tmp_path: Path) -> None:
    for wrong, told in (
        ({"heart_beat": 15}, "did you mean heartbeat?"),
        ({"port": 1}, "has no option 'port'"),
        ({"clock": "manul"}, "did you mean manual?"),
        ({"heartbeat": 0}, "--heartbeat must be above 0, not '0'"),
        ({"playbooks": [str(tmp_path / "none.yaml")]}, "can't read the playbook"),
        ({"faults": ["cancel.server-eror"]}, "did you mean cancel.server-error?"),
        ({"playbooks": [["a"]]}, "a playbook is a mapping, YAML text or a file, not ['a']"),
        ({"url": "http://127.0.0.1:9"}, "give both url and control_token"),
        ({"url": "http://127.0.0.1:9", "control_token": "x"}, "no server answers at 127.0.0.1:9"),
    ):
        before = threading.active_count()
        with pytest.raises(MockRefused) as refused, mock_server(**wrong):
            pass
        assert told in str(refused.value), wrong
        assert "\n" not in str(refused.value)
        assert threading.active_count() == before


def test_a_project_has_what_was_wished_for_it_and_no_other_has(mock: Mock) -> None:
    wishes: dict[str, Any] = {
        "settings": {"prompts": ["Be brief."]},
        "members": {"linus": "viewer"},
        "seed": 7,
    }
    with mock.project(faults=["http.internal-error"], **wishes) as one, mock.project(clock="real") as other:
        assert one.api_key != other.api_key
        assert (one.clock["mode"], other.clock["mode"]) == ("manual", "real")
        assert (one.settings["prompts"], other.settings["prompts"]) == (["Be brief."], [])
        assert (one.members["linus"], other.members["linus"]) == ("viewer", "member")
        assert (one.ask("show_seed")["seed"], other.ask("show_seed")["seed"]) == (7, None)
        assert (one.faults.unfired(), other.faults.active()) == (["http.internal-error"], [])
        assert one.give_roles({"vera": "admin"}) == other.members | {"vera": "admin"}
        assert one.configure(prompts=[])["prompts"] == []


def test_a_fault_tells_how_often_it_fired(mock: Mock) -> None:
    with mock.project() as project:
        armed = project.fault("http.internal-error", operation="list_tasks", nth=2)
        with pytest.raises(NotFired, match=r"never fired: http\.internal-error"):
            project.faults.assert_all_fired()
        answers = [get(project).status_code for _ in range(3)]

        assert answers == [200, 500, 200], project.journal()
        assert (armed.fired, project.faults.unfired()) == (1, [])
        project.faults.assert_all_fired()
        with armed:
            pass
        assert (armed.fired, project.faults.active()) == (1, [])


def test_time_moves_by_words_and_by_seconds(mock: Mock) -> None:
    with mock.project() as project:
        task = create(project, "Wait 10 minutes")
        project.advance("9m")
        assert not project.clock["busy"]
        answer = project.advance(61.5)

        assert answer["settled"]
        assert "I waited 10 minutes." in stream(project, task)


def test_a_playbook_is_given_as_mapping_text_or_file(mock: Mock, tmp_path: Path) -> None:
    text = "name: {}\nwhen:\n  message: 'ask for {}'\nsteps:\n  - say: 'told by {}'\n"
    (tmp_path / "file.yaml").write_text(text.format(*["file"] * 3))
    mapping = {"name": "map", "when": {"message": "ask for map"}, "steps": [{"say": "told by map"}]}
    with mock.project(clock="real") as project:
        names = [
            project.playbook(each) for each in (mapping, text.format(*["text"] * 3), tmp_path / "file.yaml")
        ]

        assert names == ["map", "text", "file"]
        assert "told by text" in stream(project, create(project, "ask for text"))
        assert project.playbook_leftovers()["never_chosen"] == ["file", "map"]


def test_a_reply_is_the_next_answer_with_tools_and_files(mock: Mock) -> None:
    with mock.project(clock="real") as project:
        project.reply(
            "{{file:a.txt}} It said {{output}}",
            tools=[
                {"write": {"path": "a.txt", "text": "{{message}}, twice"}},
                {"run": {"command": "cat a.txt"}},
            ],
        )
        waiting = project.reply("unused: {{message}}")
        assert waiting == 2
        with pytest.raises(
            MockRefused, match=r"text: unknown placeholder \{\{mesage\}\}; did you mean message\?"
        ):
            project.reply("{{mesage}}")

        heard = stream(project, create(project, "Once"))

        assert '"finalResponse":"Once, twice It said Once, twice"' in heard
        assert leftovers(project) == [
            "reply never used: [{'say': {'text': 'unused: {{message}}', 'paragraph': True}}]"
        ]
        project.reply("{{file:none.txt}}")
        project.reset("playbooks")
        project.reply("{{file:none.txt}}")
        assert "The template can't be filled: {{file:none.txt}}: " in stream(project, create(project))


def test_what_happened_is_in_the_journal(mock: Mock) -> None:
    with mock.project(clock="real") as project:
        task = create(project)
        stream(project, task)

        assert project.wait_for(operation="create_task")["status"] == 201
        assert next(entry["operation"] for entry in project.journal(kind="request")) == "create_task"
        assert len(project.journal(limit=2, newest=True)) == 2
        assert project.open_streams() == []


def test_tokens_and_keys_are_minted(mock: Mock) -> None:
    with mock.project() as project:
        address = f"{project.base_url}/api/v1/tasks"
        for secret in (project.mint_token("eve"), project.mint_key("viewer")):
            headers = {"Authorization": f"Bearer {secret}"}
            assert requests.get(address, headers=headers, timeout=10).status_code == 200
        assert project.environ == {"SIGMIC_BASE_URL": project.base_url, "SIGMIC_API_KEY": project.api_key}
        assert project.app_secret not in repr(vars(project))
        assert "/api/v1/tasks" in mock.openapi["paths"]


def test_one_that_runs_is_attached_to_with_a_project_of_ones_own(mock: Mock) -> None:
    with mock_server(url=mock.control_url, control_token=mock.control_token, clock="autojump") as other:
        task = create(other, "Wait 10 minutes")
        assert "I waited 10 minutes." in stream(other, task)
        assert other.id != mock.id
        with other.project() as third:
            assert third.clock["mode"] == "autojump"
        with pytest.raises(MockRefused, match=r"project\(\) has no option 'clok'; did you mean clock\?"):
            other.project(clok="manual").__enter__()  # type: ignore[call-arg]  # a typing mistake
        with pytest.raises(MockRefused, match="heartbeat can only be set at start"):
            mock_server(url=mock.base_url, control_token=mock.control_token, heartbeat=1).__enter__()
    assert mock.ask("health")["status"] == "ok"


def test_the_environment_says_what_to_attach_to(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in mock.control_environ.items():
        monkeypatch.setenv(name, value)

    with mock_server() as other:
        assert other.base_url == mock.base_url
    monkeypatch.delenv("SIGMIC_MOCK_CONTROL_TOKEN")
    with pytest.raises(MockRefused, match="CONTROL_URL is set and SIGMIC_MOCK_CONTROL_TOKEN is not; set"):
        mock_server()


def test_a_task_is_paused_before_an_event(mock: Mock) -> None:
    with mock.project(clock="real") as project:
        with project.breakpoint("tool_call|done", limit="30s") as stop:
            task = create(project, "Run exactly this shell command: `ls`")
            paused = stop.wait()
            assert (paused["task"], paused["before"]) == (task, "tool_call")
            assert get(project, f"/{task}").json()["data"]["status"] == "running"
        assert "event: done" in stream(project, task)
        with pytest.raises(MockRefused, match="did you mean done\\?"):
            project.breakpoint("don")


def test_a_project_is_saved_restored_and_forked(mock: Mock) -> None:
    with mock.project(clock="real") as project:
        task = create(project)
        stream(project, task)
        saved = project.snapshot("before")
        after = create(project)
        with project.fork("before") as fork:
            assert list(fork.tasks) == [task]
            assert get(fork, f"/{fork.tasks[task]}").json()["data"]["status"] == "completed"
            assert get(fork, f"/{task}").status_code == 404
        assert project.restore("before") == saved
        assert [get(project, f"/{each}").status_code for each in (task, after)] == [200, 404]
        assert project.snapshot()["name"] == "snapshot-1"
        with pytest.raises(MockRefused, match="there are: before"):
            project.restore("befor")


def test_a_type_checker_finds_a_misspelt_option_and_field(mock: Mock) -> None:
    """`tox -e types` refuses an ignored error that mypy does not find."""
    with pytest.raises(MockRefused, match="hartbeat"):
        mock_server(hartbeat=3).__enter__()  # type: ignore[call-arg]  # the option
    with pytest.raises(KeyError):
        mock.clock["modus"]  # type: ignore[typeddict-item]  # the field of an answer
    get(mock, "")
    entry = mock.journal()[0]
    with pytest.raises(KeyError):
        entry["kinds"]  # type: ignore[typeddict-item]  # the field of an entry
    with pytest.raises(MockRefused, match="take_snapshot"):
        mock.ask("save_snapshot")  # type: ignore[call-overload]  # the operation
    with pytest.raises(MockRefused, match="by"):
        mock.ask("advance_clock", bye="1s")  # type: ignore[call-overload]  # the field of an operation
    timers: list[int] = mock.ask("list_timers")["timers"]  # type: ignore[assignment]  # of another type
    assert (timers, mock.advance("1s")["settled"]) == ([], True)
