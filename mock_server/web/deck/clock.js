// The project's time: how it moves, what is to come, and one thing of it made to happen now.
import { html, useState } from "../vendor/preact.js";
import { Problem, Quiet, useAct, useRead } from "./parts.js";
import { span } from "./timeline.js";

const REFRESH_MS = 1000;
const MOST_SHOWN = 200;
const MODES = [
    ["real", "Real", "as it does"],
    ["scaled:60", "Scaled", "a minute a second"],
    ["manual", "Manual", "only when you say so"],
    ["autojump", "Autojump", "to the next timer, as soon as all is quiet"],
];
const STEPS = ["1s", "15s", "31m", "24h"];
/** @type {Record<string, string>} */
const MEANING = {
    heartbeat: "A heartbeat on the open streams",
    session_expiry: "The session of a resting task expires",
    approval_deadline: "An approval is given up",
    wait: "A wait of the agent is over",
    start_grace: "A run begins without a reader",
};

/** @typedef {{ number: number, timer: string, owner: string, due: string }} Timer */

/** What fired, in words. @param {{ counts: Record<string, number>, settled: boolean }} told */
export function firedInWords({ counts, settled }) {
    const named = Object.entries(counts).map(([timer, count]) => (count === 1 ? timer : `${timer} ${count}×`));
    return `${named.length === 0 ? "Nothing fell due" : `Fired: ${named.join(", ")}`}.${settled ? "" : " What it set off still goes on."}`;
}

/** @param {import("./parts.js").TabProps} props */
export default function Clock({ control }) {
    const clock = useRead(() => control.call("GET", "/clock"), [], REFRESH_MS);
    const timers = useRead(() => control.call("GET", "/clock/timers"), [], REFRESH_MS);
    const { act, busy, told } = useAct();
    const [by, setBy] = useState("");
    const [now, setNow] = useState("");
    const refresh = () => {
        clock.refresh();
        timers.refresh();
    };
    const change = (/** @type {Record<string, string>} */ wanted, /** @type {string} */ said) =>
        act("change", async () => {
            await control.call("PUT", "/clock", { json: wanted });
            refresh();
            return said;
        });
    const advance = (/** @type {string} */ step) =>
        act("advance", async () => {
            const answer = await control.call("POST", "/clock/advance", { json: { by: step } });
            refresh();
            return firedInWords(answer);
        });
    const fire = (/** @type {Timer} */ timer) =>
        act(`fire ${timer.number}`, async () => {
            const answer = await control.call("POST", `/clock/timers/${timer.number}/fire`);
            refresh();
            return firedInWords(answer);
        });
    if (clock.value === null) return clock.problem === null ? html`<div class="quiet working"><i></i>Reading the clock</div>` : html`<${Problem} problem=${clock.problem} retry=${refresh} />`;
    const { mode } = clock.value;
    const stands = mode === "manual" || mode === "autojump";
    const pending = /** @type {Timer[]} */ (timers.value?.timers ?? []);
    const first = pending[0];
    return html`<div class="page">
        <${Problem} problem=${clock.problem ?? timers.problem} retry=${refresh} />
        <section class="panel" aria-label="Time">
            <div class="now"><time>${clock.value.now.slice(11, 19)}</time><span>${clock.value.now.slice(0, 10)} UTC<small>${busyInWords(clock.value.busy)}</small></span></div>
            <div class="modes" role="group" aria-label="How time moves">${MODES.map(([id, name, about]) => html`<button type="button" class="choice" aria-pressed=${mode.split(":")[0] === id.split(":")[0]} disabled=${busy !== null} onClick=${() => change({ mode: id }, `Time moves ${about}.`)}><b>${name}</b><small>${mode.startsWith("scaled:") && id.startsWith("scaled") ? `${mode.slice(7)} times as fast` : about}</small></button>`)}</div>
            <form class="row-of" onSubmit=${(/** @type {Event} */ event) => {
                event.preventDefault();
                advance(by.trim());
            }}>
                ${STEPS.map((step) => html`<button type="button" class="button" disabled=${!stands || busy !== null} onClick=${() => advance(step)}>+${step}</button>`)}
                <button type="button" class="button" disabled=${!stands || busy !== null || first === undefined} onClick=${() => advance(untilNext(first, clock.value.now))}>To next</button>
                <input class="search short" aria-label="Advance by" placeholder="1h30m" value=${by} disabled=${!stands} onInput=${(/** @type {any} */ event) => setBy(event.currentTarget.value)} />
                <button type="submit" class="button" disabled=${!stands || busy !== null || by.trim() === ""}>Advance</button>
            </form>
            ${!stands && html`<p class="hint">Time runs by itself; choose Manual to move it by hand. A timer can be fired in any mode.</p>`}
            <form class="row-of" onSubmit=${(/** @type {Event} */ event) => {
                event.preventDefault();
                change({ now: now.trim() }, "The calendar is set. No timer comes sooner or later for it.");
            }}>
                <input class="search" aria-label="Set the calendar" placeholder="2030-01-31T12:00:00Z" value=${now} onInput=${(/** @type {any} */ event) => setNow(event.currentTarget.value)} />
                <button type="submit" class="button" disabled=${busy !== null || now.trim() === ""}>Set the calendar</button>
            </form>
            ${told}
        </section>
        <section class="panel" aria-label="Pending timers">
            <h2>Pending timers <small>${pending.length}</small></h2>
            ${pending.length === 0 && html`<${Quiet} icon="clock" title="Nothing is to come">A heartbeat is pending while a stream is open, an expiry while a task rests, a deadline while an approval is asked for.<//>`}
            ${pending.length > 0 && html`<ul class="timers">${pending.slice(0, MOST_SHOWN).map((timer) => html`<li key=${timer.number}>
                <span class="what"><b>${MEANING[timer.timer] ?? timer.timer}</b><small><code>${timer.timer}</code> · ${/-/.test(timer.owner) ? html`<a href=${`/c/${encodeURIComponent(timer.owner)}`}>${timer.owner}</a>` : timer.owner}</small></span>
                <span class="due">${leftInWords(Date.parse(timer.due) - Date.parse(timers.value.now))}</span>
                <button type="button" class="button" disabled=${busy !== null} aria-label=${`Fire now: ${timer.timer} of ${timer.owner}`} onClick=${() => fire(timer)}>Fire now</button>
            </li>`)}</ul>`}
            ${pending.length > MOST_SHOWN && html`<p class="hint">And ${(pending.length - MOST_SHOWN).toLocaleString("en")} later ones.</p>`}
        </section>
    </div>`;
}

/** Milliseconds to the next timer as the clock reads a duration. @param {Timer} first @param {string} now */
function untilNext(first, now) {
    return `${Math.max(1, Math.ceil(Date.parse(first.due) - Date.parse(now)) + 1)}ms`;
}

/** @param {number} busy */
function busyInWords(busy) {
    return busy === 0 ? "nothing is at work" : busy === 1 ? "one thing is at work" : `${busy} things are at work`;
}

/** @param {number} left in ms */
const leftInWords = (left) => (left <= 0 ? "now" : `in ${span(left)}`);
