# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives for tests."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable

TYPES = {
    "file": tarfile.REGTYPE,
    "dir": tarfile.DIRTYPE,
    "sym": tarfile.SYMTYPE,
    "hard": tarfile.LNKTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "odd": b"Z",
}


def member(kind: str, name: str, text: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    """A member; ``text`` is a file's content or a link's target."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = TYPES[kind], mode, 1_700_000_000
    if kind == "file":
        info.size = len(text.encode())
    else:
        info.linkname = text
    return info


def tar(entries: Iterable[tuple[str, ...]], compression: str = "", comment: str = "") -> bytes:
    """An archive of (kind, name, content or target) entries; the same bytes for the same entries, whenever."""
    if compression == "gz":
        return gzip.compress(tar(entries, comment=comment), mtime=0)
    body = io.BytesIO()
    headers = {"comment": comment} if comment else {}
    with tarfile.open(fileobj=body, mode=f"w:{compression}", format=tarfile.PAX_FORMAT, pax_headers=headers) as archive:
        for entry in entries:
            info = member(*entry)
            archive.addfile(info, io.BytesIO(entry[2].encode()) if entry[0] == "file" else None)
    return body.getvalue()
