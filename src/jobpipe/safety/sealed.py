"""Secrets that people type in, sealed where they are kept: AES-256-GCM under a key that lies elsewhere.

The key is JOBPIPE_KEY, or a file that only its owner may read.  There may be several, one after the other: the first
seals, each opens, so that a key can be changed while everything stays readable.  A sealed secret is bound to its name:
one that is put in the place of another does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobpipe.errors import JobpipeError, Place

VARIABLE = "JOBPIPE_KEY"
KEY_BYTES = 32
_NONCE = 12
_MARK = 4
_VERSION = b"\x01"
_PURPOSE = b"jobpipe secret\x00"


class KeyProblemError(JobpipeError):
    """There is no key, or none that opens what is sealed."""

    code = "JP1013"


class Keys:
    """The first seals."""

    def __init__(self, keys: Sequence[bytes], place: str) -> None:
        self._keys = list(keys)
        self.place = place

    @property
    def current_mark(self) -> bytes:
        return _mark_of(self._keys[0])

    def seal(self, name: str, value: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._keys[0]).encrypt(nonce, value.encode(), _bound_to(name))
        return _VERSION + self.current_mark + nonce + sealed

    def open(self, name: str, sealed: bytes) -> str:
        """Raises KeyProblemError where none of the keys has sealed it, under this name."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = next((key for key in self._keys if _mark_of(key) == mark_of(sealed)), None)
        start = len(_VERSION) + _MARK
        if key is None or sealed[:1] != _VERSION:
            raise KeyProblemError(
                f"{name} is sealed with another key than {self.place} holds",
                hint=f"put that key beside the one of today ({VARIABLE}=NEW,OLD), or set the secret again",
            )
        try:
            opened = AESGCM(key).decrypt(sealed[start : start + _NONCE], sealed[start + _NONCE :], _bound_to(name))
        except InvalidTag as error:
            raise KeyProblemError(
                f"{name} does not open: it is damaged, or was sealed under another name", hint="set the secret again"
            ) from error
        return opened.decode()


def mark_of(sealed: bytes) -> bytes:
    """Which key has sealed it: nothing that a key could be guessed by."""
    return sealed[len(_VERSION) : len(_VERSION) + _MARK]


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def find_keys(environ: Mapping[str, str], path: Path) -> Keys:
    """Those of JOBPIPE_KEY, else of the file. Raises KeyProblemError where there are none, or no sound ones."""
    if environ.get(VARIABLE):
        return Keys([_key_of(text, VARIABLE) for text in _texts_of(environ[VARIABLE])], VARIABLE)
    if not path.exists():
        raise KeyProblemError(
            "there is no key that opens secrets",
            place=Place(source=str(path)),
            hint=f"put the file back, or set {VARIABLE}; a new one cannot open what another has sealed",
        )
    _refuse_open_file(path)
    return Keys([_key_of(text, str(path)) for text in _texts_of(path.read_text("ascii", "replace"))], str(path))


def write_keys(path: Path, texts: Sequence[str]) -> None:
    """Whole or not at all, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("".join(f"{text}\n" for text in texts))
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)


def read_texts(path: Path) -> list[str]:
    return _texts_of(path.read_text("ascii", "replace")) if path.exists() else []


def _texts_of(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _key_of(text: str, place: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyProblemError(
            f"{place} holds no key: a key is {KEY_BYTES} bytes in base64", hint="`jobpipe secrets key` makes one"
        )
    return key


def _refuse_open_file(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyProblemError(
            "others may read the key", place=Place(source=str(path)), hint=f"chmod 600 {path}; then rotate it"
        )


def _mark_of(key: bytes) -> bytes:
    return hashlib.blake2b(b"mark", key=key, digest_size=_MARK).digest()


def _bound_to(name: str) -> bytes:
    return _PURPOSE + name.encode()
