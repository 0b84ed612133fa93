"""Relays, mints and wallets that are not ours, started on loopback for a test."""

import contextlib
import ctypes
import os
import pathlib
import secrets
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import threading

from harness import ROOT, SKIP_CODE, Failure, Skip, accepts, fetch, free_port, run_for_line

NODE_SOURCES = ROOT / "tests" / "interop" / "node"
CLONE_NEWNET = 0x40000000
INSTALL_SECONDS_MAX = 2400  # cdk-mintd takes eleven minutes on two cores


@contextlib.contextmanager
def clock_stopped():
    """What is done here is none of the running test's time."""
    left = signal.alarm(0)
    try:
        yield
    finally:
        signal.alarm(left)


def installed(name):
    """The folder of a peer, installed when it is missing. Skip when its toolchain is."""
    # timeout ends the whole process group: a compiler that is left behind would meet the next try in the same folder.
    line = ["timeout", str(INSTALL_SECONDS_MAX), "bash", str(ROOT / "scripts" / "peers" / f"{name}.sh")]
    with clock_stopped():
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == SKIP_CODE:
        raise Skip(done.stderr.strip().removeprefix("SKIP: "))
    if done.returncode != 0:
        raise Failure(f"{name} could not be installed:\n{done.stderr.strip()}")
    return pathlib.Path(done.stdout.strip())


