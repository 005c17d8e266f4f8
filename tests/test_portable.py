"""lib can be loaded where the system is not a POSIX one."""

import subprocess
import sys

from lib.basics.places import LIB, PROJECT

MODULES = sorted(
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    for path in LIB.rglob("*.py")
)

# Everything is loaded once, so that the packages of others are there; then lib alone again, without what
# Windows lacks: modules, signals, and functions of `os`.
CODE = """
import builtins, importlib, os, signal, sys

modules = sys.argv[1:]
for name in modules:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "lib"]:
    del sys.modules[name]
absent = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
for name in ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPROF", "SIGUSR1", "SIGUSR2", "setitimer", "alarm",
             "ITIMER_PROF", "ITIMER_REAL", "pthread_kill"):
    delattr(signal, name)
for name in ("fork", "getuid", "geteuid", "getpgid", "killpg", "nice", "sched_getaffinity", "setsid", "uname",
             "sysconf", "mkfifo", "getloadavg", "statvfs"):
    delattr(os, name)
load = builtins.__import__

def guarded(name, globals=None, *rest):
    if name.split(".")[0] in absent and (globals or {}).get("__name__", "").split(".")[0] == "lib":
        raise ModuleNotFoundError(f"No module named {name!r}")
    return load(name, globals, *rest)

builtins.__import__ = guarded
for name in modules:
    importlib.import_module(name)
from lib.basics.machine import core_count
from lib.data.files import reader_process
assert not reader_process.FORKS and core_count() > 0
"""


def test_every_module_loads_without_what_only_posix_has():
    assert "lib.data.files.reader_process" in MODULES
    others = [name for name in MODULES if name != "lib.__main__"]
    loaded = subprocess.run(
        [sys.executable, "-c", CODE, *others], cwd=PROJECT, capture_output=True, text=True
    )
    assert loaded.returncode == 0, loaded.stderr
