// A long conversation is drawn from its end, some messages a frame: the last can be read at once.
import { useEffect, useRef, useState } from "../vendor/preact.js";

const AT_ONCE = 12;

/**
 * The first of `count` messages that is drawn now; a little later it is the first of all. What is added at the end is drawn with it.
 * @param {number} count @param {string | null} of the conversation: another one begins anew
 */
export function useFirstDrawn(count, of) {
    const { current: drawn } = useRef({ of, count: 0, first: 0 });
    const [, draw] = useState(0);
    if (drawn.of !== of || drawn.count === 0) drawn.first = Math.max(0, count - AT_ONCE);
    drawn.of = of;
    drawn.count = count;
    useEffect(() => {
        if (drawn.first === 0) return undefined;
        const frame = requestAnimationFrame(() => {
            drawn.first = Math.max(0, drawn.first - AT_ONCE);
            draw((turn) => turn + 1);
        });
        return () => cancelAnimationFrame(frame);
    });
    return drawn.first;
}
