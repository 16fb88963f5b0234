# SPDX-License-Identifier: MIT
"""Commit a release of the test OS: a commit plus overlay folders, in a fraction of a second.

`ostree commit --tree=ref=…` would compress every file of the base again as soon as it has to
record object sizes. Here the base's objects are taken over by checksum and measured as they are.
"""

import contextlib
import functools
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path


_AT_FDCWD = -100


@dataclass
class Commit:
    """What to commit: `overlays` laid over `base_ref`, later ones win."""

    ref: str
    version: str
    timestamp: int
    base_ref: str
    overlays: list
    metadata: dict = field(default_factory=dict)  # key -> (GVariant type, value)


def compose(repo_path, commit):
    """Writes `commit`, unsigned, on top of its ref in the archive repository; returns its checksum."""
    import gi  # here, so that tests which only use a built OS do not need the bindings

    gi.require_version("OSTree", "1.0")
    from gi.repository import Gio, GLib, OSTree

    repo = OSTree.Repo.new(Gio.File.new_for_path(str(repo_path)))
    repo.open(None)
    repo.set_disable_fsync(True)  # the cache syncs once, when an entry is complete
    with _transaction(repo):
        tree = OSTree.MutableTree.new_from_commit(repo, commit.base_ref)
        for overlay in commit.overlays:
            repo.write_dfd_to_mtree(_AT_FDCWD, str(overlay), tree, None, None)
        _, root = repo.write_mtree(tree, None)
    metadata = {
        "version": GLib.Variant("s", commit.version),
        "ostree.ref-binding": GLib.Variant("as", [commit.ref]),
        "ostree.bootable": GLib.Variant("b", True),
        # the objects have to be in their final place before they can be measured
        "ostree.sizes": GLib.Variant("aay", _sizes(Path(repo_path), repo, OSTree, root)),
    }
    metadata.update((key, GLib.Variant(*value)) for key, value in commit.metadata.items())
    _, parent = repo.resolve_rev(commit.ref, True)  # the release before, or None
    with _transaction(repo):
        _, checksum = repo.write_commit_with_time(
            parent,
            f"release {commit.version}",
            None,
            GLib.Variant("a{sv}", metadata),
            root,
            commit.timestamp,
            None,
        )
        repo.transaction_set_ref(None, commit.ref, checksum)
    return checksum


@contextlib.contextmanager
def _transaction(repo):
    repo.prepare_transaction(None)
    try:
        yield
        repo.commit_transaction(None)
    except BaseException:
        repo.abort_transaction(None)
        raise


def _sizes(path, repo, ostree, root):
    """The `ostree.sizes` value: per object its checksum, archived size, unpacked size and type."""
    objects = set()
    _collect(repo, ostree, root.tree_get_contents_checksum(), objects)
    objects.add((root.tree_get_metadata_checksum(), "dirmeta"))
    kinds = {
        "filez": ostree.ObjectType.FILE,
        "dirtree": ostree.ObjectType.DIR_TREE,
        "dirmeta": ostree.ObjectType.DIR_META,
    }
    return [
        _entry(path, checksum, suffix, int(kinds[suffix])) for checksum, suffix in sorted(objects)
    ]


def _collect(repo, ostree, checksum, objects):
    """Adds a folder and everything below it to `objects`: (checksum, suffix of its file)."""
    if (checksum, "dirtree") in objects:
        return
    objects.add((checksum, "dirtree"))
    tree = repo.load_variant(ostree.ObjectType.DIR_TREE, checksum)[1]
    files, folders = tree.get_child_value(0), tree.get_child_value(1)
    for index in range(files.n_children()):
        objects.add((_hex(files.get_child_value(index).get_child_value(1)), "filez"))
    for index in range(folders.n_children()):
        folder = folders.get_child_value(index)
        _collect(repo, ostree, _hex(folder.get_child_value(1)), objects)
        objects.add((_hex(folder.get_child_value(2)), "dirmeta"))


def _hex(value):
    return value.get_data_as_bytes().get_data().hex()


def _entry(path, checksum, suffix, kind):
    archived, unpacked = _measure(path / "objects" / checksum[:2] / f"{checksum[2:]}.{suffix}")
    return bytes.fromhex(checksum) + _varint(archived) + _varint(unpacked) + bytes([kind])


@functools.cache  # objects never change, and releases share most of theirs
def _measure(path):
    """Archived and unpacked size of an object."""
    with open(path, "rb") as file:
        archived = os.fstat(file.fileno()).st_size
        if path.suffix != ".filez":
            return archived, archived
        # an archived file starts with the length of its header, padding, and the unpacked size
        return archived, struct.unpack(">4x4xQ", file.read(16))[0]


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
