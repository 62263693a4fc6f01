"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

_SHOWN = (
    "persona-vault",
    "sentence-transformers",
    "transformers",
    "torch",
    "numpy",
    "faiss-cpu",
    "tokenizers",
    "sqlcipher3",
    "SQLAlchemy",
    "click",
)
# What decides how fast matrices are multiplied in half precision and in int8.
_TELLING = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "asimd",
    "bf16",
)


def describe_machine() -> dict[str, str]:
    """Processor, cores, memory, system and the versions that matter."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "instructions": " ".join(_instructions()),
        "memory": _memory(),
        "load": _load(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {_version(name)}" for name in _SHOWN),
    }


def _about_processor(key: str) -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return ""


def _processor() -> str:
    return _about_processor("model name") or platform.processor() or platform.machine()


def _instructions() -> list[str]:
    found = (_about_processor("flags") or _about_processor("Features")).split()
    return [name for name in _TELLING if name in found]


def _memory() -> str:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return "not told"
    n_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{n_bytes / 1024**3:.0f} GiB"


def _load() -> str:
    """Other work at the start: above 0.5 the figures are of a busy machine."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not told"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
