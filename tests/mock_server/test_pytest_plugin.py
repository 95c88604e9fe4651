"""The pytest plugin, in a project that uses it."""

import subprocess
import sys
import textwrap

import pytest
import requests

from sigmic_mock.faults.effects import load_effects
from sigmic_mock.testing import thread

pytest_plugins = ["pytester"]
LOADED = (requests, thread)
"""Imported before any run in this process: pytester unloads the modules of a run, and neither module can be
imported twice."""
load_effects()  # for the same reason: an effect that is registered twice acts twice
ASYNCIO = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
PREFIX = """
import pytest, requests

def call(project, method="GET", path="/api/v1/tasks", **options):
    return requests.request(method, project.base_url + path, headers=project.headers, timeout=20, **options)

def create(project, message="What is 2+2?"):
    return call(project, "POST", json={"message": message}).json()["data"]["id"]
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins take most of a run's time
    for name in ("SIGMIC_MOCK_CONTROL_URL", "SIGMIC_MOCK_CONTROL_TOKEN", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester):
    """Run tests with this text, with the plugin."""

    def run(text: str, *options: str, **files: str):
        for name, content in files.items():
            pytester.path.joinpath(f"{name}.yaml").write_text(content)
        pytester.makepyfile(PREFIX + textwrap.dedent(text))
        always = (
            "-p",
            "sigmic_mock.pytest_plugin",
            "-p",
            "pytest_asyncio.plugin",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            # Run in this process, where the plugin is already imported.
            "-W",
            "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning",
            "-o",
            "strict_markers=true",
        )
        return pytester.runpytest_inprocess(*always, *ASYNCIO, "-rA", *options)

    return run


def test_a_test_has_a_project_of_its_own_and_its_marks_apply(run) -> None:
    result = run(
        """
        seen = []

        @pytest.mark.parametrize("number", [1, 2])
        def test_fresh(sigmic_project, number):
            assert call(sigmic_project).json()["data"] == []
            create(sigmic_project)
            assert sigmic_project.api_key not in seen
            seen.append(sigmic_project.api_key)

        @pytest.mark.sigmic_clock("real")
        class TestMarks:
            @pytest.mark.sigmic_clock("manual")
            def test_clock(self, sigmic_project):
                assert sigmic_project.clock["mode"] == "manual"
                sigmic_project.advance("31m")

            @pytest.mark.sigmic_seed(7)
            @pytest.mark.parametrize("number", [1, 2])
            def test_seed(self, sigmic_project, number):
                assert sigmic_project.clock["mode"] == "real"
                seen.append(create(sigmic_project))
                sigmic_project.reset()
                if number == 2:
                    assert seen[-1] == seen[-2]

            @pytest.mark.sigmic_fault("http.internal-error", operation="list_tasks", nth=2)
            def test_fault(self, sigmic_project):
                assert [call(sigmic_project).status_code for _ in range(3)] == [200, 500, 200]

            @pytest.mark.sigmic_playbook("beside.yaml")
            def test_playbook(self, sigmic_project):
                task = create(sigmic_project, "ask for it")
                assert "here it is" in call(sigmic_project, path=f"/api/v1/tasks/{task}/stream").text

        async def test_async(sigmic_project):
            import aiohttp

            address = sigmic_project.base_url + "/api/v1/tasks"
            async with aiohttp.ClientSession(headers=sigmic_project.headers) as session:
                async with session.get(address) as answer:
                    assert answer.status == 200

        def test_server(sigmic_mock):
            with sigmic_mock.project() as project:
                assert call(project).status_code == 200
        """,
        beside="name: beside\nwhen:\n  message: ask for it\nsteps:\n  - say: here it is\n",
    )

    result.assert_outcomes(passed=9)
    result.stdout.no_fnmatch_line("*left over in the Sigmic mock*")


def test_a_marked_fault_that_never_fires_fails_the_test(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_fault("http.internal-error", operation="cancel_task")
        def test_elsewhere(sigmic_project):
            call(sigmic_project)

        @pytest.mark.xfail(strict=True)
        @pytest.mark.sigmic_fault("http.internal-error")
        def test_expected(sigmic_project):
            pass
        """
    )

    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["armed by a mark and never fired: http.internal-error"])


