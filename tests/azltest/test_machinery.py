# SPDX-License-Identifier: MIT
"""The machinery that other tests trust: does it show failures, end in time and clean up?"""

import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from azltest import cache, mounts
from azltest.repo import SmallRepo
from azltest.run import CommandFailed, run, wait_for
from azltest.sysroot import Scratch


def test_a_command_that_does_not_end_is_killed_with_its_children(tmp_path):
    pid_file = tmp_path / "pid"
    result = run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], timeout=0.5)
    assert result.timed_out and result.seconds < 5
    child = Path("/proc", pid_file.read_text().strip())
    wait_for(lambda: not (child / "exe").exists(), 5, "the child's death")
    with pytest.raises(CommandFailed, match="no end"):
        result.check()


def test_what_our_caller_ignores_a_command_does_not():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        result = run(["sh", "-c", "kill -HUP $$; echo ignored"])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert result.rc == -signal.SIGHUP and not result.out


def test_a_wrong_exit_status_is_an_error_that_shows_the_output():
    with pytest.raises(CommandFailed, match="because of this"):
        run(["sh", "-c", "echo because of this >&2; exit 4"]).check(0, 3)


def test_an_update_over_http_is_counted(scratch, small_web, small_repo):
    scratch.ostree_admin("upgrade", "--os=azl")
    assert scratch.boot_order() == [small_repo.commits["1.1.0"], small_repo.commits["1.0.0"]]
    scratch.fsck()
    requests = small_web.requests()
    assert any(request.uri == "/summary" and request.status == 200 for request in requests)
    assert (
        small_web.bytes_sent() > sum(r.bytes for r in requests if r.uri.startswith("/deltas/")) > 0
    )
    small_web.forget()
    assert small_web.requests() == []


@pytest.mark.parametrize(
    "key, message", [("wrong", "public key not found"), (None, "no signatures found")]
)
def test_a_release_without_a_trusted_signature_is_refused(root, key, message):
    repo = SmallRepo(mounts.mountpoint() / "repo", versions=("1.0.0",))
    repo.release("1.1.0", key=key)
    with Scratch(repo) as scratch:
        result = run(["ostree", "admin", f"--sysroot={scratch.path}", "upgrade", "--os=azl"])
        assert result.rc != 0 and message in result.err
        assert scratch.boot_order() == [repo.commits["1.0.0"]]


@pytest.mark.parametrize("where", ["sysroot", "boot"])
def test_a_full_disk_is_a_real_one(small_repo, where):
    small_repo.release("1.2.0")  # has an initramfs of its own, so /boot has to take one more
    with Scratch(small_repo, fs="ext4", size=64 << 20, boot_size=8 << 20) as scratch:
        scratch.fill(where=scratch.path if where == "sysroot" else scratch.boot)
        result = run(["ostree", "admin", f"--sysroot={scratch.path}", "upgrade", "--os=azl"])
        assert result.rc != 0
        assert "No space left" in result.err or "min-free-space" in result.err, result.err
        assert scratch.boot_order() == [small_repo.commits["1.0.0"]]


def _get(url, timeout=2):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


def test_the_faulty_server_fails_as_told_and_heals(faulty_web):
    url = f"{faulty_web.url}/config"
    good = _get(url)
    faulty_web.fail("/config$", "error", times=2)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match="500"):
            _get(url)
    assert _get(url) == good, "only the first two were to fail"
    faulty_web.fail("/config$", "corrupt", times=1)
    assert len(bad := _get(url)) == len(good) and bad != good
    faulty_web.fail("/config$", "truncate", times=1)
    with pytest.raises(Exception, match="IncompleteRead"):
        _get(url)
    faulty_web.fail("/config$", "hang")
    with pytest.raises(TimeoutError):
        _get(url, timeout=0.3)
    faulty_web.heal()
    assert _get(url) == good
    assert faulty_web.log.count("/config") == 8


def test_a_cache_entry_is_built_once_and_never_left_half_made(tmp_path, monkeypatch):
    monkeypatch.setenv("AZL_CACHE", str(tmp_path))
    built = []

    def build(folder):
        (folder / "data").touch()
        built.append(folder)
        if len(built) == 1:
            raise RuntimeError("killed half-way")

    with pytest.raises(RuntimeError):
        cache.entry("thing", "k", build)
    assert not list(tmp_path.glob("thing-*"))
    paths = {cache.entry("thing", "k", build) for _ in range(3)}
    assert len(paths) == 1 and len(built) == 2
    assert (paths.pop() / "data").exists()


_KILLED_WHILE_SIGNING = """
import os, sys
sys.path.insert(0, {tests!r})
from azltest import keys, mounts
from azltest.run import run
with keys.good().signing_home() as options:
    home = options[1].split("=", 1)[1]
    run(["gpg-connect-agent", "--homedir", home, "/bye"]).check()
    print(home, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_key_agent_of_a_killed_process_ends_after_the_next_start():
    tests = str(Path(__file__).resolve().parent.parent)
    killed = run(["/usr/bin/python3", "-c", _KILLED_WHILE_SIGNING.format(tests=tests)])
    home = killed.out.strip()
    assert killed.rc == -9 and _agents(home)
    again = (
        "import sys; sys.path.insert(0, sys.argv[1]); from azltest import mounts; mounts.rundir()"
    )
    run(["/usr/bin/python3", "-c", again, tests]).check()
    wait_for(lambda: not _agents(home), 10, "the agent's end")


def _agents(home):
    return run(["pgrep", "--full", f"gpg-agent --homedir {home} "]).out


_KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from azltest import mounts
mounts.private()
with mounts.new_ext4(16 << 20, "x") as folder:
    (folder / "file").touch()
    print(mounts.rundir(), flush=True)
    time.sleep(60)
"""


def test_a_killed_process_leaves_no_loop_device_and_its_folder_goes_at_the_next_start(root):
    tests = str(Path(__file__).resolve().parent.parent)
    victim = subprocess.Popen(
        ["/usr/bin/python3", "-c", _KILLED.format(tests=tests)], stdout=subprocess.PIPE, text=True
    )
    try:
        folder = victim.stdout.readline().strip()
        assert _has_loops(folder)
    finally:
        victim.kill()
        victim.wait(10)
    wait_for(lambda: not _has_loops(folder), 5, "detaching of the loop device")
    again = (
        "import sys; sys.path.insert(0, sys.argv[1]); from azltest import mounts; mounts.rundir()"
    )
    run(["/usr/bin/python3", "-c", again, tests]).check()
    assert not Path(folder).exists()


def _has_loops(folder):
    return any(f"/{Path(folder).name}/" in backing for _, backing in mounts.loops())
