"""Messages in other languages: answered, or refused, in the same language."""

import pytest

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.answers.languages import languages
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.domain.model import MessageRole
from tests.fakes.turn import ScriptedTurn, message

AGENT = Agent(Library())


async def performed(turn: ScriptedTurn) -> ScriptedTurn:
    await AGENT.perform(turn)
    return turn


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Hallo!", "Hallo! Was kann ich für dich tun?"),
        ("¡Hola!", "¡Hola! ¿Qué puedo hacer por ti?"),
        ("Bonjour", "Bonjour ! Que puis-je faire pour toi ?"),
        ("こんにちは", "こんにちは！何をしましょうか？"),
        ("Was ist 2+2?", "2+2 = 4"),
        ("¿Cuánto es 2+2?", "2+2 = 4"),
        ("Combien font 2+2 ?", "2+2 = 4"),
        ("2+2は？", "2+2 = 4"),
        ("Quelle est la capitale de la France ?", "La capitale est Paris."),
        ("フランスの首都はどこですか？", "首都はパリです。"),
        ("Antworte genau: Grüß dich", "Grüß dich"),
        ("Erstelle eine Datei namens a.txt mit dem Inhalt: hallo", "Ich habe `a.txt` geschrieben."),
        ("Crea un archivo llamado a.txt con el contenido: hola", "He escrito `a.txt`."),
        ("Crée un fichier nommé a.txt contenant : « salut »", "J'ai écrit `a.txt`."),
        ("a.txtというファイルを作って。内容は「こんにちは」", "`a.txt`を書きました。"),
        ("Liste die Dateien auf", "Die Dateien:\n\n```\ndone\n```"),
        ("Gracias", "De nada."),
        ("Hallo, was ist 2+2?", "2+2 = 4"),
        ("Hola, ¿cuánto es 2+2?", "2+2 = 4"),
        ("こんにちは、2+2は？", "2+2 = 4"),
    ],
)
async def test_a_greeting_and_a_simple_request_are_answered_in_kind(text, answer):
    assert (await performed(ScriptedTurn(text))).answer == answer


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("Schreibe mir bitte ein Gedicht und faxe es", "Ich habe nichts davon getan"),
        (
            "Erstelle eine Datei namens a.txt mit dem Inhalt: eins und lösche sie",
            "Ich habe nichts davon getan",
        ),
        ("¿Qué tiempo hace en Madrid? Crea una canción", "No hice nada de esto"),
        ("Quel temps fait-il ? Écris une chanson pour les chats", "Je n'ai rien fait de ce message"),
        ("天気はどうですか？", "「天気はどうですか？」がわからなかったので、何もしませんでした"),
    ],
)
async def test_an_unknown_request_is_answered_in_its_language_and_not_remembered(text, beginning):
    turn = await performed(ScriptedTurn(text))

    assert turn.of("tool") == []
    assert turn.answer.startswith(beginning)

    memory = (message(f"Remember the codeword X1. {text}"), message(turn.answer, role=MessageRole.ASSISTANT))
    later = await performed(ScriptedTurn("What is the codeword?", memory=memory))
    assert later.answer.startswith("I don't know a codeword.")


@pytest.mark.parametrize("language", languages(), ids=lambda each: each.name)
async def test_the_agent_understands_every_sentence_of_its_help(language):
    asked = [line.removeprefix("- ") for line in language.says["help"].splitlines() if line.startswith("- ")]

    assert len(asked) == 5
    for text in asked:
        turn = await performed(ScriptedTurn(text))
        assert language.says["nothing"][-20:] not in turn.answer
        assert "I did nothing" not in turn.answer
