"""Judges of lists, roles, bodies, outputs and tokens: a record that holds, the same with one thing wrong."""

from typing import Any

import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import exchange, judged, no, ok, record, verdict_on


def page_of_tasks(probe: str, label: str, ids: str, **more: Any) -> Exchange:
    return ok(probe, label, [{"id": each, **more} for each in ids], operation="list_tasks")


def pages(**changes: str) -> Record:
    told = {"before": "abcdefgh", "offset 0": "ab", "offset 1": "bc", "offset 2": "cd", "offset 4": "ef"}
    told |= {"after": "abcdefgh"} | {name.replace("_", " "): ids for name, ids in changes.items()}
    asked = [page_of_tasks("unchanged_list", f"look 1: {name}", ids) for name, ids in told.items()]
    return record(*asked, facts={"unchanged_list": {"unchanged": "look 1"}})


@pytest.mark.parametrize(
    ("row", "wrong", "reason"),
    [
        ("LIST-005", {"offset_1": "ab"}, "wrong-place"),
        ("LIST-015", {"offset_2": "bc"}, "lost-or-twice"),
        ("LIST-020", {"after": "bacdefgh"}, "other-order"),
    ],
)
def test_pages(row, wrong, reason):
    assert verdict_on(row, pages()).outcome is Outcome.PASSED
    assert verdict_on(row, pages(**wrong)).reason == reason


@pytest.mark.parametrize(
    ("lists", "facts", "outcome", "reason"),
    [
        (["ab", "ba"], {"other's task": "b"}, Outcome.INFO, None),
        (["a", "a"], {"other's task": "b"}, Outcome.INFO, None),
        (["ab", "a"], {"other's task": "b"}, Outcome.FAILED, "two-readings"),
        (["b", "b"], {"other's task": "b"}, Outcome.FAILED, "no-reading"),
        (["a", "a"], {}, Outcome.INFO, None),
        (["a", "b"], {}, Outcome.FAILED, "no-reading"),
        ([], {}, Outcome.INCONCLUSIVE, "zero-observations"),
    ],
)
def test_the_scope_of_the_list_is_one(lists, facts, outcome, reason):
    seen = record(
        *(page_of_tasks("list_scope", "list", ids) for ids in lists),
        facts={"list_scope": {"task": "a", **facts}},
    )

    found = verdict_on("LIST-019", seen)

    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("active", "order", "outcome"),
    [
        (("09", "08"), "xty", Outcome.PASSED),
        (("06", "07"), "xty", Outcome.FAILED),
        (("08", "07"), "yxt", Outcome.FAILED),  # as one that orders by creation has it
        (("09", "08"), "xt", Outcome.INCONCLUSIVE),  # nothing that it could have been moved over
    ],
)
def test_a_follow_up_moves_its_task(active, order, outcome):
    time = "2026-01-01T00:00:{}.000Z"
    times = {"x": time.format(active[0]), "t": time.format(active[1]), "y": time.format("05")}
    items = [{"id": each, "lastActivityAt": times[each]} for each in order]
    saved = {"messages": [{"role": "user", "content": "?", "createdAt": time.format("07")}]}
    seen = record(
        ok("follow_up", "list", items, operation="list_tasks"),
        ok("follow_up", "history after", saved),
        facts={"follow_up": {"task": "t", "younger": "y"}},
    )

    # What departs from a decision of this project is information about anybody else's platform.
    assert verdict_on("LIST-021", seen).outcome is (
        outcome if outcome is not Outcome.FAILED else Outcome.INFO
    )


def broken_forms(*listed: tuple[str, str], status: int = 400) -> Record:
    names = ("form without boundary", "form cut short", "form with broken part")
    told = [
        no("creation_refusals", f"raw: {name}", status, "VALIDATION_ERROR", operation="create_task")
        for name in names
    ]
    told.append(ok("creation_refusals", "form twin", {"id": "t"}, operation="create_task"))
    items = [{"id": each, "systemPrompt": prompt} for each, prompt in (("t", "marked"), *listed)]
    told.append(ok("creation_refusals", "list", items, operation="list_tasks"))
    return record(*told, facts={"creation_refusals": {"mark": "marked"}})


def test_a_broken_form_is_refused_and_creates_nothing():
    assert verdict_on("CREATE-032", broken_forms()).outcome is Outcome.PASSED
    assert verdict_on("CREATE-032", broken_forms(("x", "marked, broken form"))).reason == "half-done"
    assert verdict_on("CREATE-032", broken_forms(("x", "marked"))).outcome is Outcome.PASSED
    assert verdict_on("CREATE-032", broken_forms(status=500)).reason == "server-error"


