// The states of tasks and calls, in the words of all pages.

/** @type {Record<string, string>} */
export const STATES = {
    executing: "Running",
    awaiting_approval: "Needs approval",
    success: "Completed",
    error: "Failed",
    cancelled: "Cancelled",
    pending: "Pending",
    running: "Running",
    completed: "Completed",
    failed: "Failed",
};

/** The class that colours a state. @param {string} state */
export const colourOf = (state) => (state === "completed" ? "success" : state);
