# SPDX-License-Identifier: MIT
"""Tell a story on a booted host: commands from a text, each shown before its output, each checked.

    # text              said to the reader
    $ command           run by a shell in the guest; has to end with 0
    $3 command          … has to end with 3
    offer VERSION       the server publishes a release
    reboot              an orderly reboot into what is the default then
    boot VERSION        first thing or after `crash`: power on; fails if another release comes up
    crash               a power cut

A story that does not go as written ends at once, with exit status 1.
"""

import re
import sys

_LIMIT = 300  # seconds for one command


class Story:
    """Tells stories on `host`; `offer` is what its server publishes."""

    def __init__(self, host, offer):
        self._host = host
        self._offer = offer

    def tell(self, text):
        """Returns 0 if all went as written, else 1 after having said what did not."""
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if not line:
                continue
            problem = self._step(line)
            if problem:
                self._say(f"line {number}: {problem}", "1;31")
                return 1
        return 0

    def _step(self, line):
        command = re.fullmatch(r"\$(\d*)\s+(.+)", line)
        if command:
            return self._command(command.group(2), int(command.group(1) or 0))
        word, _, rest = line.partition(" ")
        if word == "#":
            self._say(rest, "1")
        elif word == "offer":
            self._offer.offer(rest)
        elif word == "reboot":
            return self._reboot()
        elif word == "boot":
            return self._boot(rest)
        elif word == "crash":
            self._host.crash()
        else:
            return f"'{word}' is not a word of a story"
        return None

    def _command(self, command, expected):
        self._say(f"$ {command}", "1;32")
        result = self._host.run(["sh", "-c", command], timeout=_LIMIT, live=True)
        if result.timed_out:
            return f"no end after {_LIMIT} s: {command}"
        if self._host.going_down():
            self._host.follow()
            self._say(f"(the host has rebooted: release {self._version()})", "2")
        elif result.rc != expected:
            return f"exit status {result.rc} instead of {expected}: {command}"
        return None

    def _reboot(self):
        down = self._host.reboot()
        up = self._host.boots[-1][1]
        self._say(
            f"(reboot: down in {down:.1f} s, release {self._version()} up in {up:.1f} s)", "2"
        )

    def _boot(self, version):
        seconds = self._host.boot()
        self._say(f"(release {self._version()} is up after {seconds:.1f} s)", "2")
        if version and version != self._version():
            return f"release {self._version()} came up instead of {version}"
        return None

    def _version(self):
        version = ["sh", "-c", ". /usr/lib/os-release; echo $VERSION_ID"]
        return self._host.run(version).check().out.strip()

    @staticmethod
    def _say(text, style):
        if sys.stdout.isatty():
            text = f"\033[{style}m{text}\033[0m"
        print(text, flush=True)
