// One MCP server while it is written.
import { ApiError } from "../client/api.js";
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { keepsValues, serverOf } from "./mcp-form.js";
import { Choice, FormCard, Problem, Switch, TextArea, TextField } from "./parts.js";

/** @type {[string, string][]} */
const KINDS = [
    ["stdio", "Local program (stdio)"],
    ["http", "Remote server (Streamable HTTP)"],
    ["sse", "Remote server (SSE)"],
];

/**
 * @param {{ title: string, before: import("./mcp-form.js").McpForm, isNew: boolean, taken: string[], busy: boolean, problem: any,
 *     onSave: (name: string, server: any) => Promise<void>, onClose: () => void }} props  `problem` is what the server said
 */
export function ServerForm({ title, before, isNew, taken, busy, problem, onSave, onClose }) {
    const [form, setForm] = useState(before);
    const [isTaken, setIsTaken] = useState(false);
    const field = (/** @type {keyof import("./mcp-form.js").McpForm} */ name) => ({
        value: form[name],
        onValue: (/** @type {string} */ value) => setForm({ ...form, [name]: value }),
    });
    const isProgram = form.kind === "stdio";
    const save = async () => {
        const name = form.name.trim();
        setIsTaken(taken.includes(name));
        if (!taken.includes(name)) await onSave(name, serverOf(form));
    };
    const act = { busy, problem: null, setProblem: () => {}, run: (/** @type {() => Promise<void>} */ it) => it() };
    return html`<${FormCard} title=${title} action="Save server" act=${act} onSubmit=${save} onCancel=${onClose}>
        <div class="pair">
            <${TextField} label="Name" ...${field("name")} required disabled=${!isNew} class="input mono" placeholder="crm" hint="Lowercase letters, digits and hyphens. Its tools are named mcp_<name>_<tool>." />
            <${Choice} label="Transport" ...${field("kind")} options=${KINDS} />
        </div>
        ${isProgram
            ? html`<${TextField} label="Command" ...${field("command")} required class="input mono" placeholder="uvx" hint=${html`Runs in its own sandbox, without network access. <code>npx</code> and <code>uvx</code> run packages that you installed with <code>sigmic-mock mcp add</code>.`} />
                  <${TextArea} label="Arguments" ...${field("args")} class="input mono" hint="One per line, or a JSON array." />
                  <${TextField} label="Working directory" ...${field("cwd")} class="input mono" placeholder="." hint="Relative to the workspace." />`
            : html`<${TextField} label="URL" ...${field("url")} required class="input mono" placeholder="https://crm.example/{{mcp.TENANT}}/mcp" />`}
        <${Pairs} legend=${isProgram ? "Environment variables" : "Headers"} pairs=${form.pairs} keeps=${keepsValues(before, form)} onPairs=${(/** @type {import("./mcp-form.js").Pair[]} */ pairs) => setForm({ ...form, pairs })} />
        <div class="pair">
            <div><${Switch} label="Limit the tools" hint="Offer only the tools listed below." checked=${form.isLimited} onChecked=${(/** @type {boolean} */ isLimited) => setForm({ ...form, isLimited })} />
                ${form.isLimited && html`<${TextArea} label="Include tools" ...${field("include")} class="input mono" hint="One per line, as the server names them." />`}</div>
            <${TextArea} label="Exclude tools" ...${field("exclude")} class="input mono" hint="One per line, as the server names them. Never offered to the agent." />
        </div>
        <div class="pair">
            <${TextField} label="Connection timeout (ms)" ...${field("timeout")} inputmode="numeric" pattern="[0-9]+" />
            <${Switch} label="Enabled" hint="When off, tasks don't start it. You can still test it." checked=${form.enabled} onChecked=${(/** @type {boolean} */ enabled) => setForm({ ...form, enabled })} />
        </div>
        ${isTaken && html`<${Problem} problem=${new ApiError("CONFLICT", "A server with this name already exists. Edit it, or choose another name.", 409)} />`}
        ${problem}
    </${FormCard}>`;
}

/** Names and values; one that is set is not shown, and `keeps` says whether it can stay. @param {{ legend: string, pairs: import("./mcp-form.js").Pair[], keeps: boolean, onPairs: (pairs: import("./mcp-form.js").Pair[]) => void }} props */
function Pairs({ legend, pairs, keeps, onPairs }) {
    const change = (/** @type {number} */ at, /** @type {Partial<import("./mcp-form.js").Pair>} */ said) => onPairs(pairs.map((it, each) => (each === at ? { ...it, ...said } : it)));
    return html`<fieldset><legend>${legend}</legend>
        <small>${"{{mcp.KEY}}"} is replaced by the task's variable or secret. Saved values are never shown again.</small>
        ${pairs.map(
            ({ name, value, isSet }, at) => html`<div class="line" key=${at}>
                <${TextField} label="Name" value=${name} onValue=${(/** @type {string} */ text) => change(at, { name: text, isSet: false })} class="input mono" />
                <${TextField} label="Value" value=${value} onValue=${(/** @type {string} */ text) => change(at, { value: text })} class="input mono" required=${isSet && !keeps} placeholder=${isSet ? (keeps ? "Saved. Leave empty to keep it." : "Enter the value again.") : ""} />
                <button type="button" class="button plain icon" aria-label=${`Remove ${name || "this line"}`} onClick=${() => onPairs(pairs.filter((_, each) => each !== at))}><${Icon} name="cross" /></button>
            </div>`,
        )}
        <div class="actions across wraps"><button type="button" class="button" onClick=${() => onPairs([...pairs, { name: "", value: "", isSet: false }])}><${Icon} name="plus" />${legend === "Headers" ? "Add header" : "Add variable"}</button></div>
    </fieldset>`;
}
