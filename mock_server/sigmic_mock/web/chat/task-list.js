// The conversations of this account, by their last activity.
import { html, signal, useState } from "../vendor/preact.js";
import { asApiError } from "../ui/conversation.js";
import { Icon } from "../ui/icons.js";
import { STATES, colourOf } from "../ui/states.js";
import { ago, dayOf } from "../ui/time.js";

const PAGE = 50;
const CUT = 120;

/** What the list knows; read again after every turn. */
export class TaskList {
    /** @param {import("../client/api.js").Api} api */
    constructor(api) {
        this.api = api;
        this.tasks = signal(/** @type {any[] | null} */ (null));
        this.hasMore = signal(false);
        this.problem = signal(/** @type {import("../client/api.js").ApiError | null} */ (null));
        this.offset = 0;
    }

    /** Read the newest. */
    async refresh() {
        try {
            const { tasks, hasMore } = await this.api.tasks({ limit: Math.max(PAGE, Math.min(100, this.offset)) });
            this.tasks.value = tasks;
            this.offset = tasks.length;
            this.hasMore.value = hasMore;
            this.problem.value = null;
        } catch (problem) {
            this.problem.value = asApiError(problem);
        }
    }

    /** Read older ones. */
    async more() {
        try {
            const { tasks, hasMore } = await this.api.tasks({ limit: PAGE, offset: this.offset });
            const known = new Set((this.tasks.value ?? []).map((task) => task.id));
            this.tasks.value = [...(this.tasks.value ?? []), ...tasks.filter((/** @type {any} */ task) => !known.has(task.id))];
            this.offset += tasks.length;
            this.hasMore.value = hasMore;
        } catch (problem) {
            this.problem.value = asApiError(problem);
        }
    }
}

/**
 * @param {{ list: TaskList, current: string | null, href: (id: string | null) => string, go: (id: string | null) => void,
 *     status: string | null }} props  `status` is that of the current one, as its stream says
 */
export function TaskLinks({ list, current, href, go, status }) {
    const [words, setWords] = useState("");
    const tasks = list.tasks.value;
    const wanted = words.trim().toLowerCase();
    const shown = (tasks ?? []).filter((task) => task.showInHistory !== false && String(task.message).toLowerCase().includes(wanted));
    const now = Date.now();
    const days = [...Map.groupBy(shown, (task) => dayOf(task.lastActivityAt, now))];
    const open = (/** @type {string} */ id) => (/** @type {MouseEvent} */ event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(id);
    };
    return html`<input class="input fixed" type="search" placeholder="Search conversations" aria-label="Search conversations" value=${words} onInput=${(/** @type {any} */ event) => setWords(event.currentTarget.value)} />
        ${list.problem.value !== null && html`<div class="quiet soft small"><div class="notice bad" role="alert"><span>${list.problem.value.message} <small><code>${list.problem.value.code}</code></small></span><button type="button" class="button" onClick=${() => list.refresh()}>Try again</button></div></div>`}
        ${tasks === null && list.problem.value === null && html`<div class="quiet working"><i></i>Loading conversations…</div>`}
        ${tasks !== null && shown.length === 0 && html`<p class="quiet soft small">${wanted ? "No conversations match your search." : "Your conversations appear here, including tasks that you create with the API key."}</p>`}
        <div class="tasks places scroll">
            ${days.map(
                ([day, tasks]) => html`<h2 key=${day} class="tiny soft">${day}</h2>
                <ul key=${`${day} tasks`} aria-label=${day}>${tasks.map((task) => {
                    const state = task.id === current && status !== null ? status : task.status;
                    return html`<li key=${task.id}>
                        <a href=${href(task.id)} aria-current=${task.id === current ? "page" : undefined} onClick=${open(task.id)}>
                            <span class="title clip" dir="auto">${String(task.message).slice(0, CUT)}</span>
                            <span class="about across soft tiny"><span class=${`state ${colourOf(state)}`}>${STATES[state] ?? state}</span><time datetime=${task.lastActivityAt}>${ago(task.lastActivityAt, now)}</time></span>
                        </a>
                    </li>`;
                })}</ul>`,
            )}
            ${list.hasMore.value && html`<button type="button" class="button plain" onClick=${() => list.more()}><${Icon} name="down" />Load older</button>`}
        </div>`;
}
