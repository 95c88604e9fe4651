"""The npm package, packed and installed as users get it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sigmic_mock.testing import mock_server
from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]
_SHOW = """\
import { startMock } from "sigmic-mock";

const mock = await startMock();
const own = await startMock({ flags: ["--fault=net.slow"] });
const project = await own.project({ faults: { "sse.crlf": {} } });
await project.reply("You said {{message}}");
const { replies } = await project.ask("list_replies");
const unfired = await project.unfiredFaults();
console.log(process.env.SIGMIC_BASE_URL, mock.baseUrl, own.baseUrl, replies.length, ...unfired);
await Promise.all([mock.stop(), own.stop()]);
"""
_STATE = """\
import { startMock } from "sigmic-mock";

const mock = await startMock();
const project = await mock.project();
const tasks = `${project.baseUrl}/api/v1/tasks`;
const headers = { ...project.headers, "Content-Type": "application/json" };
const message = JSON.stringify({ message: "Reply with exactly: hi" });
const created = await fetch(tasks, { method: "POST", headers, body: message });
const { id } = (await created.json()).data;
await (await fetch(`${tasks}/${id}/stream`, { headers })).text();
const saved = await project.snapshot();
const fork = await project.fork(saved.name);
const restored = await project.restore(saved.name);
console.log(saved.name, Object.keys(restored.tasks).length, Object.keys(fork.tasks).length);
const status = async (each, task) => (await fetch(`${tasks}/${task}`, { headers: each.headers })).status;
const answers = [[project, id], [fork, fork.tasks[id]], [fork, id], [project, id]];
console.log(...(await Promise.all(answers.map((each) => status(...each)))));
for (let at = 0; at < 101; at++) await status(fork, id);
console.log((await fork.journal({ status: "404" })).length, (await fork.journal({ limit: 5 })).length);
await mock.stop();
"""
_WRONG = """\
import { startMock } from "sigmic-mock";

const mock = await startMock();
const told = [];
for (const mistake of [MISTAKES]) {
  try { await mistake(); told.push("no mistake") }
  catch (problem) { told.push(`${problem.name} ${problem.message}`) }
}
await mock.stop();
console.log(JSON.stringify(told));
"""
_TYPED = """\
import { startMock, type Operations } from "sigmic-mock";

const mock = await startMock({ flags: ["--heartbeat=1"] });
const { now }: Operations["advance_clock"]["answer"] = await mock.advance("31m");
const project = await mock.project({ clock: "manual", faults: { "net.slow": { seconds: 1 } } });
await mock.ask("advance_clock", { project: project.id, by: "1s" });
await project.reply("You said {{message}}", [{ wait: 1 }]);
const { name } = await project.snapshot();
const fork = await project.fork(name);
export const forked: string | undefined = fork.tasks["an id"];
// @ts-expect-error - there is no such field
await project.ask("advance_clock", { bye: "1s" });
// @ts-expect-error - there is no such operation
await project.ask("advance_clocks", {});
export default now;
"""


_GENERATED = """\
import type { components, operations } from "./task-api.js";

