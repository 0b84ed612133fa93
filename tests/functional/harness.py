"""What the functional tests share: real processes on loopback ports, bounded waits, and a world that cleans up after itself.

A test is a file NAME_test.py with a docstring that says what it shows and how, and a function run(world). It narrates, raises
Failure when a claim is false, and Skip when something it needs is missing.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile

import firewall
# Tests take all that they need from here.
from checks import Failure, Skip, check, equal, narrate, unix_time, wait_until
from engine import IMAGE, PAGE, Engine, EngineError
from loopback import (LEASE_THOUSANDS, accepts, accepts_locally, ask_invoice, fetch, free_port, free_port_range)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIP_CODE = 77
SATS_PER_SECOND_MSAT = 1000  # the test specs cost one sat per second


class Process:
    """A program that runs until the test ends it; its output goes to a file."""

    def __init__(self, name, arguments, folder, environment=None, cwd=None):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = folder / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd or folder,
                                            env={**os.environ, **(environment or {})}, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_tail(self, lines=15):
        return "\n".join(self.log().splitlines()[-lines:])

    def wait_ready(self, predicate, seconds):
        def ready_or_dead():
            if not self.running():
                raise Failure(f"{self.name} ended with code {self.process.returncode}:\n{self.log_tail()}")
            return predicate()

        try:
            return wait_until(f"{self.name} is ready", ready_or_dead, seconds)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.log_tail()}") from None

    def kill(self):
        """As a crash does it: SIGKILL, no farewell."""
        if self.running():
            self.process.kill()
        self.process.wait(timeout=30)

    def stop(self, seconds=15):
        """SIGTERM, then patience; the exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not stop within {seconds} s of SIGTERM:\n{self.log_tail()}") from None


class Answer:
    """What a consumer's verb brought back: its exit code, and its JSON where it printed some."""

    def __init__(self, process):
        self.output, self.errors = process.communicate(timeout=200)
        self.code = process.returncode
        try:
            self.body = json.loads(self.output)
        except ValueError:
            self.body = None

    def good(self):
        """The body of an answer that must be a yes."""
        if self.code != 0 or not isinstance(self.body, (dict, list)):
            raise Failure(f"expected a good answer, got exit code {self.code}: {self.output.strip()} {self.errors.strip()}")
        return self.body

    def error_type(self):
        return self.body.get("error_type") if isinstance(self.body, dict) else None


