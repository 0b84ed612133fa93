#!/usr/bin/env python3
"""search_disk.py DISK KEY-FILE: no eight aligned bytes of the key, raw, in hex or in base64, are on the disk, nor what a tenant wrote.

Every sixteen bytes of the key hold eight that are looked for. What must be on the disk, as what another tenant wrote into a volume
without encryption, is looked for, too: a search that finds nothing shows nothing.
"""

import base64
import hashlib
import os
import sys

MUST_BE_THERE = [b"LUKS\xba\xbe", b"first heartbeat accepted", hashlib.md5(b"open\n").hexdigest().encode()]
NEEDLE = hashlib.md5(b"secret\n").hexdigest().encode()
PIECE = 1 << 24
OVERLAP = 64


def patterns(key):
    found = {NEEDLE}
    for begin in range(0, len(key), 8):
        piece = key[begin:begin + 8]
        found |= {piece, piece.hex().encode(), piece.hex().upper().encode()}
    # In base64 the same bytes look different by where they begin in a group of three; eight characters hold six bytes.
    for shift in range(3):
        for text in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = text(bytes(shift) + key)[4:-4]
            found |= {encoded[begin:begin + 10] for begin in range(0, len(encoded) - 9, 5)}
    return found


def pieces(path):
    """The disk's contents without its holes."""
    with open(path, "rb") as disk:
        end = os.fstat(disk.fileno()).st_size
        at = 0
        while at < end:
            try:
                at = os.lseek(disk.fileno(), at, os.SEEK_DATA)
            except OSError:  # holes to the end
                return
            hole = os.lseek(disk.fileno(), at, os.SEEK_HOLE)
            while at < hole:
                yield os.pread(disk.fileno(), min(PIECE, hole - at) + OVERLAP, at)
                at += PIECE
            at = hole


def main():
    disk, key_file = sys.argv[1:]
    key = base64.urlsafe_b64decode(open(key_file).read().strip() + "=")
    wanted, missing, searched, found = patterns(key), set(MUST_BE_THERE), 0, set()
    for piece in pieces(disk):
        searched += len(piece)
        missing = {text for text in missing if text not in piece}
        found |= {text for text in wanted if text in piece}
    if found or missing:
        sys.exit(f"on the disk: {len(found)} of {len(wanted)} patterns of the key ({found}); missing: {missing}")
    print(f"{searched >> 20} MiB searched: nothing of the key or the tenant's text is on the disk")


if __name__ == "__main__":
    main()
