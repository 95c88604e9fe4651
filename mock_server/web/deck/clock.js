// The project's time: how it moves, what is to come, and one thing of it made to happen now.
import { counted } from "../ui/counts.js";
import { Icon } from "../ui/icons.js";
import { html, useState } from "../vendor/preact.js";
import { Problem, Quiet, useCalls, useRead } from "./parts.js";
import { span } from "./timeline.js";

const REFRESH_MS = 1000;
const MOST_SHOWN = 200;
const MODES = [
    ["real", "Real", "real time"],
    ["scaled:60", "Scaled", "one minute per second"],
    ["manual", "Manual", "moves only when you advance it"],
    ["autojump", "Autojump", "jumps to the next timer when the project is idle"],
];
const STEPS = ["1s", "15s", "31m", "24h"];
/** @type {Record<string, string>} */
const MEANING = {
    heartbeat: "Heartbeat on open streams",
    session_expiry: "Idle session expires",
    approval_deadline: "Approval times out",
    wait: "Agent's wait ends",
    start_grace: "Run starts without a reader",
};

/** @typedef {{ number: number, timer: string, owner: string, due: string }} Timer */

/** What fired, in words. @param {{ counts: Record<string, number>, settled: boolean }} told */
export function firedInWords({ counts, settled }) {
    const named = Object.entries(counts).map(([timer, count]) => (count === 1 ? timer : `${timer} ${count}×`));
    return `${named.length === 0 ? "No timers fired" : `Fired: ${named.join(", ")}`}.${settled ? "" : " Some of the work that it triggered is still running."}`;
}

