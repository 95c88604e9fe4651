/** A mock of the Sigmic AI platform for tests, and a client of its control plane (`/__mock/v1`). */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const START_MS = 60_000;
const STOP_MS = 20_000;
const LAST_LINES = 100;

/** The mock refused a call, or cannot be reached or started; the message says why. */
export class MockRefused extends Error {
  name = "MockRefused";

  constructor(message, code = undefined) {
    super(message);
    this.code = code;
  }
}

/** Calls of the control plane by the ids of its document, which the server itself provides. */
class Control {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.operations = null;
  }

  async call(id, { project, ...fields } = {}) {
    this.operations ??= this.#send("GET", "/openapi.json").then(operationsOf);
    const operations = await this.operations;
    requireKnown([id], [...operations.keys()], "the control plane", "operation");
    const operation = operations.get(id);
    const query = new URLSearchParams(project ? { project } : {});
    const body = {};
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => {
      const value = fields[name];
      delete fields[name];
      if (value === undefined || value === null) throw new MockRefused(`${id} needs ${name}`);
      return encodeURIComponent(value);
    });
    // A field that the operation does not have is sent too: the server refuses it, with the nearest one.
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      if (operation.hasBody && !operation.query.has(name)) body[name] = value;
      else if (value !== null) query.set(name, String(value));
    }
    return this.#send(operation.method, `${path}?${query}`, operation.hasBody ? body : undefined);
  }

  async #send(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    }).catch((problem) => {
      throw new MockRefused(`no mock answers at ${this.url}: ${problem.cause?.message ?? problem.message}`);
    });
    const isJson = answer.headers.get("content-type")?.startsWith("application/json");
    const value = isJson ? await answer.json() : await answer.text();
    if (answer.ok) return value;
    throw new MockRefused(value.error?.message ?? `the mock answered ${answer.status}`, value.error?.code);
  }
}

/** Refuse the first of the names that is unknown, with the nearest known one. */
function requireKnown(names, known, owner, what) {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = known
    .map((name) => ({ name, steps: editsBetween(String(unknown).slice(0, 80), name) }))
    .reduce((one, other) => (other.steps < one.steps ? other : one));
  const hint = near.steps <= near.name.length / 2 ? `; did you mean ${near.name}?` : `; known: ${known.join(", ")}`;
  throw new MockRefused(`${owner} has no ${what} ${String(unknown).slice(0, 80)}${hint}`);
}

