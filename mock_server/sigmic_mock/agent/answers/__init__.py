"""Built-in answers, for messages that match neither a playbook nor a directive."""
