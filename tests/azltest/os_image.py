# SPDX-License-Identifier: MIT
"""The test OS, for those who use it: build what is missing, and say where it is.

    image = os_image(install_tree)     # installed host: `Host(image)`, `image.releases`
    built = releases(install_tree)     # repository with the releases: `Offer(built, "1.1.0")`

`install_tree` is what `make install DESTDIR=` made, or None. $AZL_INSTALL names it for tests.
"""

import os

from .os_base import base
from .os_factory import FIRST, KARGS, OS, REMOTE, OsImage, os_image, set_remote_url
from .os_releases import REF, VERSIONS, Releases, releases

__all__ = [
    "FIRST",
    "KARGS",
    "OS",
    "REF",
    "REMOTE",
    "VERSIONS",
    "OsImage",
    "Releases",
    "base",
    "install_tree",
    "os_image",
    "releases",
    "set_remote_url",
]


def install_tree():
    """The install tree that this test run is about: $AZL_INSTALL, or None when there is none."""
    return os.environ.get("AZL_INSTALL") or None
