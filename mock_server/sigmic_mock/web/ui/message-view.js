// Messages and what they are made of: thoughts, tool calls, subagents, text, files.
import { html, useMemo, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Code } from "./code.js";
import { Markdown } from "./markdown-view.js";
import { STATES } from "./states.js";

const MOST_LINES = 400;
const MOST_CHARACTERS = 40_000;

/** @param {unknown} value */
export function asText(value) {
    try {
        return JSON.stringify(value, null, 2) ?? "";
    } catch {
        return String(value);
    }
}

/** @param {{ text: string, language?: string }} props */
export function Cut({ text, language = "" }) {
    const [all, setAll] = useState(false);
    const short = useMemo(() => {
        const lines = text.slice(0, MOST_CHARACTERS).split("\n", MOST_LINES + 1);
        const isLong = lines.length > MOST_LINES || text.length > MOST_CHARACTERS;
        return isLong ? lines.slice(0, MOST_LINES).join("\n") : null;
    }, [text]);
    const cut = short !== null && !all;
    return html`<${Code} code=${cut ? short : text} language=${language} tall />
        ${cut && html`<button type="button" class="button" onClick=${() => setAll(true)}>Show all ${text.length.toLocaleString("en")} characters</button>`}`;
}

/** The arguments on one line; a text that is the only one needs no name. @param {any} args */
function argumentLine(args) {
    if (args === null || typeof args !== "object") return "";
    const named = Object.entries(args).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
    return named.map(([name, value]) => (named.length === 1 ? value : `${name}: ${value}`)).join("  ").slice(0, 200);
}

/** @param {{ part: import("../client/turn.js").ToolPart }} props */
function Tool({ part }) {
    const took = part.until !== null && part.since > 0 ? part.until - part.since : null;
    const output = part.output ?? "";
    return html`<details class="tool box small">
        <summary>
            <${Icon} name="chevron" class="chevron" />
            <span class="tool-name">${part.toolName}</span>
            <span class="tool-line grows clip">${argumentLine(part.args)}</span>
            <span class=${`state ${part.status}`}>${STATES[part.status] ?? part.status}${took !== null && took >= 100 ? ` · ${(took / 1000).toFixed(1)} s` : ""}</span>
        </summary>
        <div class="inside">
            ${part.args !== null && html`<h4>Arguments</h4><${Cut} text=${asText(part.args)} language="json" />`}
            ${part.output !== null && html`<h4>Result</h4>${output === "" ? html`<p>No output.</p>` : html`<${Cut} text=${output} />`}`}
        </div>
    </details>`;
}

/** @param {{ part: import("../client/turn.js").ThoughtPart }} props */
function Thought({ part }) {
    const subject = part.subject || "Thought";
    if (part.description === "") return html`<div class="working">${subject}</div>`;
    return html`<details class="thought small soft">
        <summary><${Icon} name="chevron" class="chevron" /><${Icon} name="thought" /><span>${subject}</span></summary>
        <div class="thought-text">${part.description}</div>
    </details>`;
}

/** @param {{ part: import("../client/turn.js").AgentPart }} props */
function Agent({ part }) {
    const running = part.reason === null;
    const state = running ? "executing" : part.reason === "GOAL" ? "success" : "error";
    const words = state === "error" ? part.reason : STATES[state];
    return html`<details class="agent box small">
        <summary>
            <${Icon} name="chevron" class="chevron" />
            <${Icon} name="agent" />
            <strong>${part.displayName}</strong>
            <span class="tool-line grows clip">${part.objective}</span>
            <span class=${`state ${state}`}>${words}</span>
        </summary>
        <div class="inside">
            ${part.objective && html`<p>${part.objective}</p>`}
            <${Parts} parts=${part.parts} growing=${false} />
            ${part.result && html`<h4>Result</h4><p>${part.result}</p>`}
        </div>
    </details>`;
}

/** @param {{ parts: readonly import("../client/turn.js").Part[], growing: boolean }} props */
export function Parts({ parts, growing }) {
    return parts.map((part, at) => {
        if (part.kind === "text") return html`<${Markdown} key=${at} text=${part.text} growing=${growing && at === parts.length - 1} />`;
        const Kind = part.kind === "tool" ? Tool : part.kind === "agent" ? Agent : Thought;
        return html`<${Kind} key=${at} part=${part} />`;
    });
}

/** Who says it and when, and what can be done with it. @param {{ name: string, message: import("../client/turn.js").Message, children: any }} props */
function Sender({ name, message, children }) {
    const when = new Date(message.createdAt);
    return html`<header class="sender across soft tiny">
        ${message.role === "assistant" && html`<span class="face fixed" aria-hidden="true"><${Icon} name="mark" /></span>`}
        <b>${name}</b>${!Number.isNaN(when.getTime()) && html`<time datetime=${message.createdAt} title=${when.toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" })}>${when.toLocaleTimeString("en-GB", { timeStyle: "short" })}</time>`}
        <span class="acts across">${children}</span>
    </header>`;
}

/** @param {{ name: string, icon: string, run: () => void }} props */
const Act = ({ name, icon, run }) => html`<button type="button" class="button plain icon" aria-label=${name} title=${name} onClick=${run}><${Icon} name=${icon} /></button>`;

/**
 * The same message is not drawn again.
 * @param {{ message: import("../client/turn.js").Message, conversation: import("./conversation.js").Conversation, growing?: boolean }} props
 */
export function MessageView({ message, conversation, growing = false }) {
    return useMemo(() => {
        const { role, content, files } = message;
        const attached = files.length > 0 && html`<ul class="attached across wraps">${files.map((file) => html`<li class="chip" title=${file.path}><${Icon} name="file" /><span class="clip">${file.name}</span></li>`)}</ul>`;
        if (role === "user") {
            return html`<article class="message user" aria-label="You">
                <${Sender} name="You" message=${message}>
                    <${Act} name="Edit message" icon="edit" run=${() => conversation.draft.edit(content)} />
                    <${Act} name="Send again" icon="repeat" run=${() => conversation.send(content, [])} />
                </${Sender}>
                <div class="speech"><span dir="auto">${content}</span>${attached}</div>
            </article>`;
        }
        return html`<article class="message assistant" aria-label="Assistant">
            <${Sender} name="Assistant" message=${message}>${content !== "" && html`<${Act} name="Copy answer" icon="copy" run=${() => navigator.clipboard.writeText(content).catch(() => {})} />`}</${Sender}>
            <${Parts} parts=${message.parts} growing=${growing} />${attached}
        </article>`;
    }, [message, conversation, growing]);
}
