// The chat page: who is signed in, which conversation is shown, and what stands beside it.
import { Api, Credential, refusalOf } from "../client/api.js";
import { html, render, signal, useEffect, useRef, useState } from "../vendor/preact.js";
import { Conversation } from "../ui/conversation.js";
import { Dialogue } from "../ui/dialogue.js";
import { Icon } from "../ui/icons.js";
import { TaskLinks, TaskList } from "./task-list.js";
import "../ui/palette-key.js";
import { nextTheme, theme } from "../ui/theme.js";

/** Messages to begin with, by what they show; each is sent by one click. `ask`: the agent asks before each tool.
 * @type {{ title: string, icon: string, all: { title: string, about: string, text: string, ask?: boolean }[] }[]} */
const EXAMPLES = [
    {
        title: "Answers",
        icon: "chat",
        all: [
            { title: "See every kind of formatting", about: "Headings, lists, a table, code and a quote", text: "playbook: tour" },
            { title: "Follow a piece of research", about: "Searches, a subagent, a chart and a report", text: "playbook: research" },
            { title: "Ask a question", about: "Any question gets a simulated answer", text: "What is the difference between TCP and UDP?" },
        ],
    },
    {
        title: "Tools and files",
        icon: "tool",
        all: [
            { title: "Run a command", about: "In this task's own sandbox", text: "Run exactly this shell command: `uname -sr && ls -la /workspace`" },
            { title: "Write a file", about: "Open it under Files", text: "Create a file named notes.md containing: Written by the agent." },
            { title: "Watch a subagent", about: "Thoughts, a tool, a subagent and a file", text: "playbook: stream-example" },
        ],
    },
    {
        title: "Approvals",
        icon: "shield",
        all: [
            { title: "Approve tool calls", about: "Two calls wait for you, one after the other", text: "playbook: approvals-demo", ask: true },
            { title: "Approve two calls at once", about: "Parallel calls wait at the same time", text: "playbook: parallel-approvals", ask: true },
        ],
    },
    {
        title: "Failures and waits",
        icon: "alert",
        all: [
            { title: "Fail", about: "The task ends with an error message", text: "Fail with the message: The CRM is down" },
            { title: "Take a long time", about: "Stop it, or reload the page meanwhile", text: "Wait 20 seconds" },
        ],
    },
];

/** The credential lives here and nowhere else: not in the address, not in storage. */
const account = signal(/** @type {{ api: Api, name: string } | null} */ (null));
const refusedSignIn = signal(/** @type {string | null} */ (null));

async function signInHere() {
    const answer = await fetch("/ui/sign-in", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => null);
    if (answer === null) {
        refusedSignIn.value = "Can't reach the server.";
    } else if (answer.ok) {
        const { data } = await answer.json();
        account.value = { api: new Api(location.origin, new Credential(data.apiKey)), name: data.username };
    } else {
        refusedSignIn.value = (await refusalOf(answer)).message;
    }
}

function withoutKey() {
    history.replaceState(null, "", location.pathname);
    signInHere();
}

/**
 * A component that the first view does not need: its module comes when it is drawn or, with `idle`, once the page rests.
 * @param {{ load: () => Promise<any>, idle?: boolean, [more: string]: any }} props  `load` returns the component
 */
function Later({ load, idle = false, ...props }) {
    const [loaded, setLoaded] = useState(/** @type {{ Drawn: any } | null} */ (null));
    useEffect(() => {
        const begin = () => load().then((Drawn) => setLoaded({ Drawn }));
        if (idle && "requestIdleCallback" in globalThis) requestIdleCallback(begin, { timeout: 1000 });
        else begin();
    }, []);
    return loaded === null ? null : html`<${loaded.Drawn} ...${props} />`;
}

