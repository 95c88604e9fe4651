"""The agent about itself: its name, its abilities, and a joke."""

SIMULATED = "I am a simulated agent: I don't use a model, and my answers are scripted."

HELP = f"""## What I can do

{SIMULATED} I understand plain sentences, several in one message, and do them in order.

| you want | say |
|---|---|
| a command | ``Run exactly this shell command: `ls -la` `` |
| a file | `Create a file named a.txt containing: hello` |
| to see it | `Read the file a.txt` |
| to move it | `Rename a.txt to b.txt` |
| a list | `List the files` |
| fixed words | `Reply with exactly: pong` |
| some time | `Wait 20 seconds` |
| a subagent | `Use a subagent named helper to list the files` |
| a search | `Search the web for solar power` |
| a text | `Write an essay about the sea` |

Text in `backquotes` or in a fence is taken byte for byte:

```text
Create a file named notes.md with the following content:
```

I also

- answer sums, capitals and what was said before,
- summarise files that you upload,
- greet you in English, German, Spanish, French and Japanese.

For a richer answer send one of these:

- playbook: tour
- playbook: research
- playbook: stream-example

> What I don't understand I don't do: the answer names it, and nothing is done.

The [guide to directives](https://example.com/docs/directives) has every sentence."""

JOKE = "Why did the developer leave the stream open? Because `done` never came."
