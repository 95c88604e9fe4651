// Who has which role in a project.
import { html, useState } from "../vendor/preact.js";
import { say } from "../ui/dialog.js";
import { may, within } from "./console-api.js";
import { Head, Loaded, Problem, Question, Table, roleName, useAct, useRead } from "./parts.js";

/** @param {import("./app.js").InProject} props */
export function Members({ api, me, project, refresh }) {
    const members = useRead(() => api.get(within(project, "members")), [project.id]);
    const act = useAct();
    // What was just chosen stands while it is saved.
    const [chosen, setChosen] = useState(/** @type {{ name: string, role: string } | null} */ (null));
    const roleOf = (/** @type {any} */ member) => (chosen?.name === member.name && chosen?.role ? chosen.role : member.role);
    const [asked, setAsked] = useState(/** @type {{ member: any, role: string } | null} */ (null));
    // The API refuses to take the last owner away: no page offers it.
    const owners = (members.value ?? []).filter((/** @type {any} */ member) => member.role === "owner");
    const isLastOwner = (/** @type {any} */ member) => member.role === "owner" && owners.length === 1;
    const mayChange = (/** @type {any} */ member) => may(project, "members") && project.roles.includes(member.role) && !isLastOwner(member);
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
    const choose = (/** @type {any} */ member, /** @type {HTMLSelectElement} */ field) => {
        const role = field.value;
        if (member.name !== me.name) return give(member, role);
        field.value = member.role; // until the question is answered
        return setAsked({ member, role });
    };
    const columns = [
        { title: "Name", kind: "main", text: (/** @type {any} */ member) => member.name, cell: (/** @type {any} */ member) => html`<b dir="auto">${member.name}</b>${member.name === me.name && html`<span class="tag fixed soft tiny">you</span>`}` },
        {
            title: "Role",
            text: (/** @type {any} */ member) => member.role,
            cell: (/** @type {any} */ member) =>
                mayChange(member)
                    ? html`<select class="input" aria-label=${`Role of ${member.name}`} value=${roleOf(member)} disabled=${act.busy} onChange=${(/** @type {any} */ event) => choose(member, event.currentTarget)}>
                          ${project.roles.map((role) => html`<option value=${role} selected=${role === roleOf(member)}>${roleName(role)}</option>`)}
                          <option value="">Default role</option>
                      </select>`
                    : html`${roleName(member.role)}${may(project, "members") && isLastOwner(member) && html`<small>The last owner. Make another member an owner first.</small>`}`,
        },
    ];
    return html`<${Head} title="Members" about="Everyone who can sign in, with their role in this project. Users are defined in the configuration file." />
        <${Problem} problem=${act.problem} />
        <${Loaded} read=${members}><${Table} label="Members" columns=${columns} rows=${members.value} keyOf=${(/** @type {any} */ member) => member.name} /></${Loaded}>
        ${asked !== null && html`<${Question} title="Change your own role?" action="Change my role" onYes=${async () => {
            setAsked(null);
            await give(asked.member, asked.role);
        }} onClose=${() => setAsked(null)}>You are ${roleName(asked.member.role)} of this project. Only another member can give you that role back.</${Question}>`}`;
}
