# SPDX-License-Identifier: MIT
"""Kill things at random moments, so that whoever sees a failure can see it again.

The moments are spread evenly over the time that an undisturbed run takes. $AZL_KILL_SEED repeats a
run; each failure names its seed.
"""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from . import programs
from .run import kill_group, start, wait_for


def chance(name):
    """A random number generator of this test's own, and the words that repeat it."""
    seed = os.environ.get("AZL_KILL_SEED") or str(random.SystemRandom().randrange(1 << 32))
    return random.Random(f"{seed} {name}"), f"AZL_KILL_SEED={seed}"


def workers(pid):
    """The workers that azlctl, process `pid`, has now.

    By name: LeakSanitizer's helper is a child as well, and waits for ever if that is killed.
    """
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "azl-update":
                found.append(int(child))
    return found


@contextlib.contextmanager
def _azlctl(arguments):
    """azlctl under way; it and all it started are gone afterwards."""
    process = start(
        [programs.azlctl(), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=programs.environment(),
    )
    try:
        yield process
    finally:
        kill_group(process)


def azlctl_with_dying_worker(arguments, delay, limit=60):
    """Runs azlctl, and kills the worker that it has `delay` seconds later.

    Returns azlctl's exit status and whether a worker was met: between two of them and after the end
    there is none.
    """
    with _azlctl(arguments) as process:
        time.sleep(delay)
        victims = workers(process.pid)
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return process.wait(limit), bool(victims)


def orphan_workers(arguments, delay, limit=60):
    """Kills azlctl itself after `delay` seconds; returns when the workers that it left are gone."""
    with _azlctl(arguments) as process:
        time.sleep(delay)
        orphans = workers(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(limit)
        wait_for(lambda: not any(_alive(p) for p in orphans), limit, "the orphaned worker's end")


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
