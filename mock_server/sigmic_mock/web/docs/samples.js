// How an operation is called, in three languages. Each sample runs unchanged: what it needs first, it creates itself.

/** @typedef {{ id: string, method: string, path: string, query: string[], body: any, isOpen: boolean }} Operation */
/** @typedef {{ message: string, ask?: boolean, until?: "answered" | "asked" }} Start  the task that a call is about, and how far it must have come */

/** In place of a key that this page does not know: a variable of the environment. */
export const NO_KEY = "$SIGMIC_API_KEY";
const FILE = "downloads/report.md";
/** @type {Start} */
const HELLO = { message: "Say exactly: hello" };
/** @type {Start} */
const WRITES = { message: `Create a file named ${FILE} containing: # Report` };
/** @type {Record<string, Start>} */
const STARTS = {
    get_task: HELLO,
    stream_task: HELLO,
    get_task_history: HELLO,
    cancel_task: { message: "Wait 10 minutes" },
    send_message: { message: "What is the capital of France?", until: "answered" },
    list_artifacts: { ...WRITES, until: "answered" },
    download_artifact: { ...WRITES, until: "answered" },
    approve_tool_call: { ...WRITES, ask: true, until: "asked" },
};

/** @param {Operation} operation @param {string} base @param {string} key @returns {{ name: string, language: string, text: string }[]} */
export function samples(operation, base, key) {
    const start = STARTS[operation.id] ?? null;
    return [
        { name: "curl", language: "bash", text: inCurl(operation, start, base, key) },
        { name: "Python", language: "python", text: inPython(operation, start, base, key) },
        { name: "JavaScript", language: "javascript", text: inJavascript(operation, start, base, key) },
    ];
}

/** The path with `{id}` and `{callId}` as a language writes variables. @param {Operation} operation @param {(name: "task" | "call") => string} variable */
function pathOf({ path, query }, variable) {
    return path.replaceAll(/\{(\w+)\}/g, (_, name) => variable(name === "id" ? "task" : "call")) + (query.includes("path") ? `?path=${FILE}` : "");
}

/** @param {Start} start */
const created = ({ message, ask }) => ({ message, ...(ask ? { autoExecute: false } : {}) });

/** @param {Operation} operation @param {Start | null} start @param {string} base @param {string} key */
function inCurl(operation, start, base, key) {
    const header = `Authorization: Bearer ${key}`;
    const authorization = `-H "${start === null ? header : "$AUTH"}"`;
    const url = `${base}${pathOf(operation, (name) => `$${name.toUpperCase()}`)}`;
    const json = (/** @type {unknown} */ value) => `-H 'Content-Type: application/json' -d '${JSON.stringify(value).replaceAll("'", "'\\''")}'`;
    const first = start === null ? [] : [
        `AUTH="${header}"`,
        `TASK=$(curl -s "${base}/api/v1/tasks" ${authorization} \\\n  ${json(created(start))} \\\n  | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`,
        ...(start.until === "answered" ? [`curl -sN "${base}/api/v1/tasks/$TASK/stream" ${authorization} > /dev/null  # until the answer is complete`] : []),
        ...(start.until === "asked" ? [`CALL=; while [ -z "$CALL" ]; do sleep 1; CALL=$(curl -s "${base}/api/v1/tasks/$TASK" ${authorization} \\\n  | sed -n 's/.*"pendingApprovals":\\[{"callId":"\\([^"]*\\)".*/\\1/p'); done`] : []),
    ];
    const call = [
        `curl ${operation.id === "stream_task" ? "-N " : ""}${operation.method === "GET" ? "" : `-X ${operation.method} `}"${url}"`,
        ...(operation.isOpen ? [] : [authorization]),
        ...(operation.body === null ? [] : [json(operation.body)]),
    ];
    return [...first, call.join(" \\\n  ")].join("\n");
}

