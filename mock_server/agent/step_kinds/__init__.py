"""What a playbook's agent can do. One module a family; `catalogue` puts them together.

A kind of step is declared once, in three things that stand side by side: the schema and the reader of its key
(`StepKind`), and the performer and writer of what it compiles to (`Deed`). A test holds them together.
"""
