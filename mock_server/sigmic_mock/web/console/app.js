// The console: who is signed in, which project and place is shown, and the menu beside it.
import { ApiError } from "../client/api.js";
import { batch, html, render, signal, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { Palette } from "../ui/palette.js";
import { nextTheme, theme } from "../ui/theme.js";
import { Said } from "../ui/dialog.js";
import { ConsoleApi, may } from "./console-api.js";
import { Help } from "./help.js";
import { Keys } from "./keys.js";
import { McpServers } from "./mcp.js";
import { Members } from "./members.js";
import { Empty, Problem, roleName } from "./parts.js";
import { PLACES, addressOf, placeOf } from "./places.js";
import { Policies } from "./policies.js";
import { Projects } from "./projects.js";
import { ProjectSettings } from "./settings.js";
import { SignIn } from "./sign-in.js";
import { Tasks } from "./tasks.js";
import { WidgetApps } from "./widget-apps.js";

/**
 * @typedef {{ api: ConsoleApi, me: import("./console-api.js").Me, refresh: () => Promise<void>, go: (path: string) => void }} Shell
 * @typedef {Shell & { project: import("./console-api.js").Project, part: string | null }} InProject
 */

const SESSION = "/session";
/** What each place of a project shows. @type {Record<string, any>} */
const VIEWS = {
    "api-keys": Keys,
    "widget-apps": WidgetApps,
    mcp: McpServers,
    settings: ProjectSettings,
    policies: Policies,
    members: Members,
    tasks: Tasks,
};

const me = signal(/** @type {import("./console-api.js").Me | null} */ (null));
const ways = signal(/** @type {import("./sign-in.js").Ways} */ ({ oneClick: [], byPassword: false }));
/** "asking" until the server has said whether there is a session. */
const state = signal(/** @type {"asking" | "out" | "ended" | "in"} */ ("asking"));
const problem = signal(/** @type {ApiError | null} */ (null));
const path = signal(location.pathname);

const api = new ConsoleApi((code, path) => {
    if (code === "AUTH_REQUIRED") state.value = state.value === "in" ? "ended" : "out";
    // Somebody has taken a right away: what there is to do is read anew.
    if (code === "FORBIDDEN" && path !== SESSION) refresh();
});

async function refresh() {
    try {
        const { me: found, ...how } = await api.get(SESSION);
        batch(() => {
            ways.value = how;
            me.value = found;
            state.value = found !== null ? "in" : state.value === "in" ? "ended" : "out";
            problem.value = null;
        });
    } catch (error) {
        if (error instanceof ApiError) problem.value = error;
    }
}

/** @param {string} to */
function go(to) {
    if (to !== location.pathname) history.pushState(null, "", to);
    path.value = location.pathname;
}

async function signOut() {
    await api.call("DELETE", SESSION).catch(() => {});
    batch(() => {
        state.value = "out";
        me.value = null;
    });
}

/** Links within the console change the place, not the page. @param {MouseEvent} event */
function onLink(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target !== "" || link.origin !== location.origin || placeOf(link.pathname).kind === "unknown") return;
    event.preventDefault();
    go(link.pathname);
}

/** @param {Shell & { project: import("./console-api.js").Project | null, place: string | null, isShown: boolean }} props */
function Menu({ me: user, project, place, isShown }) {
    return html`<nav id="menu" class=${`drawer ${isShown ? "shown" : ""}`} aria-label="Console">
        <a class="brand across" href="/console"><${Icon} name="mark" class="mark" /><span>Console</span></a>
        ${project === null
            ? html`<ul class="places"><li><a href="/console" aria-current="page"><${Icon} name="folder" />Projects</a></li></ul>`
            : html`<div class="project"><a href="/console"><${Icon} name="chevron" class="back" />All projects</a><b class="clip" dir="auto" title=${project.name}>${project.name}</b><span class="tag fixed soft tiny">${roleName(project.role)}</span></div>
              <ul class="places">${PLACES.filter(({ right }) => may(project, right)).map(
                  ({ name, title, icon }) => html`<li key=${name}><a href=${addressOf(project.id, name)} aria-current=${name === place ? "page" : undefined}><${Icon} name=${icon} />${title}</a></li>`,
              )}</ul>`}
        <ul class="places"><li><a href="/"><${Icon} name="chat" />Chat</a></li><li><a href="/__mock/ui"><${Icon} name="bolt" />Control deck</a></li><li><a href="/docs"><${Icon} name="file" />API reference</a></li></ul>
        <div class="foot across"><span class="face fixed small" aria-hidden="true">${user.name.slice(0, 1)}</span><b class="grows clip">${user.name}</b>
                <button type="button" class="button plain icon" aria-label=${`Theme: ${theme.value}`} title=${`Theme: ${theme.value}`} onClick=${nextTheme}><${Icon} name="theme" /></button>
                <button type="button" class="button plain icon" aria-label="Sign out" title="Sign out" onClick=${signOut}><${Icon} name="leave" /></button></div>
    </nav>`;
}

