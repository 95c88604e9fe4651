#!/usr/bin/env bash
# A task asks a server, a call waits for its approval, a policy refuses one, a dead server is named and survived.
# Needs curl and jq, SIGMIC_BASE_URL, SUPPORT_KEY and LAB_KEY; ends with an error where something is otherwise.
set -euo pipefail
TASKS="$SIGMIC_BASE_URL/api/v1/tasks"
KEY=$SUPPORT_KEY

ask() { # ask MESSAGE: create a task, print its id
  jq -n --arg message "$1" '{message: $message, secrets: {CRM_TOKEN: "not-for-your-eyes"}}' |
    curl -sS --fail-with-body -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d @- "$TASKS" |
    jq -re .data.id
}
events() { # events TASK NAME: the data of its events of one name, a line each
  curl -sS -N -H "Authorization: Bearer $KEY" "$TASKS/$1/stream" |
    awk -v name="event: $2" '/^event: /{is = ($0 == name)} /^data: / && is {print substr($0, 7)}'
}

echo '1. The time, from mcp-server-time:'
TASK=$(ask 'Call the tool mcp_time_get_current_time with {"timezone": "Europe/Berlin"}')
events "$TASK" tool_result | jq -e 'select(.status == "success").output'

echo '2. A call that waits, whatever the task says, and is approved:'
TASK=$(ask 'Call the tool mcp_time_convert_time with {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}')
RESULT=$(mktemp)
trap 'rm -f "$RESULT"' EXIT
events "$TASK" tool_result >"$RESULT" &   # a reader from the start: what is over is not told again
for _ in $(seq 300); do
  CALL=$(curl -sS -H "Authorization: Bearer $KEY" "$TASKS/$TASK" | jq -r '.data.pendingApprovals[0].callId // empty')
  [ -n "$CALL" ] && break
  sleep 0.1
done
curl -sS --fail-with-body -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
  -d '{"outcome": "proceed_once"}' "$TASKS/$TASK/tools/$CALL/approve" | jq -e .data.approved
wait
jq -e 'select(.status == "success").output' "$RESULT"

echo '3. A tool that the policy denies:'
TASK=$(ask 'Create a file named note.txt containing: hello')
events "$TASK" tool_result | jq -e 'select(.status != "success").output'

echo '4. A server that is dead is named once, and the task goes on:'
TASK=$(ask 'Call the tool mcp_crm_find with {}
Call the tool mcp_time_get_current_time with {"timezone": "UTC"}')
events "$TASK" status | jq -e 'select(.message // "" | startswith("MCP server crm could not be started")).message'
curl -sS -H "Authorization: Bearer $KEY" "$TASKS/$TASK" | jq -e '.data | select(.status == "completed").output.content'

echo '5. The other project has no servers, and no policy:'
KEY=$LAB_KEY
TASK=$(ask 'Call the tool mcp_time_get_current_time with {"timezone": "UTC"}
Create a file named note.txt containing: hello')
events "$TASK" tool_result | jq -se 'map(.status) | if . == ["error", "success"] then . else error("\(.)") end'
