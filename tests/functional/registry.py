"""Registries on loopback for the tests about images: the distribution's real one, and one that misbehaves on purpose."""

import crypt
import hashlib
import http.server
import io
import json
import random
import shutil
import socketserver
import tarfile
import threading
import time
import urllib.parse
import urllib.request

from engine import IMAGE
from harness import Skip, accepts, free_port

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry:
    """`docker-registry` with its files in the world's folder; with a user's name and password if they are given."""

    def __init__(self, world, name="registry", login=None):
        program = shutil.which("docker-registry")
        if not program:
            raise Skip("docker-registry is missing: apt-get install docker-registry")
        self.world, self.login = world, login
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.folder = world.folder / name
        self.folder.mkdir()
        config = self.folder / "registry.yml"
        text = f"""version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {self.folder / 'data'}}}, delete: {{enabled: true}}}}
http: {{addr: "{self.host}"}}
"""
        if login:
            passwords = self.folder / "htpasswd"
            passwords.write_text(f"{login[0]}:{crypt.crypt(login[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))}\n")
            text += f"auth: {{htpasswd: {{realm: test, path: {passwords}}}}}\n"
        config.write_text(text)
        process = world.process(name, [program, "serve", config])
        process.wait_ready(lambda: accepts(self.port), 20)

    def push(self, repository, source=IMAGE, tag="1"):
        """An image of the Engine under a name of this registry, and no longer on the Engine; its reference."""
        engine, name = self.world.engine, f"{self.host}/{repository}"
        query = urllib.parse.urlencode({"repo": name, "tag": tag})
        engine.call("POST", f"/images/{source}/tag?{query}")
        header = "e30="
        if self.login:
            import base64
            header = base64.urlsafe_b64encode(json.dumps({"username": self.login[0], "password": self.login[1]}).encode()).decode()
        answer = engine.call("POST", f"/images/{name}/push?tag={tag}", headers={"X-Registry-Auth": header}).decode()
        if '"error"' in answer:
            raise RuntimeError(f"push of {name}: {answer[-300:]}")
        engine.call("DELETE", f"/images/{name}:{tag}")
        return f"{name}:{tag}"

    def digest(self, reference):
        """What this registry has for a tag."""
        path, tag = reference.removeprefix(self.host + "/").rsplit(":", 1)
        request = urllib.request.Request(f"http://{self.host}/v2/{path}/manifests/{tag}", headers={"Accept": MANIFEST})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.headers["Docker-Content-Digest"]

    def blob_of(self, reference):
        """The file with the last layer of an image."""
        path, tag = reference.removeprefix(self.host + "/").rsplit(":", 1)
        request = urllib.request.Request(f"http://{self.host}/v2/{path}/manifests/{tag}", headers={"Accept": MANIFEST})
        with urllib.request.urlopen(request, timeout=10) as answer:
            digest = json.load(answer)["layers"][-1]["digest"].removeprefix("sha256:")
        return self.folder / "data/docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class BadRegistry:
    """Serves an image of one layer under any name. `speed` bytes a second of its layer; 0: half of it, then silence."""

    def __init__(self, speed=0, layer_bytes=400_000):
        self.speed, self.layer_bytes = speed, layer_bytes
        self.blobs, self.layers = {}, set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_arguments):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def image(self, name):
        return f"{self.host}/{name}:1"

    def manifest(self, name):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            entry = tarfile.TarInfo("file")
            entry.size = self.layer_bytes
            tar.addfile(entry, io.BytesIO(random.Random(name).randbytes(self.layer_bytes)))
        layer = buffer.getvalue()
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]}}).encode()
        self.blobs |= {_digest(layer): layer, _digest(config): config}
        self.layers.add(_digest(layer))
        return json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": _digest(config)},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar", "size": len(layer), "digest": _digest(layer)}],
        }).encode()

    def answer(self, request):
        parts = request.path.split("/")
        if request.path == "/v2/":
            return self.send(request, b"{}", "application/json")
        if parts[-2] == "manifests":
            return self.send(request, self.manifest(parts[2]), MANIFEST)
        blob = self.blobs[parts[-1]]
        if parts[-1] not in self.layers:
            return self.send(request, blob, "application/octet-stream")
        self.head(request, len(blob), "application/octet-stream", parts[-1])
        try:
            self.drip(request, blob)
        except OSError:  # the Engine hung up
            pass
        request.close_connection = True

    def drip(self, request, blob):
        if not self.speed:
            request.wfile.write(blob[:len(blob) // 2])
            request.wfile.flush()
            time.sleep(600)
        step = max(1, self.speed // 10)
        for begin in range(0, len(blob), step):
            request.wfile.write(blob[begin:begin + step])
            request.wfile.flush()
            time.sleep(0.1)

    def head(self, request, length, kind, digest):
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(length))
        request.send_header("Docker-Content-Digest", digest)
        request.end_headers()

    def send(self, request, data, kind):
        self.head(request, len(data), kind, _digest(data))
        if request.command == "GET":
            request.wfile.write(data)


def forget(engine, reference):
    """Removes an image that a test brought to the Engine, if it is there."""
    try:
        engine.call("DELETE", f"/images/{reference}?force=1")
    except Exception:  # noqa: BLE001 — it is not there
        pass


def has_image(engine, reference):
    try:
        engine.call("GET", f"/images/{reference}/json")
        return True
    except Exception:  # noqa: BLE001 — 404
        return False


def ballast(size):
    """A file of random bytes for make_page_image."""
    return "ballast", random.randbytes(size), 0o644, {}