@pytest.mark.parametrize(
    ("capitals", "maybe", "reason"),
    [(201, 400, None), (400, 400, "refused"), (201, 201, "accepted"), (201, 500, "server-error")],
)
def test_a_form_boolean_is_a_word_in_any_letter_case(capitals, maybe, reason):
    def form(label: str, status: int) -> Exchange:
        if status == 201:
            return ok("creation_refusals", label, {"id": "t"}, operation="create_task")
        return no("creation_refusals", label, status, "VALIDATION_ERROR", operation="create_task")

    seen = record(
        form("form twin", 201),
        form("bad form: boolean", maybe),
        form("form boolean in capitals", capitals),
    )

    assert verdict_on("CREATE-021", seen).reason == reason


@pytest.mark.parametrize(
    ("nobody", "wrong", "outcome"),
    [
        ("Authentication required", "Invalid app credentials", Outcome.PASSED),
        ("Unauthorized", "Invalid app credentials", Outcome.INFO),
        ("Authentication required", "Bad credentials", Outcome.INFO),
        ("Authentication required", None, Outcome.PASSED),  # a target without widget apps
    ],
)
def test_both_documented_messages_are_looked_at(nobody, wrong, outcome):
    told = [unauthorized("credentials", "bad: nothing", "AUTH_REQUIRED", nobody)]
    told += (
        [unauthorized("token_exchange", "bad: wrong secret", "INVALID_CREDENTIALS", wrong)] if wrong else []
    )

    seen = record(*told, probes=("strangers", "credentials", "token_exchange"))

    assert verdict_on("ERROR-027", seen).outcome is outcome


def unauthorized(probe: str, label: str, code: str, message: str) -> Exchange:
    body = {"success": False, "error": {"code": code, "message": message}}
    operation = "create_token" if probe == "token_exchange" else "list_tasks"
    return exchange(probe=probe, label=label, operation=operation, status=401, body=body)


def viewed(**changes: Exchange) -> Record:
    task = {"id": "a", "status": "completed"}
    told = {
        "before": ok("viewer", "before", task),
        "after": ok("viewer", "after", task),
        "history before": ok("viewer", "history before", {"messages": []}),
        "history after": ok("viewer", "history after", {"messages": []}),
        "list": page_of_tasks("viewer", "list", "a", systemPrompt="marked"),
    }
    for operation in ("create_task", "send_message", "cancel_task", "approve_tool_call"):
        label = f"changes: {operation}"
        told[label] = no("viewer", label, 403, "FORBIDDEN", operation=operation)
    for operation in ("get_task", "get_task_history", "list_tasks", "stream_task"):
        told[f"reads: {operation}"] = ok("viewer", f"reads: {operation}", task, operation=operation)
    told |= {each.label: each for each in changes.values()}
    return record(*told.values(), facts={"viewer": {"mark": "marked", "task": "a"}})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            no("viewer", "changes: create_task", 403, "AUTH_REQUIRED", operation="create_task"),
            "wrong-refusal",
        ),
        (no("viewer", "changes: send_message", 404, "FORBIDDEN", operation="create_task"), "wrong-refusal"),
        (ok("viewer", "changes: create_task", {"id": "b"}), "accepted"),
        (ok("viewer", "after", {"id": "a", "status": "cancelled"}), "changed"),
        (ok("viewer", "history after", {"messages": [{"content": "x"}]}), "changed"),
        (page_of_tasks("viewer", "list", "ab", systemPrompt="marked"), "changed"),
    ],
)
def test_a_viewer_changes_nothing(change, reason):
    assert verdict_on("ERROR-012", viewed()).outcome is Outcome.PASSED
    assert verdict_on("PROJECT-005", viewed()).outcome is Outcome.PASSED
    assert verdict_on("ERROR-012", viewed(change=change)).reason == reason


def test_a_viewer_may_be_told_first_that_there_is_no_such_call():
    odd = no("viewer", "changes: approve_tool_call", 404, "NOT_FOUND", operation="approve_tool_call")

    assert verdict_on("ERROR-012", viewed(change=odd)).outcome is Outcome.PASSED
    assert verdict_on("PROJECT-005", viewed(change=odd)).outcome is Outcome.INFO


