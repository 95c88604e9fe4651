"""`doctor`: facts about a target are gathered first, and diagnosed separately."""
