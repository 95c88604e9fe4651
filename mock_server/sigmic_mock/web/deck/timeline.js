// A stream over its time: every frame a tick, heartbeats apart, silences that are too long in another colour.
import { counted } from "../ui/counts.js";
import { html, useState } from "../vendor/preact.js";
import { WindowList } from "../ui/window-list.js";
import { sizeInWords } from "../client/uploads.js";

/** A stream is never silent for longer than its heartbeat takes, 15 s; half a second is for the machine. */
const LONGEST_SILENCE_MS = 15_500;
const WIDE = 1000;

/** @typedef {import("./journal.js").Row} Row */
/** @typedef {{ at: number, event: string, bytes: number, data: string, number: number, faults: string[], truncated: boolean }} Tick */

/** Which lane and colour an event has. @param {string} event */
export function laneOf(event) {
    if (event === "heartbeat") return "beat";
    if (event === "piece") return "piece";
    if (event === "error") return "error";
    if (event.startsWith("tool_") || event.startsWith("subagent")) return "tool";
    if (event === "content") return "content";
    if (event === "thought") return "thought";
    return "mark";
}

/**
 * What is drawn of a stream: ticks with times in ms since its begin, and the silences between them.
 * @param {Row} row @param {number} now when it is still open, its end so far
 */
export function drawn(row, now) {
    const began = Date.parse(row.open?.at ?? row.frames[0]?.at ?? row.request?.at ?? "");
    /** @type {Tick[]} */
    const ticks = row.frames.map((frame) => ({ at: Date.parse(frame.at) - began, event: frame.event ?? "piece", bytes: frame.bytes, data: frame.data, number: frame.number, faults: frame.faults, truncated: frame.truncated }));
    const over = row.end === null ? Math.max(now - began, ticks.at(-1)?.at ?? 0) : Date.parse(row.end.at) - began;
    const until = Math.max(over, 1);
    const times = [0, ...ticks.map(({ at }) => at), until];
    const silences = times.slice(1).map((at, index) => ({ from: times[index], until: at, tooLong: at - times[index] > LONGEST_SILENCE_MS }));
    const longest = silences.reduce((most, { from, until: to }) => Math.max(most, to - from), 0);
    return { ticks, until, silences, longest, beats: ticks.filter(({ event }) => event === "heartbeat").length, isOpen: row.open !== null && row.end === null };
}

/** The ticks that can be told apart, at most one a lane and a thousandth of the width; those that a fault touched stay. @param {Tick[]} ticks @param {number} until */
export function apart(ticks, until) {
    const taken = new Set();
    return ticks.filter((tick) => {
        const where = `${laneOf(tick.event)} ${Math.round((tick.at / until) * WIDE)} ${tick.faults.length > 0}`;
        return !taken.has(where) && taken.add(where);
    });
}

/** Milliseconds in words. @param {number} ms */
export function span(ms) {
    if (ms < 1000) return `${Math.round(ms)} ms`;
    if (ms < 120_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
    if (ms < 7_200_000) return `${(ms / 60_000).toFixed(1)} min`;
    return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** @type {[number, string][]} */
const UNITS = [[3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"]];
/** Beyond this share of the axis a mark has no text, which would end outside or in the text before. */
const MOST_OF_AXIS = 0.9;

/** Round marks of a time axis, at most six, all in one unit; a fifth of the axis or more is between two. @param {number} until in ms */
export function marks(until) {
    const [unit, name] = UNITS.find(([ms]) => until >= 2 * ms) ?? UNITS[UNITS.length - 1];
    const rough = until / unit / 5;
    const size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough) ?? rough;
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    return Array.from({ length: Math.floor(until / unit / step) + 1 }, (_, number) => {
        const at = number * step * unit;
        return { at, text: number === 0 ? "0" : at / until > MOST_OF_AXIS ? "" : `${(number * step).toFixed(digits)} ${name}` };
    });
}

const LANES = [
    ["content", "content"],
    ["thought", "thought"],
    ["tool", "tools"],
    ["mark", "other"],
    ["beat", "heartbeat"],
];

/** @param {{ row: Row, now: number }} props */
export function Timeline({ row, now }) {
    const [chosen, setChosen] = useState(/** @type {string | null} */ (null));
    const { ticks, until, silences, longest, beats, isOpen } = drawn(row, now);
    const x = (/** @type {number} */ ms) => (ms / until) * WIDE;
    const late = silences.filter(({ tooLong }) => tooLong);
    const said = `${counted(ticks.length, "frame")} in ${span(until)}, ${counted(beats, "heartbeat")}, longest silence ${span(longest)}${late.length > 0 ? `, ${late.length} longer than the heartbeat interval` : ""}`;
    const held = ticks.find(({ number }) => String(number) === chosen) ?? null;
    return html`<section class="timeline stack" aria-label="Frames">
        <h3>Frames ${isOpen && html`<span class="state running">open</span>`}</h3>
        <p class=${`small ${late.length > 0 ? "wrong" : "soft"}`}>${said}.</p>
        <div class="lanes box">
            <ul class="names" aria-hidden="true">${LANES.map(([, name]) => html`<li>${name}</li>`)}</ul>
            <svg viewBox=${`0 0 ${WIDE} 100`} preserveAspectRatio="none" role="img" aria-label=${said}>
                ${marks(until).map(({ at }) => html`<line class="grid" x1=${x(at)} x2=${x(at)} y1="0" y2="100" />`)}
                ${late.map(({ from, until: to }) => html`<rect class="silence" x=${x(from)} y="0" width=${x(to) - x(from)} height="100" />`)}
                ${apart(ticks, until).map((tick) => {
                    const lane = laneOf(tick.event);
                    const at = Math.max(0, LANES.findIndex(([name]) => name === lane || (name === "mark" && (lane === "error" || lane === "piece"))));
                    return html`<line class=${`tick of-${lane} ${tick.faults.length > 0 ? "faulted" : ""}`} x1=${x(tick.at)} x2=${x(tick.at)} y1=${at * 20 + 3} y2=${at * 20 + 17} />`;
                })}
                ${held !== null && html`<line class="tick chosen" x1=${x(held.at)} x2=${x(held.at)} y1="0" y2="100" />`}
            </svg>
            <ol class="axis" aria-hidden="true">${marks(until).map(({ at, text }) => html`<li style=${{ left: `${(at / until) * 100}%` }}>${text}</li>`)}</ol>
        </div>
        ${ticks.length > 0 && html`<${WindowList} items=${ticks} height=${28} label="Frames of the stream" kind="frames" idOf=${(/** @type {Tick} */ tick) => String(tick.number)} chosen=${chosen} choose=${(/** @type {Tick} */ tick) => setChosen(String(tick.number))}
            draw=${(/** @type {Tick} */ tick) => html`<time class="fixed">+${span(tick.at)}</time><b class="fixed">${tick.event}</b><span class="soft mono grows clip">${tick.data.replace(/^event: .*\n(data: )?/, "").trim()}</span>${tick.faults.length > 0 && html`<span class="chip fault">${tick.faults.join(" ")}</span>`}<small>${sizeInWords(tick.bytes)}</small>`} />`}
        ${held !== null && html`<pre class="bytes box tiny" tabindex="0" aria-label="Raw frame">${held.data}${held.truncated ? "\n[truncated]" : ""}</pre>`}
        ${row.end !== null && html`<p class="small soft">Closed by <b>${row.end.closed_by}</b> after ${sizeInWords(row.end.bytes)}${row.end.unsent_bytes > 0 ? `, ${sizeInWords(row.end.unsent_bytes)} not yet sent to the client` : ""}.</p>`}
    </section>`;
}
