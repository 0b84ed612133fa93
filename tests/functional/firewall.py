"""The provider's nftables table as `nft` shows it. Nothing here touches a table that isn't the test's own provider's."""

import shutil
import subprocess


def _nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True, timeout=30, check=False)


def table_of(provider):
    return f"berth_{provider.pubkey[:8]}"


def show(provider):
    """Its rules, or None while there is no such table."""
    shown = _nft("list", "table", "inet", table_of(provider))
    return shown.stdout if shown.returncode == 0 else None


def remove(provider):
    """A provider that was killed leaves its table, as it must."""
    if provider.pubkey and shutil.which("nft"):
        _nft("delete", "table", "inet", table_of(provider))
