"""An S3-compatible store for tests: moto's server, a process of its own, filled with another library than ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from processes import free_port, server_process

from jobpipe.definition.logins import Auth, StoreKey

REGION = "eu-west-3"
BUCKET = "offers"
KEYS = {"key_id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI"}


@dataclass(frozen=True)
class Bucket:
    port: int
    client: Any = None

    def put(self, key: str, body: bytes, *, public: bool = False) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body, ACL="public-read" if public else "private")

    def keys(self) -> list[str]:
        return sorted(entry["Key"] for entry in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", []))

    def empty(self) -> None:
        for key in self.keys():
            self.client.delete_object(Bucket=BUCKET, Key=key)

    def auth(self, port: int = 0, **more: Any) -> Auth:
        """The server looks at the keys only where a test makes it."""
        given = {**KEYS, **more}
        return Auth(store=StoreKey(region=REGION, endpoint=f"http://127.0.0.1:{port or self.port}", **given))


@contextmanager
def s3_bucket(**environ: str) -> Iterator[Bucket]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with server_process(command, port, **environ):
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id=KEYS["key_id"],
            aws_secret_access_key=KEYS["secret"],
        )
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Bucket(port, client)
