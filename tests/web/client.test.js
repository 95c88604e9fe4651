// The client modules of the pages, as a browser loads them. Run by `tox -e web`.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { Api, ApiError, Credential, expiryOf } from "../../mock_server/sigmic_mock/web/client/api.js";
import { GrowingMarkdown, presentable, safeLink, whole } from "../../mock_server/sigmic_mock/web/client/markdown.js";
import { StreamFollower, pause, read } from "../../mock_server/sigmic_mock/web/client/stream.js";
import { EMPTY, endsOf, fold, liveMessage, reaches, remembering, textOf, waiting } from "../../mock_server/sigmic_mock/web/client/turn.js";
import { matching } from "../../mock_server/sigmic_mock/web/ui/palette.js";
import { ago, dayOf } from "../../mock_server/sigmic_mock/web/ui/time.js";
import { reachedFrom } from "../../mock_server/sigmic_mock/web/ui/unrolled.js";
import { MOST_BYTES, admitted, sendMessage, sizeInWords } from "../../mock_server/sigmic_mock/web/client/uploads.js";

const FIXTURES = new URL("../../fixtures/streams/", import.meta.url);
const folded = (events, from = EMPTY) =>
    events.reduce((held, [type, data], at) => fold(held, { type, data, at: at * 10 }), from);
const jwt = (claims) => `eyJ.${btoa(JSON.stringify(claims))}.x`;
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const refusal = (status, code) => json(status, { success: false, error: { code, message: `words of ${code}` } });
const sse = (events) => events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join("");
const body = (text, size = text.length) =>
    new ReadableStream({
        start(controller) {
            const bytes = new TextEncoder().encode(text);
            for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
            controller.close();
        },
    });
const USER = ["history_message", { id: "m1", role: "user", content: "hi", createdAt: "" }];
const LIVE = ["history_done", { messageCount: 1, isStreaming: true }];
const IDLE = ["history_done", { messageCount: 2, isStreaming: false }];
const say = (text) => ["content", { text, isPartial: true }];

test("a turn folds into its parts, in order of arrival", () => {
    const held = folded([
        USER,
        LIVE,
        ["thought", { subject: "Plan", description: "first" }],
        say("I look. "),
        ["tool_call", { callId: "c", toolName: "list_directory", status: "executing", args: { path: "/" } }],
        ["tool_result", { callId: "c", status: "success", output: "a.txt" }],
        ["subagent_start", { agentName: "w", displayName: "Writer", description: "", objective: "write" }],
        ["subagent_thought", { agentName: "w", text: "hm" }],
        ["subagent_tool", { agentName: "w", status: "start", toolName: "write_file" }],
        ["subagent_tool", { agentName: "w", status: "end", toolName: "write_file", output: "ok" }],
        ["subagent_end", { agentName: "w", terminateReason: "GOAL", result: "written" }],
        ["never_heard_of", { text: "x" }],
        say("Done."),
        ["done", { finalResponse: "I look. Done." }],
    ]);

    assert.deepEqual(held.live.map((part) => part.kind), ["thought", "text", "tool", "agent", "text"]);
    assert.equal(textOf(held.live), "I look. Done.");
    assert.deepEqual([held.live[2].status, held.live[2].output, held.live[2].until - held.live[2].since], ["success", "a.txt", 10]);
    assert.deepEqual(held.live[3].parts.map((part) => part.kind), ["thought", "tool"]);
    assert.deepEqual([held.live[3].parts[1].status, held.live[3].reason], ["success", "GOAL"]);
    assert.deepEqual(held.outcome, { kind: "done" });
    assert.equal(liveMessage(held).content, "I look. Done.");
});

test("what statuses say in words is kept for the turn, once each, and the next turn begins without", () => {
    const status = (message) => ["status", { status: "processing", message }];
    const held = folded([USER, LIVE, status("MCP server crm could not be started"), say("4"), status(""), status("MCP server crm could not be started")]);

    assert.deepEqual(held.notes, ["MCP server crm could not be started"]);
    assert.deepEqual(fold(held, { type: "history_done", data: LIVE[1], at: 0 }).notes, []);
});

