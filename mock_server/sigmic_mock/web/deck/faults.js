// Faults: what is armed, the catalogue to search, and a form that arms one under conditions and in situations.
import { Code } from "../ui/code.js";
import { Icon } from "../ui/icons.js";
import { WindowList } from "../ui/window-list.js";
import { html, useMemo, useState } from "../vendor/preact.js";
import { grammar, waysToArm } from "./fault-text.js";
import { Problem, Quiet, useCalls, useRead } from "./parts.js";

const ROW = 58;
const CLASSES = [
    ["transient", "a legal failure that a client must survive"],
    ["variation", "legal, but unusual"],
    ["violation", "breaks the requirement that it names"],
];
/** Conditions that most arm with; the others are behind a fold. */
const USUAL = ["operation", "times", "nth"];
/** What clients meet most often, and handle least. */
const FIRST = ["http.rate-limited", "http.internal-error", "net.slow", "net.answer-lost", "stream.cut-inside-event", "proxy.login-page"];
const REFRESH_MS = 1500;
/** What every trigger has that was told nothing of it. @type {Record<string, unknown>} */
const AS_ALWAYS = { probability: 1, seed: 0 };

/** @typedef {{ id: string, class: string, requirement: string, effect: string, parameters: Record<string, unknown>, where: Record<string, unknown>, learns: string, reason: string | null }} Fault */
/** @typedef {{ number: number, fault: string, class: string, project: string | null, parameters: Record<string, unknown>, where: Record<string, unknown>, seen: number, fired: number, over: boolean }} Armed */
/** @typedef {{ faults: Fault[], conditions: { name: string, about: string, kind: string, values: string[] }[], situations: { name: string, about: string, values: string[] }[] }} Catalogue */

/** @param {Fault[]} faults @param {string} words @param {string | null} kind */
export function found(faults, words, kind) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const order = CLASSES.map(([name]) => name);
    const sorted = faults.toSorted((one, other) => order.indexOf(one.class) - order.indexOf(other.class));
    return sorted.filter((fault) => {
        const text = `${fault.id} ${fault.requirement} ${fault.effect} ${fault.learns}`.toLowerCase();
        return (kind === null || fault.class === kind) && wanted.every((word) => text.includes(word));
    });
}

