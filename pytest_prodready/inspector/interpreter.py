"""What the target's interpreter is, as one JSON object on stdout; a script that needs no application."""

from __future__ import annotations

import json
import os
import platform
import sys
import sysconfig


def describe() -> dict[str, object]:
    """The ``Interpreter``, with the marker environment that PEP 508 defines."""
    here = os.path.dirname(os.path.abspath(__file__))
    found = sys.implementation.version
    suffix = "" if found.releaselevel == "final" else f"{found.releaselevel[0]}{found.serial}"
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "path": [entry for entry in sys.path if os.path.abspath(entry) != here],
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": f"{found.major}.{found.minor}.{found.micro}{suffix}",
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
        "abi": _abi(),
    }


def _abi() -> str:
    """CPython's ABI tag (PEP 3149, PEP 703); empty for another implementation."""
    if sys.implementation.name != "cpython":
        return ""
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    debug = "d" if hasattr(sys, "gettotalrefcount") else ""
    return f"cp{sys.version_info[0]}{sys.version_info[1]}{threads}{debug}"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe()))
