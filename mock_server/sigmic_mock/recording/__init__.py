"""`sigmic-mock record`: a proxy to a deployment that checks its traffic and writes playbooks from it."""
