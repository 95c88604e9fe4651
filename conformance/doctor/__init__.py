"""`doctor`: facts about a target are gathered first, and judged apart from that."""
