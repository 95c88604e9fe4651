// The deck's decisions, apart from what is drawn: rows of the journal, searches, timelines, faults as text.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Control } from "../../mock_server/sigmic_mock/web/deck/control.js";
import { grammar, waysToArm } from "../../mock_server/sigmic_mock/web/deck/fault-text.js";
import { read } from "../../mock_server/sigmic_mock/web/deck/faults.js";
import { asSent, notRepeatable } from "../../mock_server/sigmic_mock/web/deck/replay.js";
import { Journal, JournalFollower, isRefresh, labelOf, matches, readSearch, saidOf, standing } from "../../mock_server/sigmic_mock/web/deck/journal.js";
import { byOperation } from "../../mock_server/sigmic_mock/web/deck/overview.js";
import { apart, drawn, marks } from "../../mock_server/sigmic_mock/web/deck/timeline.js";

const at = (ms) => new Date(Date.UTC(2030, 0, 1) + ms).toISOString();
const entry = (number, kind, more = {}) => ({ number, kind, at: at(number * 10), real: at(0), request: "r1", faults: [], ...more });
const asked = { headers: [], body: null, bytes: 0, truncated: false };
const exchange = (number, request, status, more = {}) =>
    entry(number, "request", { request, method: "GET", path: "/api/v1/tasks", operation: "list_tasks", status, code: null, seconds: 0.004, ended: "answered", asked, answered: asked, ...more });
const STREAM = [
    entry(1, "open", { method: "GET", path: "/api/v1/tasks/t/stream", operation: "stream_task", task: "t", stream: 1, status: 200, last_event_id: null }),
    entry(2, "frame", { stream: 1, event: "content", bytes: 30, data: 'event: content\ndata: {"text":"needle"}\n\n', truncated: false }),
    entry(3, "fault", { fault: "net.reset", armed: 1 }),
    entry(4, "end", { stream: 1, closed_by: "fault", frames: 1, bytes: 30, unsent_bytes: 0, seconds: 0.02, last_event_id: null }),
];

test("entries of one request make one row, open until its stream is over", () => {
    const journal = new Journal();
    journal.add(STREAM.slice(0, 2));
    assert.deepEqual([journal.rows.length, standing(journal.rows[0]), journal.rows[0].frames.length], [1, "open", 1]);
    journal.add(STREAM.slice(2));
    journal.add([exchange(5, "r2", 404), exchange(6, "r3", 200), exchange(7, "r4", 503), exchange(8, "r5", undefined)]);

    assert.deepEqual(journal.rows.map(standing), ["broken", "refused", "good", "failed", "broken"]);
    assert.deepEqual([journal.rows[0].faults, journal.rows[0].ended, journal.last], [["net.reset"], "fault", 8]);
});

test("a fault of a frame belongs to the one stream of its task that is open, else to none", () => {
    const fault = entry(9, "fault", { request: undefined, task: "t", operation: "stream_task", method: "GET", fault: "stream.cut", armed: 1 });
    const journal = new Journal();
    journal.add([STREAM[0], fault]);
    assert.deepEqual(journal.rows.map(({ id, faults }) => [id, faults]), [["r1", ["stream.cut"]]]);
    journal.add([STREAM[3]]);
    assert.equal(labelOf(journal.rows[0]), "cut");

    const two = new Journal();
    two.add([STREAM[0], { ...STREAM[0], request: "r2", number: 2 }, fault]);
    assert.deepEqual(two.rows.map(({ id }) => id), ["r1", "r2", "entry-9"]);
    assert.equal(labelOf(two.rows[2]), "fault");
});

test("a request quotes what it has sent, and one that sends nothing the last message of its task", () => {
    const post = (number, operation, said, more = {}) => exchange(number, `r${number}`, 200, { method: "POST", operation, task: "t", asked: { ...asked, body: JSON.stringify(said) }, ...more });
    const get = (number, more = {}) => exchange(number, `r${number}`, 200, { operation: "get_task", task: "t", ...more });
    const form = { asked: { ...asked, fields: [{ name: "message", text: "by form" }] } };
    const journal = new Journal();
    journal.add([get(1), post(2, "create_task", { message: "one" }), get(3), post(4, "send_message", { message: "two" }), get(5), post(6, "approve_tool_call", { outcome: "cancel" })]);
    journal.add([post(7, "send_message", { message: "too early" }, { status: 409 }), get(8), post(9, "send_message", {}, form), get(10, { task: "other" })]);

    const said = journal.rows.map((row) => [row.turn?.number ?? null, saidOf(row)]);
    assert.deepEqual(said, [[null, ""], [1, "one"], [1, "one"], [2, "two"], [2, "two"], [2, "cancel"], [2, "too early"], [2, "two"], [3, "by form"], [null, ""]]);
    assert.deepEqual(byOperation(journal.rows).map(({ operation, count, bad, median }) => [operation, count, bad, median]), [["get_task", 5, 0, 4], ["send_message", 3, 1, 4], ["create_task", 1, 0, 4], ["approve_tool_call", 1, 0, 4]]);
});

