"""A stand-in for a game server: Server List Ping, RCON, console; each word of `do` is a way to misbehave."""

import json
import os
import signal
import socket
import struct
import sys
import threading
import time

started = time.time()
hoard = []
hanging = threading.Event()
saving = threading.Event()
saving.set()


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] [Server thread/INFO]: {text}", flush=True)


def save(note="saved"):
    with open("world.txt", "a") as world:
        world.write(f"{note}\n")


def keep_writing():
    """As a game does: while saving is on, something of the world is always being written."""
    number = 0
    while True:
        if saving.is_set():
            number += 1
            with open("region.mca", "w") as region:
                region.write(f"{number}\n" * 20_000)
        with open("latest.log", "a") as log:
            log.write("tick\n")
        time.sleep(0.01)


def quit_saved(*_):
    save()
    say("Saved the game")
    os._exit(0)


def do(line):
    word, _, rest = line.strip().partition(" ")
    if word == "stop":
        threading.Timer(0.05, quit_saved).start()
        return "Stopping the server"
    if word == "list":
        return "There are 0 of a max of 20 players online: "
    if word == "tps":
        return "§6TPS from last 1m, 5m, 15m: §a20.0, §a20.0, §a*20.0"
    if word == "save-off":
        saving.clear()
        return "Automatic saving is now disabled"
    if word == "save-on":
        saving.set()
        return "Automatic saving is now enabled"
    if word == "save-all":
        say("Saved the game")
        return "Saving the game (this may take a moment!)\nSaved the game"
    if word == "saving":
        return "yes" if saving.is_set() else "no"
    if word == "busy":
        threading.Thread(target=keep_writing, daemon=True).start()
    elif word == "write":
        save(rest)
    elif word == "read":
        return open("world.txt").read()
    elif word == "eat":
        for _ in range(int(rest)):
            hoard.append(bytearray(os.urandom(1024)) * 1024)
    elif word == "flood":
        for number in range(int(rest)):
            sys.stdout.write(f"flood {number} {'x' * 80}\n")
        sys.stdout.flush()
    elif word == "raw":
        sys.stdout.write(rest.encode().decode("unicode_escape"))
        sys.stdout.flush()
    elif word == "exit":
        os._exit(int(rest))
    elif word == "hang":
        hanging.set()
    elif word == "abort":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "spawn":
        for _ in range(int(rest)):
            if os.fork() == 0:
                os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(600)
    elif word == "big":
        return "long " * int(rest)
    elif word == "who":
        return f"{os.getuid()} {os.getpid()} {sorted(os.environ)}"
    else:
        return f"Unknown command: {word}"
    return ""


def exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def ping(connection):
    data = b""
    while not data.endswith(b"\x01\x00"):
        part = connection.recv(1024)
        if not part:
            return
        data += part
    while hanging.is_set():
        time.sleep(1)
    status = {
        "version": {"name": "Edge", "protocol": 769},
        "players": {"online": 0, "max": 20},
        "description": {"text": os.environ.get("MOTD", "")},
    }
    body = json.dumps(status).encode()
    inner = b"\x00" + varint(len(body)) + body
    connection.sendall(varint(len(inner)) + inner)


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def rcon(connection):
    with open(os.environ["RCON_SECRET_FILE"]) as file:
        secret = file.read().strip()
    allowed = False
    while True:
        (size,) = struct.unpack("<i", exactly(connection, 4))
        data = exactly(connection, size)
        number, kind = struct.unpack_from("<ii", data)
        text = data[8:-2].decode()
        if kind == 3:
            allowed = text == secret
            replies = [(number if allowed else -1, 2, b"")]
        elif not allowed:
            return
        else:
            reply = (do(text) if kind == 2 else "Unknown request 0").encode()
            replies = [(number, 0, reply[at : at + 4096]) for at in range(0, max(1, len(reply)), 4096)]
        for reply_id, reply_kind, body in replies:
            packet = struct.pack("<ii", reply_id, reply_kind) + body + b"\0\0"
            connection.sendall(struct.pack("<i", len(packet)) + packet)


def listen(host, port, talk):
    server = socket.create_server((host, port), reuse_port=False)

    def one(connection):
        try:
            with connection:
                talk(connection)
        except (OSError, EOFError):
            pass

    def loop():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def main():
    deaf = os.environ.get("DEAF") == "true"
    signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else quit_saved)
    time.sleep(int(os.environ.get("START_SECONDS", "0")))
    listen(os.environ.get("GAME_HOST", "0.0.0.0"), int(os.environ["GAME_PORT"]), ping)
    listen(os.environ.get("RCON_HOST", "127.0.0.1"), int(os.environ["RCON_PORT"]), rcon)
    say(f'Done ({time.time() - started:.3f}s)! For help, type "help"')
    for line in sys.stdin:
        if not deaf and (reply := do(line)):
            say(reply)
    threading.Event().wait()


main()
