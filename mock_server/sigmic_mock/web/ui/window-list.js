// A list of which only what can be seen is drawn: ten thousand rows cost what thirty do. Chosen by keys or pointer.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const BEYOND = 8;

/**
 * @param {{ items: any[], height: number, label: string, idOf: (item: any) => string, draw: (item: any) => any, chosen: string | null,
 *     choose: (item: any) => void, enter?: () => void, onTop?: (top: boolean) => void, kind?: string }} props  `height` of a row in pixels
 */
export function WindowList({ items, height, label, idOf, draw, chosen, choose, enter, onTop, kind = "" }) {
    const box = useRef(/** @type {HTMLElement | null} */ (null));
    const [top, setTop] = useState(0);
    const [tall, setTall] = useState(600);
    useLayoutEffect(() => {
        const element = box.current;
        if (element === null) return undefined;
        const watch = new ResizeObserver(() => setTall(element.clientHeight));
        watch.observe(element);
        setTall(element.clientHeight);
        return () => watch.disconnect();
    }, []);
    const at = items.findIndex((item) => idOf(item) === chosen);
    useEffect(() => {
        const element = box.current;
        if (element === null || at < 0) return;
        if (at * height < element.scrollTop) element.scrollTop = at * height;
        else if ((at + 1) * height > element.scrollTop + element.clientHeight) element.scrollTop = (at + 1) * height - element.clientHeight;
    }, [chosen, tall]);
    const from = Math.max(0, Math.floor(top / height) - BEYOND);
    const until = Math.min(items.length, Math.ceil((top + tall) / height) + BEYOND);
    const onScroll = (/** @type {any} */ event) => {
        setTop(event.currentTarget.scrollTop);
        onTop?.(event.currentTarget.scrollTop < height / 2);
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || items.length === 0) return;
        const page = Math.max(1, Math.floor(tall / height) - 1);
        const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -items.length, End: items.length });
        const step = steps[event.key];
        if (step !== undefined) {
            event.preventDefault();
            choose(items[Math.min(items.length - 1, Math.max(0, (at < 0 && step > 0 ? -1 : at) + step))]);
        } else if (event.key === "Enter" && at >= 0 && enter !== undefined) {
            event.preventDefault();
            enter();
        }
    };
    const optionId = (/** @type {number} */ index) => `${label.replaceAll(/\W/g, "-")}-${index}`;
    return html`<div class=${`window scroll ${kind}`} ref=${box} role="listbox" tabindex="0" aria-label=${label} onScroll=${onScroll} onKeyDown=${onKey}
        aria-activedescendant=${at >= from && at < until ? optionId(at) : undefined}>
        <div class="all" role="presentation" style=${{ height: `${items.length * height}px` }}>
            <div class="part" role="presentation" style=${{ transform: `translateY(${from * height}px)` }}>
                ${items.slice(from, until).map((item, more) => {
                    const id = idOf(item);
                    return html`<div key=${id} id=${optionId(from + more)} class="row across small" role="option" aria-selected=${id === chosen} aria-setsize=${items.length} aria-posinset=${from + more + 1}
                        style=${{ height: `${height}px` }} onClick=${() => choose(item)}>${draw(item)}</div>`;
                })}
            </div>
        </div>
    </div>`;
}