/** @param {import("./parts.js").TabProps} props */
export default function Faults({ control, place, search }) {
    const catalogue = useRead(() => control.ask("list_faults"), []);
    const active = useRead(() => control.ask("list_armed_faults"), [], REFRESH_MS);
    const words = place.get("q") ?? "";
    const kind = place.get("class");
    const known = /** @type {Catalogue | null} */ (catalogue.value);
    const shown = useMemo(() => (known === null ? [] : found(known.faults, words, kind)), [known, words, kind]);
    const chosen = known?.faults.find(({ id }) => id === place.get("entry"));
    if (catalogue.problem?.status === 409) {
        return html`<${Quiet} icon="bolt" title="Faults are disabled">The server was started with <code>--no-faults</code>. Restart it without that flag to arm faults.<//>`;
    }
    return html`<div class=${`two ${chosen === undefined ? "" : "opened"}`}>
        <section class="master stack" aria-label="Faults">
            <${ArmedList} control=${control} active=${active} open=${(/** @type {string} */ id) => place.set("entry", id)} />
            <div class="filters stack">
                <input class="input" type="search" ref=${search} aria-label="Search faults" placeholder="Search faults: heartbeat, rate, history, BEAT-004" value=${words} onInput=${(/** @type {any} */ event) => place.set("q", event.currentTarget.value || null)} />
                <div class="chips across wraps" role="group" aria-label="Classes">
                    ${CLASSES.map(([name, about]) => html`<button type="button" class="button chip-button" title=${about} aria-pressed=${kind === name} onClick=${() => place.set("class", kind === name ? null : name)}><i class=${`dot fixed ${name}`}></i>${name}</button>`)}
                    <span class="count" role="status">${known === null ? "" : `${shown.length} of ${known.faults.length}`}</span>
                </div>
            </div>
            <${Problem} problem=${catalogue.problem} retry=${catalogue.refresh} />
            ${known === null && catalogue.problem === null && html`<div class="quiet soft small working"><i></i>Loading faults…</div>`}
            ${known !== null && shown.length === 0 && html`<${Quiet} icon="search" title="No matching faults"><button type="button" class="button" onClick=${() => {
                place.set("q", null);
                place.set("class", null);
            }}>Show all</button><//>`}
            ${shown.length > 0 && html`<${WindowList} items=${shown} height=${ROW} label="Catalogue" idOf=${(/** @type {Fault} */ fault) => fault.id} chosen=${chosen?.id ?? null} choose=${(/** @type {Fault} */ fault) => place.set("entry", fault.id)}
                draw=${(/** @type {Fault} */ fault) => html`<i class=${`dot fixed ${fault.class}`} title=${fault.class}></i><span class="what stack grows"><span class="address clip">${fault.id}</span><small class="clip">${fault.learns}</small></span><small class="mono fixed">${fault.requirement}</small>`} />`}
        </section>
        <section class="detail stack" tabindex="-1" aria-label="Selected fault">
            ${chosen === undefined || known === null
                ? known !== null && html`<${Start} known=${known} choose=${(/** @type {string} */ id) => place.set("entry", id)} />`
                : html`<${Arm} key=${chosen.id} fault=${chosen} known=${known} control=${control} armed=${active.refresh} back=${() => place.set("entry", null)} />`}
        </section>
    </div>`;
}

/** Before a fault is selected: what there is, and with which a client is tried first. @param {{ known: Catalogue, choose: (id: string) => void }} props */
function Start({ known, choose }) {
    const first = FIRST.flatMap((id) => known.faults.filter((fault) => fault.id === id));
    return html`<div class="exchange stack">
        <header><h2><b>Make something go wrong</b></h2></header>
        <p class="small soft">Select a fault and arm it. It affects every caller that matches its conditions, until you disarm it.</p>
        <dl class="facts figures box">${CLASSES.map(([name, about]) => html`<div><dt class="across"><i class=${`dot fixed ${name}`}></i>${name}</dt><dd>${known.faults.filter((fault) => fault.class === name).length}</dd><small>${about}</small></div>`)}</dl>
        <section class="side-of stack"><h3>Try these first</h3>
            <ul class="tiles">${first.map((fault) => html`<li><button type="button" class="tile small" onClick=${() => choose(fault.id)}><span class="grows"><b class="address">${fault.id}</b><small>${fault.learns}</small></span><${Icon} name="chevron" /></button></li>`)}</ul></section>
    </div>`;
}

/** @param {{ control: import("./control.js").Control, active: ReturnType<typeof useRead>, open: (id: string) => void }} props */
function ArmedList({ control, active, open }) {
    const { call, busy, told } = useCalls(control, active.refresh);
    const armed = /** @type {Armed[]} */ (active.value?.active ?? []);
    const disarm = (/** @type {Armed} */ { number, project }) => call("clear_faults", { number }, undefined, { everybody: project === null });
    const own = armed.filter(({ project }) => project !== null).length;
    return html`<div class="armed fixed">
        <header><h2>Armed</h2>${own > 1 && html`<button type="button" class="button plain" disabled=${busy !== null} onClick=${() => call("clear_faults")}>Disarm all in this project</button>`}</header>
        <${Problem} problem=${active.problem} retry=${active.refresh} />
        ${active.value === null ? null : armed.length === 0 ? html`<p class="hint">No faults armed.</p>` : html`<ul class="stack">${armed.map((each) => html`<li key=${each.number} class="across box small">
            <i class=${`dot fixed ${each.class}`}></i>
            <span class="what stack grows"><button type="button" class="link address clip" onClick=${() => open(each.fault)}>${each.fault}</button><small class="clip">${conditionsOf(each)}</small></span>
            <span class=${`fired fixed ${each.fired > 0 ? "yes" : ""}`}>${each.fired > 0 ? `fired ${each.fired}×` : "not fired yet"}${each.over ? ", over" : ""}</span>
            <button type="button" class="button" disabled=${busy !== null} aria-label=${`Disarm ${each.fault}`} onClick=${() => disarm(each)}>Disarm</button>
        </li>`)}</ul>`}
        ${told}
    </div>`;
}

/** @param {Armed} armed */
function conditionsOf({ where, parameters, project }) {
    const said = [...Object.entries(parameters), ...Object.entries(where).filter(([name, value]) => !(AS_ALWAYS[name] === value))].map(([name, value]) => grammar(name, {}).concat("=", typeof value === "string" ? value : JSON.stringify(value)));
    return [...(project === null ? ["all callers"] : []), ...said].join(" · ") || "always";
}

/** @param {{ fault: Fault, known: Catalogue, control: import("./control.js").Control, armed: () => void, back: () => void }} props */
function Arm({ fault, known, control, armed, back }) {
    const [texts, setTexts] = useState(/** @type {Record<string, string>} */ ({}));
    const [everybody, setEverybody] = useState(false);
    const [way, setWay] = useState("Command");
    const { call, busy, told } = useCalls(control, armed);
    const set = (/** @type {string} */ name, /** @type {string} */ text) => setTexts((now) => ({ ...now, [name]: text }));
    const { values, wrong } = useMemo(() => read(fault, known, texts), [texts]);
    const arm = (/** @type {Event} */ event) => {
        event.preventDefault();
        call("arm_fault", { fault: fault.id, with: values }, ({ number }) => `Armed as fault ${number}. It applies from the next matching request.`, { everybody });
    };
    const isParameter = (/** @type {string} */ name) => Object.hasOwn(fault.parameters, name);
    const usual = USUAL.flatMap((name) => known.conditions.filter((each) => each.name === name));
    const other = known.conditions.filter(({ name }) => !USUAL.includes(name));
    const ways = waysToArm(fault.id, values);
    const shownWay = ways.find(({ name }) => name === way) ?? ways[0];
    const condition = (/** @type {{ name: string, about: string, kind: string, values: string[] }} */ { name, about, kind, values: all }) => html`<${Field} key=${name} name=${name} about=${about} wrong=${wrong?.name === name ? wrong.words : null} kind=${kind} all=${all} given=${fault.where[name]} text=${texts[name] ?? ""} set=${set} />`;
    return html`<form class="exchange stack arm" onSubmit=${arm}>
        <header>
            <button type="button" class="button plain icon only-narrow" aria-label="Back to the list" onClick=${back}><${Icon} name="chevron" class="turned" /></button>
            <h2><code>${fault.id}</code></h2>
            <span class=${`badge fixed tiny ${fault.class}`}>${fault.class}</span>
        </header>
        <p class="learns">${fault.learns} <small>${fault.class === "violation" ? "Breaks" : "Concerns"} <code>${fault.requirement}</code>${fault.reason === null ? "" : html`, reported as <code>${fault.reason}</code>`}.</small></p>
        ${Object.keys(fault.parameters).length > 0 && html`<fieldset><legend>Parameters</legend><div class="fields">${Object.entries(fault.parameters).map(([name, value]) => html`<${Field} key=${name} name=${name} wrong=${wrong?.name === name ? wrong.words : null} about=${`Default: ${JSON.stringify(value)}`} kind=${typeof value === "number" ? "number" : "text"} given=${value} text=${texts[name] ?? ""} set=${set} />`)}</div></fieldset>`}
        <fieldset><legend>Conditions</legend><div class="fields">${usual.map(condition)}</div>
            <details class="tool box small"><summary><${Icon} name="chevron" class="chevron" /><span>More conditions</span></summary><div class="inside"><div class="fields">${other.map(condition)}</div></div></details>
            <details class="tool box small"><summary><${Icon} name="chevron" class="chevron" /><span>Limit to situations</span></summary><div class="inside situations">
                ${known.situations.map(({ name, about, values: all }) => {
                    const key = isParameter(name) ? `situation.${name}` : name;
                    const picked = (texts[key] ?? "").split("|").filter(Boolean);
                    return html`<div class="dimension" role="group" aria-label=${name}><div class="stack"><b>${name}</b><small>${about}</small></div><div class="chips across wraps">${all.map((value) => html`<button type="button" class="button chip-button" aria-pressed=${picked.includes(value)} onClick=${() => set(key, (picked.includes(value) ? picked.filter((each) => each !== value) : [...picked, value]).join("|"))}>${value}</button>`)}</div></div>`;
                })}
            </div></details>
        </fieldset>
        <label class="check"><input type="checkbox" checked=${everybody} onChange=${(/** @type {any} */ event) => setEverybody(event.currentTarget.checked)} />Apply to all projects and to requests without credentials</label>
        <div><button type="submit" class="button primary" disabled=${busy !== null || wrong !== null}><${Icon} name="bolt" />Arm</button></div>
        ${told}
        <section class="side-of stack"><h3>Other ways to arm it</h3>
            <div class="chips across wraps" role="group" aria-label="Where">${ways.map(({ name }) => html`<button type="button" class="button chip-button" aria-pressed=${name === shownWay.name} onClick=${() => setWay(name)}>${name}</button>`)}</div>
            <${Code} code=${shownWay.text} language=${shownWay.language} />
        </section>
    </form>`;
}

/** @param {{ name: string, about: string, kind: string, all?: string[], given: unknown, text: string, wrong: string | null, set: (name: string, text: string) => void }} props */
function Field({ name, about, kind, all = [], given, text, wrong, set }) {
    const held = given === undefined ? "" : typeof given === "string" ? given : JSON.stringify(given);
    const write = (/** @type {any} */ event) => set(name, event.currentTarget.value);
    if (kind === "stream") {
        return html`<label class="field stack"><span>${name}</span><select class="input" value=${text} onChange=${write}><option value="">${held || "all streams together"}</option><option value="stream">stream</option></select><small>${about.replaceAll("`", "")}</small></label>`;
    }
    return html`<label class="field stack"><span>${name}</span>${all.length > 0 && html`<datalist id=${`all-${name}`}>${all.map((each) => html`<option value=${each}></option>`)}</datalist>`}<input class="input" list=${all.length > 0 ? `all-${name}` : undefined} inputmode=${kind === "text" ? "text" : "decimal"} placeholder=${held} value=${text} onInput=${write} aria-invalid=${wrong === null ? undefined : "true"} /><small class=${wrong === null ? "" : "wrong"} role=${wrong === null ? undefined : "alert"}>${wrong ?? about.replaceAll("`", "")}</small></label>`;
}

/** What was written, as values, or which of it cannot be one. @param {Fault} fault @param {Catalogue} known @param {Record<string, string>} texts */
export function read(fault, known, texts) {
    /** @type {Record<string, unknown>} */
    const values = {};
    for (const [name, text] of Object.entries(texts).map(([key, raw]) => [key, raw.trim()]).filter(([, each]) => each !== "")) {
        const given = fault.parameters[name];
        const condition = Object.hasOwn(fault.parameters, name) ? undefined : known.conditions.find((each) => each.name === name);
        const unknown = condition?.values.length ? text.split("|").find((each) => each !== "none" && !condition.values.includes(each)) : undefined;
        if (unknown !== undefined) return { values, wrong: { name, words: `Must be one of ${condition?.values.join(", ")}, not ${unknown}.` } };
        const isNumber = condition === undefined ? typeof given === "number" : condition.kind === "whole" || condition.kind === "number";
        if (isNumber) {
            if (Number.isNaN(Number(text))) return { values, wrong: { name, words: `Must be a number, not ${text}.` } };
            values[name] = Number(text);
        } else if (Object.hasOwn(fault.parameters, name) && typeof given !== "string") {
            try {
                values[name] = JSON.parse(text);
            } catch {
                if (name !== "value") return { values, wrong: { name, words: `Must be a value like ${JSON.stringify(given)}.` } };
                values[name] = text;
            }
        } else values[name] = text;
    }
    return { values, wrong: null };
}