/** For a server, or a project, whose keys only its owner knows. */
function Door() {
    const [key, setKey] = useState("");
    const [problem, setProblem] = useState(/** @type {string | null} */ (null));
    if (refusedSignIn.value === null) return html`<main class="door"><div class="working"><i></i>Loading chat…</div></main>`;
    const enter = async (/** @type {Event} */ event) => {
        event.preventDefault();
        const api = new Api(location.origin, new Credential(key.trim()));
        try {
            await api.tasks({ limit: 1 });
            account.value = { api, name: "your API key" };
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    return html`<main class="door"><form onSubmit=${enter}>
        <${Icon} name="mark" class="mark big" />
        <h1>Sign in with an API key</h1>
        <p>${refusedSignIn.value} The key is kept in this tab's memory until you reload.</p>
        <input class="input mono" type="password" autofocus autocomplete="off" aria-label="API key" placeholder="sigmic_…" value=${key} onInput=${(/** @type {any} */ event) => setKey(event.currentTarget.value)} />
        ${problem !== null && html`<p class="notice bad" role="alert"><span>${problem}</span></p>`}
        <button type="submit" class="button primary" disabled=${key.trim() === ""}>Sign in</button>
        <button type="button" class="button plain" onClick=${withoutKey}>Continue without a key</button>
    </form></main>`;
}

/** In the address: what is shown belongs to a project with keys of its own, which is asked for, also after a reload. */
const WITH_A_KEY = "#key";
/** @param {string | null} id */
const href = (id) => (id === null ? "/" : `/c/${encodeURIComponent(id)}`) + (location.hash === WITH_A_KEY ? WITH_A_KEY : "");
const addressed = () => {
    const found = /^\/c\/([^/]+)/.exec(location.pathname);
    return found === null ? null : decodeURIComponent(found[1]);
};

/** @param {{ account: { api: Api, name: string } }} props */
function Chat({ account: { api, name } }) {
    const held = useRef(/** @type {{ list: TaskList, conversation: Conversation } | null} */ (null));
    if (held.current === null) {
        const list = new TaskList(api);
        const conversation = new Conversation(api, {
            onStarted: (taskId) => {
                history.pushState(null, "", href(taskId));
                list.refresh();
            },
            onSettled: () => list.refresh(),
        });
        held.current = { list, conversation };
    }
    const { list, conversation } = held.current;
    const [side, setSide] = useState(/** @type {"files" | "raw" | null} */ (null));
    const [menu, setMenu] = useState(false);
    const taskId = conversation.taskId.value;

    const go = (/** @type {string | null} */ id) => {
        if (addressed() !== id) history.pushState(null, "", href(id));
        setMenu(false);
        if (matchMedia("(max-width: 1099px)").matches) setSide(null); // there it covers the conversation
        conversation.open(id);
    };
    useEffect(() => {
        list.refresh();
        conversation.open(addressed());
        const wake = () => {
            if (!document.hidden) conversation.follower?.retryNow();
        };
        const back = () => conversation.open(addressed());
        const onKey = (/** @type {KeyboardEvent} */ event) => {
            if (event.key === "Escape") setMenu(false);
            if (!event.ctrlKey && !event.metaKey) return;
            if (event.key.toLowerCase() === "o" && event.shiftKey) {
                event.preventDefault();
                go(null);
            }
        };
        addEventListener("popstate", back);
        addEventListener("keydown", onKey);
        addEventListener("online", wake);
        document.addEventListener("visibilitychange", wake);
        return () => {
            removeEventListener("popstate", back);
            removeEventListener("keydown", onKey);
            removeEventListener("online", wake);
            document.removeEventListener("visibilitychange", wake);
        };
    }, []);
    const waiting = conversation.waiting.value.length;
    const title = conversation.held.value.messages[0]?.content ?? conversation.awaited.value?.text ?? (taskId === null ? "New conversation" : "Conversation");
    useEffect(() => {
        document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title.slice(0, 60)} · Sigmic chat`;
    }, [waiting, title]);
    const status = waiting > 0 ? "awaiting_approval" : conversation.working.value ? "running" : null;
    const commands = () => [
        { name: "New conversation", icon: "plus", about: "Action", run: () => go(null) },
        ...(list.tasks.value ?? []).map((task) => ({ name: String(task.message).slice(0, 120), icon: "chat", about: "Conversation", run: () => go(task.id) })),
    ];
    const toggle = (/** @type {"files" | "raw"} */ which) => () => setSide(side === which ? null : which);

    useEffect(() => {
        document.getElementById("app")?.classList.toggle("with-side", side !== null && taskId !== null);
    }, [side, taskId]);
    return html`<nav class=${`drawer ${menu ? "shown" : ""}`} aria-label="Conversations">
            <div class="brand across"><${Icon} name="mark" class="mark" /><span>Sigmic</span><small class="tag">local mock</small></div>
            <button type="button" class="button fixed" title="Ctrl+Shift+O" onClick=${() => go(null)}><${Icon} name="plus" />New conversation</button>
            <${TaskLinks} list=${list} current=${taskId} href=${href} go=${go} status=${status} />
            <div class="foot across soft small">
                <span class="grows clip" title="Signed in as">${name}</span>
                <a href="/console">Console</a><a href="/__mock/ui">Deck</a><a href="/docs">API</a>
                <button type="button" class="button plain icon" aria-label=${`Theme: ${theme.value}`} title=${`Theme: ${theme.value}`} onClick=${nextTheme}><${Icon} name="theme" /></button>
            </div>
        </nav>
        <button type="button" class="shade" aria-label="Close conversations" tabindex="-1" onClick=${() => setMenu(false)}></button>
        <main class="pane stack">
            <header class="bar">
                <button type="button" class="button plain icon only-narrow" aria-label="Conversations" aria-expanded=${menu} onClick=${() => setMenu(!menu)}><${Icon} name="menu" /></button>
                <h1 class="grows clip" dir="auto">${title.slice(0, 200)}</h1>
                ${taskId !== null &&
                html`<button type="button" class="button plain" aria-label="Files of this task" aria-pressed=${side === "files"} onClick=${toggle("files")}><${Icon} name="folder" /><span class="label">Files</span></button>
                    <button type="button" class="button plain" aria-label="Raw events" aria-pressed=${side === "raw"} onClick=${toggle("raw")}><${Icon} name="raw" /><span class="label">Events</span></button>`}
            </header>
            <${Dialogue} conversation=${conversation} onNew=${() => go(null)} welcome=${html`<${Welcome} send=${(/** @type {string} */ text, ask = false) => conversation.send(text, [], { ask })} />`} />
        </main>
        ${side !== null &&
        taskId !== null &&
        html`<aside class="side stack" aria-label=${side === "files" ? "Files" : "Raw events"}>
            <header class="bar"><h2 class="grows">${side === "files" ? "Files" : "Raw events"}</h2><button type="button" class="button plain icon" aria-label="Close" onClick=${() => setSide(null)}><${Icon} name="cross" /></button></header>
            <div class="body scroll">${side === "files" ? html`<${Later} key="files" load=${async () => (await import("./side.js")).Files} api=${api} taskId=${taskId} turn=${`${taskId} ${conversation.working.value}`} />` : html`<${Later} key="raw" load=${async () => (await import("./side.js")).RawEvents} conversation=${conversation} />`}</div>
        </aside>`}
        <${Later} idle load=${async () => (await import("../ui/palette.js")).Palette} commands=${commands} />`;
}

/** @param {{ send: (text: string, ask?: boolean) => void }} props */
function Welcome({ send }) {
    return html`<h2>What should the agent do?</h2>
        <p>The Sigmic platform on your machine: the same API and streams, real sandboxes, and a simulated agent. Pick an example or write a message.</p>
        <div class="examples">
            ${EXAMPLES.map(
                ({ title, icon, all }) => html`<section class="box large" aria-label=${title}>
                    <h3 class="across small soft"><${Icon} name=${icon} />${title}</h3>
                    <ul>${all.map(
                        ({ title: name, about, text, ask }) => html`<li><button type="button" class="tile" title=${text} onClick=${() => send(text, ask)}>
                            <span class="grows"><b>${name}</b><small>${about}</small></span><${Icon} name="chevron" />
                        </button></li>`,
                    )}</ul>
                </section>`,
            )}
        </div>`;
}

function Page() {
    return account.value === null ? html`<${Door} />` : html`<${Chat} account=${account.value} />`;
}

render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
if (location.hash === WITH_A_KEY) refusedSignIn.value = "This project has its own API keys. Enter one of them to open the conversation.";
else signInHere();
