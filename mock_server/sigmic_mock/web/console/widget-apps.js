// Widget apps: where a chat may be embedded, and the secret that a backend exchanges for tokens.
import { html, useState } from "../vendor/preact.js";
import { Code } from "../ui/code.js";
import { Icon } from "../ui/icons.js";
import { say } from "../ui/dialog.js";
import { may, within } from "./console-api.js";
import { Copy, Empty, FieldError, FormCard, Head, Loaded, Once, Question, TextArea, TextField, useAct, useRead } from "./parts.js";
import { readOrigins, tagsFor } from "./origins.js";

/** @typedef {{ appId: string, name: string, allowedOrigins: string[], declared: boolean, appSecret?: string }} App */

/** @param {import("./app.js").InProject} props */
export function WidgetApps({ api, project }) {
    const apps = useRead(() => api.get(within(project, "widget-apps")), [project.id]);
    const [edited, setEdited] = useState(/** @type {App | "new" | null} */ (null));
    const [secret, setSecret] = useState(/** @type {App | null} */ (null));
    const [asked, setAsked] = useState(/** @type {{ what: "rotate" | "remove", app: App } | null} */ (null));
    const mayChange = may(project, "configure");
    const saved = async (/** @type {App} */ app) => {
        setEdited(null);
        if (app.appSecret) setSecret(app);
        else say(`App ${app.name} saved`);
        await apps.again();
    };
    const rotate = async (/** @type {App} */ app) => {
        setSecret(await api.post(within(project, "widget-apps", app.appId, "secret")));
        setAsked(null);
    };
    const remove = async (/** @type {App} */ app) => {
        await api.call("DELETE", within(project, "widget-apps", app.appId));
        setAsked(null);
        if (secret?.appId === app.appId) setSecret(null);
        say(`App ${app.name} removed`);
        await apps.again();
    };
    return html`<${Head} title="Widget apps" about="A widget app lists the pages that may embed the chat. Your backend exchanges its secret for short-lived tokens.">
            ${mayChange && edited === null && html`<button type="button" class="button primary" onClick=${() => setEdited("new")}><${Icon} name="plus" />Create app</button>`}
        </${Head}>
        ${edited === "new" && html`<${AppForm} api=${api} project=${project} app=${null} onClose=${() => setEdited(null)} onSaved=${saved} />`}
        ${secret !== null && html`<${Once} title=${`Secret of ${secret.name}`} name="App secret" value=${secret.appSecret} onDone=${() => setSecret(null)}>
            <p>Store it in your backend only, never in a page.</p>
        </${Once}>`}
        <${Loaded} read=${apps}>
            ${apps.value?.length === 0 && html`<${Empty} icon="chat" title="No widget apps yet">Create an app to embed the chat in your page.</${Empty}>`}
            ${apps.value?.map((/** @type {App} */ app) =>
                edited !== null && edited !== "new" && edited.appId === app.appId
                    ? html`<${AppForm} key=${app.appId} api=${api} project=${project} app=${app} onClose=${() => setEdited(null)} onSaved=${saved} />`
                    : html`<${AppCard} key=${app.appId} app=${app} mayChange=${mayChange && !app.declared} onEdit=${() => setEdited(app)} onAsk=${(/** @type {"rotate" | "remove"} */ what) => setAsked({ what, app })} />`,
            )}
        </${Loaded}>
        ${asked?.what === "rotate" && html`<${Question} title=${`Rotate the secret of ${asked.app.name}?`} action="Rotate secret" onYes=${() => rotate(asked.app)} onClose=${() => setAsked(null)}>The current secret stops working immediately, so update your backend right away. Tokens that were already issued stay valid until they expire.</${Question}>`}
        ${asked?.what === "remove" && html`<${Question} title=${`Remove ${asked.app.name}?`} action="Remove app" onYes=${() => remove(asked.app)} onClose=${() => setAsked(null)}>Its secret and tokens stop working immediately, and so do chats that use it.</${Question}>`}`;
}

/** @param {{ app: App, mayChange: boolean, onEdit: () => void, onAsk: (what: "rotate" | "remove") => void }} props */
function AppCard({ app, mayChange, onEdit, onAsk }) {
    return html`<section class="card box large stack" aria-label=${app.name}>
        <header class="title across wraps"><h2 dir="auto">${app.name}</h2>${app.declared && html`<span class="tag fixed soft tiny" title="Defined in the configuration file. Edit it there.">from config</span>`}
            ${mayChange && html`<div class="actions across wraps">
                <button type="button" class="button" aria-label=${`Edit ${app.name}`} onClick=${onEdit}>Edit</button>
                <button type="button" class="button" aria-label=${`Rotate secret of ${app.name}`} onClick=${() => onAsk("rotate")}>Rotate secret</button>
                <button type="button" class="button" aria-label=${`Remove ${app.name}`} onClick=${() => onAsk("remove")}>Remove</button></div>`}
        </header>
        <dl class="facts">
            <dt>appId</dt><dd class="copied across wraps"><code>${app.appId}</code><${Copy} text=${app.appId} of=${`the appId of ${app.name}`} /></dd>
            <dt>Allowed origins</dt><dd>${app.allowedOrigins.length === 0 ? "None. No page can use this app yet." : html`<ul class="words across wraps">${app.allowedOrigins.map((origin) => html`<li><code>${origin}</code></li>`)}</ul>`}</dd>
        </dl>
        <details class="tool box small"><summary><${Icon} name="chevron" class="chevron" /><span>Embed code</span></summary>
            <div class="inside"><${Code} code=${tagsFor(location.origin)} language="html" />
                <p>For a sample customer page with a backend, see <code>examples/widget-host</code>: ${" "}<code>python examples/widget-host/server.py --mock ${location.origin}</code></p></div>
        </details>
    </section>`;
}

/** @param {{ api: import("./console-api.js").ConsoleApi, project: import("./console-api.js").Project, app: App | null, onClose: () => void, onSaved: (app: App) => void }} props */
function AppForm({ api, project, app, onClose, onSaved }) {
    const [name, setName] = useState(app?.name ?? "");
    const [origins, setOrigins] = useState((app?.allowedOrigins ?? []).join("\n"));
    const act = useAct();
    const save = async () => {
        const { origins: allowedOrigins, problem } = readOrigins(origins);
        if (problem !== null) throw new FieldError("allowedOrigins", problem);
        const json = { name: name.trim(), allowedOrigins };
        if (app === null) onSaved(await api.post(within(project, "widget-apps"), json));
        else onSaved((await api.call("PATCH", within(project, "widget-apps", app.appId), { json })).data);
    };
    return html`<${FormCard} title=${app === null ? "New widget app" : `Edit ${app.name}`} action=${app === null ? "Create app" : "Save"} act=${act} fields=${["name", "allowedOrigins"]} onSubmit=${save} onCancel=${onClose}>
        <${TextField} label="Name" field="name" value=${name} onValue=${setName} maxlength="200" required />
        <${TextArea} label="Allowed origins" field="allowedOrigins" value=${origins} onValue=${setOrigins} class="input mono" placeholder="https://shop.example" hint="One per line: scheme, host and port. No paths or wildcards." />
    </${FormCard}>`;
}
