// A number with its noun.

/** `1 file`, `2 files`. @param {number} number @param {string} noun @param {string} plural */
export const counted = (number, noun, plural = `${noun}s`) => `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
