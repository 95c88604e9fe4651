// What stands beside the list before a request is selected: the requests in figures, those that went wrong, where a client sends them.
import { Code } from "../ui/code.js";
import { html, useMemo } from "../vendor/preact.js";
import { labelOf, saidOf, standing } from "./journal.js";
import { span } from "./timeline.js";

const MOST_PROBLEMS = 5;
const NONE = "no operation";

/** @typedef {import("./journal.js").Row} Row */

/** @param {Row} row */
const isBad = (row) => !["open", "good"].includes(standing(row));

/** The requests by their operation, the most frequent first: how many, how many of them went wrong, the median of their times in ms. @param {Row[]} rows */
export function byOperation(rows) {
    /** @type {Map<string, Row[]>} */
    const groups = new Map();
    for (const row of rows) {
        const operation = row.operation || NONE;
        const group = groups.get(operation);
        if (group === undefined) groups.set(operation, [row]);
        else group.push(row);
    }
    return [...groups]
        .map(([operation, all]) => {
            const times = all.flatMap(({ seconds }) => (seconds === null ? [] : [seconds * 1000])).toSorted((one, other) => one - other);
            return { operation, count: all.length, bad: all.filter(isBad).length, median: times.length === 0 ? null : times[Math.floor(times.length / 2)] };
        })
        .toSorted((one, other) => other.count - one.count);
}

/** @param {{ rows: Row[], choose: (row: Row) => void, search: (words: string) => void }} props  `rows` of the list, the newest first */
export function Overview({ rows, choose, search }) {
    const groups = useMemo(() => byOperation(rows), [rows]);
    const bad = rows.filter(isBad);
    const figures = [
        ["Requests", rows.length],
        ["Errors", bad.length],
        ["Open streams", rows.filter((row) => standing(row) === "open").length],
        ["Met a fault", rows.filter(({ faults }) => faults.length > 0).length],
    ];
    return html`<div class="exchange stack">
        <header><h2><b>Overview</b></h2></header>
        <p class="small soft">Of the requests in the list. Select one to see its headers, bodies and faults, and the frames of its stream.</p>
        <dl class="facts figures box">${figures.map(([name, count]) => html`<div><dt>${name}</dt><dd>${count.toLocaleString("en")}</dd></div>`)}</dl>
        ${bad.length > 0 && html`<section class="side-of stack"><h3>Latest errors</h3><ul class="box small problems">${bad.slice(0, MOST_PROBLEMS).map(
            (row) => html`<li><button type="button" class="link across" onClick=${() => choose(row)}><span class=${`standing fixed ${standing(row)}`}>${labelOf(row)}</span><span class="grows clip">${row.operation || row.path || row.faults[0]}${row.code ? ` · ${row.code}` : ""}${saidOf(row) ? html` · <q dir="auto">${saidOf(row)}</q>` : ""}</span><small>${row.faults[0]}</small></button></li>`,
        )}</ul></section>`}
        ${groups.length > 0 && html`<section class="side-of stack"><h3>By operation</h3>
            <table class="rows box small"><thead><tr><th scope="col">Operation</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Errors</th><th scope="col" class="number">Median</th></tr></thead>
            <tbody>${groups.map(({ operation, count, bad: wrong, median }) => html`<tr><td>${operation === NONE ? operation : html`<button type="button" class="link address" onClick=${() => search(`operation:${operation}`)}>${operation}</button>`}</td><td class="number">${count}</td><td class=${`number ${wrong > 0 ? "wrong" : "soft"}`}>${wrong}</td><td class="number">${median === null ? "–" : span(median)}</td></tr>`)}</tbody></table></section>`}
        <section class="side-of stack"><h3>Send requests here</h3><${Code} language="bash" code=${`export SIGMIC_BASE_URL=${location.origin}\ncurl -s "$SIGMIC_BASE_URL/api/v1/tasks" -H "Authorization: Bearer $SIGMIC_API_KEY"`} />
            <p class="hint">Create a key in the <a href="/console">console</a>, or use the one in the startup banner.</p></section>
    </div>`;
}
