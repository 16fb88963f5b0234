# SPDX-License-Identifier: MIT
"""The daemon of a booted host, as a test talks to it: on the bus, without any program of ours."""

import contextlib
import json
import subprocess
import threading
import time

NAME = "org.azurelinux.Agent1"
PATH = "/org/azurelinux/Agent1"
MANAGER = "org.azurelinux.Agent1.Manager"


class Heard:
    """What `busctl monitor` hears: `signals` is a list of (member, body)."""

    def __init__(self, process):
        self.signals = []
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def _read(self, process):
        for line in process.stdout:
            message = json.loads(line)
            if message.get("type") == "signal":
                self.signals.append((message["member"], message["payload"]["data"]))

    def settle(self):
        """Forgets what was heard until now, once it is quiet."""
        before = None
        while before != len(self.signals):
            before = len(self.signals)
            time.sleep(0.5)
        self.signals.clear()

    def wait_for(self, member, timeout=60):
        deadline = time.monotonic() + timeout
        while not any(name == member for name, _ in self.signals):
            assert time.monotonic() < deadline, f"no {member}: {[n for n, _ in self.signals]}"
            time.sleep(0.05)


class Agent:
    """`host` may be switched off still: configure() writes into the /etc that boots first."""

    def __init__(self, host):
        self.host = host

    def configure(self, *lines):
        """Makes these lines the daemon's last drop-in."""
        folder = self.host.etc / "azl/azl-agent.conf.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "90-test.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def call(self, method, *arguments, rc=0, path=PATH, interface=MANAGER, user=None):
        """Calls a method with busctl's notation; `user`: as that user instead of root."""
        prefix = ["setpriv", f"--reuid={user}", "--clear-groups"] if user else []
        argv = ["busctl", "call", "--json=short", "--timeout=30", NAME, path, interface, method]
        return self.host.run([*prefix, *argv, *arguments], timeout=60).check(rc)

    def status(self):
        """azl.status/1 with the daemon's part."""
        return json.loads(json.loads(self.call("GetStatus").out)["data"][0])

    def property(self, name):
        argv = ["busctl", "get-property", "--json=short", NAME, PATH, MANAGER, name]
        return json.loads(self.host.run(argv).check().out)["data"]

    def wait(self, condition, what, timeout=30):
        """Polls until `condition()` is true."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {self.explain()}"
            time.sleep(0.1)

    def wait_state(self, *states, timeout=30):
        self.wait(lambda: self.property("State") in states, f"state {'/'.join(states)}", timeout)

    @contextlib.contextmanager
    def listen(self):
        """The daemon's signals from here on, as a Heard."""
        argv = [*self.host.enter(), "busctl", "monitor", "--json=short", f"--match=sender={NAME}"]
        monitor = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        heard = Heard(monitor)
        try:
            # it listens when it hears this
            self.wait(lambda: self._provoke() and heard.signals, "busctl to listen")
            heard.settle()
            yield heard
        finally:
            monitor.kill()
            monitor.wait()

    def _provoke(self):
        self.host.run(["busctl", "call", NAME, PATH, MANAGER, "Hold", "ts", "0", "x"]).check()
        self.host.run(["busctl", "call", NAME, PATH, MANAGER, "Unhold"]).check()
        time.sleep(0.2)
        return True

    def explain(self):
        """For a test that fails: what the daemon says of itself."""
        return f"{self.status()['agent']}\n{self.host.journal('-t', 'azl-agentd', lines=30)}"

    def another_day(self):
        """A weekday that is neither today nor tomorrow nor yesterday, wherever we are."""
        days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        return days[(time.gmtime().tm_wday + 3) % 7]
