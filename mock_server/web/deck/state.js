// The project's state: snapshots to restore and fork, open streams, and reset.
import { counted } from "../ui/counts.js";
import { sizeInWords } from "../client/uploads.js";
import { Dialog } from "../ui/dialog.js";
import { Icon } from "../ui/icons.js";
import { html, useState } from "../vendor/preact.js";
import { Problem, Quiet, useCalls, useRead } from "./parts.js";

const REFRESH_MS = 3000;
/** @typedef {{ name: string, taken_at: string, tasks: Record<string, string>, sessions: number, bytes: number }} Snapshot */
/** @typedef {{ title: string, about: string, does: string, run: () => void }} Question */

/** How many tasks are in which status. @param {Record<string, string>} tasks */
export function tasksInWords(tasks) {
    const counts = new Map();
    for (const status of Object.values(tasks)) counts.set(status, (counts.get(status) ?? 0) + 1);
    const total = Object.keys(tasks).length;
    const parts = [...counts].map(([status, count]) => `${count} ${status.replaceAll("_", " ")}`);
    return total === 0 ? "no tasks" : `${counted(total, "task")} (${parts.join(", ")})`;
}

/** @param {import("./parts.js").TabProps} props */
export default function State({ control }) {
    const snapshots = useRead(() => control.ask("list_snapshots"), [], REFRESH_MS);
    const streams = useRead(() => control.ask("list_streams"), [], REFRESH_MS);
    const [name, setName] = useState("");
    const table = useRead(() => control.ask("document"), []);
    const parts = /** @type {{ const: string, description: string }[]} */ (table.value?.components.schemas.Part.oneOf ?? []);
    const [kept, setKept] = useState(/** @type {string[]} */ ([]));
    const scope = parts.map((part) => part.const).filter((part) => !kept.includes(part));
    const [question, setQuestion] = useState(/** @type {Question | null} */ (null));
    const refresh = () => {
        snapshots.refresh();
        streams.refresh();
    };
    const { call, busy, told } = useCalls(control, refresh);
    const take = (/** @type {Event} */ event) => {
        event.preventDefault();
        call("take_snapshot", { name: name.trim() || null }, (taken) => {
            setName("");
            return `Saved ${taken.name}: ${tasksInWords(taken.tasks)}.`;
        });
    };
    /** @param {Snapshot} snapshot */
    const restore = ({ name: restored }) => call("restore_snapshot", { name: restored }, () => `Restored ${restored}. Open streams were closed: reconnect them.`);
    /** @param {Snapshot} snapshot */
    const fork = ({ name: forked }) =>
        call("fork_snapshot", { name: forked, count: 1 }, ({ forks }) => html`Project <code>${forks[0].project}</code> was created from ${forked}. API key (shown once): <code class="key">${forks[0].api_key}</code>`);
    /** @param {Snapshot} snapshot */
    const remove = ({ name: removed }) => call("delete_snapshot", { name: removed }, () => `Deleted ${removed}.`);
    const reset = () => call("reset", { scope }, (answer) => `Reset: ${answer.reset.join(", ")}.`);
    const held = /** @type {Snapshot[]} */ (snapshots.value?.snapshots ?? []);
    const open = /** @type {{ task: string }[]} */ (streams.value?.open ?? []);
    return html`<div class="page stack">
        <${Problem} problem=${snapshots.problem ?? streams.problem} retry=${refresh} />
        ${told}
        <section class="panel stack" aria-label="Snapshots">
            <h2>Snapshots <small>${held.length || ""}</small></h2>
            <p class="hint">A snapshot keeps tasks, files, live sessions, waiting runs, armed faults, clock and seed of the project, as long as the server runs.</p>
            <form class="row-of wraps" onSubmit=${take}>
                <input class="input" aria-label="Snapshot name" placeholder="Name, for example before-refactoring" value=${name} onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} />
                <button type="submit" class="button primary" disabled=${busy !== null}><${Icon} name="camera" />Save snapshot</button>
            </form>
            ${snapshots.value === null && html`<div class="working"><i></i>Loading snapshots…</div>`}
            ${snapshots.value !== null && held.length === 0 && html`<${Quiet} icon="camera" title="No snapshots yet">Save a snapshot before a test, then restore it as often as you need.<//>`}
            ${held.length > 0 && html`<ul class="timers stack">${held.map((snapshot) => html`<li key=${snapshot.name} class="wraps">
                <span class="what stack"><b>${snapshot.name}</b><small>${snapshot.taken_at.slice(0, 19).replace("T", " ")} · ${tasksInWords(snapshot.tasks)}, ${counted(snapshot.sessions, "session")} · ${sizeInWords(snapshot.bytes)}</small></span>
                <span class="row-of wraps">
                    <button type="button" class="button" disabled=${busy !== null} aria-label=${`Restore ${snapshot.name}`} onClick=${() => setQuestion({ title: `Restore ${snapshot.name}?`, about: "Changes since the snapshot are lost, and open streams are closed.", does: "Restore", run: () => restore(snapshot) })}>Restore</button>
                    <button type="button" class="button" disabled=${busy !== null} aria-label=${`Fork ${snapshot.name}`} title="Create a project from this snapshot" onClick=${() => fork(snapshot)}>Fork</button>
                    <button type="button" class="button plain icon" disabled=${busy !== null} aria-label=${`Delete ${snapshot.name}`} title="Delete" onClick=${() => remove(snapshot)}><${Icon} name="cross" /></button>
                </span>
            </li>`)}</ul>`}
        </section>
        <section class="panel stack" aria-label="Open streams">
            <h2>Open streams <small>${open.length || ""}</small></h2>
            ${streams.value === null ? html`<div class="working"><i></i>Loading streams…</div>` : open.length === 0 ? html`<p class="hint">No open streams in this project.</p>` : html`<ul class="timers stack">${open.slice(0, 100).map(({ task }) => html`<li><span class="what stack"><a href=${`/c/${encodeURIComponent(task)}`}>${task}</a></span></li>`)}</ul>`}
        </section>
        <section class="panel stack" aria-label="Reset">
            <h2>Reset</h2>
            <div class="parts" role="group" aria-label="What to reset">${parts.map(({ const: part, description }) => html`<label class="check"><input type="checkbox" checked=${scope.includes(part)} onChange=${() => setKept(kept.includes(part) ? kept.filter((each) => each !== part) : [...kept, part])} /><span><b>${part}</b> <small>${description}</small></span></label>`)}</div>
            <div class="row-of wraps"><button type="button" class="button" disabled=${busy !== null || scope.length === 0} onClick=${() => setQuestion({ title: "Reset the project?", about: `You can't undo this. To reset: ${scope.join(", ")}.`, does: "Reset", run: reset })}>Reset project</button></div>
        </section>
        ${question !== null && html`<${Ask} question=${question} close=${() => setQuestion(null)} />`}
    </div>`;
}

/** Asked before what cannot be undone. @param {{ question: Question, close: () => void }} props */
function Ask({ question, close }) {
    return html`<${Dialog} label=${question.title} onClose=${close}>
        <h2>${question.title}</h2><p class="text">${question.about}</p>
        <div class="actions">
            <button type="button" class="button" onClick=${close}>Cancel</button>
            <button type="button" class="button primary" onClick=${() => {
                close();
                question.run();
            }}>${question.does}</button>
        </div>
    </${Dialog}>`;
}
