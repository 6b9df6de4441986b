"""Installs Chromium for the tests of the pages: the system's package, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Install it; the exit code is 0 where it is there now."""
    apt = shutil.which("apt-get")
    before = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt and (not before or shutil.which("sudo")):
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run([*before, apt, "-qq", *arguments], check=False)
        if shutil.which("chromium"):
            return 0
    return subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
