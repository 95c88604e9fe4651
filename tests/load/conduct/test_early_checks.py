"""An invalid command line is refused in one line, with exit code 2, before anything starts."""

import os
import re
import socket

import pytest
from locust.argument_parser import get_parser

from sigmic_load.conduct.early_checks import check_early
from sigmic_load.run.options import add_options
from sigmic_load.settings import workload
from sigmic_load.users.stream import StreamUser
from sigmic_load.verdicts import objectives

KEY = {"SIGMIC_API_KEY": "sigmic_secret"}
HERE = "--headless --host http://127.0.0.1:9 "
WRONG: dict[str, tuple[str, str]] = {
    # Cases from the review of step 15: the command line, and its message.
    "no host": ("--headless", "no target. Name one with --host"),
    "foreign host": ("--headless --host http://api.example.com", "api.example.com is not this machine"),
    "wrong permission": (
        "--headless --host http://api.example.com --i-may-load-test-this-host other.example.com",
        "says other.example.com, but the target is api.example.com",
    ),
    "no http": ("--headless --host ftp://127.0.0.1", "Start it with http:// or https://"),
    "shape": (HERE + "--shape wave", "invalid choice: 'wave'"),
    "period 0": (HERE + "--heartbeat-period 0", "--heartbeat-period 0: give seconds"),
    "period below 0": (
        HERE + "--heartbeat-period=-3",
        "--heartbeat-period: must be a time, for example 30s",
    ),
    "period nan": (
        HERE + "--heartbeat-period nan",
        "--heartbeat-period: must be a time, for example 30s",
    ),
    "period inf": (
        HERE + "--heartbeat-period inf",
        "--heartbeat-period: must be a time, for example 30s",
    ),
    "time": (HERE + "-t soon", "argument -t/--run-time"),
    "workload missing": (HERE + "--workload {tmp}/none.yaml", "none.yaml: No such file"),
    "workload no YAML": (HERE + "--workload {tmp}/broken.yaml", "broken.yaml:1: is not YAML"),
    "misspelt key": (HERE + "--workload {tmp}/misspelt.yaml", "did you mean weight?"),
    "30,000 streams": (HERE + "--workload {tmp}/flood.yaml", "30000 is greater than the maximum"),
    "-5 streams": (HERE + "--workload {tmp}/negative.yaml", "-5 is less than the minimum"),
    "misspelt measure": (HERE + "--slo {tmp}/measure.yaml", "did you mean create?"),
    "no objectives": (HERE + "--slo {tmp}/empty.yaml", "objectives: [] has less than 1 item"),
    "limit nan": (HERE + "--slo {tmp}/nan.yaml", "nan.yaml:1: objectives.0"),
    "metrics port": (HERE + "--load-metrics-port 99999", "--load-metrics-port 99999: give a port"),
    "taken metrics port": (HERE + "--load-metrics-port {port}", "Address already in use"),
    "report is a file": (HERE + "--load-report {tmp}/file", "file is a file, not a folder"),
    "users below 0": (HERE + "-u=-3", "--users -3: give a number from 1"),
    "users 0": (HERE + "-u 0", "--users 0: give a number from 1"),
    "user class": (HERE + "StreamUsr", "unknown user class StreamUsr; did you mean StreamUser?"),
    # Other cases of the same kind.
    "users flood": (HERE + "-u 10000000", "--users 1e+07: give a number"),
    "rate 0": (HERE + "-r 0", "argument -r/--spawn-rate"),
    "rate nan": (HERE + "-r nan", "must be a finite number"),
    "rate inf": (HERE + "-r inf", "must be a finite number"),
    "run time 0": (HERE + "-t 0", "--run-time 0: give a time above 0"),
    "period too long": (HERE + "--heartbeat-period 2h", "up to 3600"),
    "report below a file": (HERE + "--load-report {tmp}/file/report", "is a file, not a folder"),
    "report nowhere": (HERE + "--load-report /proc/none/report", "--load-report /proc/none/report: "),
    "report name too long": (HERE + "--load-report {tmp}/" + 300 * "x", "File name too long"),
    "report taken": (HERE + "--load-report {tmp}/taken", "load.json in it is a folder"),
    "master port": (
        HERE + "--master --master-bind-port {port}",
        "--master-bind-port {port}: Address",
    ),
    "port of processes": (
        HERE + "--processes 2 --master-bind-port {port}",
        "give another run another --master-port and --master-bind-port",
    ),
    "master port range": (HERE + "--master --master-bind-port 70000", "give a port from 0 to 65535"),
    "web port": ("--web-port {port}", "--web-port {port}: Address already in use"),
    "processes": (HERE + "--processes=-2", "--processes -2: give a number of processes"),
    "processes 0": (HERE + "--processes 0", "--processes 0: give a number of processes"),
    "two roles": (HERE + "--master --worker", "--master and --worker exclude each other"),
    "host port": ("--headless --host http://127.0.0.1:99999", "is not a URL: Port out of range"),
    "host port letters": ("--headless --host http://127.0.0.1:abc", "is not a URL: Port could not be cast"),
    "host bracket": ("--headless --host http://[::1", "is not a URL: Invalid IPv6"),
    "host query": ("--headless --host http://127.0.0.1:9/?a=1", "has a query or a fragment"),
    "limit too large": (HERE + "--slo {tmp}/large.yaml", "is greater than the maximum"),
    "limit below 0": (HERE + "--slo {tmp}/below.yaml", "-1 is less than the minimum"),
    "objectives are a folder": (HERE + "--slo {tmp}", ": no file, but a folder"),
    "workload is no text": (HERE + "--workload {tmp}/binary.yaml", "binary.yaml: is not UTF-8 text"),
    "label": (HERE + "--label region", "--label 'region': write NAME=VALUE"),
    "label of ours": (HERE + "--label verdict=x", "the name verdict is taken"),
    "label twice": (HERE + "--label a=1 --label a=2", "the name a is taken"),
    # Cases from the review of step 22, and others of their kind.
    "workload of itself": (
        HERE + "--workload {tmp}/alias.yaml",
        "alias.yaml:1: is too large or refers",
    ),
    "objectives of themselves": (
        HERE + "--slo {tmp}/alias.yaml",
        "alias.yaml:1: is too large or refers",
    ),
    "workload is a pipe": (HERE + "--workload {tmp}/pipe", "pipe: no file, but a pipe or a device"),
    "objectives are a pipe": (HERE + "--slo {tmp}/pipe", "pipe: no file, but a pipe or a device"),
    "objectives are a device": (HERE + "--slo /dev/zero", "/dev/zero: no file, but a pipe or a device"),
    "prompts are a pipe": (HERE + "--workload {tmp}/prompts.yaml", "pipe: no file, but a pipe or a device"),
    "workload too large": (HERE + "--workload {tmp}/huge", "huge: larger than 10 MB"),
    "a key twice": (HERE + "--slo {tmp}/twice.yaml", "the key 'id' is given twice"),
    "tags": (HERE + "StreamUser --tags nothing", "--tags nothing leaves StreamUser without a task"),
    "class picker": ("--class-picker", "--class-picker would remove the shape"),
    "unknown class": (
        HERE + "--workload {tmp}/unknown.yaml",
        "no user class ChatUsr is loaded; did you mean ChatUser?",
    ),
    "objective of an unknown class": (
        HERE + "--slo {tmp}/nobody.yaml",
        "ChatUsr does not make create; did you mean ChatUser?",
    ),
    "steps that start above the end": (
        HERE + "--workload {tmp}/steps.yaml",
        "shapes.step: start (60) is above most (50)",
    ),
    "processes and worker": (HERE + "--processes 2 --worker", "--worker and --processes exclude each other"),
    "expected workers": (HERE + "--master --expect-workers=-1", "must be a positive number"),
    "page of Locust nowhere": (HERE + "--html {tmp}/none/page.html", "none/page.html: there is no folder"),
    "table of Locust nowhere": (HERE + "--csv {tmp}/none/run", "none/run: there is no folder"),
    "JSON of Locust nowhere": (HERE + "--json-file {tmp}/none/run", "none/run: there is no folder"),
    "settle longer than a day": (
        HERE + "--workload {tmp}/settle.yaml",
        "yaml:5: settle: 90000 is greater",
    ),
    "a list of workloads": (
        HERE + "--workload {tmp}/list.yaml",
        "list.yaml:1: the file: [1] is not",
    ),
    "stop timeout": (HERE + "--stop-timeout=-1", "argument -s/--stop-timeout"),
    "report is a pipe": (HERE + "--load-report {tmp}/pipe", "pipe is a file, not a folder"),
    "too short to judge": (
        HERE + "-u 100 -r 1 -t 60s",
        "nothing can be judged: 100 users take 100 s to start, and the run lasts 60 s",
    ),
    "no number": (HERE + "-u many", "argument -u/--users: invalid int value"),
}
OBJECTIVE = "objectives: [{id: a, measure: %s, statistic: p50, at_most: %s, why: because}]"