/** @param {Shell & { where: import("./places.js").Where }} props */
function View({ where, ...shell }) {
    if (where.kind === "projects") return html`<${Projects} ...${shell} />`;
    if (where.kind !== "project") return html`<${Empty} alone icon="alert" title="Page not found"><a href="/console">All projects</a></${Empty}>`;
    const project = shell.me.projects.find(({ id }) => id === where.project);
    const place = PLACES.find(({ name }) => name === where.place);
    if (project === undefined || place === undefined) {
        return html`<${Empty} alone icon="folder" title="Project not found">It was deleted, or the link is wrong. <a href="/console">All projects</a></${Empty}>`;
    }
    if (!may(project, place.right)) {
        return html`<${Empty} alone icon="shield" title="You don't have access">Your role in this project is ${roleName(project.role)}. Ask an owner or admin to change it. <a href="/console">All projects</a></${Empty}>`;
    }
    return html`<${VIEWS[place.name]} key=${`${project.id} ${place.name}`} ...${shell} project=${project} part=${where.part} />`;
}

/** A project's address alone, and that of the documentation, mean a place. @param {import("./places.js").Where} where @param {import("./console-api.js").Me} user */
function meantBy(where, user) {
    const first = user.projects[0];
    if (where.kind === "developer") return first === undefined ? "/console" : addressOf(first.id, "api-keys");
    if (where.kind !== "project" || where.place !== null) return null;
    const project = user.projects.find(({ id }) => id === where.project);
    const place = project && PLACES.find(({ right }) => may(project, right));
    return place === undefined ? null : addressOf(where.project, place.name);
}

/** @param {{ user: import("./console-api.js").Me }} props */
function Inside({ user }) {
    const [menu, setMenu] = useState(false);
    const where = placeOf(path.value);
    const meant = meantBy(where, user);
    useLayoutEffect(() => {
        if (meant === null) return;
        history.replaceState(null, "", meant);
        path.value = meant;
    }, [meant]);
    useEffect(() => {
        setMenu(false);
        document.querySelector("h1")?.focus({ preventScroll: true });
        document.querySelector("main")?.scrollTo(0, 0);
    }, [path.value]);
    const opener = useRef(/** @type {HTMLElement | null} */ (null));
    const closeMenu = () => {
        setMenu(false);
        opener.current?.focus();
    };
    useEffect(() => {
        if (!menu) return undefined;
        // What slides in takes the focus only once it is seen.
        requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector("#menu a"))?.focus());
        const onKey = (/** @type {KeyboardEvent} */ event) => {
            if (event.key === "Escape") closeMenu();
        };
        addEventListener("keydown", onKey);
        return () => removeEventListener("keydown", onKey);
    }, [menu]);
    if (meant !== null) return null;
    const project = where.kind === "project" ? (user.projects.find(({ id }) => id === where.project) ?? null) : null;
    const shell = { api, me: user, refresh, go };
    const commands = () => [
        ...(project === null ? [] : PLACES.filter(({ right }) => may(project, right)).map(({ name, title, icon }) => ({ name: title, icon, about: project.name, run: () => go(addressOf(project.id, name)) }))),
        ...user.projects.map(({ id, name }) => ({ name, icon: "folder", about: "Project", run: () => go(addressOf(id)) })),
        { name: "All projects", icon: "folder", about: "Page", run: () => go("/console") },
    ];
    return html`<${Menu} ...${shell} project=${project} place=${where.kind === "project" ? where.place : null} isShown=${menu} />
        <button type="button" class="shade" aria-label="Close menu" onClick=${closeMenu}></button>
        <div class="bar"><button type="button" class="button plain icon" ref=${opener} aria-label="Menu" aria-expanded=${menu} aria-controls="menu" onClick=${() => setMenu(!menu)}><${Icon} name="menu" /></button><b class="clip" dir="auto">${project?.name ?? "Console"}</b></div>
        <main><div class="page"><div class="stack"><${Problem} problem=${problem.value} again=${refresh} /><${View} ...${shell} where=${where} /></div>${project !== null && where.kind === "project" && where.part === null && html`<${Help} place=${where.place} />`}</div></main>
        <${Said} /><${Palette} commands=${commands} />`;
}

function Page() {
    if (state.value === "asking") {
        if (problem.value !== null) return html`<main class="door"><div><${Problem} problem=${problem.value} again=${refresh} /></div></main>`;
        return html`<main class="door"><div class="working"><i></i>Loading console…</div></main>`;
    }
    if (state.value !== "in" || me.value === null) {
        return html`<${SignIn} api=${api} ways=${ways.value} wasSignedIn=${state.value === "ended"} onSignedIn=${(/** @type {import("./console-api.js").Me} */ user) => {
            batch(() => {
                me.value = user;
                state.value = "in";
            });
        }} />`;
    }
    return html`<${Inside} user=${me.value} />`;
}

addEventListener("popstate", () => {
    path.value = location.pathname;
});
document.addEventListener("click", onLink);
render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
refresh();
