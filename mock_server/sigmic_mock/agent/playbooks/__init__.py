"""Playbooks: YAML files, and those of one project, that define what the agent does with a message."""