/** @param {Operation} operation @param {Start | null} start @param {string} base @param {string} key */
function inPython(operation, start, base, key) {
    const stream = 'client.stream("GET", f"/api/v1/tasks/{task}/stream", timeout=None)';
    const path = pathOf(operation, (name) => `{${name}}`);
    const quoted = `${path.includes("{") ? "f" : ""}"${path}"`;
    const first = start === null ? [] : [
        `task = client.post("/api/v1/tasks", json=${python(created(start))}).json()["data"]["id"]`,
        ...(start.until === "answered" ? ['client.get(f"/api/v1/tasks/{task}/stream", timeout=None)  # until the answer is complete'] : []),
        ...(start.until === "asked" ? [`with ${stream} as events:\n    call = next(json.loads(line[6:])["callId"] for line in events.iter_lines() if "awaiting_approval" in line)`] : []),
    ];
    const call = operation.id === "stream_task"
        ? `with ${stream} as answer:\n    for line in answer.iter_lines():\n        print(line)`
        : `answer = client.${operation.method.toLowerCase()}(${quoted}${operation.body === null ? "" : `, json=${python(operation.body)}`})\nprint(${isFile(operation) ? "answer.text" : "answer.json()"})`;
    const modules = [...(start?.until === "asked" ? ["import json"] : []), ...(key === NO_KEY && !operation.isOpen ? ["import os"] : [])];
    const bearer = key === NO_KEY ? '"Bearer " + os.environ["SIGMIC_API_KEY"]' : `"Bearer ${key}"`;
    return [
        ...(modules.length > 0 ? [...modules, ""] : []),
        "import httpx\n",
        `client = httpx.Client(\n    base_url="${base}",${operation.isOpen ? "" : `\n    headers={"Authorization": ${bearer}},`}\n)`,
        ...first,
        call,
    ].join("\n");
}

/** @param {Operation} operation @param {Start | null} start @param {string} base @param {string} key */
function inJavascript(operation, start, base, key) {
    const withJson = (/** @type {unknown} */ value) => `{\n  method: "POST",\n  headers: { ${operation.isOpen ? "" : "...headers, "}"Content-Type": "application/json" },\n  body: JSON.stringify(${JSON.stringify(value)}),\n}`;
    const pieces = "answer.body.pipeThrough(new TextDecoderStream())";
    const first = start === null ? [] : [
        `const created = await fetch(\`\${base}/api/v1/tasks\`, ${withJson(created(start))});`,
        "const task = (await created.json()).data.id;",
        ...(start.until === "answered" ? ["await (await fetch(`${base}/api/v1/tasks/${task}/stream`, { headers })).text(); // until the answer is complete"] : []),
        ...(start.until === "asked"
            ? ["const events = await fetch(`${base}/api/v1/tasks/${task}/stream`, { headers });", 'let text = "";', "let call;", "for await (const piece of events.body.pipeThrough(new TextDecoderStream())) {", "  text += piece;", '  call = /"callId":"([^"]+)".*"awaiting_approval"/.exec(text)?.[1];', "  if (call) break;", "}"]
            : []),
    ];
    const options = operation.body !== null ? `, ${withJson(operation.body)}` : operation.method === "GET" ? (operation.isOpen ? "" : ", { headers }") : `, { method: "${operation.method}", headers }`;
    return [
        `const base = "${base}";`,
        ...(operation.isOpen ? [] : [`const headers = { Authorization: ${key === NO_KEY ? "`Bearer ${process.env.SIGMIC_API_KEY}`" : `"Bearer ${key}"`} };`]),
        ...first,
        `const answer = await fetch(\`\${base}${pathOf(operation, (name) => `\${${name}}`)}\`${options});`,
        operation.id === "stream_task" ? `for await (const piece of ${pieces}) console.log(piece);` : `console.log(await answer.${isFile(operation) ? "text" : "json"}());`,
    ].join("\n");
}

const isFile = (/** @type {Operation} */ { id }) => id === "download_artifact";

/** A JSON value as Python writes it. @param {any} value @returns {string} */
export function python(value) {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
    if (typeof value === "object") return `{${Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}: ${python(held)}`).join(", ")}}`;
    return JSON.stringify(value);
}
