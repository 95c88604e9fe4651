"""One run: preflight, plan, engine, adjudication, console and result."""
