// A component that the first view does not need: its module comes when it is drawn or, with `idle`, once the page rests.
import { html, useEffect, useState } from "../vendor/preact.js";

/** @param {{ load: () => Promise<any>, idle?: boolean, [more: string]: any }} props  `load` returns the component */
export function Later({ load, idle = false, ...props }) {
    const [loaded, setLoaded] = useState(/** @type {{ Drawn: any } | null} */ (null));
    useEffect(() => {
        const begin = () => load().then((Drawn) => setLoaded({ Drawn }));
        if (!idle) begin();
        else if ("requestIdleCallback" in globalThis) requestIdleCallback(begin, { timeout: 1000 });
        else setTimeout(begin);
    }, []);
    return loaded === null ? null : html`<${loaded.Drawn} ...${props} />`;
}