type Created = operations["create_task"]["responses"]["201"]["content"]["application/json"];
export function idOf(created: Created): string {
  return created.data.id;
}
export const status: components["schemas"]["TaskStatus"] = "pending";
// @ts-expect-error - there is no such status
export const other: components["schemas"]["TaskStatus"] = "pendign";
"""
_TSC = "--noEmit --strict --module nodenext --target es2022 --lib es2022,esnext.disposable,dom --types node"


def run(*words: str, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return ended(words, seconds=240, cwd=cwd, env={**os.environ, "PATH": path, **env})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's project, with the package from its tarball."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("project")
    packed = run("npm", "pack", "--json", str(ROOT / "javascript"), cwd=folder)
    assert packed.returncode == 0, packed.stderr
    tarball = json.loads(packed.stdout)[0]["filename"]
    (folder / "package.json").write_text('{"private": true}')
    done = run("npm", "install", "--offline", "--no-audit", "--no-fund", f"./{tarball}", cwd=folder)
    assert done.returncode == 0, done.stderr
    modules = Path(os.environ.get("SIGMIC_NODE_MODULES", "/nonexistent"))
    for name in modules.iterdir() if modules.is_dir() else ():
        if not (folder / "node_modules" / name.name).exists():
            (folder / "node_modules" / name.name).symlink_to(name)
    return folder


def tool(project: Path, name: str) -> str:
    found = project / "node_modules" / ".bin" / name
    if not found.exists():
        found = Path(os.environ.get("SIGMIC_NODE_MODULES", "/nonexistent")) / ".bin" / name
    if not found.exists():
        pytest.skip(f"SIGMIC_NODE_MODULES does not hold {name}: run this through tox -e e2e")
    return str(found)


def mistakes(project: Path, *expressions: str) -> list[str]:
    """What each expression throws, with its name."""
    functions = ", ".join(f"async () => await {each}" for each in expressions)
    (project / "wrong.mjs").write_text(_WRONG.replace("MISTAKES", functions))
    done = run("node", "wrong.mjs", cwd=project)
    assert done.returncode == 0, done.stderr
    told: list[str] = json.loads(done.stdout)
    return told


def test_the_package_contains_only_its_code_types_and_readme(project: Path):
    package = project / "node_modules" / "sigmic-mock"

    assert {path.name for path in package.iterdir()} == {
        "README.md", "control.d.ts", "index.d.ts", "index.js", "package.json", "start.js",
    }  # fmt: skip


def test_under_exec_the_tests_use_its_server_but_flags_start_another(project: Path):
    exec_words = (sys.executable, "-m", "sigmic_mock", "exec", "--")
    (project / "show.mjs").write_text(_SHOW)

    done = run(*exec_words, "node", "show.mjs", cwd=project)

    given, attached, own, *rest = done.stdout.split()
    assert given == attached != own
    assert rest == ["1", "sse.crlf"]


def test_a_server_that_cannot_start_is_one_message(project: Path):
    told = mistakes(
        project,
        "startMock({flags: ['--clock=scaled']})",
        "startMock({command: 'no-such-program'})",
        "startMock({flag: ['--seed=1']})",
        "(async () => { const gone = await startMock(); await gone.stop(); await gone.reset() })()",
    )

    assert [message for message in told if not message.startswith("MockRefused ")] == []
    assert "did you mean scaled:60?" in told[0]
    assert "can't start no-such-program" in told[1]
    assert "startMock has no option flag; did you mean flags?" in told[2]
    assert "no mock answers at http://127.0.0.1:" in told[3]


def test_a_mistake_in_a_call_is_one_message(project: Path):
    calls = {
        "fault('net.slwo')": "net.slow?",
        "ask('save_snapshot')": "no operation save_snapshot; did you mean take_snapshot?",
        "ask('restore_snapshot', {snapshot: 'x'})": "restore_snapshot needs name",
        "ask('list_timers', {nope: 1})": "Unknown query parameter 'nope'",
        "ask('fire_timer', {number: 1, nope: 1})": "Unknown field 'nope'",
        "journal({staus: '404'})": "Unknown query parameter 'staus'; did you mean status?",
        "waitFor({kind: 'end'}, {timeuot: '1s'})": "no option timeuot; did you mean timeout?",
        "project({clok: 'manual'})": "Unknown field 'clok'; did you mean clock?",
        "playbook({steps: []})": "put_playbook needs name",
    }

    told = mistakes(project, *(f"mock.{call}" for call in calls))

    assert [message for message in told if not message.startswith("MockRefused ")] == []
    assert {
        call: message
        for (call, part), message in zip(calls.items(), told, strict=True)
        if part not in message
    } == {}


def test_a_project_is_saved_restored_and_forked(project: Path):
    (project / "state.mjs").write_text(_STATE)

    done = run("node", "state.mjs", cwd=project)

    assert done.stdout == "snapshot-1 1 1\n200 200 404 200\n102 5\n", done.stderr


def test_each_mistake_of_a_playbook_has_a_line(project: Path, tmp_path: Path):
    (tmp_path / "a.yaml").write_text(
        "name: a\nsummary: x\nwhen: {message: hi}\nsteps:\n- saay: x\n- wiat: 1s\n"
    )

    [told] = mistakes(project, f"startMock({{flags: ['--playbooks={tmp_path}']}})")

    assert [line.rpartition("; ")[2] for line in told.splitlines()] == [
        "did you mean say?", "did you mean wait?",
    ]  # fmt: skip


def test_the_command_prints_one_line_and_ends_with_a_signal(project: Path):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    start = project / "node_modules" / ".bin" / "start-sigmic-mock"
    with subprocess.Popen(
        [start], env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        server.terminate()
        assert server.wait(60) == 0
    assert not Path(f"/proc/{ready['pid']}").exists()


def test_the_types_find_a_mistake(project: Path):
    (project / "typed.mts").write_text(_TYPED)

    done = run(tool(project, "tsc"), *_TSC.split(), "typed.mts", cwd=project)

    assert done.returncode == 0, done.stdout


@pytest.mark.nightly
def test_openapi_typescript_generates_types_from_the_running_server(project: Path):
    (project / "generated.mts").write_text(_GENERATED)
    generate = tool(project, "openapi-typescript")

    with mock_server() as mock:
        made = run(generate, f"{mock.base_url}/openapi.json", "-o", "task-api.d.ts", cwd=project)

    assert made.returncode == 0, made.stderr
    done = run(tool(project, "tsc"), *_TSC.split(), "generated.mts", cwd=project)
    assert done.returncode == 0, done.stdout
