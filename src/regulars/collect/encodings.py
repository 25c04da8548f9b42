"""Text files of any common encoding -> a stream of UTF-8 bytes, after one pass that counts and fingerprints."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

_CHUNK = 1 << 22
_CELL_MARKS = np.frombuffer(b",;\t|\r\n", np.uint8)
_WORDS_OF_GB18030 = ("日期", "时间", "订单", "客户", "商品", "数量", "金额", "价格", "用户", "单价")


@dataclass(frozen=True)
class TextStats:
    """What one pass over the bytes of a text file says."""

    sha256: str
    encoding: str
    line_count: int
    quote_count: int
    has_stray_quotes: bool = False
    gzipped: bool = False
    notes: tuple[str, ...] = ()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_stats(path: Path, *, gzipped: bool = False) -> TextStats:
    """Fingerprint, encoding and counts of a text file.

    UTF-8 and UTF-16 (by its mark) are found first; text that is not UTF-8 is GB18030 where that makes Chinese
    column names, else Windows-1252 or Latin-1. A few broken bytes in UTF-8 text are replaced, not taken for
    another encoding.
    """
    bad = valid = lines = quotes = 0
    unused = last = False
    strays = unclear = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    first = b""
    with _bytes(path, gzipped) as stream:
        while chunk := stream.read(_CHUNK):
            first = first or chunk
            last = chunk.endswith((b"\n", b"\r"))
            lines += chunk.count(b"\n")
            quotes += chunk.count(b'"')
            unclosed, either = _unclosed_quotes(chunk)
            strays, unclear = strays + unclosed, unclear + either
            if not chunk.isascii():
                octets = np.frombuffer(chunk, np.uint8)
                valid += int(np.count_nonzero(octets >= 0xC2))
                unused |= bool(np.isin(octets, [0x81, 0x8D, 0x8F, 0x90, 0x9D]).any())
            bad += (
                decoder.decode(chunk).count("\ufffd") if not chunk.isascii() or decoder.getstate()[0] else 0
            )
    lines += not last and bool(first)
    if not lines or first.count(b"\r") > 10 * first.count(b"\n"):
        lines = max(lines, first.count(b"\r"))
    encoding, notes = _encoding(first, bad, valid, unused)
    has_strays = abs(strays) > unclear or bool(quotes % 2)
    return TextStats(file_sha256(path), encoding, lines, quotes, has_strays, gzipped, notes)


def _unclosed_quotes(chunk: bytes) -> tuple[int, int]:
    """Quotes that open a cell less those that close one, and how many may do either.

    Doubled quotes stand for themselves, so of a run of quotes only one counts, and only where the run is odd. A
    quote inside a word (an inch) neither opens nor closes; one between two marks closes a cell that ends in a
    comma, or opens one that begins with a comma.

    >>> _unclosed_quotes(b'1,"a ""b"", c",2'), _unclosed_quotes(b'1,"a,",2'), _unclosed_quotes(b'1,"a,2')
    ((0, 0), (1, 1), (1, 0))
    """
    if b'"' not in chunk:
        return 0, 0
    octets = np.frombuffer(b"\n" + chunk + b"\n", np.uint8)
    is_quote = octets == ord('"')
    starts = np.flatnonzero(is_quote[1:] & ~is_quote[:-1]) + 1
    ends = np.flatnonzero(is_quote[:-1] & ~is_quote[1:])
    odd = (ends - starts) % 2 == 0
    before = np.isin(octets[starts[odd] - 1], _CELL_MARKS)
    after = np.isin(octets[ends[odd] + 1], _CELL_MARKS)
    unclosed = int(np.count_nonzero(before & ~after) - np.count_nonzero(after & ~before))
    return unclosed, int(np.count_nonzero(before & after))


def _encoding(first: bytes, bad: int, valid: int, unused: bool) -> tuple[str, tuple[str, ...]]:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", ("the text is UTF-16",)
    if not bad:
        return "utf-8", ()
    if valid > 10 * bad:
        return "utf-8-replace", (f"about {bad} characters are not UTF-8 and were replaced by \ufffd",)
    try:
        header = codecs.getincrementaldecoder("gb18030")().decode(first[:4096].splitlines()[0])
        if any(word in header for word in _WORDS_OF_GB18030):
            return "gb18030", ("the text is not UTF-8; read as GB18030",)
    except (UnicodeDecodeError, IndexError):
        header = ""
    name = "latin-1" if unused else "cp1252"
    return name, (f"the text is not UTF-8; read as {'Latin-1' if unused else 'Windows-1252'}",)


def _bytes(path: Path, gzipped: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else path.open("rb")


def open_text(path: Path, stats: TextStats) -> BinaryIO:
    """The file as a stream of UTF-8 bytes; the caller closes it."""
    stream = _bytes(path, stats.gzipped)
    if stats.encoding == "utf-8":
        return stream
    name, _, _ = stats.encoding.partition("-replace")
    decode = codecs.getincrementaldecoder(name)(errors="replace").decode
    return rewritten(stream, lambda chunk, final: decode(chunk, final).encode())


def rewritten(stream: BinaryIO, rewrite: Callable[[bytes, bool], bytes]) -> BinaryIO:
    """A stream whose bytes pass through ``rewrite(chunk, final)``, and which gives as many as it is asked for.

    Arrow cannot join a line that lies in more than two blocks, which short reads would cut it into.
    """
    return cast(BinaryIO, io.BufferedReader(Rewritten(stream, rewrite), _CHUNK))


class Rewritten(io.RawIOBase):
    """A stream whose bytes pass through ``rewrite(chunk, final)`` on their way."""

    def __init__(self, stream: BinaryIO, rewrite: Callable[[bytes, bool], bytes]) -> None:
        super().__init__()
        self._stream, self._rewrite = stream, rewrite
        self._ready, self._ended = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._ready and not self._ended:
            chunk = self._stream.read(_CHUNK)
            self._ended = not chunk
            self._ready = self._rewrite(chunk, self._ended)
        part, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        super().close()


def squeezed(stream: BinaryIO) -> BinaryIO:
    """Lines whose cells are separated by runs of blanks, as lines separated by tabs."""
    tail = b""

    def rewrite(chunk: bytes, final: bool) -> bytes:
        nonlocal tail
        whole, mark, rest = (tail + chunk).rpartition(b"\n")
        if final:
            whole, mark, rest = tail + chunk, b"", b""
        tail = rest
        return b"\n".join(b"\t".join(line.split()) for line in whole.split(b"\n")) + mark

    return rewritten(stream, rewrite)