@contextlib.contextmanager
def own_network():
    """A network namespace of its own, loopback only, for a program that listens on all interfaces."""
    libc = ctypes.CDLL(None, use_errno=True)
    host = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET) != 0:
            raise Skip(f"a network namespace of its own needs root ({os.strerror(ctypes.get_errno())})")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            if libc.setns(host, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot return to the host's network")
    finally:
        os.close(host)


class Passage(socketserver.BaseRequestHandler):
    """One connection, and the one inside that belongs to it."""

    def handle(self):
        with contextlib.suppress(ConnectionError), socket.create_connection(self.server.server_address) as inner:
            other = {self.request: inner, inner: self.request}
            while True:
                for end in select.select(list(other), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)


class Door(socketserver.ThreadingTCPServer):
    """A port of the host's loopback that leads to the same one in the network of the thread that calls open()."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", int(port)), Passage)

    def open(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


def khatru(world, *flags, name="khatru"):
    """A khatru relay; its URL."""
    port = free_port()
    relay = world.process(name, [installed("khatru") / "bin" / "relay", "--port", port, *flags])
    relay.wait_ready(lambda: accepts(port), 10)
    return f"ws://127.0.0.1:{port}"


def nostr_rs_relay(world, name="nostr-rs-relay"):
    port = free_port()
    config = world.folder / f"{name}.toml"
    config.write_text(f"""
[info]
relay_url = "ws://127.0.0.1:{port}/"
name = "interop"
[database]
engine = "sqlite"
in_memory = true
[network]
address = "127.0.0.1"
port = {port}
[authorization]
nip42_auth = true
nip42_dms = true
""")
    program = installed("nostr-rs-relay") / "bin" / "nostr-rs-relay"
    relay = world.process(name, [program, "--db", world.folder, "--config", config])
    relay.wait_ready(lambda: accepts(port), 20)
    return f"ws://127.0.0.1:{port}"


def nutshell(world, fee_ppk=0, name="nutshell"):
    """A nutshell mint whose invoices pay themselves; its URL."""
    port = free_port()
    folder = world.folder / name
    folder.mkdir()
    environment = {
        "MINT_PRIVATE_KEY": secrets.token_hex(32), "MINT_BACKEND_BOLT11_SAT": "FakeWallet", "MINT_LISTEN_HOST": "127.0.0.1",
        "MINT_LISTEN_PORT": str(port), "MINT_DATABASE": str(folder / "db"), "MINT_INPUT_FEE_PPK": str(fee_ppk),
        "MINT_RATE_LIMIT": "FALSE", "FAKEWALLET_DELAY_INCOMING_PAYMENT": "0", "FAKEWALLET_DELAY_OUTGOING_PAYMENT": "0",
        "HOME": str(folder), "TOR": "FALSE",
    }
    mint = world.process(name, [installed("nutshell") / "bin" / "mint"], environment, cwd=folder)
    mint.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/v1/info"), 60)
    return f"http://127.0.0.1:{port}"


def cdk_mintd(world, fee_ppk=0, name="cdk-mintd"):
    port = free_port()
    folder = world.folder / name
    folder.mkdir()
    environment = {
        "CDK_MINTD_WORK_DIR": str(folder), "CDK_MINTD_DATABASE": "sqlite", "CDK_MINTD_URL": f"http://127.0.0.1:{port}",
        "CDK_MINTD_LISTEN_HOST": "127.0.0.1", "CDK_MINTD_LISTEN_PORT": str(port), "CDK_MINTD_LN_BACKEND": "fakewallet",
        "CDK_MINTD_MNEMONIC": "abandon " * 11 + "about", "CDK_MINTD_FAKE_WALLET_MIN_DELAY": "1",
        "CDK_MINTD_FAKE_WALLET_MAX_DELAY": "1", "CDK_MINTD_INPUT_FEE_PPK": str(fee_ppk), "CDK_MINTD_USE_KEYSET_V2": "true",
    }
    mint = world.process(name, [installed("cdk-mintd") / "bin" / "cdk-mintd"], environment, cwd=folder)
    mint.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/v1/info"), 30)
    return f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def gonuts(world, name="gonuts"):
    """A gonuts mint; its URL. It listens on every interface, so it gets a network of its own with a door to the host's loopback."""
    program = installed("gonuts") / "bin" / "mint"
    port = free_port()
    folder = world.folder / name
    folder.mkdir()
    (folder / ".env").write_text(f"LIGHTNING_BACKEND=FakeBackend\nDERIVATION_PATH_IDX=0\nMINT_PORT={port}\n"
                                 f"MINT_DB_PATH={folder / 'db'}\nINPUT_FEE_PPK=0\n")
    door = Door(port)
    with own_network():
        door.open()
        mint = world.process(name, [program], cwd=folder)
    try:
        mint.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/v1/info"), 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        door.close()


class NutshellWallet:
    """nutshell's own wallet, as a payer and as a judge of our tokens."""

    BALANCE = 5000

    def __init__(self, world, mint, name="nutshell-wallet"):
        self.is_filled = False
        self.program = installed("nutshell") / "bin" / "cashu"
        self.mint = mint
        self.folder = world.folder / name
        self.folder.mkdir()

    def run(self, *words, pattern=r"(?s).*"):
        environment = {"MINT_URL": self.mint, "CASHU_DIR": str(self.folder), "HOME": str(self.folder), "TOR": "FALSE"}
        line = [self.program, "--host", self.mint, "--yes", *words]
        return run_for_line(line, pattern, environment, cwd=self.folder, seconds=60)

    def token(self, amount):
        if not self.is_filled:
            self._fill()
            self.is_filled = True
        return self.run("send", amount, pattern=r"cashu[AB][\w=-]+")

    def _fill(self):
        # Not by waiting for the payment: the wallet hears of it by websocket, misses what comes before it has finished
        # subscribing (which a busy machine is enough for), and waits for ever. The mint pays its invoices at once.
        asked = self.run("invoice", self.BALANCE, "--no-check", pattern=r"--id \S+")
        self.run("invoice", self.BALANCE, *asked.split())

    def receive(self, token):
        return self.run("receive", token)


class NodeScripts:
    """The scripts of tests/interop/node, beside the packages that they import."""

    def __init__(self, world):
        packages = installed("nostr-tools")
        self.folder = world.folder / "node"
        self.folder.mkdir()
        (self.folder / "node_modules").symlink_to(packages / "node_modules")
        for script in NODE_SOURCES.glob("*.mjs"):
            shutil.copy(script, self.folder)

    def run(self, script, *arguments, pattern=r"(?s).*", seconds=90):
        return run_for_line(["node", self.folder / script, *arguments], pattern, cwd=self.folder, seconds=seconds)

    def npm_relay(self, world, auth=False):
        """The relay from npm, which does several things that others don't; its URL."""
        port = free_port()
        environment = {"PORT": str(port), **({"AUTH_HOST": "127.0.0.1"} if auth else {})}
        relay = world.process("npm-relay", ["node", self.folder / "npm_relay.mjs"], environment)
        relay.wait_ready(lambda: accepts(port), 15)
        return f"ws://127.0.0.1:{port}"
