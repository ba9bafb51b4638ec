"""An SSH server for tests: asyncssh's, on a thread, giving out a folder."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncssh

from jobpipe.definition.logins import Auth

PASSWORD = "wachtw00rd"


@dataclass
class SftpPlace:
    """An SSH server of asyncssh that gives out a folder; `with` runs it on a thread."""

    folder: Path
    scratch: Path
    key: Any = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    port: int = 0
    logins: int = 0

    def __enter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        place = self
        self._over = asyncio.Event()

        class Server(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                place.logins += 1
                return username == "anna" and password == PASSWORD

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: Any) -> None:
                super().__init__(channel, chroot=str(place.folder).encode())

        allowed = self.user_key.export_public_key().decode()
        server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=Server,
            server_host_keys=[self.key],
            authorized_client_keys=asyncssh.import_authorized_keys(allowed),
            sftp_factory=Files,
        )
        self.port = server.get_port()
        self._started.set()
        await self._over.wait()
        server.close()
        await server.wait_closed()

    def known_hosts(self, port: int = 0) -> str:
        path = self.scratch / f"known_hosts-{port or self.port}"
        path.write_bytes(f"[127.0.0.1]:{port or self.port} ".encode() + self.key.export_public_key())
        return str(path)

    def url(self, path: str, port: int = 0) -> str:
        return f"sftp://127.0.0.1:{port or self.port}/{path}"

    def login(self, port: int = 0, **more: Any) -> dict[str, Any]:
        auth = Auth(basic=f"anna:{PASSWORD}", known_hosts=self.known_hosts(port), **more)
        return {"basic": auth.basic, "auth": auth}
