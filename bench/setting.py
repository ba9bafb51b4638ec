"""What a reader must know of the machine and the versions to judge the figures."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("job-pipe", "lxml", "nh3", "ftfy", "msgspec", "scrapy", "dlt", "sqlalchemy")


def describe_setting(cores: Sequence[int], rounds: int, feed: Path | None) -> dict[str, str]:
    """`feed` None = nothing is read from a file."""
    fed = {"feed": f"{feed.stat().st_size / 1e6:.0f} MB of XML"} if feed is not None else {}
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores, pinned to {len(cores)}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}",
        **fed,
        "rounds": str(rounds),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "versions": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
