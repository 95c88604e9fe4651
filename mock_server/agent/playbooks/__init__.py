"""Playbooks: YAML files, and those of one project, that say what the agent does with a message."""
