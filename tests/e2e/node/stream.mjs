// Node's own fetch and the eventsource-parser package read one task's stream: what a browser client does.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, base, key, message] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const { createParser } = await import(pathToFileURL(require.resolve("eventsource-parser")));

const headers = { Authorization: `Bearer ${key}` };
const created = await fetch(`${base}/api/v1/tasks`, {
  method: "POST",
  headers: { ...headers, "Content-Type": "application/json" },
  body: JSON.stringify({ message }),
});
const { data } = await created.json();

const events = [];
const comments = [];
const parser = createParser({
  onEvent: (event) => events.push({ event: event.event, data: JSON.parse(event.data) }),
  onComment: (comment) => comments.push(comment),
  onError: (error) => {
    throw error;
  },
});
const answer = await fetch(`${base}/api/v1/tasks/${data.id}/stream`, { headers });
const decoder = new TextDecoder("utf-8", { fatal: true });
for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, { stream: true }));
console.log(JSON.stringify({ status: answer.status, type: answer.headers.get("content-type"), events, comments }));
