"""Mutation testing: how many faults put into the code the tests notice, and which they don't.

Run it with `python tests/bench/mutation.py` after `pip install -e '.[mutation]'`. pyproject.toml
names the modules and the tests. mutmut changes the bodies of functions, neither properties nor
what a module does when it is imported (tables, patterns). `mutmut browse` shows each survivor.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

GOAL = 0.85
PROJECT = Path(__file__).parents[2]
MUTMUT = [sys.executable, "-m", "mutmut"]
ROOMS = {  # as mutmut names their modules
    "placeholders": r"template\.placeholders",
    "models": "models",
    "net": "net",
    "api": "api",
    "provision": "provision",
    "config": "config",
}
NOTICED = ("killed", "timeout", "segfault")


def results() -> list[tuple[str, str]]:
    """List every mutant's name and what became of it."""
    line = [*MUTMUT, "results", "--all", "true"]
    told = subprocess.run(line, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return re.findall(r"^ +(\S+): (.+)$", told, re.MULTILINE)


def main() -> None:
    """Print the survivors' names and a line a module; the exit code is 1 below the goal."""
    shutil.rmtree(PROJECT / "mutants", ignore_errors=True)  # what it remembers may be outdated
    workers = str(2 * len(os.sched_getaffinity(0)))  # the tests of the network wait a lot
    subprocess.run([*MUTMUT, "run", "--max-children", workers], cwd=PROJECT, check=True)
    became = results()
    for name, state in became:
        if state not in NOTICED:
            print(f"{state}: {name}")
    rates = []
    for room, modules in {**ROOMS, "all": ".*"}.items():
        states = Counter(s for name, s in became if re.match(rf"wacb\.(?:{modules})\.", name))
        noticed = sum(states[state] for state in NOTICED)
        rates.append(noticed / states.total())
        print(f"{room:12} {noticed:5} of {states.total():5} noticed, {rates[-1]:6.1%}")
    sys.exit(min(rates) < GOAL)


if __name__ == "__main__":
    main()
