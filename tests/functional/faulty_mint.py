"""A mint that fails on purpose, as real ones and what stands before them do: a proxy on loopback before a mint that works."""

import collections
import http.client
import http.server
import json
import threading
import urllib.parse

REFUSAL = json.dumps({"code": 10001, "detail": "proof verification failed"}).encode()
SLOW_DOWN = json.dumps({"detail": "Rate limit exceeded."}).encode()


class FaultyMint:
    """Its url is the mint's to everybody. Requests pass until a fault is armed for their path."""

    def __init__(self, mint):
        self.mint = urllib.parse.urlsplit(mint)
        self.armed = collections.defaultdict(collections.deque)
        self.struck = collections.Counter()  # by fault
        self.passed = collections.Counter()  # by path
        self.fees = 0  # of all swaps that were executed
        self.lock = threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                owner.serve(self)

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def arm(self, path, fault, times=1):
        """The next requests to `path` meet this fault:
        refuse: a clear no, not executed; rate_limit: 429, not executed; lose_answer: executed, the connection closed;
        drop_signature: executed, the last signature is missing from the answer."""
        with self.lock:
            self.armed[path].extend([fault] * times)

    def heal(self):
        with self.lock:
            self.armed.clear()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def take_fault(self, path):
        with self.lock:
            if not self.armed[path]:
                return None
            fault = self.armed[path].popleft()
            self.struck[fault] += 1
            return fault

    def serve(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        fault = self.take_fault(request.path)
        if fault == "refuse":
            return answer(request, 400, REFUSAL)
        if fault == "rate_limit":
            return answer(request, 429, SLOW_DOWN)
        self.passed[request.path] += 1
        try:
            status, content = self.forward(request, body)
        except OSError:  # it is stopped; as if nobody listened
            request.close_connection = True
            return None
        if request.path == "/v1/swap" and status == 200:
            swap = json.loads(body)
            with self.lock:
                self.fees += sum(p["amount"] for p in swap["inputs"]) - sum(o["amount"] for o in swap["outputs"])
        if fault == "lose_answer":
            request.close_connection = True
            return None
        if fault == "drop_signature" and status == 200:
            decoded = json.loads(content)
            for member in ("outputs", "signatures"):
                if member in decoded:
                    decoded[member].pop()
            content = json.dumps(decoded).encode()
        return answer(request, status, content)

    def forward(self, request, body):
        upstream = http.client.HTTPConnection(self.mint.hostname, self.mint.port, timeout=90)
        try:
            upstream.request(request.command, request.path, body or None,
                             {"Content-Type": request.headers.get("Content-Type", "application/json")})
            response = upstream.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            upstream.close()


def answer(request, status, content):
    try:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
    except OSError:  # whoever asked is gone
        request.close_connection = True
