"""An MCP server for tests, with the standard library only: correct, or with one defect.

It runs inside a sandbox as `python3 -c SCRIPT KIND`, so it imports no module of ours.
"""

from typing import Any

SCRIPT = r"""
import base64, json, os, sys, time

kind = sys.argv[1]
calls = 0


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def tool(name, **schema):
    return {"name": name, "description": "Does " + name + ".", "inputSchema": {"type": "object", **schema}}


TEXT = {"type": "string", "pattern": "^(a+)+$"}
PATTERN = tool("pattern")
PATTERN["outputSchema"] = {"type": "object", "properties": {"text": TEXT}}
TOOLS = {
    "many": [tool(f"tool_{number}") for number in range(1000)],
    "collides": [tool("a.b"), tool("a b"), tool("a/b"), tool("echo"), tool("x" * 80), tool("x" * 81)],
    "pages": [tool(f"tool_{number}") for number in range(300)],
    "wide": [tool("wide", properties={f"p{number}": {} for number in range(20_000)})],
    "time": [tool("get_current_time"), tool("convert_time")],
    "schema": [tool("echo", properties={"text": {"type": "none such"}}), {"name": "bad", "inputSchema": 7}],
}.get(kind, [tool(name) for name in ("echo", "env", "slow", "fail", "die", "picture", "flood", "blocks",
                             "values", "lines", "asks", "pings")] + [PATTERN])


def text(said, **more):
    return {"content": [{"type": "text", "text": said}], **more}


def call(name, args):
    if name == "env":
        return text(json.dumps({key: os.environ.get(key) for key in args["names"]}))
    if name == "slow":
        with open("slow-began", "w"):
            pass
        for line in sys.stdin:
            if "notifications/cancelled" in line:
                with open("slow-cancelled", "w"):
                    pass
                break
        time.sleep(600)
    if name == "fail":
        return text("It went wrong.", isError=True)
    if name == "die":
        os._exit(9)
    if name == "picture":
        data = base64.b64encode(b"\x89PNG not really").decode()
        return {"content": [{"type": "image", "data": data, "mimeType": "image/png"}]}
    if name == "flood":
        return text("y" * 300_000)
    if name == "blocks":
        return {"content": [{"type": "text", "text": "a"}] * 1_001}
    if name == "values":
        return text("", structuredContent={"values": [0] * 20_000})
    if name == "lines":
        while True:
            sys.stdout.write("y\n" * 32_768)
    if name == "asks":
        for number in range(2):
            send({"id": f"s{number}", "method": ("ping", "roots/list")[number]})
        return text(json.dumps([json.loads(sys.stdin.readline()) for _ in range(2)]))
    if name == "pings":
        while True:
            sys.stdout.write('{"jsonrpc":"2.0","id":"s","method":"ping"}\n' * 500)
    if name == "pattern":
        return text("", structuredContent={"text": "a" * 40 + "!"})
    return text(f"{kind} {os.getcwd()} {name}: {args.get('text', '')}")


if kind == "exits":
    sys.exit("cannot read the licence")
if kind == "garbage":
    while True:
        print("Listening on port 3000, press any key", flush=True)
        time.sleep(0.05)
if kind == "long":
    sys.stdout.write("x" * 5_000_000 + "\n")
    sys.stdout.flush()
if kind == "errors":
    while True:
        sys.stderr.write("w" * 65536)
if kind == "silent":
    time.sleep(600)
if kind == "greets":
    print("Hello!", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, answer = message["method"], None
    if method == "initialize":
        answer = {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "fake", "version": "1"},
        }
    elif method == "tools/list":
        answer = {"tools": TOOLS, **({"nextCursor": "on"} if kind == "pages" else {})}
    elif method == "tools/call":
        answer = call(message["params"]["name"], message["params"].get("arguments") or {})
    if answer is None:
        send({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})
    else:
        send({"id": message["id"], "result": answer})
"""


def configured(kind: str, *args: str, **fields: Any) -> dict[str, Any]:
    """Return the configuration of a server of this kind."""
    return {"command": "python3", "args": ["-c", SCRIPT, kind, *args], "timeout": 60_000, **fields}
