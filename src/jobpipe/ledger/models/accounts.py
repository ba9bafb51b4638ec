"""Who may use the interface: accounts, their clients, sessions, tokens, and what each has done."""

from __future__ import annotations

from django.db import models


class AccountRole(models.TextChoices):
    ADMIN = "admin"
    DEVELOPER = "developer"
    OPERATOR = "operator"
    ACCOUNT_MANAGER = "account_manager"
    CLIENT = "client"


class Account(models.Model):
    """A person who logs in."""

    name = models.CharField(max_length=150, unique=True)
    # Of `people` in jobpipe.yaml: whose incidents are theirs; "" = the same name.
    person = models.CharField(max_length=200, blank=True)
    mail = models.CharField(max_length=254, blank=True)
    # As Django's hashers write it; "" = nobody can log in with it.
    password = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=16, choices=AccountRole.choices)
    language = models.CharField(max_length=2, default="en")
    is_active = models.BooleanField(default=True)
    # The secret of the second factor, sealed; b"" = there is none. It counts when its first code was given.
    second_factor = models.BinaryField(default=b"")
    has_second_factor = models.BooleanField(default=False)
    # The last time step whose code was used: none is good twice.
    last_code_step = models.BigIntegerField(default=0)
    # Digests of codes that are each good once, where the device is lost.
    recovery_codes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_login = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class AccountClient(models.Model):
    """A client that an account manager looks after, or whose people an account is of."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="clients")
    client = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "client"], name="one_row_an_account_and_client"),)

    def __str__(self) -> str:
        return f"{self.account}: {self.client}"


class WebSession(models.Model):
    """Somebody is logged in. The key is kept as a digest: whoever reads the ledger cannot use it."""

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions", null=True)
    # What is remembered between pages: small.
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    last_seen = models.DateTimeField()
    expires_at = models.DateTimeField()
    # What the browser says it is.
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = (models.Index(fields=["expires_at"], name="sessions_by_end"),)

    def __str__(self) -> str:
        return f"session of {self.account}"


class ApiToken(models.Model):
    """A program that asks in an account's name. The token itself is shown once and kept as a digest."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    # Its first characters, by which a person knows it again.
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditLine(models.Model):
    """What somebody did in the interface. Never changed."""

    at = models.DateTimeField()
    # Names: an account may be gone.
    account = models.CharField(max_length=150, blank=True)
    # Of staff who looked as a client does.
    acting_as = models.CharField(max_length=150, blank=True)
    # `login`, `run.accept`, `mapping.set` …
    action = models.CharField(max_length=60)
    # What it was done to: `import apec`, `run 17`.
    about = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["about"], name="audit_by_object"),)

    def __str__(self) -> str:
        return f"{self.account}: {self.action} {self.about}"


class LoginTrouble(models.Model):
    """Failed tries of a name or from an address: whoever tries too often waits."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    last = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class DefinitionDraft(models.Model):
    """A definition that somebody is writing: the file stays as it is until it is published."""

    import_name = models.CharField(max_length=200)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="drafts")
    text = models.TextField()
    # Of the file's text that it began from: 32 hexadecimal digits.
    based_on = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField()
    # What it was drafted from, with the answers so far: see `jobpipe.web.proposals`. None = somebody wrote it.
    proposal = models.BinaryField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["import_name", "account"], name="one_draft_each"),)

    def __str__(self) -> str:
        return f"draft of {self.import_name} by {self.account}"
