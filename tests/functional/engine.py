"""The Docker Engine as the tests see it: from the outside, over its socket, without the daemon under test."""

import http.client
import io
import json
import os
import socket
import tarfile
import urllib.parse

IMAGE = "berth-test/page:1"
PAGE = "Hello from inside the lease.\n"
PAGE_PORTS = (22, 3000, 9222)


class EngineError(Exception):
    pass


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    def __init__(self, socket_path):
        self.socket_path = socket_path

    def call(self, method, path, body=None, content_type="application/json", timeout=60, headers=None):
        connection = _UnixConnection(self.socket_path, timeout)
        try:
            connection.request(method, path, body=body, headers={"Content-Type": content_type, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise EngineError(f"{method} {path}: {response.status} {text[:300]!r}")
        return text

    def get(self, path):
        return json.loads(self.call("GET", path))

    def ready(self):
        try:
            return self.call("GET", "/_ping", timeout=5) == b"OK"
        except (OSError, EngineError):
            return False

    def containers(self, numbers):
        """Every container, running or not, whose name is paygress-<number> with a number of this range."""
        found = []
        for container in self.get("/containers/json?all=1"):
            for name in container["Names"]:
                number = name.removeprefix("/paygress-")
                if number.isdigit() and int(number) in numbers:
                    found.append(container)
        return found

    def networks(self, numbers):
        names = {f"paygress-{number}" for number in numbers}
        return [network for network in self.get("/networks") if network["Name"] in names]

    def volumes(self, numbers):
        names = {f"paygress-{number}-data" for number in numbers}
        return [volume for volume in self.get("/volumes")["Volumes"] or [] if volume["Name"] in names]

    def objects(self, numbers):
        """Everything on the Engine that belongs to leases of these numbers."""
        return self.containers(numbers) + self.networks(numbers) + self.volumes(numbers)

    def exec(self, container_id, command, user="", timeout=60):
        """Runs a command in a container, as `docker exec` does: its exit code and what it printed."""
        asked = {"AttachStdout": True, "AttachStderr": True, "Cmd": command, "User": user}
        made = json.loads(self.call("POST", f"/containers/{container_id}/exec", json.dumps(asked)))["Id"]
        frames = self.call("POST", f"/exec/{made}/start", json.dumps({"Detach": False}), timeout=timeout)
        text = b""
        while len(frames) >= 8:
            size = int.from_bytes(frames[4:8], "big")
            text, frames = text + frames[8:8 + size], frames[8 + size:]
        return self.get(f"/exec/{made}/json")["ExitCode"], text.decode(errors="replace")

    def start(self, container_id, command):
        """Runs a command in a container and leaves it running there."""
        made = json.loads(self.call("POST", f"/containers/{container_id}/exec", json.dumps({"Cmd": command})))["Id"]
        self.call("POST", f"/exec/{made}/start", json.dumps({"Detach": True}))

    def remove_leftovers(self, numbers):
        for container in self.containers(numbers):
            self.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        for network in self.networks(numbers):
            self.call("DELETE", f"/networks/{network['Id']}")
        for volume in self.volumes(numbers):
            self.call("DELETE", f"/volumes/{volume['Name']}?force=1")

    def make_page_image(self, tag=IMAGE, busybox="/bin/busybox", user="root", files=()):
        """An image made on the spot: busybox, a page served on the ports that the tests reach, and further files, each with
        path, content, mode and extended attributes; they win."""
        query = urllib.parse.urlencode(
            [("fromSrc", "-"), ("repo", tag), ("changes", 'CMD ["/bin/sh", "/start"]'),
             ("changes", f"USER {user}")])
        self.call("POST", f"/images/create?{query}", body=_page_tree(busybox, files), content_type="application/x-tar")
        return tag


def _page_tree(busybox, files):
    servers = [f"httpd -p {port} -h /www" for port in PAGE_PORTS]
    start = "\n".join(["#!/bin/sh", *servers, "while :; do sleep 3600 & wait $!; done", ""])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for directory in ("bin", "www", "tmp", "etc", "root", "workspace"):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add(os.path.realpath(busybox), arcname="bin/busybox")
        for applet in ("sh", "httpd", "sleep", "cat", "ls", "echo", "nc", "id", "ps"):
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        given = {name for name, *_ in files}
        for name, text in (("start", start), ("www/index.html", PAGE), ("etc/passwd", "root:x:0:0::/root:/bin/sh\n")):
            if name in given:
                continue
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
        for name, content, mode, attributes in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            entry.pax_headers = {f"SCHILY.xattr.{attribute}": value for attribute, value in attributes.items()}
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
