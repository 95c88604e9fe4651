"""`sigmic-mock record`: a proxy before a deployment that judges what passes and writes playbooks of it."""
