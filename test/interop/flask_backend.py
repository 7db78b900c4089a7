"""A v1 backend as they exist today, on Flask-SocketIO: rooms, handlers that take one argument.

Prints the port it listens on. `POST /send` sends an event to a thread, `GET /heard` tells what came,
`POST /kick` disconnects everybody.
"""

import sys

import eventlet

eventlet.monkey_patch()

from flask import Flask, jsonify, request  # noqa: E402
from flask_socketio import SocketIO, emit, join_room  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="eventlet")
heard = []
members = {}
missed = {}


@socketio.on("connect")
def connected():
    emit("connected", {"status": "connected", "session_id": request.sid})


@socketio.on("disconnect")
def disconnected():
    for sids in members.values():
        sids.discard(request.sid)


@socketio.on("register_session")
def register(data):
    heard.append(["register_session", data])
    thread_id = data.get("thread_id")
    if not thread_id:
        emit("error", {"message": "thread_id is missing"})
        return
    join_room(thread_id)
    members.setdefault(thread_id, set()).add(request.sid)
    waiting = len(missed.get(thread_id, []))
    emit(
        "session_registered",
        {
            "status": "ready",
            "thread_id": thread_id,
            "session_id": request.sid,
            "transport": "polling",
            "is_in_room": True,
            "missed_messages": {"available": waiting > 0, "count": waiting},
        },
    )


@socketio.on("ping")
def ping(data):
    heard.append(["ping", data])
    return {"pong": True, "session_id": request.sid, "thread_id": data.get("thread_id")}


@socketio.on("system_ping_response")
def system_ping_response(data):
    heard.append(["system_ping_response", data])
    return {"status": "acknowledged"}


@socketio.on("request_missed_messages")
def request_missed_messages(data):
    heard.append(["request_missed_messages", data])
    thread_id = data["thread_id"]
    messages = missed.pop(thread_id, [])
    if messages:
        emit("missed_messages", {"thread_id": thread_id, "messages": messages})
    else:
        emit("no_missed_messages", {"thread_id": thread_id})


@app.post("/send")
def send():
    body = request.get_json()
    thread_id = body["thread_id"]
    if members.get(thread_id):
        socketio.emit(body["event"], body["data"], to=thread_id)
    else:
        missed.setdefault(thread_id, []).append(body["data"])
    return jsonify(sent=True)


@app.post("/kick")
def kick():
    for sids in list(members.values()):
        for sid in list(sids):
            socketio.server.disconnect(sid)
    return jsonify(kicked=True)


@app.get("/members")
def count():
    return jsonify(sum(len(sids) for sids in members.values()))


@app.get("/heard")
def tell():
    return jsonify(heard)


if __name__ == "__main__":
    listener = eventlet.listen(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    eventlet.wsgi.server(listener, app, log=open("/dev/null", "w"))
    sys.exit(0)
