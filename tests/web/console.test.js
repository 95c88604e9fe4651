// The console's modules that decide without a page. Run by `tox -e web`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../mock_server/sigmic_mock/web/client/api.js";
import { ConsoleApi, within } from "../../mock_server/sigmic_mock/web/console/console-api.js";
import { formOf, formsIn, keepsValues, serverOf, variablesOf, withTool } from "../../mock_server/sigmic_mock/web/console/mcp-form.js";
import { readOrigins } from "../../mock_server/sigmic_mock/web/console/origins.js";
import { FieldError, wrongField } from "../../mock_server/sigmic_mock/web/console/parts.js";
import { PLACES, addressOf, placeOf } from "../../mock_server/sigmic_mock/web/console/places.js";
import { Overtaken, changeSettings, changeTo } from "../../mock_server/sigmic_mock/web/console/settings-draft.js";
import { stepsOf } from "../../mock_server/sigmic_mock/web/console/timeline.js";

const PROJECT = { id: "a b/c", name: "A", role: "owner", rights: [], roles: [], declared: false };
const SETTINGS = { auto_execute: true, tool_policies: {}, prompts: [], subagents: true, mcp_servers: {} };
const answer = (status, body, tag = "") => new Response(JSON.stringify(body), { status, headers: { ETag: tag } });

test("an address is a place, and a place an address", () => {
    for (const { name } of PLACES) {
        assert.deepEqual(placeOf(addressOf("a b/c", name)), { kind: "project", project: "a b/c", place: name, part: null });
    }
    assert.deepEqual(placeOf(`${addressOf("p", "tasks", "t")}/`), { kind: "project", project: "p", place: "tasks", part: "t" });
    assert.deepEqual(placeOf("/console/"), { kind: "projects" });
    assert.deepEqual(placeOf("/console/settings/developer"), { kind: "developer" });
    for (const path of ["/", "/consoles", "/console/x", "/console/p", "/console/p/a/none", "/console/p/a/mcp/b", "/console/p/%"]) {
        assert.equal(placeOf(path).kind, "unknown", path);
    }
});

