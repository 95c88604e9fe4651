// Playbooks: those that the project meets, and one to write, checked by the server as it is written.
import { counted } from "../ui/counts.js";
import { Icon } from "../ui/icons.js";
import { html, useEffect, useMemo, useState } from "../vendor/preact.js";
import { Editor } from "./editor.js";
import { Problem, Quiet, refusalIn, useAct, useCalls, useRead } from "./parts.js";

const CHECK_AFTER_MS = 300;
const NEW = "new:";
const TEMPLATE = `name: my-playbook
summary: What it is for.
when:
  message: "playbook: my-playbook"
steps:
  - think:
      subject: Looking around
      description: I list the files first.
  - tool:
      name: list_directory
      args: {path: /workspace}
  - say: "That is all there is."
`;
/** @type {Record<string, string>} */
const ORIGINS = { project: "this project", folder: "from the folder", bundled: "bundled" };

/** @typedef {{ name: string, summary: string, from: string, steps: number, turns: number, chosen: number }} Listed */
/** @typedef {{ problems: { line: number | null, text: string }[], understood: any, chosen: { message: string, playbook: string | null } | null }} Checked */

/** The name that a text gives itself, else one to check it under. @param {string} text */
export function nameIn(text) {
    return /^name:[ \t]*["']?([\w-]+)/m.exec(text)?.[1] ?? "untitled";
}

/** @param {import("./parts.js").TabProps} props */
export default function Playbooks({ control, place, search }) {
    const listed = useRead(() => control.ask("list_playbooks"), [], 5000);
    // Here, so that what is told of a playbook stays when it gets its name.
    const work = useAct();
    const choose = (/** @type {string} */ name) => {
        work.clear();
        place.set("entry", name);
    };
    const words = (place.get("q") ?? "").toLowerCase();
    const chosen = place.get("entry");
    const all = /** @type {Listed[]} */ (listed.value?.playbooks ?? []);
    const shown = all.filter(({ name, summary }) => `${name} ${summary}`.toLowerCase().includes(words));
    return html`<div class=${`two ${chosen === null ? "" : "opened"}`}>
        <section class="master stack" aria-label="Playbooks">
            <div class="filters stack"><div class="row-of wraps">
                <input class="input" type="search" ref=${search} aria-label="Search playbooks" placeholder="Search playbooks" value=${words} onInput=${(/** @type {any} */ event) => place.set("q", event.currentTarget.value || null)} />
                <button type="button" class="button" onClick=${() => choose(NEW)}><${Icon} name="plus" />New</button>
            </div></div>
            <${Replies} control=${control} />
            <${Problem} problem=${listed.problem} retry=${listed.refresh} />
            ${(listed.value?.problems ?? []).map((/** @type {string} */ problem) => html`<div class="notice bad"><span>${problem}</span></div>`)}
            ${listed.value === null && listed.problem === null && html`<div class="quiet soft small working"><i></i>Loading playbooks…</div>`}
            ${listed.value !== null && shown.length === 0 && html`<${Quiet} icon="script" title="No matching playbooks" />`}
            <ul class="links">${shown.map((each) => html`<li key=${each.name}><button type="button" class="row" aria-current=${each.name === chosen} onClick=${() => choose(each.name)}>
                <span class="what stack"><span class="address">${each.name}</span><small>${each.summary}</small></span>
                <span class="when stack fixed soft tiny"><small>${ORIGINS[each.from]}</small><small>${each.chosen > 0 ? `used ${each.chosen}×` : ""}</small></span>
            </button></li>`)}</ul>
        </section>
        <section class="detail stack" tabindex="-1" aria-label="Selected playbook">
            ${chosen === null
                ? html`<${Quiet} icon="script" title="Select or create a playbook">A playbook scripts the agent's reply to a message: thoughts, tool calls and text. A playbook saved here belongs to this project only.<//>`
                : html`<${Script} key=${chosen} work=${work} control=${control} name=${chosen === NEW ? null : chosen} changed=${listed.refresh} go=${(/** @type {string | null} */ name) => place.set("entry", name)} />`}
        </section>
    </div>`;
}

/** The agent's next answers, used before any playbook. @param {{ control: import("./control.js").Control }} props */
function Replies({ control }) {
    const listed = useRead(() => control.ask("list_replies"), [], 2000);
    const { call, busy, told } = useCalls(control, listed.refresh);
    const [text, setText] = useState("");
    const waiting = listed.value?.replies.length ?? 0;
    return html`<form class="filters stack" onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        call("add_reply", { text }, () => setText(""));
    }}>
        <div class="row-of wraps">
            <input class="input" aria-label="Next answer" placeholder="Next answer: You said {{message}}" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
            <button type="submit" class="button" disabled=${busy !== null || text.trim() === ""}>Add reply</button>
            ${waiting > 0 && html`<button type="button" class="button" disabled=${busy !== null} onClick=${() => call("remove_replies")}>Remove ${counted(waiting, "reply", "replies")}</button>`}
        </div>
        ${told}
    </form>`;
}

/** @param {{ control: import("./control.js").Control, name: string | null, work: ReturnType<typeof useAct>, changed: () => void, go: (name: string | null) => void }} props */
function Script({ control, name, work: { act, busy, told }, changed, go }) {
    const [text, setText] = useState(/** @type {string | null} */ (name === null ? TEMPLATE : null));
    const [from, setFrom] = useState("");
    const [checked, setChecked] = useState(/** @type {Checked | null} */ (null));
    const [unread, setUnread] = useState(/** @type {import("../client/api.js").ApiError | null} */ (null));
    const [message, setMessage] = useState("");
    const [line, setLine] = useState(/** @type {number | null} */ (null));
    const load = () => {
        if (name === null) return;
        control.ask("read_playbook", { name }).then(
            (found) => {
                setText(found.yaml);
                setFrom(found.from);
                setUnread(null);
            },
            (error) => setUnread(refusalIn(error)),
        );
    };
    useEffect(load, [name]);
    useEffect(() => {
        if (text === null) return undefined;
        const abort = new AbortController();
        const timer = setTimeout(() => {
            const written = { name: nameIn(text), yaml: text, message: message || null };
            control.ask("check_playbook", written, { signal: abort.signal }).then(
                (answer) => {
                    setChecked(answer);
                    setUnread(null);
                },
                (error) => abort.signal.aborted || setUnread(refusalIn(error)),
            );
        }, CHECK_AFTER_MS);
        return () => {
            clearTimeout(timer);
            abort.abort();
        };
    }, [text, message]);
    const wrong = useMemo(() => new Set((checked?.problems ?? []).flatMap((problem) => (problem.line === null ? [] : [problem.line]))), [checked]);
    if (text === null) return unread === null ? html`<div class="quiet soft small working"><i></i>Loading playbook…</div>` : html`<${Problem} problem=${unread} retry=${load} />`;
    const written = nameIn(text);
    const save = () =>
        act("save", async () => {
            await control.ask("put_playbook", { name: written, yaml: text });
            setFrom("project");
            changed();
            if (name !== written) go(written);
            return `Saved ${written} for this project. It applies to the next matching message.`;
        });
    const remove = () =>
        act("remove", async () => {
            await control.ask("remove_playbook", { name: written });
            changed();
            go(null);
        });
    const right = checked !== null && checked.problems.length === 0;
    return html`<div class="exchange stack script">
        <header>
            <button type="button" class="button plain icon only-narrow" aria-label="Back to the list" onClick=${() => go(null)}><${Icon} name="chevron" class="turned" /></button>
            <h2><code>${written}</code> <small>${name === null ? "unsaved" : (ORIGINS[from] ?? "")}</small></h2>
            ${from === "project" && html`<button type="button" class="button" disabled=${busy !== null} onClick=${remove}>Remove</button>`}
            <button type="button" class="button primary" disabled=${busy !== null || !right} onClick=${save}>Save for this project</button>
        </header>
        ${told}
        <${Problem} problem=${unread} retry=${() => setText(`${text}`)} />
        <${Editor} text=${text} write=${(/** @type {string} */ next) => {
            setLine(null);
            setText(next);
        }} label="The playbook as YAML" wrong=${wrong} line=${line} />
        <div role="status" class="verdict small">
            ${checked === null ? html`<p class="hint">Checking…</p>` : right ? html`<p class="fine across"><${Icon} name="check" />No problems found.</p>` : html`<ul class="problems stack">${checked.problems.map((problem) => html`<li>${problem.line === null ? html`<span>${problem.text}</span>` : html`<button type="button" class="link" onClick=${() => {
                setLine(null);
                requestAnimationFrame(() => setLine(problem.line));
            }}><b>Line ${problem.line}</b> ${problem.text}</button>`}</li>`)}</ul>`}
        </div>
        ${right && html`<section class="side-of stack" aria-label="How the agent reads it"><h3>How the agent reads it</h3>
            <${Understood} understood=${checked.understood} />
            <label class="field stack small"><span>Test a message</span><input class="input" placeholder="Enter a message to see which playbook matches" value=${message} onInput=${(/** @type {any} */ event) => setMessage(event.currentTarget.value)} /></label>
            ${checked.chosen !== null && message !== "" && html`<p class="hint" role="status">${checked.chosen.playbook === written ? "This playbook matches." : checked.chosen.playbook === null ? "No playbook matches. The agent uses directives or its default answer." : html`No: <code>${checked.chosen.playbook}</code> matches with higher precedence.`}</p>`}
        </section>`}
    </div>`;
}

/** @param {{ understood: any }} props */
function Understood({ understood }) {
    return html`<div class="understood stack box small">
        <p>For a message ${conditions(understood.when)}${understood.follows_system_prompt ? ", in the style of its system prompt" : ""}:</p>
        <${Steps} steps=${understood.steps} />
        ${understood.turns.map((/** @type {any} */ turn) => html`<p>For a later message ${conditions(turn.when)}:</p><${Steps} steps=${turn.steps} />`)}
    </div>`;
}

/** @param {{ steps: Record<string, any>[] }} props */
function Steps({ steps }) {
    return html`<ol>${steps.map((step) => {
        const [[kind, value] = ["nothing", null]] = Object.entries(step);
        const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
        const nested = isObject ? Object.entries(value).filter(([, held]) => isSteps(held)) : isSteps(value) ? [["", value]] : [];
        const plain = isObject ? Object.fromEntries(Object.entries(value).filter(([, held]) => !isSteps(held))) : isSteps(value) ? null : value;
        return html`<li><b>${kind.replaceAll("_", " ")}</b> ${plain === null ? "" : typeof plain === "string" ? html`<q>${plain.slice(0, 400)}</q>` : html`<code>${JSON.stringify(plain).slice(0, 400)}</code>`}
            ${nested.map(([name, held]) => html`<div class="nested">${name && html`<small>${name.replaceAll("_", " ")}</small>`}<${Steps} steps=${held} /></div>`)}</li>`;
    })}</ol>`;
}

/** @param {any} value */
const isSteps = (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each !== null && typeof each === "object" && !Array.isArray(each) && Object.keys(each).length === 1);

/** @param {{ message: string | null, regex: string | null, files: string[], project: string | null }[]} selectors */
function conditions(selectors) {
    const said = selectors.map(({ message, regex, files, project }) => [message === null ? null : html`like <code>${message}</code>`, regex === null ? null : html`matching <code>/${regex}/</code>`, files.length === 0 ? null : html`with a file <code>${files.join(", ")}</code>`, project === null ? null : html`in project <code>${project}</code>`].filter((each) => each !== null));
    if (said.length === 0 || said.some((parts) => parts.length === 0)) return "(any message)";
    return said.map((parts, at) => html`${at > 0 && ", or "}${parts.map((part, more) => html`${more > 0 && " "}${part}`)}`);
}
