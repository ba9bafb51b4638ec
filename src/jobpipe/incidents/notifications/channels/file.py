"""A line of JSON for each message, at the end of a file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from jobpipe.incidents.notifications.channels.envelope import ChannelError, Envelope


class FileChannel:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, envelope: Envelope) -> None:
        line = msgspec.json.encode({"id": envelope.message_id, **envelope.payload, "text": envelope.text}) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # One write at the end of the file: two senders do not mix their lines.
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                os.write(file, line)
            finally:
                os.close(file)
        except OSError as error:
            raise ChannelError(f"{self._path} cannot be written: {error.strerror}") from error
