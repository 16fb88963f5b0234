# SPDX-License-Identifier: MIT
"""Whoever asked for a stage may go away at any moment: what is staged is never open by that."""

import json
import os
import random
import socket
import time

import pytest


LONGEST = 0.6  # seconds; a stage takes about half a second


@pytest.fixture
def worker(installed, host):
    """Asks the worker on the booted host's socket, as root; hangs up after `seconds`."""
    host.boot()
    root = os.open(f"/proc/{host._guest.leader()}/root", os.O_PATH | os.O_DIRECTORY)

    def ask(op, args, seconds=60):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(seconds)
            line.connect(f"/proc/self/fd/{root}/run/azl/update.sock")
            line.sendall((json.dumps({"v": 1, "op": op, "args": args}) + "\n").encode())
            said = b""
            try:
                while chunk := line.recv(65536):
                    said += chunk
            except TimeoutError:
                return None
        return json.loads(said.splitlines()[-1])

    yield ask
    os.close(root)


def stages_that_are_left(worker, commit, times, seed):
    dice = random.Random(seed)
    worker("pull", {"checksum": commit})
    met = 0
    for number in range(times):
        after = dice.uniform(0.01, LONGEST)
        left = worker("stage", {"checksum": commit, "lock": True}, after) is None
        time.sleep(0.2)
        worker("status", {})  # waits for nothing, but the next one does
        staged = worker("cleanup", {"staged": False}) and worker("status", {})["result"]["staged"]
        met += left and staged is not None
        assert staged is None or staged["locked"], f"stage {number} left after {after:.3f} s is open"
        worker("cleanup", {"staged": True})
    return met


def test_a_stage_whose_caller_goes_away_leaves_nothing_open(worker, os_releases):
    stages_that_are_left(worker, os_releases.commits["1.1.0"], 6, "short")


@pytest.mark.full
@pytest.mark.timeout(900)
def test_60_stages_whose_caller_goes_away_leave_nothing_open(worker, os_releases):
    stages_that_are_left(worker, os_releases.commits["1.1.0"], 60, "full")