test("times are told as their readers count them", () => {
    const now = new Date(2026, 10, 30, 9, 0).getTime();
    const before = (minutes) => new Date(now - minutes * 60_000).toISOString();

    assert.deepEqual([0.5, 5, 125, 2 * 1440].map((minutes) => ago(before(minutes), now)), ["just now", "5 min ago", "2 h ago", "2 d ago"]);
    assert.deepEqual([10, 10 * 60, 3 * 1440, 20 * 1440, 40 * 1440].map((minutes) => dayOf(before(minutes), now)), ["Today", "Yesterday", "Last 7 days", "Last 30 days", "Older"]);
    assert.deepEqual([ago("x", now), dayOf("x", now)], ["", "Older"]);
});

test("a command is found by any of its words, and first by its begin", () => {
    const commands = ["Open the clock", "Clock", "Chat"].map((name) => ({ name, icon: "", about: "Tab", run: () => {} }));
    const names = (words) => matching(commands, words).map(({ name }) => name);

    assert.deepEqual(names("clock"), ["Clock", "Open the clock"]);
    assert.deepEqual(names("tab the"), ["Open the clock"]);
    assert.deepEqual(names("nothing"), []);
});

test("calls that wait are told, and none waits after the end", () => {
    const held = folded([USER, LIVE, ["tool_call", { callId: "c", toolName: "x", status: "awaiting_approval", args: {} }]]);
    assert.deepEqual(waiting(held).map((call) => call.callId), ["c"]);

    const cancelled = fold(held, { type: "error", data: { message: "Task cancelled", code: "CANCELLED" }, at: 9 });
    assert.deepEqual(waiting(cancelled), []);
    assert.deepEqual([cancelled.live[0].status, cancelled.outcome.code], ["cancelled", "CANCELLED"]);
});

test("a turn that ended without its answer is told before the message that follows it", () => {
    const messages = [["user", "a"], ["assistant", "b"], ["user", "c"], ["assistant", ""], ["user", "d"], ["user", "e"], ["assistant", ""]].map(
        ([role, content], at) => ({ role, content, id: `m${at}`, createdAt: "", parts: [], files: [] }),
    );
    const known = { kind: "error", code: "AGENT_ERROR", message: "The CRM is down" };
    const ends = endsOf(messages, ({ id }) => (id === "m2" ? known : undefined));

    assert.deepEqual([...ends.keys()], [4, 5], "neither an answered turn nor the last one");
    assert.equal(ends.get(4), known);
    assert.equal(ends.get(5)?.message, "", "the history does not say why");
});

test("data of any type folds without an exception, and nothing but text is kept as text", () => {
    const values = [null, 1, "x", [], {}, { text: 7, callId: {}, args: "no", thoughts: 3, toolCalls: [null], attachedFiles: [1] }];
    const types = [...Object.keys({ history_message: 1, history_done: 1, status: 1, thought: 1, content: 1, tool_call: 1 }),
        "tool_result", "subagent_start", "subagent_thought", "subagent_tool", "subagent_end", "error", "done", "__proto__", "toString"];
    for (const type of types) {
        for (const data of values) {
            const held = fold(fold(EMPTY, { type, data, at: 0 }), { type, data, at: 1 });
            for (const part of held.live ?? []) if (part.kind === "text") assert.equal(typeof part.text, "string");
        }
    }
});

test("a replay takes the place of what was seen once it tells no less", () => {
    const seen = folded([USER, LIVE, say("Hello "), say("world")]);
    const steps = [USER, LIVE, say("Hello "), say("world")].map((_, at, all) => reaches(folded(all.slice(0, at + 1)), seen));

    assert.deepEqual(steps, [false, false, false, true]);
    assert.equal(reaches(folded([USER, IDLE]), seen), true);
});

