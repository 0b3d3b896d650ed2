"""An encrypted stream: what is cut short, mixed up or read with another key is refused.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over ChaCha20-Poly1305: each block's nonce
bears its number and whether it is the last. The key follows from the recovery key by scrypt.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"APPOINTED-BACKUP-1\n"
SALT_SIZE, PREFIX_SIZE, TAG_SIZE = 16, 7, 16
BLOCK_SIZE = 1 << 16
COST = 1 << 15


class WrongKey(Exception):
    """The recovery key is another one, or the first block is damaged."""


class Damaged(Exception):
    """It is no backup of ours, or not the whole of one."""


class SealedWriter(io.RawIOBase):
    """Encrypts what is written into `target`; only `close` makes it whole."""

    def __init__(self, target: BinaryIO, recovery_key: str) -> None:
        salt, prefix = os.urandom(SALT_SIZE), os.urandom(PREFIX_SIZE)
        self._head = MAGIC + salt + prefix
        self._box = _box(recovery_key, salt)
        self._prefix = prefix
        self._target = target
        self._number = 0
        self._waiting = bytearray()
        target.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, block: object, /) -> int:
        """Take bytes; they reach the target block by block."""
        given = bytes(block)  # type: ignore[call-overload]  # any buffer, as io has it
        self._waiting += given
        while len(self._waiting) > BLOCK_SIZE:
            self._emit(bytes(self._waiting[:BLOCK_SIZE]), last=False)
            del self._waiting[:BLOCK_SIZE]
        return len(given)

    def finish(self) -> None:
        """Write the last block: without it nobody takes the stream for whole."""
        self._emit(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _emit(self, block: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._target.write(self._box.encrypt(nonce, block, self._head))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Decrypts `source`; gives out nothing that was not proved to be unaltered.

    Raises: `Damaged`; `WrongKey` at the first block.
    """

    def __init__(self, source: BinaryIO, recovery_key: str) -> None:
        head = source.read(len(MAGIC) + SALT_SIZE + PREFIX_SIZE)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + SALT_SIZE + PREFIX_SIZE:
            raise Damaged
        salt = head[len(MAGIC) : len(MAGIC) + SALT_SIZE]
        self._head = head
        self._prefix = head[-PREFIX_SIZE:]
        self._box = _box(recovery_key, salt)
        self._source = source
        self._number = 0
        self._sealed = source.read(BLOCK_SIZE + TAG_SIZE)
        self._open = b""
        self._ended = False
        self._next()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        """Fill `buffer` with what comes next; 0 only at the proven end."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # any buffer, as io has it
        while not self._open and not self._ended:
            self._next()
        given = self._open[: len(view)]
        self._open = self._open[len(given) :]
        view[: len(given)] = given
        return len(given)

    def _next(self) -> None:
        following = self._source.read(BLOCK_SIZE + TAG_SIZE)
        last = not following
        nonce = _nonce(self._prefix, self._number, last=last)
        try:
            self._open = self._box.decrypt(nonce, self._sealed, self._head)
        except InvalidTag as fault:
            raise (WrongKey if self._number == 0 else Damaged) from fault
        self._sealed, self._number, self._ended = following, self._number + 1, last


def _box(recovery_key: str, salt: bytes) -> ChaCha20Poly1305:
    plain = "".join(recovery_key.split()).replace("-", "").upper()
    scrypt = Scrypt(salt=salt, length=32, n=COST, r=8, p=1)
    return ChaCha20Poly1305(scrypt.derive(plain.encode()))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I?", number, last)
