// API keys: made with a name and an end, shown once, revoked.
import { html, useState } from "../vendor/preact.js";
import { Code } from "../ui/code.js";
import { Icon } from "../ui/icons.js";
import { say } from "../ui/dialog.js";
import { within } from "./console-api.js";
import { Choice, Empty, FormCard, Head, Loaded, Once, Question, Table, TextField, Time, roleName, useAct, useRead } from "./parts.js";

/** @type {[string, string][]} */
const LIFETIMES = [
    ["", "No expiry"],
    ["1h", "1 hour"],
    ["1d", "1 day"],
    ["7d", "1 week"],
    ["30d", "30 days"],
];

/** A call that a key of this role may make. @param {{ key: string, role: string }} made */
const sample = ({ key, role }) => `curl -s ${location.origin}/api/v1/tasks \\
  -H "Authorization: Bearer ${key}"${role === "viewer" ? "" : " \\\n  --form-string 'message=What is the capital of France?'"}`;

/** @param {import("./app.js").InProject} props */
export function Keys({ api, project }) {
    const keys = useRead(() => api.get(within(project, "api-keys")), [project.id]);
    const [making, setMaking] = useState(false);
    const [made, setMade] = useState(/** @type {any} */ (null));
    const [asked, setAsked] = useState(/** @type {any} */ (null));
    const revoke = async () => {
        await api.call("DELETE", within(project, "api-keys", asked.id));
        setAsked(null);
        if (made?.id === asked.id) setMade(null);
        say(`Key ${asked.name} revoked`);
        await keys.again();
    };
    const columns = [
        { title: "Name", kind: "main", text: (/** @type {any} */ key) => key.name, cell: (/** @type {any} */ key) => html`<b dir="auto">${key.name || "(unnamed)"}</b>${key.declared && html`<span class="tag fixed soft tiny" title="Defined in the configuration file. Edit it there.">from config</span>`}` },
        { title: "Role", text: (/** @type {any} */ key) => key.role, cell: (/** @type {any} */ key) => roleName(key.role) },
        { title: "Created by", text: (/** @type {any} */ key) => key.username, cell: (/** @type {any} */ key) => key.username },
        { title: "Expires", text: (/** @type {any} */ key) => (key.expiresAt === null ? Number.MAX_VALUE : Date.parse(key.expiresAt)), cell: (/** @type {any} */ key) => html`<${Time} when=${key.expiresAt} />` },
        {
            title: "Actions",
            kind: "actions",
            cell: (/** @type {any} */ key) => key.revocable && html`<button type="button" class="button" aria-label=${`Revoke ${key.name}`} onClick=${() => setAsked(key)}>Revoke</button>`,
        },
    ];
    return html`<${Head} title="API keys" about="Let programs call the Task API. A key is shown only once, when you create it.">
            ${!making && html`<button type="button" class="button primary" onClick=${() => setMaking(true)}><${Icon} name="plus" />Create key</button>`}
        </${Head}>
        ${making && html`<${NewKey} api=${api} project=${project} onClose=${() => setMaking(false)} onMade=${async (/** @type {any} */ key) => {
            setMaking(false);
            setMade(key);
            await keys.again();
        }} />`}
        ${made !== null && html`<${Once} title=${`Key ${made.name}`} name="API key" value=${made.key} onDone=${() => setMade(null)}><${Code} code=${sample(made)} language="bash" /></${Once}>`}
        <${Loaded} read=${keys}>
            ${keys.value?.length === 0
                ? html`<${Empty} icon="key" title="No API keys yet">Create a key to call the Task API from your code.</${Empty}>`
                : html`<${Table} label="API keys" columns=${columns} rows=${keys.value} keyOf=${(/** @type {any} */ key) => key.id} />`}
        </${Loaded}>
        ${asked !== null && html`<${Question} title=${`Revoke ${asked.name}?`} action="Revoke key" onYes=${revoke} onClose=${() => setAsked(null)}>Requests with this key will be rejected. You can't undo this.</${Question}>`}`;
}

/** @param {{ api: import("./console-api.js").ConsoleApi, project: import("./console-api.js").Project, onClose: () => void, onMade: (key: any) => void }} props */
function NewKey({ api, project, onClose, onMade }) {
    const [name, setName] = useState("");
    const [role, setRole] = useState(project.roles.includes("member") ? "member" : project.roles[0]);
    const [lifetime, setLifetime] = useState("");
    const act = useAct();
    const make = async () => onMade(await api.post(within(project, "api-keys"), { name: name.trim(), role, expiresIn: lifetime || null }));
    return html`<${FormCard} title="Create API key" action="Create key" act=${act} fields=${["name", "role", "expiresIn"]} onSubmit=${make} onCancel=${onClose}>
        <${TextField} label="Name" field="name" value=${name} onValue=${setName} maxlength="200" required hint="What you'll use it for, for example “Shop CI”." />
        <div class="pair">
            <${Choice} label="Role" field="role" value=${role} onValue=${setRole} options=${project.roles.map((it) => [it, roleName(it)])} hint="Not higher than your own role." />
            <${Choice} label="Expires" field="expiresIn" value=${lifetime} onValue=${setLifetime} options=${LIFETIMES} />
        </div>
    </${FormCard}>`;
}
