// MCP servers of a project: added, changed, filtered, tried out.
import { counted } from "../ui/counts.js";
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { LONG_MS, may, within } from "./console-api.js";
import { emptyForm, formOf, variablesOf, whereOf, withTool } from "./mcp-form.js";
import { ServerForm } from "./mcp-server-form.js";
import { Empty, Head, Loaded, Problem, Question, Switch, TextField, useAct } from "./parts.js";
import { SettingsProblem, useSettings } from "./settings-parts.js";

/** @type {Record<string, string>} */
const KINDS = { stdio: "program", http: "http", sse: "sse" };

/** What the last trial of each server said, until it is changed or the page is left. @type {Map<string, any>} */
const trials = new Map();

/** @param {import("./app.js").InProject} props */
export function McpServers(props) {
    const { project } = props;
    const held = useSettings(props);
    const [edited, setEdited] = useState(/** @type {string | null} */ (null)); // "" is a new one
    const [asked, setAsked] = useState(/** @type {string | null} */ (null));
    const mayChange = may(project, "configure");
    const servers = held.read.value?.settings.mcp_servers ?? {};
    const putAll = (/** @type {Record<string, any>} */ changed, /** @type {string} */ words, onSaved = () => {}) =>
        held.save((now) => ({ ...now, mcp_servers: { ...now.mcp_servers, ...changed } }), words, onSaved);
    const put = (/** @type {string} */ name, /** @type {any} */ server, /** @type {string} */ words) => putAll({ [name]: server }, words);
    const saved = (/** @type {Record<string, any>} */ changed) => {
        const names = Object.keys(changed);
        return putAll(changed, names.length === 1 ? `Server ${names[0]} saved` : `${names.length} servers saved`, () => setEdited(null));
    };
    const remove = async (/** @type {string} */ name) => {
        setAsked(null);
        await held.save(({ mcp_servers: { [name]: _gone, ...others }, ...now }) => ({ ...now, mcp_servers: others }), `Server ${name} removed`);
    };
    const close = () => {
        held.act.setProblem(null);
        setEdited(null);
    };
    const problem = html`<${SettingsProblem} held=${held} />`;
    return html`<${Head} title="MCP servers" about="Each task starts or connects to these servers. The agent gets their tools, named mcp_<server>_<tool>, in addition to its own.">
            ${mayChange && edited === null && html`<button type="button" class="button primary" onClick=${() => setEdited("")}><${Icon} name="plus" />Add server</button>`}
        </${Head}>
        ${edited === "" && html`<${ServerForm} title="New MCP server" before=${emptyForm()} isNew taken=${Object.keys(servers)} act=${held.act} problem=${problem} onSave=${saved} onClose=${close} />`}
        ${edited === null && problem}
        <${Loaded} read=${held.read}>
            ${Object.keys(servers).length === 0 && edited === null && html`<${Empty} icon="plug" title="No MCP servers yet">${mayChange ? "Add a server, and test the connection before a task uses it." : "Ask an admin to add one."}</${Empty}>`}
            ${Object.entries(servers).map(([name, server]) =>
                name === edited
                    ? html`<${ServerForm} key=${name} title=${`Edit ${name}`} before=${formOf(name, server)} isNew=${false} taken=${[]} act=${held.act} problem=${problem} onSave=${saved} onClose=${close} />`
                    : html`<${ServerCard} key=${name} api=${props.api} project=${project} name=${name} server=${server} mayChange=${mayChange} put=${put} busy=${held.act.busy} onEdit=${() => setEdited(name)} onRemove=${() => setAsked(name)} />`,
            )}
        </${Loaded}>
        ${asked !== null && html`<${Question} title=${`Remove ${asked}?`} action="Remove server" onYes=${() => remove(asked)} onClose=${() => setAsked(null)}>New tasks won't have its tools.</${Question}>`}`;
}

/**
 * @param {{ api: import("./console-api.js").ConsoleApi, project: import("./console-api.js").Project, name: string, server: any, mayChange: boolean, busy: boolean,
 *     put: (name: string, server: any, words: string) => Promise<void>, onEdit: () => void, onRemove: () => void }} props
 */
function ServerCard({ api, project, name, server, mayChange, busy, put, onEdit, onRemove }) {
    const { enabled, includeTools, excludeTools, ...connection } = server;
    const of = `${project.id} ${name} ${JSON.stringify(connection)}`;
    const [trial, setTrial] = useState(trials.get(of) ?? null);
    const tried = (/** @type {any} */ result) => {
        if (result === null) trials.delete(of);
        else trials.set(of, result);
        setTrial(result);
    };
    return html`<section class="card box large stack" aria-label=${name}>
        <header class="title across wraps"><h2>${name}</h2><span class="tag fixed soft tiny">${KINDS[server.type] ?? server.type}</span>
            <${Standing} server=${server} trial=${trial} />
            ${mayChange && html`<div class="actions across wraps">
                <button type="button" class="button" aria-label=${`Edit ${name}`} onClick=${onEdit}>Edit</button>
                <button type="button" class="button" aria-label=${`${server.enabled ? "Disable" : "Enable"} ${name}`} disabled=${busy} onClick=${() => put(name, { ...server, enabled: !server.enabled }, `Server ${name} ${server.enabled ? "disabled" : "enabled"}`)}>${server.enabled ? "Disable" : "Enable"}</button>
                <button type="button" class="button" aria-label=${`Remove ${name}`} onClick=${onRemove}>Remove</button></div>`}
        </header>
        <p class="mono where">${whereOf(server)}</p>
        <${Facts} server=${server} />
        ${mayChange && html`<${Trial} api=${api} project=${project} name=${name} server=${server} busy=${busy} put=${put} trial=${trial} setTrial=${tried} />`}
    </section>`;
}

