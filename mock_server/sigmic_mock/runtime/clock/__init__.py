"""The platform's time: one clock per project. Sockets and sandbox processes use real time."""
