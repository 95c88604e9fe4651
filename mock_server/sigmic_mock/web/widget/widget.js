// The chat in somebody else's page: a shadow root in the top layer, which the page's styles do not reach.
import { Api, Credential, wordsOf } from "../client/api.js";
import { Conversation, asApiError } from "../ui/conversation.js";
import { Icon } from "../ui/icons.js";
import { html, render, signal, useEffect, useRef } from "../vendor/preact.js";

const STYLES = ["ui/sigmic.css", "widget/widget.css"];
const PAGE = 20;

/**
 * @typedef {{ host?: string, token?: string, fetchToken?: () => Promise<string>, chatHost?: string, title?: string,
 *     logo?: string, accent?: string, position?: "left" | "right", greeting?: string, theme?: "light" | "dark",
 *     open?: boolean | (() => void), close?: () => void, destroy?: () => void }} Config
 */

/** What the panel shows and knows. */
class Widget {
    /** @param {Config} config @param {Api} api */
    constructor(config, api) {
        this.config = config;
        this.api = api;
        this.isOpen = signal(config.open === true);
        this.unread = signal(false);
        this.view = signal(/** @type {"chat" | "list"} */ ("chat"));
        this.tasks = signal(/** @type {any[] | null} */ (null));
        this.refused = signal(/** @type {import("../client/api.js").ApiError | null} */ (null));
        this.conversation = new Conversation(api, {
            onStarted: (taskId) => this.remember(taskId),
            onSettled: () => {
                if (!this.isOpen.value) this.unread.value = true;
            },
        });
        this.dialogue = signal(/** @type {typeof import("../ui/dialogue.js").Dialogue | null} */ (null));
        this.begun = false;
        this.timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    }

    /** Open the panel; the first time ask who is there and take up the last conversation. */
    open() {
        this.isOpen.value = true;
        this.unread.value = false;
        tell("open");
        if (!this.begun) this.begin();
    }

    close() {
        this.isOpen.value = false;
        tell("close");
    }

    async begin() {
        this.begun = true;
        this.refused.value = null;
        try {
            const [{ tasks }] = await Promise.all([this.api.tasks({ limit: PAGE }), this.fetchDialogue()]);
            this.tasks.value = tasks;
            this.keepFresh();
            const last = this.remembered();
            if (this.conversation.taskId.value === null && tasks.some((/** @type {any} */ task) => task.id === last)) {
                this.conversation.open(last);
            }
        } catch (problem) {
            this.begun = false;
            this.refused.value = asApiError(problem);
            tell("error", { code: this.refused.value.code });
        }
    }

    /** What draws a conversation is fetched when the panel is first opened: most readers of a page never open it. */
    async fetchDialogue() {
        this.dialogue.value ??= (await import("../ui/dialogue.js")).Dialogue;
    }

    async list() {
        this.view.value = "list";
        try {
            this.tasks.value = (await this.api.tasks({ limit: PAGE })).tasks;
        } catch (problem) {
            this.refused.value = asApiError(problem);
        }
    }

    /** Renew the token before it ends, as long as the widget is there. */
    keepFresh() {
        const wait = this.api.credential.untilRenewal();
        if (wait === null) return;
        clearTimeout(this.timer);
        // A timer holds at most 2^31 ms, and stands still while a machine sleeps: each request looks again.
        this.timer = setTimeout(
            () => this.api.credential.current().then(() => this.keepFresh(), () => {}),
            Math.min(Math.max(wait, 1000), 2 ** 31 - 1),
        );
    }

    /** The name under which this end user's last conversation is kept. */
    get name() {
        const claims = (this.api.credential.value ?? "").split(".")[1] ?? "";
        try {
            return `sigmic-chat ${this.api.host} ${JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).sub}`;
        } catch {
            return null;
        }
    }

    /** @param {string} taskId */
    remember(taskId) {
        try {
            if (this.name !== null) localStorage.setItem(this.name, taskId);
        } catch {
            // the page may have no storage: then a reload begins anew
        }
    }

    remembered() {
        try {
            return this.name === null ? null : localStorage.getItem(this.name);
        } catch {
            return null;
        }
    }
}

/** @param {string} name @param {unknown} [detail] */
function tell(name, detail) {
    window.dispatchEvent(new CustomEvent(`sigmic:${name}`, { detail }));
}

/** @param {{ widget: Widget }} props */
function Panel({ widget }) {
    const { config, conversation } = widget;
    const title = config.title ?? "Chat";
    const logo = config.logo !== undefined && isPicture(config.logo) ? config.logo : null;
    const refused = widget.refused.value;
    const choose = (/** @type {string | null} */ taskId) => {
        conversation.open(taskId);
        if (taskId !== null) widget.remember(taskId);
        widget.view.value = "chat";
    };
    return html`<section class="panel box large stack" role="dialog" aria-label=${title} onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape") widget.close();
    }}>
        <header class="bar">
            ${logo !== null ? html`<img src=${logo} alt="" />` : html`<${Icon} name="mark" class="mark" />`}
            <h2 class="grows clip">${title}</h2>
            <button type="button" class="button plain icon" aria-label="New conversation" title="New conversation" onClick=${() => choose(null)}><${Icon} name="plus" /></button>
            <button type="button" class="button plain icon" aria-label="Conversations" title="Conversations" onClick=${() => widget.list()}><${Icon} name="menu" /></button>
            ${config.chatHost && html`<a class="button plain icon" href=${config.chatHost} target="_blank" rel="noopener noreferrer" aria-label="Open in a new window" title="Open in a new window"><${Icon} name="chat" /></a>`}
            <button type="button" class="button plain icon" aria-label="Close" title="Close" onClick=${() => widget.close()}><${Icon} name="cross" /></button>
        </header>
        ${refused !== null
            ? html`<${Refused} widget=${widget} error=${refused} />`
            : widget.view.value === "list"
              ? html`<${List} widget=${widget} choose=${choose} />`
              : widget.dialogue.value === null
                ? html`<${Loading} />`
                : html`<${widget.dialogue.value} conversation=${conversation} canAsk=${false} placeholder="Write a message" welcome=${html`<p class="greeting">${config.greeting ?? "How can I help?"}</p>`} />`}
    </section>`;
}

