"""Start-up time of the installed wheel, as ratios to `python -c pass`.

Run it with `python tests/bench/startup.py`; it installs the project into a temporary environment,
unless the `bin` folder of another one is named (`python tests/bench/startup.py .venv-dev/bin`).
Each figure is the least of 25 runs; the commands take turns, so that a slow moment hits all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 25
PROJECT = Path(__file__).parents[2]
SERVED = "number list -q --base-url {url}"  # one request
COMMANDS = {
    "--version": 5.0,
    "--help": 5.0,
    "TAB": 5.0,
    "template --method post": 6.0,
    "profile create --method post --url https://example.com/hook --dry-run": 6.0,
    SERVED: 13.0,
}


def seconds(line: list[str], environ: dict[str, str]) -> float:
    """Time one whole process, in seconds."""
    began = time.perf_counter()
    subprocess.run(line, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print one line per command: its ratio and its limit."""
    with tempfile.TemporaryDirectory() as folder:
        bin_folder = Path(sys.argv[1]).resolve() if sys.argv[1:] else install(Path(folder, "venv"))
        environ = {"PATH": os.environ["PATH"], "HOME": folder}
        serve = [str(bin_folder / "wacb"), "sandbox", "serve"]
        with subprocess.Popen(serve, env=environ, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            try:
                measure(bin_folder, environ, ready)
            finally:
                server.terminate()


def install(folder: Path) -> Path:
    """Install the project into a new environment; return its folder of commands."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = str(folder / "bin" / "pip")
    subprocess.run([pip, "install", "--quiet", "--compile", str(PROJECT)], check=True)
    return folder / "bin"


def measure(bin_folder: Path, environ: dict[str, str], ready: dict[str, str]) -> None:
    """Time every command RUNS times, in turns."""
    account = {name: ready[name] for name in ("sid", "api_key", "waba_id")}
    environ = environ | {f"WACB_{name.upper()}": value for name, value in account.items()}
    base = [str(bin_folder / "python"), "-c", "pass"]
    lines = {name: [str(bin_folder / "wacb"), *name.format(**ready).split()] for name in COMMANDS}
    tab = {"_WACB_COMPLETE": "bash_complete", "COMP_WORDS": "wacb pro", "COMP_CWORD": "1"}
    offline = {key: value for key, value in environ.items() if not key.startswith("WACB_")}
    lines["TAB"] = [str(bin_folder / "wacb")]
    best = dict.fromkeys(("pass", *COMMANDS), 99.0)
    for _ in range(RUNS):
        best["pass"] = min(best["pass"], seconds(base, offline))
        for name, line in lines.items():
            used = environ if name == SERVED else offline | (tab if name == "TAB" else {})
            best[name] = min(best[name], seconds(line, used))
    print(f"python -c pass: {best['pass'] * 1000:.1f} ms, the least of {RUNS}")
    for name, goal in COMMANDS.items():
        print(f"{best[name] / best['pass']:5.2f}  (<= {goal:4.1f})  wacb {name}")


if __name__ == "__main__":
    main()
