// What of the contract this run has shown: operations with each answer they may give, events, and rows of the ledger.
import { counted } from "../ui/counts.js";
import { Icon } from "../ui/icons.js";
import { html } from "../vendor/preact.js";
import { Problem, Quiet, useRead } from "./parts.js";

const REFRESH_MS = 2000;

/** @typedef {{ status: number, code: string | null, count: number, requirements: string[] }} Answer */
/** @typedef {{ operation: string, method: string, path: string, answers: Answer[], requirements: string[] }} Covered */
/** @typedef {{ event: string, count: number, requirements: string[] }} CoveredEvent */

/** How much there is, and how much was shown. @param {{ operations: Covered[], events: CoveredEvent[] }} told */
export function totals({ operations, events }) {
    const answers = operations.flatMap((each) => each.answers);
    const shown = operations.filter(isShown);
    const concerned = new Set([...shown.flatMap(concernedBy), ...events.filter(({ count }) => count > 0).flatMap((each) => each.requirements)]);
    const all = new Set([...operations, ...events].flatMap((each) => each.requirements));
    return [
        { name: "operations", shown: shown.length, of: operations.length },
        { name: "answers", shown: answers.filter(({ count }) => count > 0).length, of: answers.length },
        { name: "events", shown: events.filter(({ count }) => count > 0).length, of: events.length },
        { name: "rows concerned", shown: concerned.size, of: all.size },
    ];
}

/** The rows that an operation's answers concern: one about an error code only where that code was shown. @param {Covered} covered */
export function concernedBy({ answers, requirements }) {
    const of = (/** @type {boolean} */ wanted) => new Set(answers.filter(({ count }) => count > 0 === wanted).flatMap((each) => each.requirements));
    const [met, unmet] = [of(true), of(false)];
    return requirements.filter((row) => met.has(row) || !unmet.has(row));
}

/** @param {Covered} covered */
const isShown = (covered) => covered.answers.some(({ count }) => count > 0);

/** @param {import("./parts.js").TabProps} props */
export default function Coverage({ control, place }) {
    const everybody = place.get("scope") === "server";
    const { value, problem, refresh } = useRead(() => control.ask("show_coverage", {}, { everybody }), [everybody], REFRESH_MS);
    if (problem?.status === 409) return html`<${Quiet} icon="gauge" title="No coverage data">The journal is off. Restart the server with <code>--journal 5000</code>.<//>`;
    if (value === null) return problem === null ? html`<div class="quiet soft small working"><i></i>Loading coverage…</div>` : html`<${Problem} problem=${problem} retry=${refresh} />`;
    const operations = /** @type {Covered[]} */ (value.operations);
    const events = /** @type {CoveredEvent[]} */ (value.events);
    return html`<div class="page stack">
        <${Problem} problem=${problem} retry=${refresh} />
        <section class="panel stack" aria-label="In short">
            <div class="chips across wraps"><h2>Contract coverage</h2><button type="button" class="button chip-button count" aria-pressed=${everybody} title="All projects, and requests without a project" onClick=${() => place.set("scope", everybody ? null : "server")}>Whole server</button></div>
            <dl class="totals">${totals({ operations, events }).map(({ name, shown, of }) => html`<div><dt>${name}</dt><dd><b>${shown}</b> of ${of}<meter aria-label=${name} min="0" max=${of} value=${shown}></meter></dd></div>`)}</dl>
            <p class="hint">Counted since the server started or the project's journal was last reset. A listed requirement was touched by a request. To check whether it holds, run <code>sigmic-conformance</code>.</p>
        </section>
        <section class="panel stack" aria-label="Operations"><h2>Operations</h2>
            <ul class="covered">${operations.map((each) => html`<li key=${each.operation} class=${`stack ${isShown(each) ? "shown" : ""}`}>
                <div class="head"><span class="address"><b class=${`method ${each.method}`}>${each.method}</b> ${each.path}</span><a href=${`/docs#${each.operation}`}>${each.operation}</a></div>
                <ul class="answers wraps">${each.answers.map(({ status, code, count, requirements }) => html`<li class=${count > 0 ? "yes" : "no"} title=${requirements.join(", ")}><code>${status}${code === null ? "" : ` ${code}`}</code>${count > 0 ? html`<span>${count.toLocaleString("en")}×</span>` : html`<span class="only-read">not seen</span>`}</li>`)}</ul>
                <${Rows} rows=${each.requirements} />
            </li>`)}</ul>
        </section>
        <section class="panel stack" aria-label="Events"><h2>Events</h2>
            <ul class="answers wraps">${events.map(({ event, count, requirements }) => html`<li class=${count > 0 ? "yes" : "no"} title=${requirements.join(", ")}><code>${event}</code>${count > 0 ? html`<span>${count.toLocaleString("en")}×</span>` : html`<span class="only-read">not seen</span>`}</li>`)}</ul>
        </section>
        ${value.beyond.length > 0 && html`<section class="panel stack" aria-label="Not in the contract"><h2>Not in the contract</h2>
            <p class="hint">Responses that the contract doesn't define, from a fault or an unknown address.</p>
            <ul class="answers wraps">${value.beyond.map((/** @type {any} */ each) => html`<li class="odd"><code>${each.operation} ${each.status}${each.code === null ? "" : ` ${each.code}`}</code><span>${each.count}×</span></li>`)}</ul>
        </section>`}
    </div>`;
}

/** @param {{ rows: string[] }} props */
function Rows({ rows }) {
    return html`<details class="thought"><summary><${Icon} name="chevron" class="chevron" /><span>${counted(rows.length, "requirement")}</span></summary><p class="thought-text">${rows.join(" ")}</p></details>`;
}
