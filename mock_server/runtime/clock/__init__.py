"""The platform's time: a clock for each project. Sockets and sandbox processes stay on real time."""
