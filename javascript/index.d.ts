import type { Operations } from "./control.js";

export type { Operations } from "./control.js";
export type * as control from "./control.js";

type Fields<Id extends keyof Operations> = Operations[Id]["fields"];
type Answer<Id extends keyof Operations> = Operations[Id]["answer"];
type Settings = Fields<"change_settings">;

/** The mock refused a call, or cannot be reached or started; the message says why. */
export class MockRefused extends Error {
  readonly code: string | undefined;
}

/** A project of a running mock: give `baseUrl` and `apiKey` to the client under test. */
export class Project implements AsyncDisposable {
  readonly id: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly appId: string | undefined;
  readonly appSecret: string | undefined;
  readonly headers: { Authorization: string };
  /** The variables that clients read. */
  readonly environ: Record<string, string>;
  /** Call any operation of the control plane about this project, or about `project`. Rejects with `MockRefused`. */
  ask<Id extends keyof Operations>(operation: Id, fields?: Fields<Id> & { project?: string }): Promise<Answer<Id>>;
  /** Move a manual clock, for example by "31m"; resolves when everything that is due has happened. */
  advance(by: string | number): Promise<Answer<"advance_clock">>;
  /** `real`, `scaled:N`, `manual` or `autojump`. */
  setClock(mode: string): Promise<Answer<"change_clock">>;
  /** Arm a fault; `values` are its parameters and conditions, such as `{nth: 2}`. */
  fault(fault: string, values?: Record<string, unknown>): Promise<Answer<"arm_fault">>;
  /** The faults armed for this project that never fired. */
  unfiredFaults(): Promise<string[]>;
  /** Give the agent its next answer, for example "You said {{message}}", after the steps in `tools`. */
  reply(text: string, tools?: Fields<"add_reply">["tools"]): Promise<Answer<"add_reply">>;
  /** Script the agent: docs/guides/playbooks.md. */
  playbook(playbook: { name: string; [key: string]: unknown }): Promise<Answer<"put_playbook">>;
  journal(filter?: Fields<"list_entries">): Promise<Answer<"list_entries">["entries"]>;
  waitFor(
    filter: Omit<Fields<"wait_for_entries">, "at_least" | "timeout">,
    options?: { count?: number; timeout?: string | number },
  ): Promise<Answer<"wait_for_entries">["entry"]>;
  /** Save the state of the project, once no turn is running; without a name it is snapshot-1, snapshot-2, …. */
  snapshot(name?: string): Promise<Answer<"take_snapshot">>;
  restore(name: string): Promise<Answer<"restore_snapshot">>;
  /** A new project with the state of a snapshot; `tasks` has the ids of its tasks by those of this project. */
  fork(name: string): Promise<Project & { readonly tasks: Record<string, string> }>;
  /** Empty the project. */
  reset(): Promise<Answer<"reset">>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the ready file holds: docs/guides/configure-the-mock.md. */
export interface Ready {
  base_url: string;
  control_url: string;
  control_token: string;
  project_id: string | null;
  api_key: string | null;
  widget_app: { app_id: string; app_secret: string } | null;
  [more: string]: unknown;
}

/** A running server, and its first project. */
export class Mock extends Project {
  readonly ready: Ready;
  /** A new project: its own key, time, faults, tasks and journal. */
  project(
    options?: Fields<"create_project"> & {
      settings?: Settings;
      members?: Fields<"give_roles">["members"];
      faults?: Record<string, Record<string, unknown>>;
      playbooks?: Array<{ name: string; [key: string]: unknown }>;
    },
  ): Promise<Project>;
  stop(): Promise<void>;
}

/**
 * Start a mock that ends with this process. Under `sigmic-mock exec` and `gauntlet` it attaches to their server, with a
 * new project, unless you give `flags`. `command` starts the server, by default `sigmic-mock`; `flags` are its flags.
 */
export function startMock(options?: {
  command?: string | string[];
  flags?: string[];
  env?: NodeJS.ProcessEnv;
}): Promise<Mock>;
