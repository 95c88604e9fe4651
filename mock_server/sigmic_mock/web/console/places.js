// Which place of the console an address is, and the reverse.

/** The places of a project in the order of the menu; `right` is what looking at them needs. */
export const PLACES = [
    { name: "api-keys", title: "API keys", icon: "key", right: "keys" },
    { name: "widget-apps", title: "Widget apps", icon: "chat", right: "see" },
    { name: "mcp", title: "MCP servers", icon: "plug", right: "see" },
    { name: "settings", title: "Settings", icon: "sliders", right: "see" },
    { name: "policies", title: "Tool policies", icon: "shield", right: "see" },
    { name: "members", title: "Members", icon: "people", right: "see" },
    { name: "tasks", title: "Tasks", icon: "list", right: "see" },
];
const OF_PROJECT = "/console/p/";
/** As the platform's documentation calls the place of API keys; of the first project. */
const DEVELOPER = "/console/settings/developer";

/** @typedef {{ kind: "projects" } | { kind: "developer" } | { kind: "unknown" } | { kind: "project", project: string, place: string | null, part: string | null }} Where */

/** @param {string} path @returns {Where} */
export function placeOf(path) {
    const plain = path.replace(/\/+$/, "");
    if (plain === "/console") return { kind: "projects" };
    if (plain === DEVELOPER) return { kind: "developer" };
    if (!plain.startsWith(OF_PROJECT)) return { kind: "unknown" };
    try {
        const [project, place = null, part = null, ...more] = plain.slice(OF_PROJECT.length).split("/").map(decodeURIComponent);
        const isKnown = place === null || PLACES.some(({ name }) => name === place);
        if (!project || !isKnown || more.length > 0 || (part !== null && place !== "tasks")) return { kind: "unknown" };
        return { kind: "project", project, place, part };
    } catch {
        return { kind: "unknown" }; // a percent sign that stands for nothing
    }
}

/** @param {string} project @param {...string} names */
export function addressOf(project, ...names) {
    return OF_PROJECT + [project, ...names].map(encodeURIComponent).join("/");
}
