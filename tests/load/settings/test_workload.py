"""The workload file."""

from pathlib import Path
from random import Random

import pytest
import yaml

from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.workload import DEFAULT, Span, Workload, check_files, digest, read_workload


@pytest.fixture
def changed(tmp_path):
    """Write our workload with one change; return its path."""

    def change(edit):
        tree = yaml.safe_load(DEFAULT.read_text())
        edit(tree)
        path = tmp_path / "workload.yaml"
        if not (tmp_path / "files.csv").exists():
            (tmp_path / "files.csv").write_text("file,prompt\nworkload.yaml,one\nnone.txt,two\n")
        path.write_text(yaml.safe_dump(tree))
        return path

    return change


def test_our_own_file_is_right():
    workload = Workload.of(read_workload())

    assert workload.weights["StreamUser"] == 1
    assert workload.users["UploadUser"]["archives"][0]["files"] == 20
    assert workload.users["ChatUser"]["prompts"][0] == "Reply with exactly: ready."


def test_a_span_is_drawn_between_its_ends():
    draw = Random(1)

    assert all(1 <= Span(1, 3).draw(draw) <= 3 for _ in range(50))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda tree: tree["users"]["ChatUser"].update(weighd=1), "did you mean weight?"),
        (lambda tree: tree["users"]["StreamUser"].update(streams=0), "users.StreamUser.streams"),
        (lambda tree: tree["think"].update(least=9), "least (9) is above most (3)"),
        (lambda tree: tree["shapes"].pop("step"), "shapes"),
        (lambda tree: tree["users"]["ChatUser"].update(prompts={"form": "a.csv"}), "did you mean from?"),
        (lambda tree: tree["users"]["ChatUser"].update(prompts={"from": "a.csv"}), "a.csv: No such file"),
        (lambda tree: tree["users"]["UploadUser"].update(files={"from": "files.csv"}), "files.csv: line 3: "),
        (lambda tree: [user.update(weight=0) for user in tree["users"].values()], "every weight is 0"),
    ],
)
def test_a_wrong_file_is_reported_in_one_line(changed, edit, says):
    with pytest.raises(BadFile) as refused:
        read_workload(changed(edit))

    assert says in str(refused.value)


def test_prompts_and_files_come_from_data_files(changed, tmp_path):
    (tmp_path / "chat.csv").write_text("prompt,then\nhello,more\nhi,again\n")
    (tmp_path / "files.csv").write_text("file,prompt\na.txt,What is in it?\n")
    (tmp_path / "a.txt").write_text("it")

    def edit(tree):
        tree["users"]["ChatUser"] |= {
            "prompts": {"from": "chat.csv"},
            "follow_ups": {"from": "chat.csv", "column": "then"},
        }
        tree["users"]["UploadUser"]["files"] = {"from": "files.csv"}

    tree = read_workload(changed(edit))
    workload = Workload.of(tree)

    chat, (given,) = workload.users["ChatUser"], workload.users["UploadUser"]["files"]
    assert (chat["prompts"], chat["follow_ups"]) == (["hello", "hi"], ["more", "again"])
    assert (given["prompt"], Path(given["path"]).name) == ("What is in it?", "a.txt")
    check_files(workload)
    (tmp_path / "a.txt").write_text("other")
    with pytest.raises(BadFile, match=r"a.txt differs from the master's"):
        check_files(workload)


def test_the_hash_of_a_workload_depends_on_its_data_and_not_on_its_folder(changed, tmp_path):
    def edit(tree):
        tree["users"]["UploadUser"]["files"] = {"from": "files.csv"}

    trees = []
    for content in ("it", "it", "other"):
        (tmp_path / "files.csv").write_text("file,prompt\na.txt,What is in it?\n")
        (tmp_path / "a.txt").write_text(content)
        trees.append(read_workload(changed(edit)))
    trees[1]["users"]["UploadUser"]["files"][0]["path"] = "/elsewhere/a.txt"

    assert digest(trees[0]) == digest(trees[1]) != digest(trees[2])


def test_a_class_of_others_has_its_settings_in_the_same_file(changed, tmp_path):
    (tmp_path / "cart.csv").write_text("prompt\nBuy it\n")
    cart = {"weight": 2, "items": 3, "prompts": {"from": "cart.csv"}}
    path = changed(lambda tree: tree["users"].update(CartUser=cart))

    workload = Workload.of(read_workload(path, ["CartUser"]))

    assert workload.weights["CartUser"] == 2
    assert workload.users["CartUser"] == {"weight": 2, "items": 3, "prompts": ["Buy it"]}
    with pytest.raises(BadFile, match="no user class CartUser is loaded"):
        read_workload(path)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BadFile, match="No such file"):
        read_workload(tmp_path / "none.yaml")
