// What stands beside a place of a project: what it is for, and how it is used from outside.
import { Code } from "../ui/code.js";
import { html } from "../vendor/preact.js";

/** What each role may do, the highest first; each may do what the lower ones may. */
const ROLES = [
    ["Owner", "Deletes the project."],
    ["Admin", "Changes settings, widget apps, MCP servers and members."],
    ["Member", "Creates keys and tasks, and answers approvals."],
    ["Viewer", "Sees everything but secrets."],
];
const Roles = html`<h2>Roles</h2><dl>${ROLES.map(([name, about]) => html`<dt>${name}</dt><dd>${about}</dd>`)}</dl><p>Each role may also do what the roles below it may.</p>`;

const call = () => `export SIGMIC_API_KEY=sigmic_…
curl -s ${location.origin}/api/v1/tasks \\
  -H "Authorization: Bearer $SIGMIC_API_KEY" \\
  --form-string 'message=Hello'`;

/** By the name of a place. @type {Record<string, () => any>} */
const TEXTS = {
    "api-keys": () => html`<h2>Use a key</h2><${Code} code=${call()} language="bash" />
        <p>The <a href="/docs">API reference</a> has samples for every operation.</p>${Roles}`,
    "widget-apps": () => html`<h2>Embed the chat</h2>
        <ol><li>Create an app, and add the origins of your pages.</li><li>Exchange its secret for a token in your backend: <a href="/docs#create_token">Exchange widget credentials</a>.</li><li>Copy the embed code into your page. It asks your backend for tokens.</li></ol>`,
    mcp: () => html`<h2>Test before you use</h2>
        <p>Test connection starts the server as a task would, and lists its tools. You can then turn off single tools.</p>
        <h2>Values of a task</h2>
        <p><code class="mono">${"{{mcp.KEY}}"}</code> is replaced by the task's variable or secret <code class="mono">KEY</code>.</p>`,
    settings: () => html`<h2>What decides about a tool call</h2>
        <ol><li>A tool policy that denies it or asks first.</li><li>This project's setting <b>Run tools without approval</b>.</li><li>The task's <code class="mono">autoExecute</code>.</li></ol>
        <p>The strictest of them wins.</p>`,
    policies: () => html`<h2>Policies</h2><dl><dt>Allow</dt><dd>Leaves the decision to the project and the task.</dd><dt>Ask</dt><dd>The call waits for an approval.</dd><dt>Deny</dt><dd>The call fails, and the agent is told so.</dd></dl>
        <p>An exact name takes precedence over a pattern. If several patterns match, the strictest applies.</p>
        <h2>Tools</h2><p>The agent's own tools are, for example, <code class="mono">run_shell_command</code>, <code class="mono">write_file</code> and <code class="mono">read_file</code>. Tools of MCP servers are named <code class="mono">mcp_<wbr />server_<wbr />tool</code>.</p>`,
    members: () => Roles,
    tasks: () => html`<h2>Create a task</h2><${Code} code=${call()} language="bash" /><p>A task is one conversation with the agent. Open one to see its timeline.</p>`,
};

/** @param {{ place: string | null }} props */
export function Help({ place }) {
    const text = place === null ? undefined : TEXTS[place];
    return text === undefined ? null : html`<aside class="help small" aria-label="Help">${text()}</aside>`;
}
