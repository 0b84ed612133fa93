"""What a script learns from a consumer's verb that fails: usage 2, no relay 69, a key file that is open to others 77, one that is
none 78. Nothing answers at the relay's port, and no money is there.
"""

import subprocess

from harness import berth_binary, equal, free_port


def run(world):
    nowhere = f"ws://127.0.0.1:{free_port()}"
    good, bad, open_to_all = (world.folder / name for name in ("good.key", "bad.key", "open.key"))
    for path, text in ((good, "3" * 64), (bad, "zz"), (open_to_all, "3" * 64)):
        path.write_text(text + "\n")
        path.chmod(0o644 if path == open_to_all else 0o600)

    def code(verb, relay, key):
        line = [berth_binary(), *verb, "--relay", relay, "--key", key, "--json"]
        done = subprocess.run([str(word) for word in line], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        equal(done.stdout, "", "nothing on standard output")
        return done.returncode

    lease = ["--provider", "a" * 63 + "8", "--lease", "1"]
    for verb in (["list"], ["notices"], ["status", *lease], ["stop", *lease]):
        equal(code(verb, "relay.example", good), 2, f"{verb[0]}: a relay that is no URL")
        equal(code(verb, nowhere, bad), 78, f"{verb[0]}: a key file without a key")
        equal(code(verb, nowhere, open_to_all), 77, f"{verb[0]}: a key file that others may read")
    equal(code(["list"], nowhere, good), 69, "list: no relay answers")
