// Times as their readers count them.

/** How long ago. @param {string} when @param {number} now */
export function ago(when, now) {
    const seconds = Math.max(0, (now - Date.parse(when)) / 1000);
    if (Number.isNaN(seconds)) return "";
    if (seconds < 60) return "just now";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86_400)} d ago`;
}

/** The heading under which a time stands in a list, by the reader's calendar. @param {string} when @param {number} now */
export function dayOf(when, now) {
    const midnight = new Date(now).setHours(0, 0, 0, 0);
    const days = Math.ceil((midnight - Date.parse(when)) / 86_400_000);
    if (Number.isNaN(days) || days > 30) return "Older";
    if (days <= 0) return "Today";
    if (days === 1) return "Yesterday";
    return days <= 7 ? "Last 7 days" : "Last 30 days";
}
