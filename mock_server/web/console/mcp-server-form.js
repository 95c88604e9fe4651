// One MCP server while it is written.
import { ApiError } from "../client/api.js";
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { keepsValues, serverOf } from "./mcp-form.js";
import { Choice, FormCard, Problem, Switch, TextArea, TextField } from "./parts.js";

/** @type {[string, string][]} */
const KINDS = [
    ["stdio", "A program that is started"],
    ["http", "Runs elsewhere: HTTP"],
    ["sse", "Runs elsewhere: SSE"],
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
    return html`<${FormCard} title=${title} action="Save the server" act=${act} onSubmit=${save} onCancel=${onClose}>
        <div class="pair">
            <${TextField} label="Name" ...${field("name")} required disabled=${!isNew} class="input mono" placeholder="crm" hint="Small letters, digits, hyphens. Its tools are called mcp_name_tool." />
            <${Choice} label="What it is" ...${field("kind")} options=${KINDS} />
        </div>
        ${isProgram
            ? html`<${TextField} label="Command" ...${field("command")} required class="input mono" placeholder="uvx" hint=${html`Runs in a sandbox of its own, without a network. <code>npx</code> and <code>uvx</code> mean what <code>sigmic-mock mcp add</code> has installed.`} />
                  <${TextArea} label="Arguments" ...${field("args")} class="input mono" hint="One a line, or a JSON list." />
                  <${TextField} label="Folder" ...${field("cwd")} class="input mono" placeholder="." hint="Where it starts, relative to the workspace." />`
            : html`<${TextField} label="Address" ...${field("url")} required class="input mono" placeholder="https://crm.example/{{mcp.TENANT}}/mcp" />`}
        <${Pairs} legend=${isProgram ? "Variables" : "Headers"} pairs=${form.pairs} keeps=${keepsValues(before, form)} onPairs=${(/** @type {import("./mcp-form.js").Pair[]} */ pairs) => setForm({ ...form, pairs })} />
        <div class="pair">
            <div><${Switch} label="Only some tools" hint="The agent gets those that are named, and no others." checked=${form.isLimited} onChecked=${(/** @type {boolean} */ isLimited) => setForm({ ...form, isLimited })} />
                ${form.isLimited && html`<${TextArea} label="Only these tools" ...${field("include")} class="input mono" hint="By the server's own names, one a line." />`}</div>
            <${TextArea} label="Without these tools" ...${field("exclude")} class="input mono" hint="By the server's own names, one a line: never offered." />
        </div>
        <div class="pair">
            <${TextField} label="Time to connect" ...${field("timeout")} inputmode="numeric" pattern="[0-9]+" hint="In milliseconds." />
            <${Switch} label="On" hint="Off: no task starts it; it can still be tested." checked=${form.enabled} onChecked=${(/** @type {boolean} */ enabled) => setForm({ ...form, enabled })} />
        </div>
        ${isTaken && html`<${Problem} problem=${new ApiError("CONFLICT", "There is a server of this name: edit that one, or choose another name.", 409)} />`}
        ${problem}
    </${FormCard}>`;
}

/** Names and values; one that is set is not shown, and `keeps` says whether it can stay. @param {{ legend: string, pairs: import("./mcp-form.js").Pair[], keeps: boolean, onPairs: (pairs: import("./mcp-form.js").Pair[]) => void }} props */
function Pairs({ legend, pairs, keeps, onPairs }) {
    const change = (/** @type {number} */ at, /** @type {Partial<import("./mcp-form.js").Pair>} */ said) => onPairs(pairs.map((it, each) => (each === at ? { ...it, ...said } : it)));
    return html`<fieldset><legend>${legend}</legend>
        <small>${"{{mcp.KEY}}"} stands for a variable or secret of the task. Values are not shown again.</small>
        ${pairs.map(
            ({ name, value, isSet }, at) => html`<div class="line" key=${at}>
                <${TextField} label="Name" value=${name} onValue=${(/** @type {string} */ text) => change(at, { name: text, isSet: false })} class="input mono" />
                <${TextField} label="Value" value=${value} onValue=${(/** @type {string} */ text) => change(at, { value: text })} class="input mono" required=${isSet && !keeps} placeholder=${isSet ? (keeps ? "set: leave it empty to keep it" : "give it again: what gets it has changed") : ""} />
                <button type="button" class="button plain icon" aria-label=${`Remove ${name || "this line"}`} onClick=${() => onPairs(pairs.filter((_, each) => each !== at))}><${Icon} name="cross" /></button>
            </div>`,
        )}
        <div class="actions"><button type="button" class="button" onClick=${() => onPairs([...pairs, { name: "", value: "", isSet: false }])}><${Icon} name="plus" />Add one</button></div>
    </fieldset>`;
}
