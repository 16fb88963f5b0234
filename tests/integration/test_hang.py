# SPDX-License-Identifier: MIT
"""Libraries that never return: the job still ends, with a reason, and can be done again."""

import signal
import time

import pytest

from azltest import hang
from azltest.worker import Worker

pytestmark = pytest.mark.slow  # a hang takes its time to be noticed


def _works(box):
    box.ctl("update")
    assert box.versions() == ["1.1.0", "1.0.0"]
    assert box.look()["intent"] is None


def _pull(box, env, **args):
    with Worker(box.path, env=env) as worker:
        return worker.call("pull", stall_timeout=1, **args)


def test_a_pull_that_hangs_in_libostree_is_tried_again(box, tmp_path):
    reply = _pull(box, hang.in_libostree(tmp_path, times=2), retries=2)
    assert reply.error is None and reply.result["attempts"] == 3
    assert "attempt 1 of 3" in reply.log() and "attempt 2 of 3" in reply.log()
    assert reply.err.count("hangs inside libostree, starting anew (threads: azl-update: S ") == 2
    done = [event["done"] for event in reply.progress("pull")]
    assert done == sorted(done)
    _works(box)


def test_a_pull_that_always_hangs_is_given_up_as_agreed(box, tmp_path):
    began = time.monotonic()
    reply = _pull(box, hang.in_libostree(tmp_path, times=9), retries=1)
    assert (reply.error, reply.rc) == ("update.server-stalled", 1)
    assert "attempt 1 of 2" in reply.log() and "attempt 2" not in reply.log()
    assert time.monotonic() - began < 20
    assert (tmp_path / "hang").stat().st_size == 7
    _works(box)


def _cancelled(worker, cancel):
    cancel()
    began = time.monotonic()
    reply = worker.end()
    assert (reply.error, reply.rc) == ("update.cancelled", 1)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "cancel", [Worker.hang_up, Worker.signal, lambda worker: worker.signal(signal.SIGHUP)]
)
def test_a_cancel_ends_a_worker_that_hangs_in_libostree(box, tmp_path, cancel):
    env = hang.in_libostree(tmp_path, times=1)
    with Worker(box.path, env=env) as worker:
        worker.request("pull")
        hang.wait(tmp_path)
        _cancelled(worker, lambda: cancel(worker))
    _works(box)


def test_a_gpg_that_never_answers_ends_the_job(box, tmp_path):
    with Worker(box.path, prefix=hang.in_gpg(tmp_path)) as worker:
        reply = worker.call("pull", stall_timeout=1)
    assert (reply.error, reply.rc) == ("update.stuck", 1)
    _works(box)


def test_a_cancel_does_not_wait_for_gpg(box, tmp_path):
    with Worker(box.path, prefix=hang.in_gpg(tmp_path)) as worker:
        worker.request("pull")
        time.sleep(2)
        _cancelled(worker, worker.hang_up)
    _works(box)
