// One request with its answer, as the journal has it: facts, heads, bodies, the faults that it met.
import { Code } from "../ui/code.js";
import { Icon } from "../ui/icons.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { sizeInWords } from "../client/uploads.js";
import { labelOf, standing } from "./journal.js";
import { Replay } from "./replay.js";
import { Timeline, span } from "./timeline.js";

/** Headers that a client adds by itself, or that say nothing outside their connection. */
const NOT_REPEATED = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent", "accept", "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]);
const MOST_SHOWN = 40_000;

/** The request as a command; what the journal masks is a variable. @param {import("./journal.js").Row} row @param {string} base */
export function asCurl(row, base) {
    const asked = row.request?.asked;
    const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`;
    const lines = [`curl ${row.stream === null ? "" : "-N "}${row.method === "GET" ? "" : `-X ${row.method} `}${quoted(base + row.path)}`];
    const headers = asked?.headers ?? [];
    const isForm = (asked?.fields ?? []).length > 0;
    for (const { name, value } of headers) {
        const plain = name.toLowerCase();
        if (plain === "authorization") lines.push('-H "Authorization: Bearer $SIGMIC_API_KEY"');
        else if (plain === "x-api-key") lines.push('-H "X-API-Key: $SIGMIC_API_KEY"');
        else if (!NOT_REPEATED.has(plain) && !(isForm && plain === "content-type")) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
    }
    if (headers.length === 0) lines.push('-H "Authorization: Bearer $SIGMIC_API_KEY"');
    for (const { name, text, filename } of asked?.fields ?? []) lines.push(`-F ${quoted(`${name}=${filename === null ? (text ?? "") : `@${filename}`}`)}`);
    if (asked?.body) lines.push(`-d ${quoted(asked.body)}`);
    return lines.join(" \\\n  ");
}

/** @param {{ control: import("./control.js").Control, row: import("./journal.js").Row, now: number, back: () => void, jump: (id: string) => void }} props */
export function Detail({ control, row, now, back, jump }) {
    const [copied, setCopied] = useState(false);
    useEffect(() => setCopied(false), [row.id]);
    const request = row.request;
    const copy = () => navigator.clipboard.writeText(asCurl(row, location.origin)).then(() => setCopied(true), () => {});
    return html`<article class="exchange stack">
        <header>
            <button type="button" class="button plain icon only-narrow" aria-label="Back to the list" onClick=${back}><${Icon} name="chevron" class="turned" /></button>
            <h2><b class=${`method ${row.method}`}>${row.method}</b> <code>${row.path}</code></h2>
            <button type="button" class="button" title="Copy as curl" onClick=${copy}><${Icon} name=${copied ? "check" : "copy"} /><span class="label">${copied ? "Copied" : "Copy as curl"}</span></button>
        </header>
        <dl class="facts box small">
            <div><dt>Status</dt><dd class=${`standing fixed small ${standing(row)}`}>${row.status ?? labelOf(row)}${row.ended === "fault" && row.stream !== null ? ", cut by a fault" : ""}${row.code ? ` ${row.code}` : ""}</dd></div>
            <div><dt>Duration</dt><dd>${row.seconds === null ? "in progress" : span(row.seconds * 1000)}</dd></div>
            <div><dt>Ended by</dt><dd>${row.ended ?? "–"}</dd></div>
            <div><dt>Operation</dt><dd>${row.operation || "none"}</dd></div>
            ${row.task !== null && html`<div class="wide"><dt>Task</dt><dd><a href=${`/c/${encodeURIComponent(row.task)}`}>${row.task}</a></dd></div>`}
            <div><dt>Project</dt><dd>${row.project ?? "none"}</dd></div>
            <div class="wide"><dt>Request id</dt><dd>${row.id}</dd></div>
        </dl>
        ${row.faults.length > 0 && html`<p class="notice wait"><span>Affected by ${row.faults.map((fault, at) => html`${at > 0 && ", "}<code>${fault}</code>`)}${row.firings.length > 0 ? `, which fired ${row.firings.length === 1 ? "once" : `${row.firings.length} times`}` : ""}.</span></p>`}
        ${(row.open !== null || row.frames.length > 0) && html`<${Timeline} row=${row} now=${now} />`}
        ${request !== null && html`<${Side} title="Request" side=${request.asked} /><${Side} title="Response" side=${request.answered} isStream=${row.stream !== null} />`}
        ${row.method !== "" && html`<${Replay} key=${row.id} control=${control} row=${row} jump=${jump} />`}
        ${request === null && row.open !== null && html`<p class="hint">Headers and bodies appear when the stream ends.</p>`}
    </article>`;
}

/** @param {{ title: string, side: any, isStream?: boolean }} props */
function Side({ title, side, isStream = false }) {
    const body = pretty(side.body);
    return html`<section class="side-of stack">
        <h3>${title} <small>${sizeInWords(side.bytes)}</small></h3>
        ${side.headers.length > 0 && html`<details class="tool box small"><summary><${Icon} name="chevron" class="chevron" /><span>${side.headers.length} headers</span></summary>
            <div class="inside"><table class="rows mono tiny"><tbody>${side.headers.map((/** @type {any} */ { name, value }) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table></div></details>`}
        ${(side.fields ?? []).length > 0 && html`<table class="rows mono tiny"><tbody>${side.fields.map((/** @type {any} */ field) => html`<tr><th scope="row">${field.name}</th><td>${field.filename === null ? field.text : `${field.filename}, ${field.content_type ?? "unknown type"}, ${sizeInWords(field.bytes)}`}</td></tr>`)}</tbody></table>`}
        ${body !== null && body.text !== "" && html`<${Code} code=${body.text} language=${body.language} tall />`}
        ${side.truncated && !isStream && html`<p class="hint">Truncated. The journal keeps the first 64 KiB of a body.</p>`}
        ${!isStream && side.body === null && side.bytes > 0 && (side.fields ?? []).length === 0 && html`<p class="hint">The body was not recorded.</p>`}
    </section>`;
}

/** @param {string | null} text */
function pretty(text) {
    if (text === null || text === undefined) return null;
    try {
        return { text: JSON.stringify(JSON.parse(text), null, 2).slice(0, MOST_SHOWN), language: "json" };
    } catch {
        return { text: text.slice(0, MOST_SHOWN), language: "" };
    }
}
