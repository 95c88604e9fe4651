import hashlib
import re
import shlex
from dataclasses import replace

from sigmic_conformance.model.record.evidence import body_file, brief, curl, summary
from sigmic_conformance.wire.difference import LONGEST
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.kit import exchange


def test_a_long_text_is_cut_to_one_line():
    assert brief("x" * 500) == "x" * LONGEST
    assert brief(None) == "null"


def test_a_line_names_why_there_was_no_answer_and_shortens_a_long_path():
    hung = replace(exchange(status=None, closed=Closed.DEADLINE), error="no response head within 15 s")
    long = exchange(target="/api/v1/tasks/" + "x" * 2_000 + "/stream")

    assert summary(hung).endswith("→ no answer, deadline (no response head within 15 s)")
    assert len(summary(long)) < 230
    assert summary(long).endswith("/stream → 200, complete")


def test_the_command_that_asks_again_speaks_the_same_version_of_http():
    assert curl(exchange(version="1.0")) == "curl -i -N --http1.0 http://127.0.0.1/api/v1/tasks/t"
    assert curl(exchange()) == "curl -i -N http://127.0.0.1/api/v1/tasks/t"


def test_a_body_that_a_command_line_cannot_say_is_a_file_beside_the_report():
    odd = exchange(method="POST", asked=(("Content-Type", "application/json"),))
    odd = replace(odd, sent=replace(odd.sent, body=b"\xff{", text="\ufffd{"))

    assert body_file(odd.sent) == "bodies/" + hashlib.sha256(b"\xff{").hexdigest()[:16]
    assert f"--data-binary @{body_file(odd.sent)} " in curl(odd)
    assert "\ufffd" not in curl(odd)


def test_a_hostile_saved_run_adds_no_words_to_the_curl_command():
    evil = "$(touch x)`touch y`;touch z\n"
    asked = ((f"X{evil}", f"Bearer [secret:1]{evil}"), (evil, evil))
    seen = exchange(method=f"A{evil}", version=f"2{evil}", asked=asked, target=f"/{evil}")
    seen = replace(seen, sent=replace(seen.sent, text=f"@/etc/passwd{evil}"))

    words = shlex.split(curl(seen))

    assert words == [
        *("curl", "-i", "-N", f"--http2{evil}", "-X", f"A{evil}"),
        *("-H", f"X{evil}: Bearer $SIGMIC_API_KEY", "-H", f"{evil}: {evil}"),
        *("--data-raw", f"@/etc/passwd{evil}", seen.url),
    ]
    unquoted = re.sub(r"'[^']*'", "", curl(seen))
    assert not set("`;(\n") & set(unquoted)
    assert unquoted.count("$") == 1
