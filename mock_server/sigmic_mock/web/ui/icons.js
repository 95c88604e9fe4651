// The drawings of all pages, by name: paths on a grid of 24.
import { html } from "../vendor/preact.js";

/** @type {Record<string, string[]>} */
const PATHS = {
    key: ["M15 3a6 6 0 1 1-4.2 10.3L4 20v-3h3v-3h2l1.2-1.2A6 6 0 0 1 15 3z", "M16.5 7.5h.01"],
    plug: ["M9 3v5", "M15 3v5", "M6 8h12v3a6 6 0 0 1-12 0z", "M12 17v4"],
    sliders: ["M4 7h10", "M18 7h2", "M16 5v4", "M4 17h2", "M10 17h10", "M8 15v4"],
    shield: ["M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z"],
    people: ["M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M3 20c0-3.5 2.5-6 6-6s6 2.5 6 6", "M16 4.5a3.5 3.5 0 0 1 0 6", "M18 14.5c2 .8 3 2.8 3 5.5"],
    list: ["M9 6h11", "M9 12h11", "M9 18h11", "M4.5 6h.01", "M4.5 12h.01", "M4.5 18h.01"],
    leave: ["M10 4H5v16h5", "M14 8l4 4-4 4", "M18 12H9"],
    mark: ["M18 5H7l6 7-6 7h11", "M18 12h.01"],
    plus: ["M12 5v14", "M5 12h14"],
    send: ["M12 19V5", "M6 11l6-6 6 6"],
    stop: ["M7 7h10v10H7z"],
    clip: ["M20 11.5l-8.1 8.1a5 5 0 0 1-7.1-7.1l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.7"],
    cross: ["M6 6l12 12", "M18 6L6 18"],
    check: ["M5 12.5l4.5 4.5L19 7.5"],
    alert: ["M12 4l9 16H3z", "M12 10v4", "M12 17h.01"],
    file: ["M14 3H6v18h12V7z", "M14 3v4h4"],
    folder: ["M3 6h6l2 2h10v11H3z"],
    download: ["M12 4v11", "M7 11l5 5 5-5", "M5 20h14"],
    chevron: ["M9 6l6 6-6 6"],
    down: ["M12 5v14", "M6 13l6 6 6-6"],
    tool: ["M4 6l5 6-5 6", "M12 18h8"],
    thought: ["M9 18h6", "M10.5 21h3", "M12 3a6 6 0 0 0-4 10.5c.7.7 1 1.5 1 2.5h6c0-1 .3-1.8 1-2.5A6 6 0 0 0 12 3z"],
    agent: ["M5 9h14v10H5z", "M12 9V5", "M9 13v2", "M15 13v2"],
    menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
    theme: ["M12 4a8 8 0 1 0 0 16z", "M12 4a8 8 0 0 1 0 16"],
    edit: ["M4 20l1-4L16 5l3 3L8 19z", "M14 7l3 3"],
    repeat: ["M19 12a7 7 0 1 1-2.2-5.1L19 9", "M19 4v5h-5"],
    copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
    raw: ["M8 8l-4 4 4 4", "M16 8l4 4-4 4", "M13.5 6l-3 12"],
    chat: ["M4 5h16v11H9l-5 4z"],
    search: ["M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M15.5 15.5L20 20"],
    clock: ["M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z", "M12 8v4.5l3 2"],
    bolt: ["M13 3L5 13.5h6L10 21l8-10.5h-6z"],
};

/** @param {{ name: string, class?: string }} props */
export function Icon({ name, class: more = "" }) {
    return html`<svg class=${`icon-drawing ${more}`} viewBox="0 0 24 24" aria-hidden="true">
        ${(PATHS[name] ?? PATHS.file).map((d) => html`<path d=${d} />`)}
    </svg>`;
}
