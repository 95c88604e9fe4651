#!/usr/bin/env node
/** `start-sigmic-mock [FLAGS]`: print the ready file's JSON on one line, and run until a signal comes. */

import { MockRefused, startMock } from "./index.js";

try {
  const mock = await startMock({ flags: process.argv.slice(2) });
  const alive = setInterval(() => {}, 1 << 30);
  const end = async () => {
    clearInterval(alive);
    await mock.stop();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, end);
  console.log(JSON.stringify(mock.ready)); // last: its reader may send a signal
} catch (problem) {
  if (!(problem instanceof MockRefused)) throw problem;
  console.error(problem.message);
  process.exitCode = 1;
}
