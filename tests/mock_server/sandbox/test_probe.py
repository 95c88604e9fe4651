import os
from dataclasses import replace
from pathlib import Path

import pytest

from sigmic_mock.sandbox import probe
from sigmic_mock.sandbox.recipe import Recipe, process_recipe

CONFINED = Recipe(name="ns", level="confined", config={})
OURS = {name: f"{name}:[1]" for name in probe.NAMESPACES}
INSIDE = probe.Facts(
    said={
        **{f"ns_{name}": f"{name}:[2]" for name in probe.NAMESPACES},
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "CapEff": "0000000000000000",
        "processes": "3",
        "interfaces": "lo ",
        "core": "0",
        "read_outside": "no",
        "write_outside": "no",
        "write_system": "no",
        "write_inside": "yes",
        "variables": "PATH HOME LANG TERM PWD CANARY",
    },
    namespaces=OURS,
    written_outside=False,
    daemon_started=True,
    daemon_survived=False,
)


def verdicts(**said: str) -> dict[str, str]:
    return probe.judge(replace(INSIDE, said={**INSIDE.said, **said}), CONFINED)


def test_when_every_attack_fails_every_property_is_enforced():
    assert verdicts() == dict.fromkeys(probe.PROPERTIES, "enforced")


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ({"read_outside": "yes"}, "filesystem"),
        ({"write_outside": "yes"}, "filesystem"),
        ({"write_system": "yes"}, "filesystem"),
        ({"write_inside": "no"}, "filesystem"),
        ({"ns_mnt": "mnt:[1]"}, "filesystem"),
        ({"ns_pid": "pid:[1]"}, "process"),
        ({"ns_pid": ""}, "process"),
        ({"ns_user": "user:[1]"}, "process"),
        ({"processes": "87"}, "process"),
        ({"Seccomp": "0"}, "process"),
        ({"NoNewPrivs": "0"}, "process"),
        ({"CapEff": "0000000000000400"}, "process"),
        ({"ns_net": "net:[1]"}, "network"),
        ({"interfaces": "lo eth0 "}, "network"),
        ({"variables": "PATH SIGMIC_ROOT_KEY"}, "environment"),
        ({"core": "unlimited"}, "limits"),
    ],
)
def test_one_attack_that_gets_through_breaks_its_property_alone(said, broken):
    assert {name for name, verdict in verdicts(**said).items() if verdict != "enforced"} == {broken}


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ({"written_outside": True}, "filesystem"),  # whatever the attack said
        ({"daemon_survived": True}, "kill_tree"),
        ({"daemon_started": False}, "kill_tree"),
    ],
)
def test_what_is_seen_from_outside_breaks_its_property(facts, broken):
    assert probe.judge(replace(INSIDE, **facts), CONFINED)[broken] == "failed"


def test_silence_proves_nothing():
    silent = replace(INSIDE, said={})

    assert probe.judge(silent, CONFINED) == {
        **dict.fromkeys(probe.PROPERTIES, "failed"),
        "kill_tree": "enforced",
    }


def test_the_weak_backend_never_claims_confinement():
    report = probe.judge(INSIDE, process_recipe())

    assert {name: report[name] for name in ("filesystem", "process", "network")} == dict.fromkeys(
        ("filesystem", "process", "network"), "none"
    )
    assert report["environment"] == "enforced"


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        ("[Errno 1] Operation not permitted: 'unshare 0x10020000'", "userns"),
        ("[Errno 1] Operation not permitted: 'mount proc on /proc'", "systempaths"),
        ("[Errno 22] Invalid argument: 'install the seccomp filter'", "CONFIG_SECCOMP_FILTER"),
        ("something new", "--sandbox"),
    ],
)
def test_a_failed_step_comes_with_its_cure(failure, advice):
    assert advice in probe.cure(failure)


async def test_the_probe_leaves_nothing_behind(backend, folder: Path):
    assert os.listdir(folder) == []  # noqa: PTH208 - as short