@pytest.fixture
def files(tmp_path):
    """Write the files that the command lines name; return their folder."""
    text = workload.DEFAULT.read_text()
    for name, content in {
        "broken": "a: [",
        "misspelt": text.replace("weight: 3", "wieght: 3"),
        "flood": text.replace("streams: 100 ", "streams: 30000 "),
        "negative": text.replace("streams: 100 ", "streams: -5 "),
        "measure": OBJECTIVE % ("creat", "1"),
        "empty": "objectives: []",
        "nan": OBJECTIVE % ("create", ".nan"),
        "large": OBJECTIVE % ("create", "1.0e+300"),
        "below": OBJECTIVE % ("create", "-1"),
        "alias": "x: &a [*a]",
        "twice": "objectives: [{id: a, id: b, measure: create, statistic: p50, at_most: 1, why: x}]",
        "prompts": re.sub("follow_ups:.*\n.*\n", "follow_ups: {from: pipe}\n", text),
        "unknown": text.replace("  ChatUser:  ", "  ChatUsr: {weight: 1}\n  ChatUser:  "),
        "nobody": OBJECTIVE.replace("why", "user: ChatUsr, why") % ("create", "1"),
        "settle": text.replace("settle: 0 ", "settle: 90000 "),
        "list": "[1]",
        "steps": text.replace("step: {start: 5", "step: {start: 60"),
    }.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(20_000_000)
    (tmp_path / "taken" / "load.json").mkdir(parents=True)
    return tmp_path


