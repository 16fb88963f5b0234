# SPDX-License-Identifier: MIT
"""A repository folder on offer to hosts, whose newest release a test can change at any moment."""

import os
from pathlib import Path

from . import mounts


class Offer:
    """A folder for a web server in which `repo` leads to one of several views of a repository.

    `Offer(releases, "1.1.0")`: `releases.view(version)` gives the folders. Changing the offer is one
    atomic rename, as if the vendor had published a release.
    """

    def __init__(self, releases, version):
        self._releases = releases
        self.root = Path(mounts.mountpoint())
        self.offer(version)

    @property
    def path(self):
        """The link itself: the repository as it is on offer now."""
        return self.root / "repo"

    def offer(self, version):
        self.show(self._releases.view(version))

    def show(self, folder):
        """Offers any repository folder."""
        new = self.root / "repo.new"
        os.symlink(Path(folder).resolve(), new)
        os.rename(new, self.path)