test("the order of parts that the reader saw is kept when the saved message comes", () => {
    const seen = folded([USER, LIVE, say("A"), ["subagent_start", { agentName: "w" }], say("B"), ["done", {}]]);
    const saved = ["history_message", { id: "m2", role: "assistant", content: "AB", createdAt: "" }];
    const next = folded([USER, saved, ["history_message", { id: "m3", role: "user", content: "more" }], LIVE]);

    assert.deepEqual(remembering(next, seen).messages[1].parts.map((part) => part.kind), ["text", "agent", "text"]);
    const other = folded([USER, ["history_message", { id: "m2", role: "assistant", content: "else" }], IDLE]);
    assert.deepEqual(remembering(other, seen).messages[1].parts.map((part) => part.kind), ["text"]);
});

test("every stream of the fixtures is read alike in one piece and byte by byte", async () => {
    for (const name of (await readdir(FIXTURES)).filter((each) => each.endsWith(".sse"))) {
        const bytes = await readFile(new URL(name, FIXTURES));
        const [one, many] = await Promise.all(
            [bytes.length, 1].map(async (size) => {
                const events = [];
                const stream = new ReadableStream({
                    start(controller) {
                        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
                        controller.close();
                    },
                });
                await read(stream, (type, data) => events.push([type, data]), () => {}, { silence: 60_000, onSilence() {} });
                return events;
            }),
        );
        assert.deepEqual(one, many, name);
        assert.notEqual(one.length, 0, name);
    }
});

test("a stream that breaks is taken up without loss or doubling", async () => {
    const all = [USER, LIVE, say("one "), say("two "), say("three"), ["done", { finalResponse: "one two three" }]];
    const answers = [
        () => new Response(body(sse(all.slice(0, 4)), 7)), // breaks after "two "
        () => json(200, { success: true, data: { status: "running" } }),
        () => refusal(503, "INTERNAL_ERROR"),
        () => new Response(body(sse(all), 5)),
    ];
    const api = new Api("http://mock", new Credential("k"), async () => answers.shift()());
    const seen = [];
    const lines = [];
    const follower = new StreamFollower(api, "t", {
        onConversation: (held) => seen.push(textOf(held.live)),
        onLine: ({ state }) => {
            lines.push(state);
            if (state === "lost") queueMicrotask(() => setImmediate(() => follower.retryNow()));
        },
    });
    await follower.follow();

    assert.deepEqual(lines, ["connecting", "open", "lost", "connecting", "lost", "connecting", "open", "ended"]);
    for (const [at, text] of seen.entries()) {
        assert.ok("one two three".startsWith(text), text);
        if (at > 0) assert.ok(text.length >= seen[at - 1].length, "text was taken back");
    }
    assert.deepEqual(follower.held.live, [{ kind: "text", text: "one two three" }]);
});

test("a silent stream is given up and taken up again", async () => {
    const silent = (signal) =>
        new ReadableStream({
            start(controller) {
                controller.enqueue(new TextEncoder().encode(sse([USER, LIVE, say("a")])));
                signal.addEventListener("abort", () => controller.error(new Error("aborted")));
            },
        });
    let calls = 0;
    const api = new Api("http://mock", new Credential("k"), async (_, { signal }) => {
        calls += 1;
        return new Response(calls === 1 ? silent(signal) : body(sse([USER, LIVE, say("ab"), ["done", {}]])));
    });
    const follower = new StreamFollower(
        api,
        "t",
        { onConversation() {}, onLine: ({ state }) => state === "lost" && setImmediate(() => follower.retryNow()) },
        { silence: 20 },
    );
    await follower.follow();

    assert.equal(calls, 2);
    assert.equal(textOf(follower.held.live), "ab");
});

