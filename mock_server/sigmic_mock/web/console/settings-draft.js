// Settings of a project: read with a tag, changed only if nobody else has meanwhile.
import { ApiError } from "../client/api.js";
import { within } from "./console-api.js";

/**
 * @typedef {{ auto_execute: boolean, tool_policies: Record<string, string>, prompts: string[], subagents: boolean | Record<string, boolean>, mcp_servers: Record<string, any> }} Settings
 * @typedef {{ settings: Settings, tag: string }} Read
 * @typedef {(now: Settings) => Settings} Change
 */

/** @type {Record<string, string>} */
const IN_WORDS = { auto_execute: "automatic tools", tool_policies: "tool policies", prompts: "prompts", subagents: "subagents" };
const PRECONDITION_FAILED = 412;

/** A change that was refused because others have changed the settings since they were read. */
export class Overtaken extends ApiError {
    /** @param {Read} newest @param {string[]} changed */
    constructor(newest, changed) {
        const what = changed.length > 0 ? ` They changed: ${changed.join(", ")}.` : "";
        super("CONFLICT", `Someone else changed these settings after you opened them.${what} Your changes weren't saved.`, PRECONDITION_FAILED);
        this.newest = newest;
    }
}

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The change that sets what somebody has really changed, and leaves the rest as it is by then. @param {Settings} before @param {Partial<Settings>} mine @returns {Change} */
export function changeTo(before, mine) {
    const changed = Object.entries(mine).filter(([name, value]) => !same(value, /** @type {any} */ (before)[name]));
    return (now) => ({ ...now, ...Object.fromEntries(changed) });
}

/** What differs, in words. @param {Settings} before @param {Settings} after @returns {string[]} */
export function differing(before, after) {
    const parts = Object.keys(IN_WORDS).filter((name) => !same(/** @type {any} */ (before)[name], /** @type {any} */ (after)[name]));
    const servers = new Set([...Object.keys(before.mcp_servers), ...Object.keys(after.mcp_servers)]);
    const others = [...servers].filter((name) => !same(before.mcp_servers[name], after.mcp_servers[name]));
    return [...parts.map((name) => IN_WORDS[name]), ...others.map((name) => `the MCP server ${name}`)];
}

/** @param {import("./console-api.js").ConsoleApi} api @param {import("./console-api.js").Project} project @returns {Promise<Read>} */
export async function readSettings(api, project) {
    const { data, tag } = await api.call("GET", within(project, "settings"));
    return { settings: data, tag };
}

/**
 * Change what was read. Raises `Overtaken` when it is no longer what there is, `ApiError` otherwise.
 * @param {import("./console-api.js").ConsoleApi} api @param {import("./console-api.js").Project} project @param {Read} read @param {Change} change
 * @returns {Promise<Read>}
 */
export async function changeSettings(api, project, read, change) {
    try {
        const { data, tag } = await api.call("PUT", within(project, "settings"), { json: change(read.settings), match: read.tag });
        return { settings: data, tag };
    } catch (problem) {
        if (!(problem instanceof ApiError) || problem.status !== PRECONDITION_FAILED) throw problem;
        const newest = await readSettings(api, project);
        throw new Overtaken(newest, differing(read.settings, newest.settings));
    }
}
