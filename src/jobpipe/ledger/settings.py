"""Django's settings for the ledger alone; `opening` says where the file is. Also what type checkers read."""

USE_TZ = True
# What pages say of a moment.
TIME_ZONE = "UTC"
INSTALLED_APPS = ["jobpipe.ledger"]
LOGGING_CONFIG = None
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