test("how a turn ended is asked for where its replay does not tell", async () => {
    const cases = [
        [{ status: "cancelled", error: null }, { kind: "error", code: "CANCELLED", message: "Task cancelled" }],
        [{ status: "failed", error: "No disk." }, { kind: "error", code: null, message: "No disk." }],
        [{ status: "completed", error: null }, null],
    ];
    for (const [task, outcome] of cases) {
        const answers = [new Response(body(sse([USER, IDLE]))), json(200, { success: true, data: task })];
        const api = new Api("http://mock", new Credential("k"), async () => answers.shift());
        const follower = new StreamFollower(api, "t", { onConversation() {}, onLine() {} });
        await follower.follow();

        assert.deepEqual([follower.held.outcome, answers.length], [outcome, 0], task.status);
    }
});

test("a stream that is not found ends, and is not asked for again", async () => {
    let calls = 0;
    const api = new Api("http://mock", new Credential("k"), async () => {
        calls += 1;
        return refusal(404, "NOT_FOUND");
    });
    const lines = [];
    await new StreamFollower(api, "t", { onConversation() {}, onLine: (line) => lines.push(line) }).follow();

    assert.deepEqual([calls, lines.at(-1).state, lines.at(-1).error.code], [1, "refused", "NOT_FOUND"]);
});

test("the wait grows, has jitter, and obeys the server", () => {
    assert.deepEqual([0, 1, 2, 3, 4, 9].map((attempt) => pause(attempt, null, 0)), [500, 1000, 2000, 4000, 8000, 8000]);
    assert.equal(pause(0, null, 1), 625);
    assert.equal(pause(0, 30, 0), 30_000);
});

test("a token is renewed a minute before its end, and once for all who ask", async () => {
    let fetched = 0;
    const fetchToken = async () => {
        fetched += 1;
        return jwt({ exp: 1000 + fetched });
    };
    const now = () => 950_000;
    const credential = new Credential(jwt({ exp: 1000 }), fetchToken, now);

    assert.equal(expiryOf(credential.value), 1_000_000);
    await Promise.all([credential.current(), credential.current()]);
    assert.equal(fetched, 1);
    assert.equal(new Credential(jwt({ exp: 2000 }), fetchToken, now).untilRenewal(), 990_000);
    assert.equal(new Credential("sigmic_x", null).untilRenewal(), null);
});

test("a refused token is renewed and the request repeated, once", async () => {
    const sent = [];
    const answers = [refusal(401, "INVALID_TOKEN"), json(200, { data: [], pagination: {} }), refusal(401, "INVALID_TOKEN"), refusal(401, "INVALID_TOKEN")];
    let fetched = 0;
    const credential = new Credential("eyJold", async () => `eyJnew${++fetched}`);
    const api = new Api("http://mock/", credential, async (url, { headers }) => {
        sent.push([url, headers.Authorization]);
        return answers.shift();
    });

    await api.tasks();
    assert.deepEqual(sent, [["http://mock/api/v1/tasks?limit=50&offset=0", "Bearer eyJold"], ["http://mock/api/v1/tasks?limit=50&offset=0", "Bearer eyJnew1"]]);
    await assert.rejects(api.tasks(), { code: "INVALID_TOKEN" });
    assert.equal(sent.length, 4);
});

test("refusals and the lack of an answer are told by their code", async () => {
    const cases = [
        [() => refusal(403, "ORIGIN_NOT_ALLOWED"), { code: "ORIGIN_NOT_ALLOWED", status: 403 }],
        [() => new Response("<html>", { status: 502, headers: { "Retry-After": "3" } }), { code: "HTTP_502", retryAfter: 3 }],
        [() => Promise.reject(new TypeError("fetch failed")), { code: "NO_ANSWER", status: 0 }],
    ];
    for (const [answer, expected] of cases) {
        await assert.rejects(new Api("http://mock", new Credential("k"), async () => answer()).task("x"), expected);
    }
    await assert.rejects(new Credential("eyJ", async () => "").renewed("eyJ"), { code: "TOKEN_NOT_RENEWED" });
});

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
const drawsOf = (seed) => (bound) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
};
const withoutSpace = (tokens) => tokens.filter((it) => it.type !== "space");
const RICH = [
    "A line\r\nand `a ` b` ``c``, ~~old~~ **b*i*b** __x__\\\nwith a break  \nand [ref] and ![p](https://x/p.png 't')",
    "[ref]: https://x.example 'title'",
    "1. one\n\n   ```py\n   x = 1\n\n   y = 2\n   ```\n2. two\n   - deep\n     > quote\n     lazy\n10. ten",
    "~~~~\n```\nnot closed by three\n~~~~",
    "    indented\n\n    code\n\ttab",
    "- [ ] open\n- [x] done\n* other list\n+ third",
    "|a|b|\n|:-|-:|\n|`1`|\\||\nno row\n\n***\n___",
    "<details>\n<summary>s</summary>\n\ntext\n</details>\n\n<!-- comment\n\nof two parts -->",
    "Title\n---\n# A #\n####### no\n&amp; &#x41; https://auto.example/x?y a@b.example",
].join("\n\n");

