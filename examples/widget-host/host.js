// The settings of the chat. `fetchToken` is called at first, a minute before the token ends, and once after a 401.
window.SigmicChat = {
    title: "Field & Forest",
    greeting: "Hello! Ask us anything about tents.",
    accent: "#2f855a",
    fetchToken: async () => {
        const answer = await fetch("/api/chat-token");
        const { success, data, error } = await answer.json();
        if (!success) throw new Error(error.message);
        return data.token;
    },
};