/** How many letters have to be added, removed or replaced to get from one word to another. */
function editsBetween(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [above, letter] of [...one].entries()) {
    const next = [above + 1];
    for (let at = 0; at < other.length; at++) {
      next.push(Math.min(row[at] + (letter === other[at] ? 0 : 1), row[at + 1] + 1, next[at] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

function operationsOf(document) {
  const found = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const inQuery = (operation.parameters ?? []).filter((each) => each.in === "query");
      found.set(operation.operationId, {
        path,
        method: method.toUpperCase(),
        query: new Set(inQuery.map((each) => each.name)),
        hasBody: ["post", "put", "patch"].includes(method),
      });
    }
  }
  return found;
}

/** A project of a running mock: give `baseUrl` and `apiKey` to the client under test. */
export class Project {
  constructor(control, baseUrl, { id, apiKey, appId, appSecret }) {
    this.control = control;
    this.baseUrl = baseUrl;
    Object.assign(this, { id, apiKey, appId, appSecret });
  }

  get headers() {
    return { Authorization: `Bearer ${this.apiKey}` };
  }

  get environ() {
    return { SIGMIC_BASE_URL: this.baseUrl, SIGMIC_API_KEY: this.apiKey };
  }

  ask(operation, fields = {}) {
    return this.control.call(operation, { project: this.id, ...fields });
  }

  advance(by) {
    return this.ask("advance_clock", { by });
  }

  setClock(mode) {
    return this.ask("change_clock", { mode });
  }

  fault(fault, values = {}) {
    return this.ask("arm_fault", { fault, with: values });
  }

  async unfiredFaults() {
    const { active } = await this.ask("list_armed_faults");
    return active.filter((armed) => armed.project === this.id && !armed.fired).map((armed) => armed.fault);
  }

  reply(text, tools = []) {
    return this.ask("add_reply", { text, tools });
  }

  playbook(playbook) {
    return this.ask("put_playbook", { name: playbook.name, playbook });
  }

  async journal(filter = {}) {
    let page = await this.ask("list_entries", filter);
    const entries = page.entries;
    while (filter.limit === undefined && page.next !== null) {
      page = await this.ask("list_entries", { ...filter, since: page.next });
      entries.push(...page.entries);
    }
    return entries;
  }

  async waitFor(filter, options = {}) {
    requireKnown(Object.keys(options), ["count", "timeout"], "waitFor", "option");
    const { count = 1, timeout = "10s" } = options;
    return (await this.ask("wait_for_entries", { ...filter, at_least: count, timeout })).entry;
  }

  /** @returns its name, and what it holds; `restore` and `fork` take the name. */
  snapshot(name) {
    return this.ask("take_snapshot", { name });
  }

  restore(name) {
    return this.ask("restore_snapshot", { name });
  }

  async fork(name) {
    const { forks } = await this.ask("fork_snapshot", { name });
    return Object.assign(projectOf(this, forks[0]), { tasks: forks[0].tasks });
  }

  reset() {
    return this.ask("reset");
  }

  async [Symbol.asyncDispose]() {
    await this.reset();
  }
}

/** A project on the server of another one, as the control plane has created it. */
function projectOf({ control, baseUrl }, made) {
  const { project: id, api_key: apiKey, app_id: appId, app_secret: appSecret } = made;
  return new Project(control, baseUrl, { id, apiKey, appId, appSecret });
}

/** A running server, and its first project. */
export class Mock extends Project {
  constructor(ready, stop) {
    const app = ready.widget_app ?? {};
    super(new Control(ready.control_url, ready.control_token), ready.base_url, {
      id: ready.project_id,
      apiKey: ready.api_key,
      appId: app.app_id,
      appSecret: app.app_secret,
    });
    this.ready = ready;
    this.stop = stop;
  }

  /** Variables for other processes: those of a client, and those by which `startMock` finds this server. */
  get environ() {
    return {
      ...super.environ,
      SIGMIC_MOCK_CONTROL_URL: this.ready.control_url,
      SIGMIC_MOCK_CONTROL_TOKEN: this.ready.control_token,
    };
  }

  async project({ faults = {}, playbooks = [], settings, members, ...fields } = {}) {
    const made = await this.control.call("create_project", { name: "test", ...fields });
    const project = projectOf(this, made);
    if (settings) await project.ask("change_settings", settings);
    if (members) await project.ask("give_roles", { members });
    for (const playbook of playbooks) await project.playbook(playbook);
    for (const [fault, values] of Object.entries(faults)) await project.fault(fault, values);
    return project;
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

/** Start a mock that ends with this process; or attach to the one in `env`, unless `flags` ask for another. */
export async function startMock(options = {}) {
  requireKnown(Object.keys(options), ["command", "flags", "env"], "startMock", "option");
  const { command = "sigmic-mock", flags = [], env = process.env } = options;
  const isGiven = env.SIGMIC_MOCK_CONTROL_URL && env.SIGMIC_MOCK_CONTROL_TOKEN;
  if (isGiven && flags.length === 0) return attached(env);
  const [program, ...before] = [command].flat();
  const words = [...before, "--ephemeral", "--port=0", "--log-level=warning", ...flags, "--json", "--until-stdin-ends"];
  const server = spawn(program, words, { env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise((resolve) => server.once("close", (code) => resolve(code)));
  const failed = once(server, "error").then(([problem]) => {
    const advice = problem.code === "ENOENT" ? "; in a clone, `uv tool install ./mock_server` installs it; or give `command`" : "";
    throw new MockRefused(`can't start ${program}: ${problem.message}${advice}`);
  });
  failed.catch(() => {});
  const errors = [];
  createInterface({ input: server.stderr }).on("line", (line) => errors.push(line) > LAST_LINES && errors.shift());
  const stop = async () => {
    server.stdin.end();
    const late = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  const early = ended.then((code) => {
    // A refused start prints a line for each reason.
    const first = errors.findLastIndex((line) => line.startsWith("sigmic-mock: "));
    throw new MockRefused(errors.slice(first).join("\n") || `${program} ended with exit code ${code}`);
  });
  early.catch(() => {});
  const first = once(createInterface({ input: server.stdout }), "line", { signal: AbortSignal.timeout(START_MS) });
  first.catch(() => {});
  try {
    const [line] = await Promise.race([first, failed, early]);
    return new Mock(JSON.parse(line), stop);
  } catch (problem) {
    if (!(problem instanceof MockRefused)) await stop();
    throw problem.name === "AbortError" ? new MockRefused(`${program} was not ready within 60 s`) : problem;
  }
}

async function attached(env) {
  const control_url = env.SIGMIC_MOCK_CONTROL_URL;
  const control = new Control(control_url, env.SIGMIC_MOCK_CONTROL_TOKEN);
  const made = await control.call("create_project", { name: "startMock()" });
  const ready = {
    base_url: control_url.replace(/\/__mock\/v1\/?$/, ""),
    control_url,
    control_token: env.SIGMIC_MOCK_CONTROL_TOKEN,
    project_id: made.project,
    api_key: made.api_key,
    widget_app: { app_id: made.app_id, app_secret: made.app_secret },
  };
  const mock = new Mock(ready, () => mock.reset());
  return mock;
}