const SAMPLE = [
    "# Title\n\nSome *text* with `code` and a [link](https://x.example).\n",
    "- one\n- two\n\n  more of two\n- three\n\n1. a\n2. b\n",
    "```js\nlet a = 1;\n\nlet b = 2;\n```\n\n> quote\n> more\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "Setext\n======\n\n<div>\nhtml\n</div>\n\n* * *\n\nlast paragraph\nwith two lines",
].join("\n");

test("a frame draws as many messages as a window shows: the fewer the longer they are, never none", () => {
    const of = (length, characters) => Array.from({ length }, () => ({ content: "x".repeat(characters) }));

    assert.deepEqual([of(500, 10), of(500, 1000), of(500, 9000), of(5, 10)].map((all) => all.length - reachedFrom(all, all.length)), [12, 3, 1, 5]);
    assert.equal(reachedFrom(of(5, 10), 0), 0);
});

test("a text that grows ends as the whole text does, wherever it was cut", () => {
    const text = SAMPLE.repeat(3);
    for (const step of [1, 3, 8, 50]) {
        const growing = new GrowingMarkdown();
        let tokens = [];
        for (let at = step; at < text.length + step; at += step) tokens = growing.tokens(text.slice(0, at));
        const kinds = (all) => all.filter((it) => it.type !== "space").map((it) => [it.type, it.raw.trim()]);
        assert.deepEqual(kinds(tokens), kinds(whole(text)), `steps of ${step}`);
    }
});

test("a text that is cut at random a thousand times is drawn as the whole text", async () => {
    const draw = drawsOf(20261127);
    const guides = await Promise.all(["faults.md", "directives.md", "console.md"].map((name) => readFile(new URL(`../../docs/guides/${name}`, import.meta.url), "utf8")));
    const texts = [SAMPLE, RICH, ...guides];
    for (let round = 0; round < 1000; round += 1) {
        const source = texts[round % texts.length];
        const start = draw(source.length);
        const text = source.slice(start, start + 200 + draw(1800));
        const growing = new GrowingMarkdown();
        let tokens = [];
        for (let at = 0; at < text.length; ) {
            at += 1 + draw(1 + draw(160));
            tokens = growing.tokens(text.slice(0, at), at < text.length ? presentable : undefined);
        }
        assert.deepEqual(withoutSpace(tokens), withoutSpace(whole(text)), `round ${round}: ${JSON.stringify(text)}`);
    }
});

test("what is final is not read again", () => {
    const growing = new GrowingMarkdown();
    const first = growing.tokens("a\n\nb\n\nc\n\nd\n\ne");
    const second = growing.tokens("a\n\nb\n\nc\n\nd\n\ne and more");

    assert.equal(second[0], first[0]);
    assert.equal(growing.tokens("another text").length, 1);
});

test("what is final is not read again where the end was closed or held back for drawing", () => {
    const growing = new GrowingMarkdown();
    const first = growing.tokens("a\n\nb\n\nc\n\nd\n\ne `x", presentable);
    const second = growing.tokens("a\n\nb\n\nc\n\nd\n\ne `xy` and **mo", presentable);

    assert.equal(second[0], first[0]);
    assert.deepEqual([first.at(-1).raw, second.at(-1).raw], ["e `x`", "e `xy` and **mo**"]);
});

