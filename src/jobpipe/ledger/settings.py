"""Django's settings for the ledger; `opening` adds the database. Also what type checkers read."""

USE_TZ = True
INSTALLED_APPS = ["jobpipe.ledger"]
LOGGING_CONFIG = None
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
