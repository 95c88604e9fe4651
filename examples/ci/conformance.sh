#!/usr/bin/env bash
# Judge a target and leave what a CI shows: the exit code, the job's summary, annotations, and what changed since the
# run before. The suite has to be installed; see README.md beside this.
#
#   SIGMIC_TARGET=URL or SIGMIC_SERVE='COMMAND --port {port}'   what is judged
#   SIGMIC_API_KEY=…                                            unless a ready file gives it
#   SIGMIC_BASELINE=FILE  SIGMIC_BEFORE=FOLDER  SIGMIC_REPORT=FOLDER      all optional
#   further arguments go to `sigmic-conformance run`, such as --tier smoke
set -euo pipefail

report=${SIGMIC_REPORT:-reports}
arguments=(--report-dir "$report")
if [ -n "${SIGMIC_SERVE:-}" ]; then arguments+=(--serve "$SIGMIC_SERVE"); fi
if [ -n "${SIGMIC_BASELINE:-}" ]; then arguments+=(--baseline "$SIGMIC_BASELINE"); fi

code=0
sigmic-conformance run "${arguments[@]}" "$@" || code=$?

if [ -f "$report/result.json" ]; then
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
    if [ -n "${GITHUB_ACTIONS:-}" ]; then sigmic-conformance report "$report" --annotations; fi
    if [ -n "${SIGMIC_BEFORE:-}" ] && [ -f "$SIGMIC_BEFORE/result.json" ]; then
        # It exits with 1 when something changed, which is for a reader to judge and not for the gate.
        sigmic-conformance diff "$SIGMIC_BEFORE" "$report" --markdown >"$report/delta.md" || true
    fi
fi
exit "$code"
