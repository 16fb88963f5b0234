# SPDX-License-Identifier: MIT
"""The runner counts right, and never calls a run good that was not."""

import os
import subprocess
from pathlib import Path

import pytest

RUNNER = Path(__file__).resolve().parent.parent / "run"
# No other test has this in its name, so the runner below finds nothing else to run.
NAME = "zzz-of-the-runners-own-test"
MAKEFILE = """list-tests:
\t@echo {name}
check:
\t@printf '{lines}'; printf 'ok 1\\nnot ok 2 - what went wrong\\n' >{name}.log; exit {status}
"""


def run(build, lines, status=0, must_run=False, names=(NAME,)):
    """Runs the runner over a make that prints the lines, as the TAP driver would."""
    text = "".join(f"{line}\\n" for line in lines).replace("#", "\\#")
    (build / "Makefile").write_text(
        MAKEFILE.format(name=NAME, lines=text, status=status), encoding="utf-8"
    )
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("AZL_TEST", "PYTEST", "MAKE"))
    }
    if must_run:
        environment["AZL_TEST_MUST_RUN"] = "1"
    result = subprocess.run(
        [RUNNER, "--build", build, *names],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return result.returncode, result.stdout.splitlines()


def line(kind, number, more=""):
    return f"{kind}: tests/unit/{NAME} {number} - suite::claim_{number}  (0.00s){more}"


CASES = {
    "all-good": ([line("PASS", 1), line("PASS", 2)], 0, False, 0, "2 passed, 0 failed"),
    "one-bad": ([line("PASS", 1), line("FAIL", 2)], 2, False, 1, "1 passed, 1 failed"),
    "bad-is-counted-once": (
        [line("FAIL", 1), f"ERROR: tests/unit/{NAME} - exited with status 1"],
        2,
        False,
        1,
        "0 passed, 1 failed",
    ),
    "crash-after-good-ones": (
        [
            line("PASS", 1),
            f"ERROR: tests/unit/{NAME} - exited with status 139 (terminated by signal 11?)",
        ],
        2,
        False,
        1,
        "1 passed, 1 failed",
    ),
    "skip": ([line("PASS", 1), line("SKIP", 2)], 0, False, 0, "1 passed, 0 failed, 1 skipped"),
    "skip-where-all-must-run": (
        [line("PASS", 1), line("SKIP", 2)],
        0,
        True,
        1,
        "1 passed, 1 failed",
    ),
    "nothing-but-skips": ([line("SKIP", 1)], 0, False, 1, "0 passed, 0 failed, 1 skipped"),
    "unexpected-pass": ([line("XPASS", 1), line("PASS", 2)], 0, False, 1, "1 passed, 1 failed"),
    "make-broke": (["gcc: error: no such file"], 2, False, 1, "0 passed, 1 failed"),
    "make-broke-after-good-ones": ([line("PASS", 1)], 2, False, 1, "1 passed, 1 failed"),
    "nothing": ([], 0, False, 1, "0 passed, 0 failed"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_last_line_and_the_status_tell_the_truth(tmp_path, name):
    lines, status, must_run, expected_status, last = CASES[name]
    (tmp_path / "tests/unit").mkdir(parents=True)
    (tmp_path / f"tests/unit/{NAME}.log").write_text("not ok 2\n", encoding="utf-8")
    returncode, output = run(tmp_path, lines, status, must_run)
    assert output[-1] == last, output
    assert returncode == expected_status


def test_a_name_that_no_test_has_is_no_success(tmp_path):
    returncode, output = run(tmp_path, [line("PASS", 1)], names=("zzz-no-such-test",))
    assert output[-1] == "0 passed, 0 failed"
    assert returncode == 1


def test_what_went_wrong_is_shown_with_the_name_of_the_log(tmp_path):
    (tmp_path / "tests/unit").mkdir(parents=True)
    (tmp_path / f"tests/unit/{NAME}.log").write_text(
        "ok 1\nnot ok 2 - the reason\n", encoding="utf-8"
    )
    _, output = run(tmp_path, [line("FAIL", 2)], status=2)
    assert f"FAILED   {NAME} suite::claim_2" in output
    assert any(text.endswith(f"tests/unit/{NAME}.log") for text in output)
    assert "not ok 2 - the reason" in output