test("what a page reads to refresh itself is told from what a client does, and tasks keep their message", () => {
    const headers = [{ name: "Sec-Fetch-Site", value: "same-origin" }, { name: "Cache-Control", value: "no-cache" }];
    const journal = new Journal();
    const create = { method: "POST", operation: "create_task", task: "t", asked: { ...asked, body: '{"message": "Hello"}' } };
    journal.add([exchange(1, "r1", 200), exchange(2, "r2", 200, { asked: { ...asked, headers } }), exchange(5, "r5", 200, { asked: { ...asked, headers: headers.slice(0, 1) } }), exchange(3, "r3", 201, create), exchange(4, "r4", 201, { ...create, task: "u", asked: { ...asked, body: "{" } })]);

    assert.deepEqual(journal.rows.map(isRefresh), [false, true, false, false, false]);
    assert.deepEqual([...journal.turns].map(([task, { message }]) => [task, message]), [["t", "Hello"], ["u", ""]]);
});

test("what is too much goes, oldest first, and is counted", () => {
    const journal = new Journal(3);
    journal.add([1, 2, 3, 4, 5].map((number) => exchange(number, `r${number}`, 200)));

    assert.deepEqual([journal.rows.map((row) => row.id), journal.gone, journal.byId.size], [["r3", "r4", "r5"], 2, 3]);
});

test("a search names fields, classes of status, what is met, or words anywhere", () => {
    const journal = new Journal();
    journal.add([...STREAM, exchange(5, "r2", 404, { code: "NOT_FOUND" }), exchange(6, "r3", 200)]);
    const ids = (text) => journal.rows.filter((row) => matches(row, readSearch(text))).map((row) => row.id);

    assert.deepEqual(ids("status:4xx"), ["r2"]);
    assert.deepEqual(ids("status:404|200 is:stream"), ["r1"]);
    assert.deepEqual(ids("fault:*"), ["r1"]);
    assert.deepEqual(ids("is:error"), ["r1", "r2"]);
    assert.deepEqual(ids("code:not_found"), ["r2"]);
    assert.deepEqual(ids("NEEDLE operation:stream"), ["r1"]);
    assert.deepEqual(ids("http://not-a-name"), []);
    assert.deepEqual(ids(""), ["r1", "r2", "r3"]);
});

test("the follower reads what is there, then waits for more from the last number, and stops at a refusal", async () => {
    const said = [];
    const answers = [{ entries: [exchange(1, "r1", 200)] }, { entries: [] }, Object.assign(new Error("gone"), { status: 409 })];
    const sinces = [];
    const control = {
        ask: async (_operation, query) => {
            sinces.push([query.since, query.wait]);
            const next = answers.shift();
            if (next instanceof Error) {
                const { ApiError } = await import("../../mock_server/sigmic_mock/web/client/api.js");
                throw new ApiError("CONFLICT", "off", 409);
            }
            return next;
        },
    };
    await new JournalFollower(control, new Journal(), true, (problem) => said.push(problem?.code ?? null)).follow();

    assert.deepEqual([sinces, said], [[[0, null], [1, "25s"], [1, "25s"]], [null, null, "CONFLICT"]]);
});

test("a fault is written so that the grammar reads the same values back", () => {
    const values = { seconds: 2, operation: "get_task|list_tasks", path: "a, b=c", code: "429", session: "restored" };

    assert.equal(grammar("net.slow", values), 'net.slow,seconds=2,operation=get_task|list_tasks,path="a, b=c",code="429",session=restored');
    const ways = Object.fromEntries(waysToArm("net.slow", { seconds: 2, operation: "a|b" }).map(({ name, text }) => [name, text]));
    assert.equal(ways.Flag, "sigmic-mock --fault 'net.slow,seconds=2,operation=a|b'");
    assert.equal(ways.pytest, '@pytest.mark.sigmic_fault("net.slow", seconds=2, operation="a|b")');
    assert.equal(waysToArm("x", { for: "5s" })[3].text, '@pytest.mark.sigmic_fault("x", for_="5s")');
    assert.equal(waysToArm("x", { "situation.value": "quotes" })[3].text, '@pytest.mark.sigmic_fault("x", **{"situation.value": "quotes"})');
});

test("a condition with a closed list is checked before the fault is armed", () => {
    const fault = { parameters: {} };
    const known = { conditions: [{ name: "operation", kind: "text", values: ["get_task", "list_tasks"] }, { name: "path", kind: "text", values: [] }] };

    assert.deepEqual(read(fault, known, { operation: "get_task|listtasks" }).wrong, { name: "operation", words: "Must be one of get_task, list_tasks, not listtasks." });
    assert.deepEqual(read(fault, known, { operation: "get_task|none", path: "/x" }), { values: { operation: "get_task|none", path: "/x" }, wrong: null });
});

