# SPDX-License-Identifier: MIT
"""Commit a release of the test OS: a commit plus overlay folders, in a fraction of a second.

`ostree commit --tree=ref=…` would compress every file of the base again as soon as it has to record
object sizes. Here the base's objects are taken over by checksum and their sizes read from the objects.
"""

import contextlib
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path


_AT_FDCWD = -100


@dataclass
class Commit:
    """What to commit. `overlays` are laid over `base_ref`, later ones win. `metadata`: a{sv} values."""

    ref: str
    version: str
    timestamp: int
    base_ref: str
    overlays: list
    metadata: dict = field(default_factory=dict)


def compose(repo_path, commit):
    """Writes `commit` into the archive repository and returns its checksum; it is not signed yet."""
    import gi  # here, so that tests which only use a built OS do not need the bindings

    gi.require_version("OSTree", "1.0")
    from gi.repository import Gio, GLib, OSTree

    repo = OSTree.Repo.new(Gio.File.new_for_path(str(repo_path)))
    repo.open(None)
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
    with _transaction(repo):
        _, checksum = repo.write_commit_with_time(
            None, f"release {commit.version}", None, GLib.Variant("a{sv}", metadata), root,
            commit.timestamp, None,
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
    entries = {}
    _walk_dir(path, repo, ostree, root.tree_get_contents_checksum(), entries)
    _add_meta(path, ostree.ObjectType.DIR_META, "dirmeta", root.tree_get_metadata_checksum(), entries)
    return [entries[key] for key in sorted(entries)]


def _walk_dir(path, repo, ostree, checksum, entries):
    if (checksum, "dirtree") in entries:
        return
    _add_meta(path, ostree.ObjectType.DIR_TREE, "dirtree", checksum, entries)
    files, folders = repo.load_variant(ostree.ObjectType.DIR_TREE, checksum)[1].unpack()
    for _, content in files:
        _add_file(path, ostree.ObjectType.FILE, bytes(content).hex(), entries)
    for _, content, meta in folders:
        _walk_dir(path, repo, ostree, bytes(content).hex(), entries)
        _add_meta(path, ostree.ObjectType.DIR_META, "dirmeta", bytes(meta).hex(), entries)


def _add_meta(path, kind, suffix, checksum, entries):
    size = _object(path, checksum, suffix).stat().st_size
    entries[(checksum, suffix)] = _entry(kind, checksum, size, size)


def _add_file(path, kind, checksum, entries):
    if (checksum, "filez") in entries:
        return
    with open(_object(path, checksum, "filez"), "rb") as file:
        header = file.read(16)
        archived = os.fstat(file.fileno()).st_size
    # an archived file starts with the length of its header, padding, and the unpacked size
    unpacked = struct.unpack(">4x4xQ", header)[0]
    entries[(checksum, "filez")] = _entry(kind, checksum, archived, unpacked)


def _object(path, checksum, suffix):
    return path / "objects" / checksum[:2] / f"{checksum[2:]}.{suffix}"


def _entry(kind, checksum, archived, unpacked):
    return bytes.fromhex(checksum) + _varint(archived) + _varint(unpacked) + bytes([int(kind)])


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