class Consumer:
    """A customer with one identity, who uses the verbs of the berth program."""

    def __init__(self, world, name, relays):
        self.world = world
        self.relays = relays
        self.key_file = world.secret_file(f"{name}.key")

    def start(self, verb, *arguments, wait=60, command=()):
        relays = [word for relay in self.relays for word in ("--relay", relay)]
        line = [berth_binary(), verb, *arguments, *relays, "--key", self.key_file, "--json"]
        if verb != "list":
            line += ["--wait", wait]
        line += ["--", *command] if command else []
        return subprocess.Popen([str(word) for word in line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def list(self):
        return Answer(self.start("list")).good()

    def start_spawn(self, provider, token, *, image=IMAGE, spec="basic", template=None, encrypt=None, transport="nip17",
                    wrap=None, environment=None, command=(), wait=60):
        arguments = ["--provider", provider.pubkey, "--token", token, "--image", image, "--transport", transport]
        arguments += ["--spec", spec] if spec else []
        arguments += ["--template", template] if template else []
        arguments += ["--encrypt", encrypt] if encrypt else []
        arguments += ["--wrap", wrap] if wrap else []
        for name, value in (environment or {}).items():
            arguments += ["--env", f"{name}={value}"]
        return self.start("spawn", *arguments, wait=wait, command=command)

    def spawn(self, provider, token, **options):
        return Answer(self.start_spawn(provider, token, **options))

    def status(self, provider, lease, transport="nip17"):
        return Answer(self.start("status", "--provider", provider.pubkey, "--lease", lease, "--transport", transport))

    def unlock(self, provider, lease, volume_key):
        return Answer(self.start("unlock", "--provider", provider.pubkey, "--lease", lease, "--volume-key", volume_key))

    def topup(self, provider, lease, token, transport="nip17"):
        return Answer(self.start("topup", "--provider", provider.pubkey, "--lease", lease, "--token", token,
                                 "--transport", transport))


    def stop(self, provider, lease, transport="nip17"):
        return Answer(self.start("stop", "--provider", provider.pubkey, "--lease", lease, "--transport", transport))

    def logs(self, provider, lease, tail=100, transport="nip17"):
        return Answer(self.start("logs", "--provider", provider.pubkey, "--lease", lease, "--tail", tail, "--transport", transport))

    def notices(self):
        return Answer(self.start("notices")).good()

    def access(self, provider, lease):
        return Answer(self.start("access", "--provider", provider.pubkey, "--lease", lease))

    def quote(self, provider, *, image=IMAGE, spec="basic", sats=None):
        amount = ["--amount", sats] if sats else []
        return Answer(self.start("quote", "--provider", provider.pubkey, "--image", image, "--spec", spec, *amount))


class Provider:
    """The daemon under test, with its own state, port range and lease numbers."""

    def __init__(self, world, name, relays, mints, settings):
        self.world = world
        self.name = name
        self.folder = world.folder / name
        self.folder.mkdir()
        first = LEASE_THOUSANDS.take() * 1000
        self.numbers = range(first, first + 100)
        self.ports = free_port_range()
        self.key_file = world.secret_file(f"{name}.key")
        self.config_file = self.folder / "berth.toml"
        self.config_file.write_text(self._config(relays, mints, settings))
        self.relays = relays
        self.launcher = settings.get("launcher", [])
        self.process = None
        self.pubkey = None

    def _config(self, relays, mints, settings):
        return f"""
state_dir = "{self.folder / 'state'}"
log_level = "debug"
{f'templates_dir = "{settings["templates_dir"]}"' if "templates_dir" in settings else ""}

[provider]
name = "{self.name}"
key_file = "{self.key_file}"
public_address = "127.0.0.1"
relays = {json.dumps(relays)}
mints = {json.dumps(mints)}
allow_practice_mints = {json.dumps(settings.get("practice", True))}
accept_unlocked_tokens = {json.dumps(settings.get("accept_unlocked_tokens", True))}
lease_seconds_min = {settings.get("lease_seconds_min", 5)}
expiry_warning_seconds = {settings.get("expiry_warning_seconds", 600)}
lease_seconds_max = {settings.get("lease_seconds_max", 2592000)}
heartbeat_seconds = {settings.get("heartbeat_seconds", 20)}
lease_numbers = "{self.numbers.start}-{self.numbers.stop - 1}"

[docker]
socket = "{self.world.engine.socket_path}"
{settings.get("docker", "")}

[network]
{settings.get("network", "")}

[ports]
range = "{self.ports[0]}-{self.ports[1]}"
address = "{settings.get("ports_address", "127.0.0.1")}"

[images]
deny = ["denied.example/"]
{settings.get("images", "")}

[capacity]
cpu_millicores = {settings.get("cpu_millicores", 100000)}
memory_mb = 100000
storage_gb = 1000
{settings.get("capacity", "")}

{settings.get("sections", "")}

[[specs]]
id = "basic"
name = "Basic"
description = "for the tests"
cpu_millicores = 200
memory_mb = 128
disk_gb = 1
rate_msats_per_sec = {SATS_PER_SECOND_MSAT}

[[specs]]
id = "whole-host"
name = "More than the host has"
cpu_millicores = 200000
memory_mb = 128
disk_gb = 1
rate_msats_per_sec = {SATS_PER_SECOND_MSAT}
"""

    def start(self):
        (self.folder / "state").mkdir(exist_ok=True, mode=0o700)
        self.process = self.world.process(self.name, [*self.launcher, berth_binary(), "run", "--config", self.config_file])
        seen = self.world.consumer(f"{self.name}-watcher-{secrets.token_hex(3)}", self.relays)

        def online():
            # What the relay holds may be an earlier life's.
            if not accepts_locally(self.folder / "state" / "control.sock"):
                return None
            for entry in seen.list():
                if entry["name"] == self.name and entry["online"]:
                    return entry
            return None

        self.pubkey = self.process.wait_ready(online, 30)["pubkey"]
        return self

    def start_operator(self, *words, json_output=True):
        """One of the operator's verbs, as a process."""
        line = [berth_binary(), *words, "--config", self.config_file, *(["--json"] if json_output else [])]
        return subprocess.Popen([str(word) for word in line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def operator(self, *words, json_output=True):
        return Answer(self.start_operator(*words, json_output=json_output))

    def wallet(self, *words, standard_input=None):
        """A verb of `berth wallet`: its exit code, and its JSON or its complaint."""
        line = [berth_binary(), "wallet", *words, "--config", self.config_file, "--json"]
        done = subprocess.run([str(word) for word in line], input=standard_input, capture_output=True, text=True, timeout=400,
                              check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def good_wallet(self, *words, **options):
        code, body = self.wallet(*words, **options)
        if code != 0:
            raise Failure(f"berth wallet {words[0]} ended with {code}: {body}")
        return body

    def balance(self):
        return self.good_wallet("balance")["msat"] // 1000

    def containers(self):
        return self.world.engine.containers(self.numbers)

    def remove_containers(self):
        """As a host does that loses them, behind the provider's back."""
        for container in self.containers():
            self.world.engine.call("DELETE", f"/containers/{container['Id']}?force=1")

    def nothing_left(self):
        return not self.world.engine.objects(self.numbers)


class World:
    """One test's processes and files. Everything that it started is ended by process id when the test is over."""

    def __init__(self, name):
        if not berth_binary().exists():
            raise Skip(f"{berth_binary()} is missing: ./dev build")
        socket_path = os.environ.get("BERTH_TEST_DOCKER", "/var/run/docker.sock")
        self.engine = Engine(socket_path)
        if not self.engine.ready():
            raise Skip(f"no Docker Engine answers at {socket_path}: ./dev test starts one")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"berth-{name}-"))
        self.processes = []
        self.providers = []
        self.probes = {}
        self.engine.make_page_image()

    def close(self, keep_files):
        for process in reversed(self.processes):
            process.kill()
        for provider in self.providers:
            self.engine.remove_leftovers(provider.numbers)
            detach_loops(provider.folder)
            firewall.remove(provider)
        if keep_files:
            narrate(f"the files stay in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def probe(self, sentence, function):
        """A test of its own inside this one: function() raises Failure or Skip, and the others go on."""
        try:
            function()
            result, words = "passed", f"ok: {sentence}"
        except Skip as skip:
            result, words = "skipped", f"SKIP: {sentence}: {skip}"
        except (Failure, EngineError, OSError) as failure:
            result, words = "failed", f"FAILED: {sentence}: {failure}"
        self.probes[result] = self.probes.get(result, 0) + 1
        narrate(words)

    def process(self, name, arguments, environment=None, cwd=None):
        process = Process(name, arguments, self.folder, environment, cwd)
        self.processes.append(process)
        return process

    def processes_named(self, name):
        return [process for process in self.processes if process.name == name]

    def secret_file(self, name):
        path = self.folder / name
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        return path

    def templates(self, slug, text):
        """A folder with this one template."""
        folder = self.folder / f"templates-{slug}"
        folder.mkdir(exist_ok=True)
        (folder / f"{slug}.toml").write_text(text)
        return folder

    def relay(self, name="relay", port=None):
        """The embedded relay; its URL."""
        port = port or free_port()
        relay = self.process(name, [berth_binary(), "local", "relay", "--port", port, "--db", self.folder / f"{name}.db"])
        relay.wait_ready(lambda: accepts(port), 10)
        return f"ws://127.0.0.1:{port}"

    def mint(self, name="mint", swap_delay_ms=0, fee_ppk=0, port=None, rotate=False):
        """The practice mint; its URL. One that ended goes on at its old port."""
        port = port or free_port()
        mint = self.process(name, [berth_binary(), "local", "mint", "--port", port, "--db", self.folder / f"{name}.db",
                                   "--swap-delay-ms", swap_delay_ms, "--fee-ppk", fee_ppk, *(["--rotate"] if rotate else [])])
        mint.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/v1/info"), 10)
        return f"http://127.0.0.1:{port}"

    def provider(self, relays, mints, name="berth-under-test", **settings):
        provider = Provider(self, name, relays, mints, settings)
        self.providers.append(provider)
        return provider

    def consumer(self, name, relays):
        return Consumer(self, name, relays)

    def token(self, mint, amount):
        """A token of this many sats from a mint that pays its own invoices."""
        return run_for_line([berth_binary(), "local", "token", "--mint", mint, "--amount", amount], r"cashu[AB][\w=-]+")

    def redeem(self, mint, token):
        """Spends a token as its owner would; the sats that came out."""
        return int(run_for_line([berth_binary(), "local", "redeem", "--mint", mint, "--token", token], r"\d+"))


def detach_loops(folder):
    """Frees the loop devices of volumes that were left in this folder."""
    for backing in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if backing.read_text().startswith(f"{folder}/"):
                subprocess.run(["losetup", "-d", f"/dev/{backing.parts[3]}"], check=False)
        except OSError:  # somebody else's, detached meanwhile
            continue


def berth_binary():
    return pathlib.Path(os.environ.get("BERTH", ROOT / "build" / "release" / "berth")).resolve()


def run_for_line(arguments, pattern, environment=None, cwd=None, seconds=60):
    """The first match of pattern in what a program prints; Failure when it fails or prints none."""
    done = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds, cwd=cwd, env={**os.environ, **(environment or {})}, check=False)
    found = re.search(pattern, done.stdout)
    if done.returncode != 0 or not found:
        raise Failure(f"{arguments[0]} ended with {done.returncode}: {done.stdout.strip()} {done.stderr.strip()}"[:2000])
    return found.group(0)


def page_at(host, port, seconds=15):
    """Waits for the page that the test image serves."""
    return wait_until(f"the lease's page at {host}:{port}", lambda: fetch(f"http://{host}:{port}/") == PAGE, seconds)