def with_files(made: Exchange, *, attached: bool = False, path: str = "other.txt") -> Record:
    saved = {"messages": [{"role": "user", "attachedFiles": [{"name": "w"}] if attached else []}]}
    return record(
        ok("json_files", "twin", {"id": "t"}),
        made,
        ok("json_files", "names: history", saved),
        ok("json_files", "names: files", {"files": [{"path": path}]}),
        facts={"json_files": {"word": "word", "shapes": ["names"]}},
    )


TAKEN = ok("json_files", "names: create", {"id": "u"})


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (with_files(TAKEN), None),
        (
            with_files(no("json_files", "names: create", 400, "VALIDATION_ERROR", operation="create_task")),
            None,
        ),
        (with_files(TAKEN, attached=True), "file-attached"),
        (with_files(TAKEN, path="uploads/word.txt"), "file-attached"),
    ],
)
def test_json_attaches_no_file(seen, reason):
    assert verdict_on("CREATE-024", seen).reason == reason


@pytest.mark.parametrize(("listed", "outcome"), [("nobody", Outcome.INFO), ("marked env", Outcome.WARNED)])
def test_variables_in_a_form_are_refused_without_a_trace(listed, outcome):
    seen = record(
        *(
            no("form_variables", f"{name}: create", 400, "VALIDATION_ERROR", operation="create_task")
            for name in ("env", "secrets")
        ),
        page_of_tasks("form_variables", "list", "a", systemPrompt=listed),
        facts={"form_variables": {"mark": "marked"}},
    )

    assert verdict_on("CREATE-023", seen).outcome is outcome


def read_task(**fields: Any) -> Exchange:
    return ok("easy_task", "read", {"id": "t", "startedAt": "2026-01-01T00:00:00.000Z", **fields})


THOUGHT = {"subject": "s", "description": "d"}


@pytest.mark.parametrize(
    ("row", "tasks", "outcome"),
    [
        ("GET-015", [read_task(output={"thoughts": [THOUGHT]})], Outcome.PASSED),
        ("GET-015", [read_task(output={"thoughts": "s"})], Outcome.FAILED),
        ("GET-015", [read_task(output={"thoughts": [{"subject": "s"}]})], Outcome.FAILED),
        ("GET-015", [read_task(output={})], Outcome.INCONCLUSIVE),
        (
            "GET-025",
            [read_task(status="failed", output={}), read_task(status="cancelled", output={})],
            Outcome.INFO,
        ),
        ("GET-025", [read_task(status="failed"), read_task(status="cancelled")], Outcome.INFO),
        ("GET-025", [read_task(status="failed"), read_task(status="cancelled", output={})], Outcome.WARNED),
        (
            "GET-026",
            [read_task(status="pending", startedAt=None, sessionId=None, conversationId="c")],
            Outcome.INFO,
        ),
        ("GET-026", [read_task(status="pending", startedAt=None, sessionId=None)], Outcome.WARNED),
        ("GET-009", [read_task(status="running")], Outcome.PASSED),
        ("GET-009", [read_task(status="running", startedAt="soon")], Outcome.WARNED),
        ("GET-010", [read_task(status="completed", completedAt="2026-01-01T00:00:01Z")], Outcome.PASSED),
        ("GET-010", [read_task(status="completed", completedAt="just now")], Outcome.WARNED),
        ("GET-032", [read_task(conversationId=each) for each in (None, "c", "c")], Outcome.PASSED),
        ("GET-032", [read_task(conversationId=each) for each in ("c", "d")], Outcome.WARNED),
    ],
)
def test_outputs_and_ids(row, tasks, outcome):
    assert judged(row, *tasks).outcome is outcome


def test_a_message_that_is_told_neither_before_nor_after_does_not_stay():
    told = [ok("follow_up", when, {"id": "t"}) for when in ("before", "after")]
    kept = [ok("follow_up", when, {"id": "t", "message": "?"}) for when in ("before", "after")]

    assert judged("GET-029", *kept).outcome is Outcome.PASSED
    assert judged("GET-029", *told).reason == "other-message"


def with_both(second: Exchange) -> Record:
    first = ok("credentials", "both headers", [], operation="list_tasks")
    return record(first, second, probes=("credentials",))


def test_a_good_key_beside_a_bad_authorization_opens_nothing():
    label = "both headers, the other way"
    refused = no("credentials", label, 401, "INVALID_API_KEY", operation="list_tasks")
    let_in = ok("credentials", label, [], operation="list_tasks")

    assert verdict_on("AUTH-015", with_both(refused)).outcome is Outcome.PASSED
    assert verdict_on("AUTH-015", with_both(let_in)).reason == "other-header-decides"


