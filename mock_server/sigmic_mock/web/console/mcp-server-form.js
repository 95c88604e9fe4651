// One MCP server while it is written: from a template, from JSON of another program, or by hand.
import { counted } from "../ui/counts.js";
import { html, useContext, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { TEMPLATES, formsIn, keepsValues, pastedForm, serverOf } from "./mcp-form.js";
import { Choice, FieldError, FormCard, Switch, TextArea, TextField, Wrong } from "./parts.js";

/** @type {[string, string][]} */
const KINDS = [
    ["stdio", "Local program (stdio)"],
    ["http", "Remote server (Streamable HTTP)"],
    ["sse", "Remote server (SSE)"],
];

/** As the API calls the fields; a name that it refuses is one of `mcp_servers`. */
const FIELDS = ["command", "args", "cwd", "url", "env", "headers", "includeTools", "excludeTools", "timeout", "mcp_servers"];

/**
 * @param {{ title: string, before: import("./mcp-form.js").McpForm, isNew: boolean, taken: string[], act: any, problem: any,
 *     onSave: (servers: Record<string, any>) => Promise<void>, onClose: () => void }} props  `problem` draws what the server said
 */
export function ServerForm({ title, before, isNew, taken, act, problem, onSave, onClose }) {
    const [form, setForm] = useState(before);
    const [refused, setRefused] = useState(/** @type {FieldError | null} */ (null));
    const [install, setInstall] = useState("");
    const field = (/** @type {keyof import("./mcp-form.js").McpForm} */ name, called = /** @type {string} */ (name)) => ({
        field: called,
        value: form[name],
        onValue: (/** @type {string} */ value) => setForm({ ...form, [name]: value }),
    });
    const isProgram = form.kind === "stdio";
    const add = async (/** @type {import("./mcp-form.js").McpForm[]} */ forms) => {
        const known = forms.find(({ name }) => taken.includes(name.trim()));
        setRefused(known === undefined ? null : new FieldError("mcp_servers", `A server named ${known.name.trim()} already exists. Edit it, or choose another name.`));
        if (known === undefined) await onSave(Object.fromEntries(forms.map((each) => [each.name.trim(), serverOf(each)])));
    };
    const start = (/** @type {import("./mcp-form.js").McpForm} */ from, packageName = "") => {
        setForm(from);
        setInstall(packageName);
    };
    const own = { ...act, problem: refused ?? act.problem, run: (/** @type {() => Promise<void>} */ it) => it() };
    return html`<${FormCard} title=${title} action="Save server" act=${own} fields=${FIELDS} problem=${problem} onSubmit=${() => add([form])} onCancel=${onClose}>
        ${isNew && html`<${Starts} start=${start} addAll=${add} busy=${act.busy} />`}
        ${install !== "" && html`<p class="notice"><span>Its package must be installed: <code>sigmic-mock mcp add ${install}</code></span></p>`}
        <div class="pair">
            <${TextField} label="Name" ...${field("name", "mcp_servers")} required disabled=${!isNew} class="input mono" placeholder="crm" hint="Lowercase letters, digits and hyphens. Its tools are named mcp_<name>_<tool>." />
            <${Choice} label="Transport" ...${field("kind")} options=${KINDS} />
        </div>
        ${isProgram
            ? html`<${TextField} label="Command" ...${field("command")} required class="input mono" placeholder="uvx" hint=${html`Runs in its own sandbox, without network access. <code>npx</code> and <code>uvx</code> run packages that you installed with <code>sigmic-mock mcp add</code>.`} />
                  <${TextArea} label="Arguments" ...${field("args")} class="input mono" hint="One per line, or a JSON array." />`
            : html`<${TextField} label="URL" ...${field("url")} required class="input mono" placeholder="https://crm.example/{{mcp.TENANT}}/mcp" />`}
        <${Pairs} legend=${isProgram ? "Environment variables" : "Headers"} field=${isProgram ? "env" : "headers"} pairs=${form.pairs} keeps=${keepsValues(before, form)} onPairs=${(/** @type {import("./mcp-form.js").Pair[]} */ pairs) => setForm({ ...form, pairs })} />
        <details class="tool box small" open=${!isNew}><summary><${Icon} name="chevron" class="chevron" /><span>More options</span></summary><div class="inside">
        ${isProgram && html`<${TextField} label="Working directory" ...${field("cwd")} class="input mono" placeholder="." hint="Relative to the workspace." />`}
        <div class="pair">
            <div><${Switch} label="Limit the tools" hint="Offer only the tools listed below." checked=${form.isLimited} onChecked=${(/** @type {boolean} */ isLimited) => setForm({ ...form, isLimited })} />
                ${form.isLimited && html`<${TextArea} label="Include tools" ...${field("include", "includeTools")} class="input mono" hint="One per line, as the server names them." />`}</div>
            <${TextArea} label="Exclude tools" ...${field("exclude", "excludeTools")} class="input mono" hint="One per line, as the server names them. Never offered to the agent." />
        </div>
        <div class="pair">
            <${TextField} label="Connection timeout (ms)" ...${field("timeout")} inputmode="numeric" />
            <${Switch} label="Enabled" hint="When off, tasks don't start it. You can still test it." checked=${form.enabled} onChecked=${(/** @type {boolean} */ enabled) => setForm({ ...form, enabled })} />
        </div>
        </div></details>
    </${FormCard}>`;
}

/**
 * What a new server can start from.
 * @param {{ busy: boolean, start: (form: import("./mcp-form.js").McpForm, packageName?: string) => void, addAll: (forms: import("./mcp-form.js").McpForm[]) => Promise<void> }} props
 */
function Starts({ busy, start, addAll }) {
    const [text, setText] = useState("");
    const [isPasting, setIsPasting] = useState(false);
    const { forms, problem } = text.trim() === "" ? { forms: [], problem: null } : formsIn(text);
    const paste = (/** @type {string} */ pasted) => {
        setText(pasted);
        const found = formsIn(pasted).forms;
        if (found.length === 1) start(found[0]);
    };
    return html`<div class="actions across wraps" role="group" aria-label="Ways to start"><span class="soft small">Start from</span>
            ${TEMPLATES.map(({ title, install, name, server }) => html`<button type="button" class="button" onClick=${() => start(pastedForm(name, server), install)}>${title}</button>`)}
            <button type="button" class="button" aria-expanded=${isPasting} onClick=${() => setIsPasting(!isPasting)}>Paste JSON</button></div>
        ${isPasting && html`<${TextArea} label="Configuration of another program" value=${text} onValue=${paste} class="input mono" rows="5" placeholder=${'{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}'} aria-invalid=${problem === null ? undefined : "true"}
                hint=${problem === null ? "An mcpServers object, for example of Claude Desktop, Cursor or VS Code." : html`<span class="wrong" role="alert">${problem}</span>`} />
            ${forms.length > 1 && html`<div class="actions across wraps"><button type="button" class="button" disabled=${busy} onClick=${() => addAll(forms)}>Add ${counted(forms.length, "server")}</button><span class="soft small">${forms.map(({ name }) => name).join(", ")}</span></div>`}
            ${forms.length === 1 && html`<p class="soft small" role="status">The form below has the values of ${forms[0].name}.</p>`}`}`;
}

/** Names and values; one that is set is not shown, and `keeps` says whether it can stay. @param {{ legend: string, field: string, pairs: import("./mcp-form.js").Pair[], keeps: boolean, onPairs: (pairs: import("./mcp-form.js").Pair[]) => void }} props */
function Pairs({ legend, field, pairs, keeps, onPairs }) {
    const wrong = useContext(Wrong);
    const isWrong = wrong?.field === field;
    const change = (/** @type {number} */ at, /** @type {Partial<import("./mcp-form.js").Pair>} */ said) => onPairs(pairs.map((it, each) => (each === at ? { ...it, ...said } : it)));
    return html`<fieldset><legend>${legend}</legend>
        ${isWrong && html`<small class="wrong" role="alert">${wrong.words}</small>`}
        <small>${"{{mcp.KEY}}"} is replaced by the task's variable or secret. Saved values are never shown again.</small>
        ${pairs.map(
            ({ name, value, isSet }, at) => html`<div class="line" key=${at}>
                <${TextField} label="Name" aria-invalid=${isWrong && wrong.words.includes(`'${name.trim()}'`) ? "true" : undefined} value=${name} onValue=${(/** @type {string} */ text) => change(at, { name: text, isSet: false })} class="input mono" />
                <${TextField} label="Value" value=${value} onValue=${(/** @type {string} */ text) => change(at, { value: text })} class="input mono" required=${isSet && !keeps} placeholder=${isSet ? (keeps ? "Saved. Leave empty to keep it." : "Enter the value again.") : ""} />
                <button type="button" class="button plain icon" aria-label=${`Remove ${name || "this line"}`} onClick=${() => onPairs(pairs.filter((_, each) => each !== at))}><${Icon} name="cross" /></button>
            </div>`,
        )}
        <div class="actions across wraps"><button type="button" class="button" onClick=${() => onPairs([...pairs, { name: "", value: "", isSet: false }])}><${Icon} name="plus" />${legend === "Headers" ? "Add header" : "Add variable"}</button></div>
    </fieldset>`;
}