def parse(command: str) -> object:
    parser = get_parser(default_config_files=[])
    add_options(parser)
    check_early(parser)
    return parser.parse_args(command.split())


@pytest.fixture(autouse=True)
def key(monkeypatch):
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_command_line_is_refused_in_one_line(files, capsys, case):
    command, says = WRONG[case]
    before = sorted(files.rglob("*"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = {"tmp": str(files), "port": str(taken.getsockname()[1])}

        with pytest.raises(SystemExit) as refused:
            parse(command.format(**places))

    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("locust: ")
    assert says.format(**places) in line
    assert sorted(files.rglob("*")) == before, "nothing was left"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SIGMIC_API_KEY", "", "no credential: put an API key"),
        ("SIGMIC_API_KEY", "a\nb: c", "has a space, a line break"),
        ("SIGMIC_API_KEY", "schlüssel", "or non-ASCII"),
        ("SIGMIC_HEADERS", "Gate", "SIGMIC_HEADERS, line 1: not of the form 'Name: value'"),
        ("SSL_CERT_FILE", "/none.pem", "SSL_CERT_FILE /none.pem: No such file"),
    ],
)
def test_a_wrong_environment_is_refused_in_one_line(monkeypatch, capsys, variable, value, says):
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as refused:
        parse("--headless --host https://127.0.0.1:9")

    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert not value or variable.startswith("SSL") or value not in line, "no credential is shown"


@pytest.mark.parametrize(
    "command",
    [
        HERE + "-u 10 -r 5 -t 2m --load-report {tmp}/new/report --label region=eu StreamUser",
        HERE + "--worker --load-report /proc/none",
        "--web-port 0",
        "--list",
        "--headless --host http://localhost:8787/prefix",
    ],
)
def test_what_is_asked_rightly_is_taken(files, command):
    assert parse(command.format(tmp=files)) is not None
    assert not (files / "new").exists(), "a folder is made when there is a report"


def test_the_defaults_can_be_read_and_name_a_class_that_exists():
    assert StreamUser.kind in workload.read_workload()["users"]
    assert objectives.read_slo()
