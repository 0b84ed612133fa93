"""A provider that lost its database goes on with the leases that run.

The daemon is killed while two leases run, its database is deleted, and three files are put beside those of the leases: garbage, a
huge one, and a copy under another lease's name. The daemon starts on nothing: both leases are there with the details that their owners
know, a top-up counts, they end on time, and nothing is left. A container without row and file is left alone.
"""

import json
import os
import stat
import time

from harness import Failure, check, equal, narrate, page_at, unix_time, wait_until

LEASE_SECONDS = 45
TOP_UP_SECONDS = 10
GARBAGE, HUGE, COPY, RENAMED = "00000000000000a1", "00000000000000a2", "00000000000000a3", "00000000000000a4"


def lease_files(provider):
    folder = provider.folder / "state" / "leases"
    return {path.name: path for path in folder.iterdir()} if folder.exists() else {}


def lose_database(provider):
    for path in (provider.folder / "state").glob("berth.db*"):
        path.unlink()


def add_bad_files(provider, file):
    folder = file.parent
    (folder / f"{GARBAGE}.json").write_bytes(b"\x00{]garbage" * 50)
    (folder / f"{HUGE}.json").write_bytes(b" " * (64 << 20))
    (folder / f"{COPY}.json").write_text(file.read_text())
    renamed = {**json.loads(file.read_text()), "id": RENAMED}
    (folder / f"{RENAMED}.json").write_text(json.dumps(renamed))
    (folder / "ffffffffffffffff.json").symlink_to("/dev/zero")
    (folder / "notes.txt").write_text("an operator's")


def whole_files(provider):
    """Without one that is being written: it gets its name when it is whole."""
    return {name: path for name, path in lease_files(provider).items() if name.endswith(".json")}


def check_files(provider, secrets_of_leases):
    files = wait_until("a file for each lease", lambda: len(whole_files(provider)) == 2 and whole_files(provider), 10)
    for path in files.values():
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, f"{path.name} is for the daemon alone")
        body = json.loads(path.read_text())
        equal((body["workload"]["environment"], body["workload"]["command"]), ({}, []), "without environment and command")
        check(not any(secret in path.read_text() for secret in secrets_of_leases), "nor a password")
    return files


def orphan(world, provider):
    """A labelled container that neither a row nor a file tells of."""
    real = world.engine.get(f"/containers/{provider.containers()[0]['Id']}/json")
    labels = {name: "00000000000000ff" if value == real["Config"]["Labels"]["berth.lease"] else value
              for name, value in real["Config"]["Labels"].items()}
    number = provider.numbers.start + 90
    body = {"Image": real["Config"]["Image"], "Labels": labels, "HostConfig": {"NetworkMode": "none"}}
    made = json.loads(world.engine.call("POST", f"/containers/create?name=paygress-{number}", json.dumps(body)))["Id"]
    world.engine.call("POST", f"/containers/{made}/start")
    return made


def known_status(provider, customer, lease):
    """What its owner hears once the provider knows its leases again; until then, to ask once more."""
    def ask():
        answer = customer.status(provider, lease["pod_npub"])
        if answer.code != 0 and answer.error_type() != "backend_error":
            raise Failure(f"a lease that runs is not known: {answer.output}")
        return answer.body if answer.code == 0 else None

    return wait_until("its owner's status", ask, 20)


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    customers = [world.consumer(name, [relay]) for name in ("first", "second")]
    leases = [customer.spawn(provider, world.token(mint, LEASE_SECONDS)).good() for customer in customers]
    files = check_files(provider, [lease["ssh_password"] for lease in leases])
    before = [customer.status(provider, lease["pod_npub"]).good() for customer, lease in zip(customers, leases)]
    containers = {container["Id"] for container in provider.containers()}

    provider.process.kill()
    lose_database(provider)
    add_bad_files(provider, next(iter(files.values())))
    unknown = orphan(world, provider)
    narrate("the daemon was killed, and its database is gone")
    provider.start()
    for customer, lease, old in zip(customers, leases, before):
        status = known_status(provider, customer, lease)
        for member in old:
            if member not in ("time_remaining_seconds", "password", "uptime_seconds"):
                equal(status.get(member), old[member], f"status tells the same {member}")
        page_at("127.0.0.1", lease["node_port"])
    equal({c["Id"] for c in provider.containers()}, containers | {unknown}, "the containers are the same ones, and none is gone")
    # The relays bring the old spawn requests again: their tokens are spent, and nothing is made of them.
    wait_until("the operator sees these leases alone, as taken up",
               lambda: [lease.get("rebuilt") for lease in provider.operator("lease", "list").good()["leases"]] == [True, True], 20)
    equal({c["Id"] for c in provider.containers()}, containers | {unknown}, "what was paid before is not served twice")
    left = set(lease_files(provider))
    refused = {f"{name}.json.refused" for name in (GARBAGE, HUGE, COPY, RENAMED, "ffffffffffffffff")}
    equal(left, set(files) | refused | {"notes.txt"}, "what is no lease's file is set aside")

    third = world.consumer("third", [relay]).spawn(provider, world.token(mint, 8)).good()
    check(third["node_port"] not in [lease["node_port"] for lease in leases], "a new lease gets a port of its own")
    check(third["pod_npub"] not in [lease["pod_npub"] for lease in leases], "and a number of its own")
    topped = customers[0].topup(provider, leases[0]["pod_npub"], world.token(mint, TOP_UP_SECONDS)).good()
    end = unix_time(before[0]["expires_at"])
    equal(round(unix_time(topped["new_expires_at"]) - end), TOP_UP_SECONDS, "a top-up counts")

    provider.process.kill()
    provider.start()
    time.sleep(max(0.0, end - time.time() + 1))
    wait_until("the other lease is over", lambda: len(provider.containers()) == 2, 10)
    check(time.time() < end + 8, "at its time")
    wait_until("and then the first", lambda: [c["Id"] for c in provider.containers()] == [unknown], TOP_UP_SECONDS + 15)
    check(unknown in {c["Id"] for c in provider.containers()}, "what nobody knows is left alone for an hour")
    wait_until("no file is left", lambda: not any(name.endswith(".json") for name in lease_files(provider)), 10)
    world.engine.call("DELETE", f"/containers/{unknown}?force=1")
    check(provider.nothing_left(), "nothing is left on the Engine")
