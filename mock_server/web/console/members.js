// Who has which role in a project.
import { html, useState } from "../vendor/preact.js";
import { may, within } from "./console-api.js";
import { Head, Loaded, Problem, Table, roleName, say, useAct, useRead } from "./parts.js";

/** @param {import("./app.js").InProject} props */
export function Members({ api, me, project, refresh }) {
    const members = useRead(() => api.get(within(project, "members")), [project.id]);
    const act = useAct();
    // What was just chosen stands while it is saved.
    const [chosen, setChosen] = useState(/** @type {{ name: string, role: string } | null} */ (null));
    const roleOf = (/** @type {any} */ member) => (chosen?.name === member.name && chosen?.role ? chosen.role : member.role);
    const mayChange = (/** @type {any} */ member) => may(project, "members") && project.roles.includes(member.role);
    const give = (/** @type {any} */ member, /** @type {string} */ role) =>
        act.run(async () => {
            setChosen({ name: member.name, role });
            try {
                if (role === "") await api.call("DELETE", within(project, "members", member.name));
                else await api.call("PUT", within(project, "members", member.name), { json: { role } });
                say(`Changed the role of ${member.name}`);
            } finally {
                await members.again();
                setChosen(null);
                if (member.name === me.name) await refresh();
            }
        });
    const columns = [
        { title: "Name", kind: "main", cell: (/** @type {any} */ member) => html`<b dir="auto">${member.name}</b>${member.name === me.name && html`<span class="tag fixed soft tiny">you</span>`}` },
        {
            title: "Role",
            cell: (/** @type {any} */ member) =>
                mayChange(member)
                    ? html`<select class="input" aria-label=${`Role of ${member.name}`} value=${roleOf(member)} disabled=${act.busy} onChange=${(/** @type {any} */ event) => give(member, event.currentTarget.value)}>
                          ${project.roles.map((role) => html`<option value=${role} selected=${role === roleOf(member)}>${roleName(role)}</option>`)}
                          <option value="">Default role</option>
                      </select>`
                    : roleName(member.role),
        },
    ];
    return html`<${Head} title="Members" about="Everyone who can sign in, with their role in this project. Users are defined in the configuration file." />
        <${Problem} problem=${act.problem} />
        <${Loaded} read=${members}><${Table} label="Members" columns=${columns} rows=${members.value} keyOf=${(/** @type {any} */ member) => member.name} /></${Loaded}>`;
}
