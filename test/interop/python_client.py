"""A v1 client as they exist today, on python-socketio: registers, pings, prints what it gets.

Usage: python_client.py URL THREAD polling|websocket
Prints one JSON array per line: [event, arguments]. Handlers take exactly one argument: with more,
python-socketio raises a TypeError, which it prints, and the test sees.

Commands on stdin: `ping`, `disconnect`, `connect`, `quit`.
"""

import json
import sys

import socketio

url, thread_id, transport = sys.argv[1:4]
sio = socketio.Client(reconnection=False)


def say(event, *arguments):
    print(json.dumps([event, arguments]), flush=True)


def listen(event):
    def handler(data):
        say(event, data)

    sio.on(event, handler)


for name in (
    "connected",
    "session_registered",
    "analysis_update",
    "knowledge",
    "next_action",
    "message",
    "run_started",
    "run_finished",
    "missed_messages_delivered",
    "missed_messages_status",
    "room_joined",
    "debug_status",
    "error",
):
    listen(name)


@sio.on("system_ping")
def system_ping(data):
    say("system_ping", data)
    sio.emit(
        "system_ping_response",
        {"thread_id": thread_id, "timestamp": data["timestamp"], "received_at": "now"},
        callback=lambda answer: say("acknowledged", answer),
    )


def connect():
    transports = ["websocket"] if transport == "websocket" else ["polling"]
    # python-socketio gives the namespace one second to connect unless told otherwise; on a busy machine
    # that is too short.
    sio.connect(url, transports=transports, wait_timeout=15)
    sio.emit("register_session", {"thread_id": thread_id, "user_id": "python"})


connect()
for line in sys.stdin:
    command = line.strip()
    if command == "ping":
        payload = {"thread_id": thread_id, "timestamp": "now", "client_info": {"python": True}}
        say("pong", sio.call("ping", payload))
    elif command in ("request_missed_messages", "force_room_join"):
        sio.emit(command, {"thread_id": thread_id})
    elif command == "debug_socket_status":
        sio.emit(command)
    elif command == "disconnect":
        # python-engineio makes a new queue when it connects: the write loop must have left the old one.
        writing = sio.eio.write_loop_task
        sio.disconnect()
        if writing:
            writing.join()
        say("gone")
    elif command == "connect":
        connect()
    elif command == "quit":
        break
sio.disconnect()
