// Who are you? One click on one's own machine, a name and a password elsewhere.
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { Problem, TextField, roleName, useAct } from "./parts.js";

/** @typedef {{ oneClick: { name: string, role: string }[], byPassword: boolean }} Ways */

/** @param {{ api: import("./console-api.js").ConsoleApi, ways: Ways, wasSignedIn: boolean, onSignedIn: (me: import("./console-api.js").Me) => void }} props */
export function SignIn({ api, ways, wasSignedIn, onSignedIn }) {
    const act = useAct();
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const enter = (/** @type {unknown} */ json) => act.run(async () => onSignedIn(await api.post("/session", json)));
    const submit = (/** @type {Event} */ event) => {
        event.preventDefault();
        enter({ name, password });
    };
    return html`<main class="door"><div>
        <${Icon} name="mark" class="mark big" />
        <h1 tabindex="-1">Sign in to the console</h1>
        ${wasSignedIn && html`<p class="notice wait" role="status"><span>Your session has expired. Sign in again to continue.</span></p>`}
        ${ways.oneClick.length > 0 &&
        html`<p>This server accepts only local connections, so you don't need a password. Choose a role to sign in with.</p>
                <ul class="tiles">${ways.oneClick.map(
                    (user) => html`<li><button type="button" class="tile" disabled=${act.busy} onClick=${() => enter({ name: user.name })}>
                        <span class="face fixed small" aria-hidden="true">${user.name.slice(0, 1)}</span><span class="grows"><b class="clip">Continue as ${roleName(user.role)}</b><small class="clip">${user.name}</small></span><${Icon} name="chevron" />
                    </button></li>`,
                )}</ul>`}
            ${ways.byPassword &&
            html`<form onSubmit=${submit}>
                <${TextField} label="Name" value=${name} onValue=${setName} autocomplete="username" required />
                <${TextField} label="Password" type="password" value=${password} onValue=${setPassword} autocomplete="current-password" required />
                <div class="actions across wraps"><button type="submit" class="button primary" disabled=${act.busy}>Sign in</button></div>
            </form>`}
            ${ways.oneClick.length === 0 && !ways.byPassword && html`<p class="notice wait"><span>No users are configured. Add them under <code>users:</code> in the configuration file, and restart the server.</span></p>`}
        <${Problem} problem=${act.problem} />
        <p class="ways"><a href="/">Chat</a><a href="/docs">API reference</a></p>
    </div></main>`;
}
