// A long conversation is drawn from its end, some messages a frame: the last can be read at once.
import { useEffect, useRef, useState } from "../vendor/preact.js";

/** What one frame draws: so many messages, fewer where they are long; about what a window shows. */
const MOST_MESSAGES = 12;
const MOST_CHARACTERS = 3000;

/**
 * The first message that one more frame draws before those from `first` on.
 * @param {readonly { content: string }[]} messages @param {number} first
 */
export function reachedFrom(messages, first) {
    let reached = first;
    for (let characters = 0; reached > 0 && first - reached < MOST_MESSAGES && characters < MOST_CHARACTERS; ) {
        reached -= 1;
        characters += messages[reached].content.length;
    }
    return reached;
}

/**
 * The first of the messages that is drawn now; a little later it is the first of all. What is added at the end is drawn with it.
 * @param {readonly { content: string }[]} messages @param {string | null} of the conversation: another one begins anew
 */
export function useFirstDrawn(messages, of) {
    const count = messages.length;
    const { current: drawn } = useRef({ of, count: 0, first: 0 });
    const [, draw] = useState(0);
    if (drawn.of !== of || drawn.count === 0) drawn.first = reachedFrom(messages, count);
    drawn.of = of;
    drawn.count = count;
    useEffect(() => {
        if (drawn.first === 0) return undefined;
        const frame = requestAnimationFrame(() => {
            drawn.first = reachedFrom(messages, drawn.first);
            draw((turn) => turn + 1);
        });
        return () => cancelAnimationFrame(frame);
    });
    return drawn.first;
}
