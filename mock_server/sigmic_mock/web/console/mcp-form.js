// An MCP server as the fields of a form, and the reverse.

/**
 * @typedef {{ name: string, value: string, isSet: boolean }} Pair  `isSet`: there is a value that is not shown
 * @typedef {{ name: string, kind: string, command: string, args: string, cwd: string, url: string, pairs: Pair[], timeout: string, enabled: boolean, isLimited: boolean, include: string, exclude: string }} McpForm  `isLimited`: only what `include` names is offered
 */

const PLACEHOLDER = /\{\{\s*mcp\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;
const DEFAULT_TIMEOUT = 10_000;
const MOST_SHOWN = 300;

/** @param {string} text */
const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/** Arguments as text: one a line where that says the same, else a JSON list. @param {string[]} args */
function textOfArgs(args) {
    const text = args.join("\n");
    const isExact = JSON.stringify(argsOf(text)) === JSON.stringify(args);
    return isExact ? text : JSON.stringify(args, null, 1);
}

/** @param {string} text @returns {string[]} */
function argsOf(text) {
    if (text.trimStart().startsWith("[")) {
        try {
            const list = JSON.parse(text);
            if (Array.isArray(list) && list.every((it) => typeof it === "string")) return list;
        } catch {
            // then it is an argument that begins so
        }
    }
    return text === "" ? [] : text.split("\n");
}

/** @returns {McpForm} */
export function emptyForm() {
    return { name: "", kind: "stdio", command: "", args: "", cwd: "", url: "", pairs: [], timeout: String(DEFAULT_TIMEOUT), enabled: true, isLimited: false, include: "", exclude: "" };
}

/** @param {string} name @param {any} server @returns {McpForm} */
export function formOf(name, server) {
    const values = Object.entries(server.env ?? server.headers ?? {});
    return {
        name,
        kind: server.type,
        command: server.command ?? "",
        args: textOfArgs(server.args ?? []),
        cwd: server.cwd ?? "",
        url: server.url ?? "",
        pairs: values.map(([key, value]) => ({ name: key, value: typeof value === "string" ? value : "", isSet: typeof value !== "string" })),
        timeout: String(server.timeout),
        enabled: server.enabled,
        isLimited: server.includeTools !== undefined,
        include: (server.includeTools ?? []).join("\n"),
        exclude: server.excludeTools.join("\n"),
    };
}

/** @param {McpForm} form @returns {any} */
export function serverOf(form) {
    const pairs = Object.fromEntries(
        form.pairs.filter(({ name }) => name.trim() !== "").map(({ name, value, isSet }) => [name.trim(), isSet && value === "" ? { set: true } : value]),
    );
    const isProgram = form.kind === "stdio";
    const timeout = Number(form.timeout);
    return {
        type: form.kind,
        ...(isProgram ? { command: form.command.trim(), args: argsOf(form.args), env: pairs } : { url: form.url.trim(), headers: pairs }),
        ...(isProgram && form.cwd.trim() !== "" ? { cwd: form.cwd.trim() } : {}),
        enabled: form.enabled,
        timeout: Number.isInteger(timeout) ? timeout : form.timeout,
        ...(form.isLimited ? { includeTools: lines(form.include) } : {}),
        excludeTools: lines(form.exclude),
    };
}

/**
 * Whether values that are set and not shown can be kept: what gets them is as it was. The server says the same.
 * @param {McpForm} before @param {McpForm} form
 */
export function keepsValues(before, form) {
    if (form.kind === "stdio" !== (before.kind === "stdio")) return false;
    const [was, is] = [serverOf(before), serverOf(form)];
    if (form.kind !== "stdio") return is.url === was.url;
    const program = (/** @type {any} */ { command, args, cwd }) => JSON.stringify([command, args, cwd]);
    return program(is) === program(was) && Object.keys(is.env).every((name) => Object.hasOwn(was.env, name));
}

/** Servers that many projects use: as a form, with what installs the package. @type {{ title: string, install: string, name: string, server: any }[]} */
export const TEMPLATES = [
    { title: "Time", install: "pypi:mcp-server-time", name: "time", server: { command: "uvx", args: ["mcp-server-time"] } },
    { title: "Filesystem", install: "npm:@modelcontextprotocol/server-filesystem", name: "filesystem", server: { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "/workspace"] } },
];
/** What other programs call the object that holds the servers. */
const HOLDERS = ["mcpServers", "mcp_servers", "servers"];

/**
 * The servers in a text that somebody copied from the configuration of another program, as forms.
 * @param {string} text @returns {{ forms: McpForm[], problem: string | null }}
 */
export function formsIn(text) {
    const wrong = (/** @type {string} */ problem) => ({ forms: [], problem });
    let value;
    try {
        value = JSON.parse(text);
    } catch (error) {
        return wrong(`This is not valid JSON: ${/** @type {Error} */ (error).message}.`);
    }
    const holder = HOLDERS.find((name) => isObject(value?.[name]));
    const held = holder !== undefined ? value[holder] : isServer(value) ? { server: value } : value;
    if (!isObject(held) || Object.keys(held).length === 0) return wrong('No server found. Paste an object like {"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}.');
    const other = Object.keys(held).find((name) => !isServer(held[name]));
    if (other !== undefined) return wrong(`${other} has neither a command nor a url.`);
    const forms = Object.entries(held).map(([name, server]) => pastedForm(name, server));
    const twice = forms.find(({ name }, at) => forms.findIndex((each) => each.name === name) < at);
    return twice === undefined ? { forms, problem: null } : wrong(`Two servers would have the name ${twice.name}.`);
}

const isObject = (/** @type {unknown} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isServer = (/** @type {any} */ value) => isObject(value) && (typeof value.command === "string" || typeof value.url === "string");

/** A server as other programs write it; `${env:KEY}` of theirs is `{{mcp.KEY}}` here. @param {string} name @param {any} server @returns {McpForm} */
export function pastedForm(name, server) {
    const words = (/** @type {unknown} */ value) => String(value).replaceAll(/\$\{(?:env:|input:)?([A-Za-z_]\w*)\}/g, "{{mcp.$1}}");
    const values = (/** @type {any} */ held) => Object.fromEntries(Object.entries(isObject(held) ? held : {}).map(([key, value]) => [key, words(value)]));
    const list = (/** @type {unknown} */ held) => (Array.isArray(held) ? held.map(String) : undefined);
    const isProgram = typeof server.command === "string";
    return formOf(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 31), {
        type: isProgram ? "stdio" : server.type === "sse" ? "sse" : "http",
        ...(isProgram ? { command: server.command, args: list(server.args) ?? [], env: values(server.env), cwd: server.cwd } : { url: words(server.url), headers: values(server.headers) }),
        enabled: server.disabled !== true && server.enabled !== false,
        timeout: server.timeout >= 1000 ? server.timeout : DEFAULT_TIMEOUT, // several programs count seconds
        includeTools: list(server.includeTools),
        excludeTools: list(server.excludeTools) ?? [],
    });
}

/** The names of the variables that a server is given by its task. @param {any} server @returns {string[]} */
export function variablesOf(server) {
    const texts = [server.url ?? "", ...Object.values(server.env ?? server.headers ?? {})].filter((it) => typeof it === "string");
    return [...new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name)))];
}

/** The same server with a tool offered or left out. @param {any} server @param {string} tool @param {boolean} offered */
export function withTool(server, tool, offered) {
    const without = (/** @type {string[]} */ names) => names.filter((name) => name !== tool);
    const { includeTools, excludeTools, ...rest } = server;
    if (!offered) return { ...rest, ...(includeTools ? { includeTools } : {}), excludeTools: [...without(excludeTools), tool] };
    return { ...rest, ...(includeTools ? { includeTools: [...without(includeTools), tool] } : {}), excludeTools: without(excludeTools) };
}

/** Where a server is, on one line that is not too long. @param {any} server */
export function whereOf(server) {
    const where = server.url ?? [server.command, ...(server.args ?? [])].join(" ");
    return where.length > MOST_SHOWN ? `${where.slice(0, MOST_SHOWN)} …` : where;
}
