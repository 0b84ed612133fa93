"""An operator asks a running daemon how it is, over a socket that nobody else may use.

The real daemon; `berth status` beside the socket itself, which is also asked in ways that no command would: by another user,
with half lines, rubbish and too much of everything. The daemon goes on answering.
"""

import json
import os
import socket
import stat
import subprocess

from harness import berth_binary, check, equal, narrate, wait_until

NOBODY = 65534


class Line:
    """The control socket, byte by byte."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        here = os.getcwd()
        os.chdir(path.parent)  # the path may be too long for a socket's name
        try:
            self.socket.connect(path.name)
        finally:
            os.chdir(here)
        self.file = self.socket.makefile("rwb")

    def send(self, data):
        self.file.write(data)
        self.file.flush()

    def answer(self):
        line = self.file.readline()
        return json.loads(line) if line else None

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def ask(self, **request):
        self.send(json.dumps(request).encode() + b"\n")
        return self.answer()


def as_nobody(arguments):
    return subprocess.run([str(word) for word in arguments], user=NOBODY, group=NOBODY, capture_output=True, text=True, timeout=30,
                          check=False)


def run(world):
    relay = world.relay()
    mint = world.mint()
    provider = world.provider([relay], [mint]).start()
    path = provider.folder / "state" / "control.sock"

    narrate("status")
    equal(stat.S_IMODE(path.stat().st_mode), 0o600, "the socket is the daemon's alone")
    status = provider.operator("status").good()
    check(status["running"] and status["public"] and status["engine"]["answers"], "it runs, is public, and has an Engine")
    equal([each["subscribed"] for each in status["relays"]], [True], "it tells its relay")
    equal([(each["url"], each["suitable"]) for each in status["mints"]], [(mint, True)], "and its mint")
    check(status["free_slots"]["basic"] > 0 and status["free_slots"]["whole-host"] == 0, "free slots are told per spec")
    equal((status["drain"]["draining"], status["outbox"], status["refunds_due"]), (False, 0, 0), "nothing waits")
    text = provider.operator("status", json_output=False).output
    check("selling" in text and "subscribed" in text, "a person can read it")

    narrate("who may ask")
    if os.geteuid() == 0:
        denied = as_nobody([berth_binary(), "status", "--config", provider.config_file])
        check(denied.returncode in (77, 78), "another user's command is refused")
        for folder in (world.folder, provider.folder, path.parent):
            folder.chmod(0o755)
        path.chmod(0o666)
        spy = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); " \
              "s.sendall(b'{\"id\":1,\"verb\":\"status\"}\\n'); s.settimeout(5); sys.stdout.write(repr(s.recv(100)))"
        spied = as_nobody(["python3", "-c", spy, path])
        check("result" not in spied.stdout, "even where the file's mode lets it in")
        path.parent.chmod(0o700)
    else:
        narrate("SKIP: whether another user is refused; that takes root")

    narrate("what no command would send")
    line = Line(path)
    equal(line.ask(id=7, verb="status")["id"], 7, "the answer has the request's id")
    for rubbish in (b"\n", b"\x00\xff\n", b"[" * 5000 + b"\n", b'{"id":1,"id":2}\n', b'{"id":-1,"verb":"status"}\n', b"null\n"):
        line.send(rubbish)
        equal(line.answer()["error"]["code"], "bad_input", f"{rubbish[:12]!r} is bad input")
    equal(line.ask(id=9, verb="no such")["error"]["code"], "bad_input", "so is a verb that there is not")
    equal(line.ask(id=10, verb="lease.show", lease="1")["error"]["code"], "not_found", "a lease that there is not isn't found")
    half = Line(path)
    half.send(b'{"id":1,"verb":')
    huge = Line(path)
    try:
        huge.send(b"x" * (2 << 20))
        equal(huge.answer(), None, "a huge line ends its connection")
    except OSError:
        narrate("ok: a huge line ends its connection")
    half.send(b'"status"}\n')
    equal(half.answer()["result"]["running"], True, "a line in halves is a line")
    many = [Line(path) for _ in range(40)]
    for each in many[:20]:
        each.send(b'{"id":1,"verb":"status"}\n' * 200)  # and reads nothing
    for each in many:
        each.close()
    wait_until("the daemon answers as before", lambda: provider.operator("status").code == 0, 10)

    narrate("no daemon")
    provider.process.stop()
    check(not path.exists(), "a daemon that stops removes its socket")
    stopped = provider.operator("status")
    equal((stopped.code, stopped.body), (69, {"running": False}), "a stopped one is told in one sentence")
    check("no provider runs" in stopped.errors, "on standard error")
    provider.start()
    provider.process.kill()
    check(path.exists(), "one that is killed leaves its socket")
    equal(provider.operator("status").code, 69, "where nobody listens")
    provider.start()
    equal(provider.operator("status").good()["running"], True, "the next one replaces it")
