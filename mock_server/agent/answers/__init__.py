"""What the agent answers on its own, when neither a playbook nor a directive says what to do."""