test("a line without an end is not read as Markdown, again and again", () => {
    const line = "<script>x</script> ".repeat(30_000);
    assert.deepEqual(whole(line), [{ type: "plain", raw: line }]);
    assert.deepEqual(new GrowingMarkdown().tokens(line.slice(0, 70_000)), [{ type: "plain", raw: line.slice(0, 70_000) }]);
});

test("what is unfinished at the end is closed or held back", () => {
    const cases = [
        ["see [the d", "see "], ["see [docs](https://x", "see "], ["see [docs](https://x)", "see [docs](https://x)"],
        ["a **bo", "a **bo**"], ["a **", "a "], ["run `ls", "run `ls`"], ["```js\nlet a = [1", "```js\nlet a = [1"],
        ["```\na\n``", "```\na\n"], ["```\na\n\nb\n```\nafter", "```\na\n\nb\n```\nafter"], ["done.", "done."],
    ];
    for (const [text, expected] of cases) assert.equal(presentable(text), expected, text);
});

test("only http, https and mailto can be followed", () => {
    const refused = [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "java\tscript:alert(1)",
        "\u0001javascript:alert(1)", "javascript\u200b:alert(1)", "vbscript:x", "data:text/html,<script>", "file:///etc/passwd",
        "blob:x", "//evil.example", "/relative", "#x", "https:evil", "http:\\\\evil", "filesystem:x", "about:blank", "ws://x", "",
    ];
    for (const href of refused) assert.equal(safeLink(href), null, JSON.stringify(href));
    for (const href of ["https://a.example/x?y#z", "http://127.0.0.1:1/", "mailto:a@b.example"]) assert.equal(safeLink(href), href);
});

test("limits of uploads are told before anything is sent", () => {
    const file = (name, size = 1) => ({ name, size });
    const many = Array.from({ length: 22 }, (_, at) => file(`${at}.txt`));

    assert.deepEqual(admitted([], [file("a", MOST_BYTES)]).refused, []);
    assert.deepEqual(admitted([], [file("big.bin", MOST_BYTES + 1)]), { taken: [], refused: ["big.bin is 50 MB. The limit is 50 MB per file."] });
    const { taken, refused } = admitted(many.slice(0, 5), many.slice(5));
    assert.deepEqual([taken.length, refused], [15, ["You can attach up to 20 files. 2 were not added."]]);
    assert.deepEqual([sizeInWords(5), sizeInWords(2048), sizeInWords(60 * 1024 ** 2)], ["5 B", "2.0 KB", "60 MB"]);
});

class FakeRequest {
    static answers = [];
    upload = {};
    open(...said) {
        this.opened = said;
    }
    setRequestHeader() {}
    send(form) {
        this.upload.onprogress({ lengthComputable: true, loaded: 1, total: 2 });
        const [status, text] = FakeRequest.answers.shift();
        Object.assign(this, { status, responseText: text, form });
        this.onload();
    }
}

test("a message with files goes as a form, its progress is told, and a refusal has its code", async () => {
    const api = new Api("http://mock", new Credential("eyJ", async () => "eyJ2"));
    const shares = [];
    const files = [new File(["x"], "a.txt")];
    const options = { onProgress: (share) => shares.push(share), Request: FakeRequest };
    FakeRequest.answers = [[401, '{"error":{"code":"INVALID_TOKEN","message":"no"}}'], [201, '{"success":true,"data":{"id":"t"}}'], [413, "<html>"]];

    assert.deepEqual(await sendMessage(api, "/tasks", { message: "m" }, files, options), { id: "t" });
    assert.deepEqual(shares, [0.5, 0.5]);
    await assert.rejects(sendMessage(api, "/tasks", { message: "m" }, files, options), (problem) => problem instanceof ApiError && problem.code === "HTTP_413");
});