test("a request is asked again as it was, without what its browser or its caller added", () => {
    const headers = [["Host", "x"], ["Authorization", "Bearer [masked]"], ["Content-Type", "application/json"], ["Last-Event-ID", "7"], ["Sec-Fetch-Mode", "cors"]].map(([name, value]) => ({ name, value }));
    const row = (more) => ({ method: "POST", project: "p", request: { asked: { ...asked, headers, body: "{}", bytes: 2, ...more } } });
    const file = { name: "files", filename: "a.txt", text: null, bytes: 1, content_type: null };

    assert.deepEqual(asSent(row({}), "{}", "k"), { headers: { Authorization: "Bearer k", "content-type": "application/json", "last-event-id": "7" }, body: "{}" });
    const form = asSent(row({ fields: [{ ...file, filename: null, text: "hi", name: "message" }] }), "", "k");
    assert.deepEqual([[...form.body], form.headers["content-type"]], [[["message", "hi"]], undefined]);
    assert.equal(notRepeatable(row({})), null);
    for (const [more, words] of [[{ truncated: true }, /truncated the body/], [{ fields: [file] }, /doesn't keep file contents/], [{ body: null }, /didn't keep the body/]]) assert.match(notRepeatable(row(more)), words);
    assert.match(notRepeatable({ ...row({}), project: null }), /has no project/);
    assert.match(notRepeatable({ ...row({}), request: null }), /when it has finished/);
});

test("a stream is drawn over its time, and a silence longer than a heartbeat takes is told", () => {
    const journal = new Journal();
    const frame = (number, ms, event) => entry(number, "frame", { at: at(ms), stream: 1, event, bytes: 1, data: "", truncated: false });
    journal.add([entry(1, "open", { at: at(0), stream: 1 }), frame(2, 0, "content"), frame(3, 1, "content"), frame(4, 15_000, "heartbeat"), frame(5, 31_000, "done")]);
    const seen = drawn(journal.rows[0], Date.parse(at(40_000)));

    assert.deepEqual([seen.until, seen.longest, seen.beats, seen.isOpen], [40_000, 16_000, 1, true]);
    assert.deepEqual(seen.silences.filter(({ tooLong }) => tooLong).map(({ from, until }) => [from, until]), [[15_000, 31_000]]);
    assert.deepEqual(apart(seen.ticks, seen.until).map(({ at: when }) => when), [0, 15_000, 31_000]);
});

test("the marks of a time axis are round, in one unit, and too far apart to overlap", () => {
    const texts = (until) => marks(until).map(({ text }) => text);

    assert.deepEqual(marks(40_000).map(({ at: when }) => when), [0, 10_000, 20_000, 30_000, 40_000]);
    assert.deepEqual(texts(40_000), ["0", "10 s", "20 s", "30 s", ""]);
    assert.deepEqual(texts(1), ["0", "0.2 ms", "0.4 ms", "0.6 ms", "0.8 ms", ""]);
    assert.deepEqual(texts(9_000), ["0", "2 s", "4 s", "6 s", "8 s"]);
    assert.deepEqual(texts(300_000), ["0", "1 min", "2 min", "3 min", "4 min", ""]);
    for (let until = 1; until < 10 ** 9; until = until * 1.37 + 1) {
        const shown = marks(until).filter(({ text }) => text !== "");
        assert.ok(shown.length <= 6 && shown.every(({ at: when }, index) => index === 0 || when - shown[index - 1].at >= until / 5 - 1e-6), `${until} ms`);
        assert.equal(new Set(shown.map(({ text }) => text)).size, shown.length, `${until} ms`);
    }
});

test("an operation is called as the table says: names in the address, parameters in the query, the rest as the body", async () => {
    const sent = [];
    const parameters = [{ name: "name", in: "path" }, { name: "project", in: "query" }];
    const document = { paths: { "/playbooks/{name}": { put: { operationId: "put_playbook", parameters }, get: { operationId: "read_playbook", parameters } } } };
    const answers = [new Error("gone"), document, { name: "a" }, { name: "b" }];
    const control = new Control("t", () => {}, async (address, { method, body }) => {
        sent.push([method, address, body]);
        const next = answers.shift();
        if (next instanceof Error) throw next;
        return new Response(JSON.stringify(next));
    });

    await assert.rejects(control.ask("put_playbook", {}), { code: "NO_ANSWER" });
    await control.ask("put_playbook", { name: "a/b", yaml: "x", project: "p", note: null });
    await control.ask("read_playbook", { name: "b" });

    const read = ["GET", "/__mock/v1/openapi.json", undefined];
    assert.deepEqual(sent, [read, read, ["PUT", "/__mock/v1/playbooks/a%2Fb?project=p", '{"yaml":"x"}'], ["GET", "/__mock/v1/playbooks/b", undefined]]);
});
