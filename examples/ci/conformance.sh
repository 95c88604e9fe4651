#!/usr/bin/env bash
# Test a target and write what CI displays: the exit code, the job's summary, annotations, and what changed since an
# earlier run. Install the suite first; see README.md in this folder.
#
#   SIGMIC_TARGET=URL or SIGMIC_SERVE='COMMAND --port {port}'   the target
#   SIGMIC_API_KEY=…                                            unless a ready file has it
#   SIGMIC_BASELINE=FILE  SIGMIC_BEFORE=FOLDER  SIGMIC_REPORT=FOLDER      all optional
#   more arguments go to `sigmic-conformance run`, for example --tier smoke
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
        # `diff` exits with 1 if something changed. That is information for a reader and must not fail the build.
        sigmic-conformance diff "$SIGMIC_BEFORE" "$report" --markdown >"$report/delta.md" || true
    fi
fi
exit "$code"
