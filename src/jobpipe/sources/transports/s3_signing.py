"""How a request to an S3-compatible store is signed: AWS Signature Version 4, in its headers."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2

_ALGORITHM = "AWS4-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class StoreLogin:
    key_id: str
    secret: str = field(repr=False)
    region: str

    def signed(
        self,
        method: str,
        url: httpx2.URL,
        headers: dict[str, str],
        content: bytes = b"",
        *,
        now: datetime | None = None,
    ) -> dict[str, str]:
        """These headers and those that sign them and the content. The query must be sorted and encoded."""
        of_body = hashlib.sha256(content).hexdigest() if content else _NO_BODY
        stamp = f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}"
        sent = {**headers, "x-amz-content-sha256": of_body, "x-amz-date": stamp}
        covered = {"host": url.netloc.decode(), **{name.lower(): value.strip() for name, value in sent.items()}}
        names = ";".join(sorted(covered))
        path, _, query = url.raw_path.decode().partition("?")
        lines = [
            method,
            path,
            query,
            *(f"{name}:{covered[name]}" for name in sorted(covered)),
            "",
            names,
            of_body,
        ]
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        signature = hmac.new(
            self._key(stamp[:8]), "\n".join([_ALGORITHM, stamp, scope, digest]).encode(), hashlib.sha256
        ).hexdigest()
        login = f"Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**sent, "Authorization": f"{_ALGORITHM} {login}"}

    def _key(self, day: str) -> bytes:
        """Good for one day, in one region."""
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key