def test_an_odd_credential_is_no_server_error():
    labels = ("very long", "not ASCII", "a tab inside")
    told = {
        each: no("credentials", f"bad: {each}", 401, "INVALID_API_KEY", operation="list_tasks")
        for each in labels
    }
    good = ok("credentials", "good: bearer", [], operation="list_tasks")

    assert judged("AUTH-022", good, *told.values()).outcome is Outcome.PASSED
    for each in labels:
        broken = told | {
            each: no("credentials", f"bad: {each}", 500, "INTERNAL_ERROR", operation="create_task")
        }
        assert judged("AUTH-022", good, *broken.values()).reason == "server-error"


@pytest.mark.parametrize("valid", [None, "refused", "accepted"])
def test_a_token_is_no_key_even_if_it_is_good(valid):
    told = [ok("credentials", "good: bearer", [], operation="list_tasks")]
    told += [no("credentials", "token as key", 401, "INVALID_API_KEY", operation="list_tasks")]
    label = "as a key"
    if valid == "refused":
        told.append(no("token_lifetime", label, 401, "INVALID_API_KEY", operation="list_tasks"))
    if valid == "accepted":
        told.append(ok("token_lifetime", label, [], operation="list_tasks"))

    found = judged("AUTH-016", *told)

    assert found.reason == ("accepted" if valid == "accepted" else None)


def lifetimes(**taken: bool) -> Record:
    spelt = ("31d", "zero", "leading zero", "fraction", "bare number", "capital", "week", "blank")
    labels = [f"odd: expiresIn {each}" for each in spelt]
    labels += ["bad: expiresIn empty", "bad: expiresIn negative"]
    told = [ok("token_exchange", f"odd: expiresIn {each}", {}) for each in ("90s", "30d")]
    for label in labels:
        is_taken = taken.get(label.rpartition(" ")[2], False)
        told.append(
            ok("token_exchange", label, {})
            if is_taken
            else no("token_exchange", label, 400, "INVALID_EXPIRES_IN", operation="create_token")
        )
    return record(*told)


def test_every_lifetime_that_is_none_is_refused():
    assert verdict_on("TOKEN-017", lifetimes()).outcome is Outcome.PASSED
    for spelling in ("week", "empty", "negative"):
        assert verdict_on("TOKEN-017", lifetimes(**{spelling: True})).reason == "other-lifetimes"


def exchanged(identities: str, *, subject: str = "u") -> Record:
    names = ("default", "30m", "1h", "7d")
    claims = [{"sub": subject, "iat": 1, "exp": 2, "jti": each} for each in identities]
    facts = {
        f"segments: {name}": [{"alg": "HS256"}, each, 3] for name, each in zip(names, claims, strict=True)
    }
    made = [ok("token_exchange", f"good: {name}", {}) for name in names]
    return record(*made, facts={"token_exchange": {"user": "u", **facts}}, reference=True)


def test_claims_of_tokens():
    assert verdict_on("TOKEN-019", exchanged("abcd")).outcome is Outcome.PASSED
    assert verdict_on("TOKEN-019", exchanged("abca")).reason == "other-claims"
    assert verdict_on("TOKEN-019", exchanged("abcd", subject="v")).reason == "other-claims"


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [((401, "INVALID_AUTH_FORMAT"), Outcome.INFO), ((500, "INTERNAL_ERROR"), Outcome.WARNED)],
)
def test_a_token_works_everywhere_or_at_creation_only(refusal, outcome):
    operations = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")
    seen = record(*(no("end_users", f"own: {each}", *refusal, operation=each) for each in operations))

    assert verdict_on("AUTH-006", seen).outcome is outcome


@pytest.mark.parametrize(
    ("closed", "said", "outcome"),
    [
        (Closed.COMPLETE, "5", Outcome.PASSED),
        (Closed.COMPLETE, "6", Outcome.FAILED),
        (Closed.BOUND, "50000000", Outcome.INCONCLUSIVE),
        (Closed.BOUND, "4", Outcome.FAILED),
    ],
)
def test_an_answer_is_as_long_as_it_says(closed, said, outcome):
    made = exchange(
        probe="easy_task", chunks=[(0.0, b"12345")], headers=(("Content-Length", said),), closed=closed
    )

    assert judged("HTTP-004", made).outcome is outcome