/** @param {import("./parts.js").TabProps} props */
export default function Clock({ control }) {
    const clock = useRead(() => control.ask("show_clock"), [], REFRESH_MS);
    const timers = useRead(() => control.ask("list_timers"), [], REFRESH_MS);
    const [by, setBy] = useState("");
    const [now, setNow] = useState("");
    const refresh = () => {
        clock.refresh();
        timers.refresh();
    };
    const { call, busy, told } = useCalls(control, refresh);
    const change = (/** @type {Record<string, string>} */ wanted, /** @type {string} */ said) => call("change_clock", wanted, () => said);
    const advance = (/** @type {string} */ step) => call("advance_clock", { by: step }, firedInWords);
    const fire = (/** @type {Timer} */ { number }) => call("fire_timer", { number }, firedInWords);
    if (clock.value === null) return clock.problem === null ? html`<div class="quiet soft small working"><i></i>Loading clock…</div>` : html`<${Problem} problem=${clock.problem} retry=${refresh} />`;
    const { mode } = clock.value;
    const stands = mode === "manual" || mode === "autojump";
    const pending = /** @type {Timer[]} */ (timers.value?.timers ?? []);
    const first = pending[0];
    const left = (/** @type {Timer} */ { due }) => Date.parse(due) - Date.parse(timers.value.now);
    const line = (/** @type {Timer} */ timer) => html`<div class="timer across"><span class="what stack"><b>${MEANING[timer.timer] ?? timer.timer}</b><small><code>${timer.timer}</code> · ${/-/.test(timer.owner) ? html`<a href=${`/c/${encodeURIComponent(timer.owner)}`}>${timer.owner}</a>` : timer.owner}</small></span>
        <span class="due fixed soft">${leftInWords(left(timer))}</span>
        <button type="button" class="button" disabled=${busy !== null} aria-label=${`Fire now: ${timer.timer} of ${timer.owner}`} onClick=${() => fire(timer)}>Fire now</button></div>`;
    return html`<div class="page stack">
        <${Problem} problem=${clock.problem ?? timers.problem} retry=${refresh} />
        <section class="panel stack" aria-label="Time">
            <div class="now across"><time>${clock.value.now.slice(11, 19)}</time><span class="stack soft small">${clock.value.now.slice(0, 10)} UTC<small>${busyInWords(clock.value.busy)}</small></span></div>
            <div class="modes" role="group" aria-label="Clock mode">${MODES.map(([id, name, about]) => html`<button type="button" class="choice stack small" aria-pressed=${mode.split(":")[0] === id.split(":")[0]} disabled=${busy !== null} onClick=${() => change({ mode: id }, `Clock mode: ${name}.`)}><b>${name}</b><small>${mode.startsWith("scaled:") && id.startsWith("scaled") ? `${mode.slice(7)} times as fast` : about}</small></button>`)}</div>
            <form class="row-of wraps" onSubmit=${(/** @type {Event} */ event) => {
                event.preventDefault();
                advance(by.trim());
            }}>
                ${STEPS.map((step) => html`<button type="button" class="button" disabled=${!stands || busy !== null} onClick=${() => advance(step)}>+${step}</button>`)}
                <button type="button" class="button" disabled=${!stands || busy !== null || first === undefined} onClick=${() => advance(untilNext(first, clock.value.now))}>To next timer</button>
                <input class="input short" aria-label="Advance by" placeholder="1h30m" value=${by} disabled=${!stands} onInput=${(/** @type {any} */ event) => setBy(event.currentTarget.value)} />
                <button type="submit" class="button" disabled=${!stands || busy !== null || by.trim() === ""}>Advance</button>
            </form>
            ${!stands && html`<p class="hint">The clock is running. Choose Manual to advance it yourself. You can fire a timer in any mode.</p>`}
            <form class="row-of wraps" onSubmit=${(/** @type {Event} */ event) => {
                event.preventDefault();
                change({ now: now.trim() }, "Date and time set. Pending timers are not affected.");
            }}>
                <input class="input" aria-label="Set date and time" placeholder="2030-01-31T12:00:00Z" value=${now} onInput=${(/** @type {any} */ event) => setNow(event.currentTarget.value)} />
                <button type="submit" class="button" disabled=${busy !== null || now.trim() === ""}>Set date and time</button>
            </form>
            ${told}
        </section>
        <section class="panel stack" aria-label="Pending timers">
            <h2>Pending timers <small>${pending.length}</small></h2>
            ${pending.length === 0 && html`<${Quiet} icon="clock" title="No pending timers">You see a heartbeat while a stream is open, an expiry while a session is idle, and a deadline while an approval is open.<//>`}
            ${pending.length > 0 && html`<ul class="timers stack">${alike(pending.slice(0, MOST_SHOWN)).map(([first, ...others]) => html`<li key=${first.timer}>${line(first)}
                ${others.length > 0 && html`<details class="tool"><summary><${Icon} name="chevron" class="chevron" /><span>${counted(others.length, "more timer")} of this kind, the next ${leftInWords(left(others[0]))}</span></summary>
                    <ul class="inside">${others.map((timer) => html`<li key=${timer.number}>${line(timer)}</li>`)}</ul></details>`}
            </li>`)}</ul>`}
            ${pending.length > MOST_SHOWN && html`<p class="hint">${(pending.length - MOST_SHOWN).toLocaleString("en")} more due later.</p>`}
        </section>
    </div>`;
}

/** Timers of one kind together, each list by what is due first. @param {Timer[]} timers */
export function alike(timers) {
    return [...Map.groupBy(timers, ({ timer }) => timer).values()];
}

/** Milliseconds to the next timer as the clock reads a duration. @param {Timer} first @param {string} now */
function untilNext(first, now) {
    return `${Math.max(1, Math.ceil(Date.parse(first.due) - Date.parse(now)) + 1)}ms`;
}

/** @param {number} busy */
function busyInWords(busy) {
    return busy === 0 ? "idle" : busy === 1 ? "1 operation in progress" : `${busy} operations in progress`;
}

/** @param {number} left in ms */
const leftInWords = (left) => (left <= 0 ? "now" : `in ${span(left)}`);
