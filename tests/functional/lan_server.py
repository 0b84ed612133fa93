"""What listens in the pretend LAN: a greeting on TCP ports 25, 80 and 8080, and a resolver that knows one answer.

    lan_server.py GREETING ADDRESS
"""

import selectors
import socket
import sys

GREETING_PORTS = (25, 80, 8080)
DNS_PORT = 53
QUERY_BYTES_MAX = 512


def answer(query, address):
    """The same question with one A record; other types get no record."""
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12:end + 5]
    is_a = question[-4:-2] == b"\x00\x01"
    header = query[:2] + b"\x81\x80" + b"\x00\x01" + (b"\x00\x01" if is_a else b"\x00\x00") + b"\x00" * 4
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address)
    return header + question + (record if is_a else b"")


def greet(listener, text):
    connection, _ = listener.accept()
    with connection:
        connection.sendall(text)


def resolve_stream(listener, address):
    connection, _ = listener.accept()
    connection.settimeout(2)
    with connection:
        query = connection.recv(QUERY_BYTES_MAX)
        reply = answer(query[2:], address)
        connection.sendall(len(reply).to_bytes(2, "big") + reply)


def resolve(listener, address):
    query, client = listener.recvfrom(QUERY_BYTES_MAX)
    listener.sendto(answer(query, address), client)


def listen(kind, host, port):
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    if kind == socket.SOCK_STREAM:
        listener.listen(50)
    return listener


def main():
    greeting, address = (sys.argv[1] + "\n").encode(), sys.argv[2]
    resolver = "10.88.3.53"
    ready = selectors.DefaultSelector()
    for port in GREETING_PORTS:
        ready.register(listen(socket.SOCK_STREAM, "0.0.0.0", port), selectors.EVENT_READ, (greet, greeting))
    # On its own address, so that the answer comes from where it was asked.
    ready.register(listen(socket.SOCK_DGRAM, resolver, DNS_PORT), selectors.EVENT_READ, (resolve, address))
    ready.register(listen(socket.SOCK_STREAM, resolver, DNS_PORT), selectors.EVENT_READ, (resolve_stream, address))
    print("listening", flush=True)
    while True:
        for key, _ in ready.select():
            function, argument = key.data
            try:
                function(key.fileobj, argument)
            except (OSError, IndexError):
                continue


if __name__ == "__main__":
    main()
