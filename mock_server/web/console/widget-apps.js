// Widget apps: where a chat may be embedded, and the secret that a backend exchanges for tokens.
import { ApiError } from "../client/api.js";
import { html, useState } from "../vendor/preact.js";
import { Code } from "../ui/code.js";
import { Icon } from "../ui/icons.js";
import { may, within } from "./console-api.js";
import { Copy, Empty, FormCard, Head, Loaded, Once, Question, TextArea, TextField, say, useAct, useRead } from "./parts.js";
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
    return html`<${Head} title="Widget apps" about="An app says on which pages a chat may be embedded. Your backend exchanges its secret for tokens that end.">
            ${mayChange && edited === null && html`<button type="button" class="button primary" onClick=${() => setEdited("new")}><${Icon} name="plus" />New app</button>`}
        </${Head}>
        ${edited === "new" && html`<${AppForm} api=${api} project=${project} app=${null} onClose=${() => setEdited(null)} onSaved=${saved} />`}
        ${secret !== null && html`<${Once} title=${`Secret of ${secret.name}`} name="App secret" value=${secret.appSecret} onDone=${() => setSecret(null)}>
            <p>It belongs into your backend alone, never into a page.</p>
        </${Once}>`}
        <${Loaded} read=${apps}>
            ${apps.value?.length === 0 && html`<${Empty} icon="chat" title="No widget app yet">An app lets you put the chat on a page of yours.</${Empty}>`}
            ${apps.value?.map((/** @type {App} */ app) =>
                edited !== null && edited !== "new" && edited.appId === app.appId
                    ? html`<${AppForm} key=${app.appId} api=${api} project=${project} app=${app} onClose=${() => setEdited(null)} onSaved=${saved} />`
                    : html`<${AppCard} key=${app.appId} app=${app} mayChange=${mayChange && !app.declared} onEdit=${() => setEdited(app)} onAsk=${(/** @type {"rotate" | "remove"} */ what) => setAsked({ what, app })} />`,
            )}
        </${Loaded}>
        ${asked?.what === "rotate" && html`<${Question} title=${`A new secret for ${asked.app.name}?`} action="Rotate the secret" onYes=${() => rotate(asked.app)} onClose=${() => setAsked(null)}>The secret of now opens nothing any more: put the new one into your backend at once. Tokens that were given already go on to their end.</${Question}>`}
        ${asked?.what === "remove" && html`<${Question} title=${`Remove ${asked.app.name}?`} action="Remove it" onYes=${() => remove(asked.app)} onClose=${() => setAsked(null)}>Its secret and its tokens open nothing from now on. Chats that use it stop.</${Question}>`}`;
}

/** @param {{ app: App, mayChange: boolean, onEdit: () => void, onAsk: (what: "rotate" | "remove") => void }} props */
function AppCard({ app, mayChange, onEdit, onAsk }) {
    return html`<section class="card" aria-label=${app.name}>
        <header class="title"><h2 dir="auto">${app.name}</h2>${app.declared && html`<span class="tag" title="Declared in the configuration; changed there">declared</span>`}
            ${mayChange && html`<div class="actions">
                <button type="button" class="button" aria-label=${`Edit ${app.name}`} onClick=${onEdit}>Edit</button>
                <button type="button" class="button" aria-label=${`Rotate secret of ${app.name}`} onClick=${() => onAsk("rotate")}>Rotate secret</button>
                <button type="button" class="button" aria-label=${`Remove ${app.name}`} onClick=${() => onAsk("remove")}>Remove</button></div>`}
        </header>
        <dl class="facts">
            <dt>appId</dt><dd class="copied"><code>${app.appId}</code><${Copy} text=${app.appId} of=${`the appId of ${app.name}`} /></dd>
            <dt>Allowed origins</dt><dd>${app.allowedOrigins.length === 0 ? "None: no page may use it yet." : html`<ul class="words">${app.allowedOrigins.map((origin) => html`<li><code>${origin}</code></li>`)}</ul>`}</dd>
        </dl>
        <details class="tool"><summary><${Icon} name="chevron" class="chevron" /><span>Embed it: two tags for your page</span></summary>
            <div class="inside"><${Code} code=${tagsFor(location.origin)} language="html" />
                <p>The page of a customer, with its backend, is in <code>examples/widget-host</code>: ${" "}<code>python examples/widget-host/server.py --mock ${location.origin}</code></p></div>
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
        if (problem !== null) throw new ApiError("VALIDATION_ERROR", problem, 0);
        const json = { name: name.trim(), allowedOrigins };
        if (app === null) onSaved(await api.post(within(project, "widget-apps"), json));
        else onSaved((await api.call("PATCH", within(project, "widget-apps", app.appId), { json })).data);
    };
    return html`<${FormCard} title=${app === null ? "New widget app" : `Edit ${app.name}`} action=${app === null ? "Make the app" : "Save"} act=${act} onSubmit=${save} onCancel=${onClose}>
        <${TextField} label="Name" value=${name} onValue=${setName} maxlength="200" required />
        <${TextArea} label="Allowed origins" value=${origins} onValue=${setOrigins} class="input mono" placeholder="https://shop.example" hint="One a line, exact: scheme, host and port, as a browser sends them. No path, no wildcard." />
    </${FormCard}>`;
}
