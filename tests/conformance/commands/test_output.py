"""What a verb prints: lines that act on nothing, and JSON that says the same as before."""

import json

from sigmic_conformance.commands.output import complain, show, show_json, show_lines

HOSTILE = "a\n::error::x\r##[group]y\x1b[2J\x7f\x9b\u202e###[z"


def test_a_text_is_one_line_whatever_is_in_it(capsys):
    show(HOSTILE)
    show_lines(["::error::x", ""])
    complain(HOSTILE)

    said = capsys.readouterr()
    assert said.out.count("\n") == 3
    assert said.err.count("\n") == 1
    assert said.out.replace("\n", "").isprintable()
    assert "##[" not in said.out + said.err
    assert "\n::" not in said.out


def test_a_json_document_says_the_same_and_is_no_command(capsys):
    show_json({"said": HOSTILE})

    said = capsys.readouterr().out
    assert json.loads(said) == {"said": HOSTILE}
    assert said.replace("\n", "").isprintable()
    assert "##" not in said


def test_a_colour_is_only_for_terminals(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    show("GET-001  failed", colour=31)
    assert capsys.readouterr().out == "GET-001  failed\n"

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show("GET-001  \x1b failed", colour=31)
    assert capsys.readouterr().out == "\x1b[31mGET-001  ⟨U+001B⟩ failed\x1b[0m\n"
