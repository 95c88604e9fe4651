// Settings of a project: its name, how tools run, prompts, subagents, its end.
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { say } from "../ui/dialog.js";
import { may, within } from "./console-api.js";
import { FormCard, Head, Loaded, Question, Switch, TextArea, TextField, useAct } from "./parts.js";
import { changeTo } from "./settings-draft.js";
import { SettingsProblem, useSettings } from "./settings-parts.js";

/** @param {import("./app.js").InProject} props */
export function ProjectSettings(props) {
    const { project } = props;
    const held = useSettings(props);
    const mayChange = may(project, "configure");
    return html`<${Head} title="Settings" about=${mayChange ? "Changes apply from the next tool call or message, in running tasks too." : "You can view these settings. An owner or admin can change them."} />
        ${mayChange && !project.declared && html`<${Name} ...${props} />`}
        <${Loaded} read=${held.read}><${Behaviour} key=${held.read.value?.tag} held=${held} mayChange=${mayChange} /></${Loaded}>
        ${may(project, "delete") && !project.declared && html`<${End} ...${props} />`}`;
}

/** @param {import("./app.js").InProject} props */
function Name({ api, project, refresh }) {
    const [name, setName] = useState(project.name);
    const act = useAct();
    const rename = async () => {
        await api.call("PATCH", within(project), { json: { name: name.trim() } });
        await refresh();
        say("Project renamed");
    };
    return html`<${FormCard} title="Name" action="Rename" act=${act} fields=${["name"]} onSubmit=${rename}>
        <${TextField} label="Project name" field="name" value=${name} onValue=${setName} maxlength="200" required />
    </${FormCard}>`;
}

/** @param {{ held: ReturnType<typeof useSettings>, mayChange: boolean }} props */
function Behaviour({ held, mayChange }) {
    const before = /** @type {import("./settings-draft.js").Read} */ (held.read.value).settings;
    const [automatic, setAutomatic] = useState(before.auto_execute);
    const [prompts, setPrompts] = useState(before.prompts);
    const [agents, setAgents] = useState(agentsOf(before.subagents));
    const [newAgent, setNewAgent] = useState("");
    const save = (/** @type {Event} */ event) => {
        event.preventDefault();
        const kept = prompts.filter((it) => it.trim() !== "");
        held.save(changeTo(before, { auto_execute: automatic, prompts: kept, subagents: subagentsOf(agents) }), "Settings saved");
    };
    const addAgent = () => {
        const name = newAgent.trim();
        if (name !== "" && name !== "*") setAgents({ ...agents, named: { ...agents.named, [name]: false } });
        setNewAgent("");
    };
    const forget = (/** @type {string} */ gone) => setAgents({ ...agents, named: Object.fromEntries(Object.entries(agents.named).filter(([name]) => name !== gone)) });
    return html`<form class="card box large stack" aria-label="How the agent works" onSubmit=${save}>
        <h2>How the agent works</h2>
        <${Switch} label="Run tools without approval" hint="When off, every tool call needs approval. A tool policy can only make this stricter." checked=${automatic} disabled=${!mayChange} onChecked=${setAutomatic} />
        <fieldset disabled=${!mayChange}>
            <legend>Prompts</legend>
            <small>Sent to the agent in this order, before the task's system prompt.</small>
            ${prompts.length === 0 && !mayChange && html`<p class="none soft small">None.</p>`}
            ${prompts.map(
                (prompt, at) => html`<div class="line of-one" key=${at}>
                    <${TextArea} label=${`Prompt ${at + 1}`} value=${prompt} onValue=${(/** @type {string} */ text) => setPrompts(prompts.map((it, each) => (each === at ? text : it)))} maxlength="20000" />
                    ${mayChange && html`<button type="button" class="button plain icon" aria-label=${`Remove prompt ${at + 1}`} onClick=${() => setPrompts(prompts.filter((_, each) => each !== at))}><${Icon} name="cross" /></button>`}
                </div>`,
            )}
            ${mayChange && html`<div class="actions across wraps"><button type="button" class="button" onClick=${() => setPrompts([...prompts, ""])}><${Icon} name="plus" />Add prompt</button></div>`}
        </fieldset>
        <fieldset disabled=${!mayChange}>
            <legend>Subagents</legend>
            <${Switch} label="Allow subagents" hint="Applies to subagents that aren't listed below." checked=${agents.others} onChecked=${(/** @type {boolean} */ others) => setAgents({ ...agents, others })} />
            ${Object.entries(agents.named).map(
                ([name, works]) => html`<div class="line of-one" key=${name}>
                    <${Switch} label=${html`<span dir="auto">${name}</span>`} checked=${works} disabled=${!mayChange} onChecked=${(/** @type {boolean} */ on) => setAgents({ ...agents, named: { ...agents.named, [name]: on } })} />
                    ${mayChange && html`<button type="button" class="button plain icon" aria-label=${`Remove ${name}`} onClick=${() => forget(name)}><${Icon} name="cross" /></button>`}
                </div>`,
            )}
            ${mayChange && html`<div class="with-button across wraps"><input class="input" aria-label="Subagent name" placeholder="Code Writer" value=${newAgent} onInput=${(/** @type {any} */ event) => setNewAgent(event.currentTarget.value)} onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                addAgent();
            }} /><button type="button" class="button" onClick=${addAgent}>Add subagent</button></div>`}
        </fieldset>
        <${SettingsProblem} held=${held} />
        ${mayChange && html`<div class="actions across wraps"><button type="submit" class="button primary" disabled=${held.act.busy}>Save</button></div>`}
    </form>`;
}

/** @param {boolean | Record<string, boolean>} told @returns {{ others: boolean, named: Record<string, boolean> }} */
function agentsOf(told) {
    if (typeof told === "boolean") return { others: told, named: {} };
    const { "*": others = true, ...named } = told;
    return { others, named };
}

/** @param {{ others: boolean, named: Record<string, boolean> }} agents */
function subagentsOf({ others, named }) {
    return Object.keys(named).length === 0 ? others : { "*": others, ...named };
}

/** @param {import("./app.js").InProject} props */
function End({ api, project, refresh, go }) {
    const [asked, setAsked] = useState(false);
    const [name, setName] = useState("");
    const remove = async () => {
        await api.call("DELETE", within(project));
        await refresh();
        say("Project deleted");
        go("/console");
    };
    return html`<section class="card box large stack danger-zone" aria-label="Delete project"><h2>Delete project</h2>
        <p>Deletes its keys, widget apps, settings and tasks. You can't undo this.</p>
        <div class="actions across wraps"><button type="button" class="button" onClick=${() => setAsked(true)}>Delete project</button></div>
        ${asked && html`<${Question} title=${`Delete ${project.name}?`} action="Delete project" blocked=${name.trim() !== project.name.trim()} onYes=${remove} onClose=${() => setAsked(false)}>
            <p>All of its data is deleted, and running tasks are stopped.</p>
            <${TextField} label="Type the project name to confirm" value=${name} onValue=${setName} />
        </${Question}>`}
    </section>`;
}
