// The projects, and a new one.
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { say } from "../ui/dialog.js";
import { may } from "./console-api.js";
import { Empty, FormCard, Head, TextField, roleName, useAct } from "./parts.js";
import { addressOf } from "./places.js";

/** @param {import("./app.js").Shell} props */
export function Projects({ api, me, refresh, go }) {
    const [making, setMaking] = useState(false);
    const [name, setName] = useState("");
    const act = useAct();
    const make = async () => {
        const project = await api.post("/projects", { name: name.trim() });
        await refresh();
        say("Project created");
        go(addressOf(project.id, "api-keys"));
    };
    return html`<${Head} title="Projects" about="Each project has its own keys, widget apps, MCP servers, settings and tasks.">
            ${may(me, "configure") && !making && html`<button type="button" class="button primary" onClick=${() => setMaking(true)}><${Icon} name="plus" />New project</button>`}
        </${Head}>
        ${making && html`<${FormCard} title="New project" action="Create project" act=${act} fields=${["name"]} onSubmit=${make} onCancel=${() => setMaking(false)}>
            <${TextField} label="Name" field="name" value=${name} onValue=${setName} maxlength="200" required hint="You'll be the owner." />
        </${FormCard}>`}
        ${me.projects.length === 0
            ? html`<${Empty} icon="folder" title="No projects yet">${may(me, "configure") ? "Create your first project." : "Ask an admin to create one."}</${Empty}>`
            : html`<ul class="projects">${me.projects.map(
                  (project) => html`<li key=${project.id}><a class="tile" href=${addressOf(project.id)}>
                      <span class="face fixed small" aria-hidden="true">${[...project.name][0]}</span>
                      <span class="grows"><b class="clip" dir="auto">${project.name}</b><small class="mono clip">${project.id}</small></span>
                      <span class="tag fixed soft tiny">${roleName(project.role)}</span>
                  </a></li>`,
              )}</ul>`}`;
}
