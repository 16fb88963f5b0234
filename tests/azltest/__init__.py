# SPDX-License-Identifier: MIT
"""Shared machinery of the integration tests: repositories, web servers, sysroots, booted hosts.

Nothing here knows the programs under test. Each class is a context manager that leaves nothing
behind: no mount, no loop device, no process, whatever happens to the test (see `mounts` and `run`).
"""
