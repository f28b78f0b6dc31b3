"""What is no table at all under the name of one."""

from __future__ import annotations

import gzip
import io
import random
import stat
import zipfile
from collections.abc import Iterator

from tests.hostile.cases import TABLE, Case, case, table

PLAIN = table(TABLE).encode()


def disguise_cases() -> Iterator[Case]:
    yield case("not-gzip", "gzip", gzip.compress(PLAIN, mtime=0))
    yield case("not-html", "a log-in page", "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please log in</body></html>\n")
    yield case("not-json", "an error in JSON", '{"error": "quota exceeded", "code": 507}\n')
    yield case("not-pdf", "a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + bytes(range(256)) * 8)
    yield case("not-xls", "an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024))
    yield case(
        "not-pgp",
        "a message that nobody decrypted",
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA0000000000000AQf/\n=abcd\n-----END PGP MESSAGE-----\n",
    )
    yield case("not-random", "64 KB of noise", random.Random(1).randbytes(65_536))
    yield case("not-elf", "the start of a program", b"\x7fELF\x02\x01\x01" + bytes(512))
    yield case("not-xlsx", "a workbook", _zip(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")))
    yield case("zip-good", "a zip with one table", _zip(("patrons.csv", PLAIN)))
    yield case("zip-two", "a zip with two", _zip(("a.csv", PLAIN), ("b.csv", PLAIN)))
    yield case("zip-traversal", "members that leave the folder", _zip(("../../evil.csv", b"x"), ("/abs.csv", b"x"), ("C:\\evil.csv", b"x")))
    yield case("zip-symlink", "a member that is a link", _zip(("patrons.csv", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777))
    yield case("zip-bomb-200mb", "200 MB in 200 KB", _zip(("patrons.csv", b"0" * 200_000_000)))
    yield case("zip-cut", "a zip cut in half", _zip(("patrons.csv", random.Random(2).randbytes(4096)))[:2000])
    yield case("gz-bomb-200mb", "a gzip that unpacks to 200 MB", _gzip_bomb(200))


def _zip(*members: tuple[str, bytes], mode: int | None = None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                member.external_attr = mode << 16
            archive.writestr(member, content)
    return packed.getvalue()


def _gzip_bomb(megabytes: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as archive:
        for _ in range(megabytes):
            archive.write(bytes(1 << 20))
    return packed.getvalue()