/** What is known of a server: that it is enabled does not say that it starts. @param {{ server: any, trial: any }} props */
function Standing({ server, trial }) {
    if (trial === null) return html`<span class="state">${server.enabled ? "Enabled, not tested" : "Disabled"}</span>`;
    const works = trial.works ? "Connected" : "Connection failed";
    return html`<span class=${`state ${trial.works ? (server.enabled ? "success" : "") : "error"}`}>${works}${server.enabled ? "" : ", disabled"}</span>`;
}

/** @param {{ server: any }} props */
function Facts({ server }) {
    const values = Object.entries(server.env ?? server.headers ?? {});
    const lists = [
        ...(server.includeTools === undefined ? [] : [["Only these tools", server.includeTools]]),
        ...(server.excludeTools.length === 0 ? [] : [["Excluded tools", server.excludeTools]]),
    ];
    if (values.length === 0 && lists.length === 0) return null;
    return html`<dl class="facts">
        ${values.length > 0 && html`<dt>${server.env ? "Environment variables" : "Headers"}</dt><dd><ul class="words across wraps">${values.map(([key, value]) => html`<li><code>${key}</code> ${typeof value === "string" ? html`<code class="placeholder">${value}</code>` : html`<span class="tag fixed soft tiny">set</span>`}</li>`)}</ul></dd>`}
        ${lists.map(([title, names]) => html`<dt>${title}</dt><dd>${names.length === 0 ? "None." : html`<ul class="words across wraps">${names.map((/** @type {string} */ it) => html`<li><code>${it}</code></li>`)}</ul>`}</dd>`)}
    </dl>`;
}

/** @param {{ api: import("./console-api.js").ConsoleApi, project: import("./console-api.js").Project, name: string, server: any, busy: boolean, trial: any, setTrial: (trial: any) => void, put: (name: string, server: any, words: string) => Promise<void> }} props */
function Trial({ api, project, name, server, busy, put, trial, setTrial }) {
    const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
    const act = useAct();
    const needed = variablesOf(server);
    const test = (/** @type {Event} */ event) => {
        event.preventDefault();
        const env = Object.fromEntries(Object.entries(values).filter(([key, value]) => needed.includes(key) && value !== ""));
        act.run(async () => {
            setTrial(null);
            const { data } = await api.call("POST", within(project, "mcp-servers", name, "test"), { json: { env }, patience: LONG_MS });
            setTrial(data);
        });
    };
    return html`<form class="trial stack" aria-label=${`Test ${name}`} onSubmit=${test}>
        ${needed.length > 0 && html`<div class="pair">${needed.map((key) => html`<${TextField} key=${key} label=${key} type="password" value=${values[key] ?? ""} onValue=${(/** @type {string} */ text) => setValues({ ...values, [key]: text })} hint="Used for this test only. A task sends its own value." />`)}</div>`}
        <div class="actions across wraps"><button type="submit" class="button" disabled=${act.busy}><${Icon} name="plug" />Test connection</button>
            <span role="status">${act.busy && html`<span class="working"><i></i>Connecting and listing tools…</span>`}
                ${trial !== null && html`<span class=${`state ${trial.works ? "success" : "error"}`}>${trial.works ? `Connected · ${counted(trial.tools.length, "tool")}` : "Connection failed"} · ${trial.seconds.toFixed(1)} s</span>`}</span></div>
        <${Problem} problem=${act.problem} />
        ${trial?.messages.length > 0 && html`<div class="code"><pre class="tall" tabindex="0" role="group" aria-label=${`Output of ${name}`}><code>${trial.messages.join("\n")}</code></pre></div>`}
        ${trial?.works && html`<${Tools} name=${name} server=${server} tools=${trial.tools} busy=${busy} put=${put} />`}
    </form>`;
}

/** @param {{ name: string, server: any, tools: { name: string, own_name: string, description: string }[], busy: boolean, put: (name: string, server: any, words: string) => Promise<void> }} props */
function Tools({ name, server, tools, busy, put }) {
    // What was just clicked stands while it is saved.
    const [clicked, setClicked] = useState(/** @type {{ tool: string, on: boolean } | null} */ (null));
    const offer = async (/** @type {string} */ tool, /** @type {boolean} */ on) => {
        setClicked({ tool, on });
        await put(name, withTool(server, tool, on), `Tool ${tool} ${on ? "enabled" : "disabled"}`);
        setClicked(null);
    };
    const isOffered = (/** @type {string} */ tool) => !server.excludeTools.includes(tool) && (server.includeTools?.includes(tool) ?? true);
    const offers = (/** @type {string} */ tool) => (clicked?.tool === tool ? clicked.on : isOffered(tool));
    // A trial tells what is offered: what was disabled before it is known by name alone.
    const leftOut = server.excludeTools.filter((/** @type {string} */ it) => !tools.some(({ own_name }) => own_name === it));
    const all = [...tools, ...leftOut.map((/** @type {string} */ it) => ({ own_name: it, description: "" }))];
    return html`<fieldset><legend>Tools offered to the agent</legend>
        ${all.map(
            (tool) => html`<${Switch} key=${tool.own_name} label=${html`<code>${tool.own_name}</code>`} hint=${tool.description.slice(0, 300)} checked=${offers(tool.own_name)} disabled=${busy} onChecked=${(/** @type {boolean} */ on) => offer(tool.own_name, on)} />`,
        )}
    </fieldset>`;
}
