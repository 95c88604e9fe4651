"""Answers of the agent's own, when neither a playbook nor a directive says what to do."""
