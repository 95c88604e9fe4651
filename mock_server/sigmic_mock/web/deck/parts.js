// What the tabs of the deck have in common: their props, problems in words, a place that is empty, reading a resource.
import { ApiError } from "../client/api.js";
import { Icon } from "../ui/icons.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/** @typedef {{ get: (name: string) => string | null, set: (name: string, value: string | null) => void }} Place  what the address holds */
/** @typedef {{ control: import("./control.js").Control, place: Place, search: { current: HTMLElement | null } }} TabProps */

/** @param {{ problem: ApiError | null, retry: () => void }} props */
export function Problem({ problem, retry }) {
    if (problem === null) return null;
    const again = problem.status === 0 || problem.status >= 500;
    return html`<div class="notice bad" role="alert"><span>${problem.message}${problem.status === 0 ? " Retrying automatically." : ""} <small><code>${problem.code}</code></small></span>
        ${again && html`<button type="button" class="button" onClick=${retry}>Retry now</button>`}</div>`;
}

/** Nothing is here, and what to do about it. @param {{ icon: string, title: string, children?: any }} props */
export function Quiet({ icon, title, children }) {
    return html`<div class="empty stack soft small"><${Icon} name=${icon} /><h2>${title}</h2><p>${children}</p></div>`;
}

/** @param {unknown} problem */
export const refusalIn = (problem) => (problem instanceof ApiError ? problem : new ApiError("FAILED", String(problem), 0));

/**
 * A resource of the control plane, read at once, whenever `inputs` change, and every `every` ms; a read that fails is tried again.
 * @param {() => Promise<any>} read @param {unknown[]} inputs @param {number | null} [every]
 */
export function useRead(read, inputs, every = null) {
    const [value, setValue] = useState(/** @type {any} */ (null));
    const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
    const [turn, setTurn] = useState(0);
    useEffect(() => {
        let current = true;
        let timer = 0;
        const once = async () => {
            try {
                const found = await read();
                if (!current) return;
                setValue(found);
                setProblem(null);
                if (every !== null) timer = setTimeout(once, every);
            } catch (error) {
                if (!current) return;
                const refusal = refusalIn(error);
                setProblem(refusal);
                if (refusal.status === 0 || refusal.status >= 500) timer = setTimeout(once, 2000);
            }
        };
        once();
        return () => {
            current = false;
            clearTimeout(timer);
        };
    }, [...inputs, turn]);
    return { value, problem, refresh: () => setTurn((now) => now + 1) };
}

/** Something that was asked for goes on, and what came of it. */
export function useAct() {
    const [busy, setBusy] = useState(/** @type {string | null} */ (null));
    const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
    const [done, setDone] = useState(/** @type {any} */ (null));
    /** @param {string} name @param {() => Promise<any>} work  returns what to say of it */
    const act = async (name, work) => {
        setBusy(name);
        setProblem(null);
        setDone(null);
        try {
            setDone((await work()) ?? null);
        } catch (error) {
            setProblem(refusalIn(error));
        }
        setBusy(null);
    };
    const told = html`<div role="status" class="told">${done !== null && html`<p class="notice"><${Icon} name="check" /><span>${done}</span></p>`}</div>
        ${problem !== null && html`<div class="notice bad" role="alert"><span>${problem.message} <small><code>${problem.code}</code></small></span></div>`}`;
    return { act, busy, told };
}

/**
 * Calls that change what is shown, which `refresh` reads again; `said` puts the answer of one into words.
 * @param {import("./control.js").Control} control @param {() => void} refresh
 */
export function useCalls(control, refresh) {
    const { act, ...rest } = useAct();
    /** @param {string} id @param {Record<string, unknown>} [fields] @param {(answer: any) => any} [said] @param {{ everybody?: boolean }} [options] */
    const call = (id, fields, said, options) =>
        act(id, async () => {
            const answer = await control.ask(id, fields, options);
            refresh();
            return said?.(answer);
        });
    return { call, ...rest };
}