def test_a_failing_test_shows_what_the_server_saw(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_fault("http.internal-error")
        def test_failing(sigmic_project):
            assert call(sigmic_project).status_code == 200
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Captured sigmic journal*", "*request*500*GET /api/v1/tasks*! http.internal-error*"]
    )


LEFT_OVER = """
@pytest.mark.sigmic_playbook('''
name: unused
when: {message: nobody says this}
steps: [{say: nothing}]
''')
@pytest.mark.sigmic_clock("manual")
def test_leaving(sigmic_project):
    sigmic_project.fault("http.internal-error", operation="cancel_task")
    task = create(sigmic_project, "Wait 10 minutes")
    address = f"{sigmic_project.base_url}/api/v1/tasks/{task}/stream"
    answer = requests.get(address, headers=sigmic_project.headers, stream=True, timeout=20)
    KEPT.append(answer)

KEPT = []

@pytest.fixture(scope="session", autouse=True)
def closing():
    yield
    for answer in KEPT:
        answer.close()
"""


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [("report", {}), ("error", {"errors": 1}), ("ignore", {})],
    ids=str,
)
def test_what_is_left_over_is_reported(run, choice, outcome) -> None:
    result = run(LEFT_OVER, "--sigmic-leftovers", choice)

    result.assert_outcomes(passed=1, **outcome)
    lines = ["*fault armed and never fired: http.internal-error*", "*playbook never chosen: unused*"]
    lines += ["*stream still open: task *"]
    if choice == "ignore":
        result.stdout.no_fnmatch_line(lines[0])
    else:
        result.stdout.fnmatch_lines(lines)


def test_a_stream_that_the_test_has_closed_is_not_left_over(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_clock("manual")
        def test_closing(sigmic_project):
            task = create(sigmic_project, "Wait 10 minutes")
            address = f"{sigmic_project.base_url}/api/v1/tasks/{task}/stream"
            headers = sigmic_project.headers
            with requests.get(address, headers=headers, stream=True, timeout=20) as answer:
                next(answer.iter_lines())
        """,
        "--sigmic-leftovers=error",
    )

    result.assert_outcomes(passed=1)


def test_a_test_runs_once_per_transient_fault(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_transient("transient", match="http.*")
        def test_listing(sigmic_project, sigmic_transient):
            call(sigmic_project)
            assert sigmic_transient.fired or sigmic_transient.id == "http.rate-limited-create"
        """
    )

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 4
    assert outcomes["skipped"] == 1
    result.stdout.fnmatch_lines(["*PASSED*test_listing?http.rate-limited?*"])
    result.stdout.fnmatch_lines(["*http.rate-limited-create never fired in this test*"])


MISTAKES = {
    "@pytest.mark.sigmic_fault('cancel.server-eror')\ndef test_a(sigmic_project): pass": "did you mean",
    "@pytest.mark.sigmic_clock('manul')\ndef test_a(sigmic_project): pass": "did you mean manual?",
    "@pytest.mark.sigmic_clock\ndef test_a(sigmic_project): pass": "write sigmic_clock(mode)",
    "@pytest.mark.sigmic_seed(7)\ndef test_a(): pass": "does nothing without the fixture sigmic_project",
    "@pytest.mark.sigmic_playbook('no.yaml')\ndef test_a(sigmic_project): pass": "can't read the playbook",
    "@pytest.mark.sigmic_transient('trensient')\ndef test_a(sigmic_project): pass": "did you mean transient?",
    "@pytest.mark.sigmic_transient(match='x')\ndef test_a(sigmic_project): pass": "no fault matches",
    "@pytest.mark.sigmic_transient(match='sse.*')\ndef test_a(sigmic_project): pass": "of class variation*do",
    "@pytest.mark.sigmic_transient(longst=1)\ndef test_a(sigmic_project): pass": "known: match, exclude",
    "@pytest.mark.sigmic_transient(longest='1')\ndef test_a(sigmic_project): pass": "a number of seconds",
    "@pytest.mark.sigmic_transient(longest=0)\ndef test_a(sigmic_project): pass": "longest must be above 0",
    "@pytest.mark.sigmic_playbook(['a'])\ndef test_a(sigmic_project): pass": "a mapping, YAML text or a file",
    "def test_a(sigmic_transient): pass": "needs the mark",
}
OPTION = """
@pytest.fixture(scope="session")
def sigmic_options(): return {"heart_beat": 1}
def test_a(sigmic_project): pass
"""