test("origins are those that a browser sends, each once; what it never sends is explained", () => {
    assert.deepEqual(readOrigins(" HTTPS://Shop.Example:443/ \n\nhttp://localhost:3000\nhttp://localhost:3000"), {
        origins: ["https://shop.example", "http://localhost:3000"],
        problem: null,
    });
    for (const [text, words] of [
        ["https://*.shop.example", /wildcard/],
        ["https://shop.example/cart", /contains more than an origin\. Enter https:\/\/shop\.example,/],
        ["shop.example", /is not an origin/],
        ["ftp://shop.example", /is not a page's origin/],
    ]) {
        assert.match(readOrigins(text).problem, words);
    }
});

test("a server comes back from its form as it was, whatever its arguments are", () => {
    for (const args of [[], ["-y", "pkg", " spaced "], ["-c", "one\ntwo"], [""], ['["x"]']]) {
        const env = { KEY: "{{mcp.KEY}}", TOKEN: { set: true } };
        const server = { type: "stdio", command: "npx", args, env, cwd: "sub", enabled: false, timeout: 500, excludeTools: ["c"] };
        assert.deepEqual(serverOf(formOf("s", server)), server);
    }
    const address = { type: "sse", url: "https://{{ mcp.HOST }}/{{mcp.KEY}}", headers: { A: "Bearer {{mcp.KEY}}" }, enabled: true, timeout: 10_000, includeTools: [], excludeTools: [] };
    assert.deepEqual(serverOf(formOf("s", address)), address);
    assert.deepEqual(variablesOf(address), ["HOST", "KEY"]);
});

test("servers are read from what other programs keep, whatever they call it", () => {
    const stdio = { command: "uvx", args: ["mcp-server-time"], env: { TZ: "${env:TZ}", N: 1 } };
    for (const holder of ["mcpServers", "mcp_servers", "servers", null]) {
        const { forms, problem } = formsIn(JSON.stringify(holder === null ? { "My Time": stdio } : { [holder]: { "My Time": stdio } }));
        assert.equal(problem, null);
        assert.equal(forms[0].name, "my-time");
        assert.deepEqual(serverOf(forms[0]), { type: "stdio", ...stdio, env: { TZ: "{{mcp.TZ}}", N: "1" }, enabled: true, timeout: 10_000, excludeTools: [] });
    }
    const [sse] = formsIn(JSON.stringify({ crm: { type: "sse", url: "https://x/${KEY}", headers: { A: "b" }, disabled: true, timeout: 60 } })).forms;
    assert.deepEqual(serverOf(sse), { type: "sse", url: "https://x/{{mcp.KEY}}", headers: { A: "b" }, enabled: false, timeout: 10_000, excludeTools: [] });
    assert.equal(formsIn(JSON.stringify(stdio)).forms[0].name, "server");
    for (const [text, words] of [["{", /not valid JSON/], ["null", /No server found/], ["[]", /No server found/], ['{"mcpServers": {}}', /No server found/], ['{"a": {"args": []}}', /a has neither/], ['{"A b": {"command": "x"}, "a-b": {"command": "y"}}', /Two servers would have the name a-b/]]) {
        assert.match(formsIn(text).problem, words, text);
    }
});

test("a refusal is of the field that it names, and of none else", () => {
    const of = (message, code = "VALIDATION_ERROR") => wrongField(new ApiError(code, message, 400), ["name", "url", "mcp_servers"]);

    assert.deepEqual(of("name must be a text"), { field: "name", words: "Must be a text." });
    assert.deepEqual(of("mcp_servers.crm-2.url: is not a URL, for example https://x."), { field: "url", words: "Is not a URL, for example https://x." });
    assert.deepEqual(of("mcp_servers: 'A' is not a server name"), { field: "mcp_servers", words: "'A' is not a server name." });
    assert.deepEqual(wrongField(new FieldError("name", "Taken."), ["name"]), { field: "name", words: "Taken." });
    for (const problem of [of("expiresIn must be"), of("The body must be"), of("name must be", "CONFLICT"), wrongField(null, ["name"])]) assert.equal(problem, null);
});

test("values that are not shown can be kept while the address or the program stays, and no variable is new", () => {
    const program = formOf("s", { type: "stdio", command: "npx", args: ["a"], env: { TOKEN: { set: true } }, enabled: true, timeout: 1, excludeTools: [] });
    const address = formOf("s", { type: "http", url: "https://a/mcp", headers: { A: { set: true } }, enabled: true, timeout: 1, excludeTools: [] });
    const pair = (name) => ({ name, value: "x", isSet: false });

    for (const [before, change, keeps] of [
        [program, { timeout: "5", exclude: "b", pairs: [] }, true],
        [program, { command: "sh" }, false],
        [program, { args: "b" }, false],
        [program, { cwd: "sub" }, false],
        [program, { pairs: [...program.pairs, pair("NODE_OPTIONS")] }, false],
        [program, { kind: "http", url: "https://a/mcp" }, false],
        [address, { kind: "sse", pairs: [...address.pairs, pair("B")] }, true],
        [address, { url: "https://a/other" }, false],
    ]) {
        assert.equal(keepsValues(before, { ...before, ...change }), keeps, JSON.stringify(change));
    }
});

test("a tool is left out and offered again, also where only some are", () => {
    const all = { excludeTools: ["a"] };
    const some = { includeTools: ["b"], excludeTools: [] };

    assert.deepEqual(withTool(all, "b", false), { excludeTools: ["a", "b"] });
    assert.deepEqual(withTool(all, "a", true), { excludeTools: [] });
    assert.deepEqual(withTool(some, "c", true), { includeTools: ["b", "c"], excludeTools: [] });
});

test("a change is sent with the tag that was read; overtaken, it says by what and can be put on top", async () => {
    const sent = [];
    const newest = { ...SETTINGS, prompts: ["theirs"], mcp_servers: { crm: { url: "u" } } };
    const answers = [answer(412, { error: { code: "CONFLICT", message: "old" } }), answer(200, { data: newest }, "t2"), answer(200, { data: newest }, "t3")];
    const api = new ConsoleApi(() => {}, async (...call) => {
        sent.push(call);
        return answers.shift();
    });
    const change = (now) => ({ ...now, auto_execute: false });

    const refused = await changeSettings(api, PROJECT, { settings: SETTINGS, tag: "t1" }, change).catch((problem) => problem);
    assert.ok(refused instanceof Overtaken);
    assert.match(refused.message, /prompts, the MCP server crm\..*Your changes weren't saved/);
    assert.equal((await changeSettings(api, PROJECT, refused.newest, change)).tag, "t3");
    assert.deepEqual(sent.map(([path]) => path), Array(3).fill("/console/api/projects/a%20b%2Fc/settings"));
    assert.deepEqual([sent[0][1].headers["If-Match"], sent[2][1].headers["If-Match"]], ["t1", "t2"]);
    assert.deepEqual(JSON.parse(sent[2][1].body), { ...newest, auto_execute: false });
});

test("what was not changed is left as others have it", () => {
    const change = changeTo(SETTINGS, { auto_execute: false, prompts: [], subagents: true });

    assert.deepEqual(change({ ...SETTINGS, prompts: ["theirs"] }), { ...SETTINGS, auto_execute: false, prompts: ["theirs"] });
});

test("a session that has ended is told apart from a wrong password and from a server that is gone", async () => {
    const told = [];
    const of = (send) => new ConsoleApi((code) => told.push(code), send).get(within(PROJECT)).catch(({ code }) => code);

    assert.equal(await of(async () => answer(401, { error: { code: "INVALID_CREDENTIALS", message: "" } })), "INVALID_CREDENTIALS");
    assert.equal(await of(() => Promise.reject(new TypeError("network"))), "NO_ANSWER");
    assert.equal(await of(async () => answer(401, { error: { code: "AUTH_REQUIRED", message: "" } })), "AUTH_REQUIRED");
    assert.deepEqual(told, ["INVALID_CREDENTIALS", "AUTH_REQUIRED"]);
});

test("a server that is silent is told of, not waited for without an end", async () => {
    const silent = (_path, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const alive = setInterval(() => {}, 1000); // the time of a signal alone keeps no process running
    const refused = await new ConsoleApi(assert.fail, silent).call("GET", "/me", { patience: 1 }).catch((problem) => problem);
    clearInterval(alive);

    assert.deepEqual([refused.code, refused.message], ["NO_ANSWER", "The server hasn't responded for 0.001 seconds."]);
});

test("a timeline is told in words, what repeats once", () => {
    const at = (second) => `2026-01-26T15:50:0${second}.000Z`;
    const steps = stepsOf([
        { at: at(0), what: "message", message: "m1", role: "user" },
        { at: at(1), what: "event", event: "content" },
        { at: at(2), what: "event", event: "content" },
        { at: at(3), what: "event", event: "tool_call", call: "call_1", tool: "write_file", status: "executing" },
        { at: at(4), what: "stream_opened", streams: 2 },
        { at: at(5), what: "status", status: "failed" },
        { at: at(6), what: "injected", event: "thought", streams: 1 },
        { at: at(7), what: "something_new" },
    ]);

    assert.deepEqual(steps, [
        { at: 0, words: "Message", about: "user", kind: "message", count: 1 },
        { at: 1000, words: "content", about: "", kind: "event", count: 2 },
        { at: 3000, words: "tool_call", about: "call_1 · write_file · executing", kind: "event", count: 1 },
        { at: 4000, words: "Stream opened", about: "streams 2", kind: "stream_opened", count: 1 },
        { at: 5000, words: "Status", about: "failed", kind: "failed", count: 1 },
        { at: 6000, words: "Event injected", about: "thought · streams 1", kind: "injected", count: 1 },
        { at: 7000, words: "something new", about: "", kind: "something_new", count: 1 },
    ]);
});
