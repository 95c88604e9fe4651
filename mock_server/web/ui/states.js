// The states of tasks and calls, in the words of all pages.

/** @type {Record<string, string>} */
export const STATES = {
    executing: "running",
    awaiting_approval: "waiting for you",
    success: "done",
    error: "failed",
    cancelled: "cancelled",
    pending: "starting",
    running: "running",
    completed: "done",
    failed: "failed",
};
