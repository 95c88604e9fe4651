// What was asked of a project, and what happened to one task.
import { counted } from "../ui/counts.js";
import { html } from "../vendor/preact.js";
import { STATES, colourOf } from "../ui/states.js";
import { within } from "./console-api.js";
import { Copy, Empty, Head, Loaded, Table, Time, useRead } from "./parts.js";
import { addressOf } from "./places.js";
import { stepsOf } from "./timeline.js";

const CUT = 160;
/**
 * The chat signs in with the local key of this machine, which sees nothing of a project that was made here: there it asks for a key.
 * @param {import("./console-api.js").Project} project @param {string} [task]
 */
const chatOf = (project, task) => `${task === undefined ? "/" : `/c/${task}`}${project.declared ? "" : "#key"}`;

/** @param {import("./app.js").InProject} props */
export function Tasks(props) {
    return props.part === null ? html`<${TaskList} ...${props} />` : html`<${Timeline} ...${props} part=${props.part} />`;
}

/** @param {{ status: string }} props */
function State({ status }) {
    return html`<span class=${`state ${colourOf(status)}`}>${STATES[status] ?? status}</span>`;
}

/** @param {import("./app.js").InProject} props */
function TaskList({ api, project }) {
    const read = useRead(() => api.get(within(project, "tasks")), [project.id]);
    const by = (/** @type {any} */ task) => task.endUserId ?? task.username;
    const columns = [
        { title: "Task", kind: "main", text: (/** @type {any} */ task) => task.message, cell: (/** @type {any} */ task) => html`<a href=${addressOf(project.id, "tasks", task.id)} dir="auto">${task.message.slice(0, CUT) || "(empty message)"}</a>` },
        { title: "Status", text: (/** @type {any} */ task) => STATES[task.status] ?? task.status, cell: (/** @type {any} */ task) => html`<${State} status=${task.status} />` },
        { title: "Created by", text: by, cell: by },
        { title: "Created", text: (/** @type {any} */ task) => Date.parse(task.createdAt), cell: (/** @type {any} */ task) => html`<${Time} when=${task.createdAt} relative />` },
        { title: "Messages", text: (/** @type {any} */ task) => task.messageCount, cell: (/** @type {any} */ task) => task.messageCount },
    ];
    const { tasks = [], total = 0 } = read.value ?? {};
    return html`<${Head} title="Tasks" about=${total > tasks.length ? `The newest ${tasks.length} of ${total} tasks from everyone in the project.` : "Tasks from everyone in the project, newest first."}>
            <button type="button" class="button" onClick=${read.again}>Refresh</button>
        </${Head}>
        <${Loaded} read=${read}>
            ${tasks.length === 0
                ? html`<${Empty} icon="list" title="No tasks yet">Send a message in the <a href=${chatOf(project)}>chat</a>, or create a task with one of this project's API keys.</${Empty}>`
                : html`<${Table} label="Tasks" columns=${columns} rows=${tasks} keyOf=${(/** @type {any} */ task) => task.id} />`}
        </${Loaded}>`;
}

/** @param {import("./app.js").InProject & { part: string }} props */
function Timeline({ api, project, part }) {
    const read = useRead(
        async () => {
            const [{ timeline, dropped }, { tasks }] = await Promise.all([api.get(within(project, "tasks", part, "timeline")), api.get(within(project, "tasks"))]);
            return { steps: stepsOf(timeline), dropped, task: tasks.find((/** @type {any} */ task) => task.id === part) ?? null };
        },
        [project.id, part],
    );
    const task = read.value?.task;
    return html`<a class="up small" href=${addressOf(project.id, "tasks")}>All tasks</a>
        <${Head} title=${task ? task.message.slice(0, CUT) || "(empty message)" : "Task"} about=${html`<span class="copied across wraps"><code>${part}</code>${task && html` <${State} status=${task.status} />`}</span>`}>
            <${Copy} text=${part} label="Copy id" /><a class="button" href=${chatOf(project, part)}>Open in chat</a><a class="button" href=${`/__mock/ui?q=task:${part}`}>View requests</a><button type="button" class="button" onClick=${read.again}>Refresh</button>
        </${Head}>
        <${Loaded} read=${read}>
            ${read.value?.dropped > 0 && html`<p class="notice"><span>No longer shown: ${counted(read.value?.dropped, "older entry", "older entries")}.</span></p>`}
            ${read.value?.steps.length === 0
                ? html`<${Empty} icon="list" title="No timeline">Timelines are kept in memory and are lost on restart.</${Empty}>`
                : html`<ol class="timeline box large" aria-label="Timeline">${read.value?.steps.map(
                      (step, at) => html`<li key=${at} class=${`is-${step.kind}`}><time>+${(step.at / 1000).toFixed(2)} s</time><b>${step.words}</b><span>${step.about}</span>${step.count > 1 && html`<span class="tag fixed soft tiny">${step.count} times</span>`}</li>`,
                  )}</ol>`}
        </${Loaded}>`;
}
