"""A language model as the agent, by any endpoint of OpenAI's chat completions (docs/guides/own-model.md)."""
