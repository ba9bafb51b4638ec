"""How to log in at a source. Secrets are best written as ${NAME}."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jobpipe.definition.base import Model


class ApiKey(Model):
    name: str = Field(description="Of the header or the parameter: X-Api-Key.")
    value: str = Field(description="The key, best as ${KEY}.")
    in_: Literal["header", "query"] = Field(default="header", alias="in", description="Where it goes.")


class OAuth2(Model):
    """Client credentials (RFC 6749, section 4.4)."""

    url: str = Field(description="Where a token is had.")
    client_id: str = Field(description="The client's name, best as ${CLIENT_ID}.")
    client_secret: str = Field(description="Its secret, best as ${CLIENT_SECRET}.")
    scope: str | None = Field(default=None, description="What is asked for, several with blanks between.")
    send: Literal["body", "basic"] = Field(default="body", description="How the client names itself.")
    params: dict[str, str] = Field(default={}, description="Whatever else the request for a token needs: an audience.")


class StoreKey(Model):
    """Of an S3-compatible store."""

    key_id: str | None = Field(default=None, description="Absent, together with the secret: the bucket is public.")
    secret: str | None = Field(default=None, description="Best as ${SECRET}.")
    region: str | None = Field(default=None, description="Of the bucket.")
    endpoint: str | None = Field(default=None, description="The store's URL, where it is not Amazon's.")


class Auth(Model):
    basic: str | None = Field(default=None, description="user:password, best as ${USER}:${PASSWORD}.")
    bearer: str | None = Field(default=None, description="A token, best as ${TOKEN}.")
    key: ApiKey | None = Field(default=None, description="A key in a header or a parameter.")
    oauth2: OAuth2 | None = Field(default=None, description="A token that is asked for and renewed.")
    store: StoreKey | None = Field(default=None, description="s3://: how to open the bucket.")
    private_key: str | None = Field(default=None, description="sftp://: the file of the private key.")
    passphrase: str | None = Field(default=None, description="sftp://: of the private key, best as ${PASSPHRASE}.")
    known_hosts: str | None = Field(
        default=None, description="sftp://: the file of the known hosts; ~/.ssh/known_hosts when absent."
    )