/** @param {{ widget: Widget, error: import("../client/api.js").ApiError }} props */
function Refused({ widget, error }) {
    const origin = error.code === "ORIGIN_NOT_ALLOWED";
    const over = error.status === 401;
    const words = origin
        ? `${location.origin} is not an allowed origin of this widget app. Add it to the app's allowed origins.`
        : over && widget.api.credential.fetchToken === null
          ? "Your session has expired. Reload the page."
          : error.message;
    return html`<div class="refused stack" role="alert">
        <${Icon} name="alert" />
        <p>${words} <small><code class="mono">${error.code}</code></small></p>
        <button type="button" class="button" onClick=${() => widget.begin()}>Try again</button>
    </div>`;
}

function Loading() {
    return html`<div class="working inset"><i></i>Loading chat…</div>`;
}

/** @param {{ widget: Widget, choose: (taskId: string) => void }} props */
function List({ widget, choose }) {
    const tasks = widget.tasks.value;
    if (tasks === null) return html`<${Loading} />`;
    if (tasks.length === 0) return html`<p class="greeting">No conversations yet.</p>`;
    return html`<ul class="conversations">${tasks.map(
        (task) => html`<li key=${task.id}><button type="button" class="button plain clip" dir="auto" onClick=${() => choose(task.id)}>${String(task.message).slice(0, 120)}</button></li>`,
    )}</ul>`;
}

/** @param {{ widget: Widget }} props */
function Whole({ widget }) {
    const bubble = useRef(/** @type {HTMLButtonElement | null} */ (null));
    const was = useRef(widget.isOpen.value);
    const isOpen = widget.isOpen.value;
    useEffect(() => {
        if (was.current && !isOpen) bubble.current?.focus();
        was.current = isOpen;
    }, [isOpen]);
    if (isOpen) return html`<${Panel} widget=${widget} />`;
    const words = `Open ${widget.config.title ?? "chat"}${widget.unread.value ? " (new message)" : ""}`;
    return html`<button type="button" class="bubble" ref=${bubble} aria-label=${words} onClick=${() => widget.open()}>
        <${Icon} name="chat" />${widget.unread.value && html`<i></i>`}
    </button>`;
}

/** A `rem` is the page's font size, which is the page's to set: here it is 16 pixels. @param {string} styles */
function inPixels(styles) {
    return styles.replace(/(\d*\.?\d+)rem\b/g, (_, size) => `${Number(size) * 16}px`);
}

/** Only from where a picture can do no harm: the page's own origin, https, or the address itself. @param {string} logo */
function isPicture(logo) {
    try {
        const url = new URL(logo, location.href);
        return url.protocol === "https:" || url.origin === location.origin || logo.startsWith("data:image/");
    } catch {
        return false;
    }
}

/**
 * Put the widget into the page.
 * @param {Config} config @param {string} origin where the scripts come from
 */
export async function mount(config, origin) {
    const place = document.createElement("div");
    place.setAttribute("popover", "manual");
    place.dataset.position = config.position === "left" ? "left" : "right";
    if (config.theme === "light" || config.theme === "dark") place.dataset.theme = config.theme;
    if (typeof config.accent === "string" && CSS.supports("color", config.accent)) {
        place.dataset.accent = "own";
        place.style.setProperty("--brand", config.accent);
    }
    const root = place.attachShadow({ mode: "open" });
    const fetchToken = config.fetchToken === undefined ? null : async () => /** @type {() => Promise<string>} */ (config.fetchToken)();
    const credential = new Credential(config.token ?? null, fetchToken);
    const widget = new Widget(config, new Api(config.host ?? origin, credential));
    try {
        root.adoptedStyleSheets = await Promise.all(
            STYLES.map(async (name) => {
                const answer = await fetch(`${origin}/ui/${name}`, { credentials: "omit" });
                if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
                return new CSSStyleSheet().replace(inPixels(await answer.text()));
            }),
        );
    } catch (problem) {
        tell("error", { code: "NO_STYLES", message: wordsOf(problem) });
        return;
    }
    document.body.append(place);
    // The top layer: neither `transform` nor `overflow` nor any z-index of the page gets in the way.
    place.showPopover?.();
    render(html`<${Whole} widget=${widget} />`, root);
    config.open = () => widget.open();
    config.close = () => widget.close();
    config.destroy = () => {
        widget.conversation.close();
        clearTimeout(widget.timer);
        render(null, root);
        place.remove();
    };
    if (widget.isOpen.value) widget.open();
    tell("ready");
}