def test_a_mistake_is_reported_in_one_line(run, pytester) -> None:
    pytester.makepyfile(
        **{f"test_{number}": f"import pytest\n{text}" for number, text in enumerate(MISTAKES)}
    )
    result = run("", "--continue-on-collection-errors")

    assert result.parseoutcomes().keys().isdisjoint({"passed", "skipped"})
    for number, told in enumerate(MISTAKES.values()):
        result.stdout.fnmatch_lines_random([f"ERROR test_{number}.py*", f"*{told}*"])
    result.stdout.no_fnmatch_line("*control_client.py*")


def test_a_misspelt_mark_fails_its_test(run) -> None:
    """pytest only warns of it, and the test would pass without what the mark asks for."""
    tolerant = ("-o", "strict_markers=false", "-W", "ignore::pytest.PytestUnknownMarkWarning")
    result = run("@pytest.mark.sigmic_clok('manual')\ndef test_a(sigmic_project): pass", *tolerant)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no mark sigmic_clok; did you mean sigmic_clock?"])


def test_a_mistaken_option_is_reported_in_one_line(run) -> None:
    result = run(OPTION)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*did you mean heartbeat?*"])


def test_a_mistaken_choice_is_reported_once(run) -> None:
    result = run("def test_a(sigmic_project): pass", "-o", "sigmic_leftovers=warn")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = [line for line in result.errlines if "sigmic_leftovers must be one of" in line]
    assert told == ["ERROR: sigmic_leftovers must be one of report, error, ignore, not 'warn'"]


def test_the_mark_arms_a_fault_as_the_gauntlet_does(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_transient(
            match="http.internal-error|stream.stalls|stream.slow-begin", exclude="stream.slow*", longest=0.01
        )
        def test_listing(sigmic_project, sigmic_transient):
            [armed] = sigmic_project.faults.active()
            if armed["fault"] == "http.internal-error":
                assert [call(sigmic_project).status_code for _ in range(3)] == [500, 500, 200]
            else:
                assert (armed["fault"], armed["parameters"]["seconds"]) == ("stream.stalls", 0.01)
        """,
        "--sigmic-leftovers=error",
    )

    result.assert_outcomes(passed=1, skipped=1)


def test_what_no_test_can_change_is_not_left_over(run) -> None:
    result = run(
        """
        @pytest.mark.sigmic_transient(match="http.rate-limited-create")
        def test_skipped_because_it_never_fires(sigmic_project):
            pass

        def test_skipped(sigmic_project):
            sigmic_project.fault("http.internal-error")
            pytest.skip("not today")

        def test_bundled(sigmic_project):
            create(sigmic_project, "playbook: artifacts")

        @pytest.mark.sigmic_playbook('''
        name: refused
        when: {message: go}
        steps: [{run: {command: ls, ask: true, on_cancel: [{say: "no"}]}}, {say: the rest}]
        ''')
        def test_rejected(sigmic_project):
            task = create(sigmic_project, "go")
            path = f"/api/v1/tasks/{task}"

            def until(status):
                while (found := call(sigmic_project, path=path).json()["data"])["status"] != status:
                    assert found["status"] != "failed"
                return found

            [asked] = until("awaiting_approval")["pendingApprovals"]
            address = f"{path}/tools/{asked['callId']}/approve"
            call(sigmic_project, "POST", address, json={"outcome": "cancel"})
            until("completed")
        """,
        "--sigmic-leftovers=error",
    )

    result.assert_outcomes(passed=2, skipped=2)


def test_nothing_of_the_server_is_loaded_until_it_is_asked_for() -> None:
    program = (
        "import sys, sigmic_mock.pytest_plugin;"
        "heavy = ('aiohttp', 'yaml', 'http.client', 'sigmic_mock.bootstrap.app');"
        "print([m for m in heavy if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
