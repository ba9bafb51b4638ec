"""The ledger: what is small, relational and edited by people, on Django's ORM.

Django wants its settings before the first model is imported: whoever imports the ledger first gives them, unless a
Django project around it has its own.
"""

import os

import django.apps
import django.conf

import jobpipe.ledger.settings as own

if not django.conf.settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
    django.conf.settings.configure(**{name: value for name, value in vars(own).items() if name.isupper()})
    # What `django.setup` does besides is for sites: it takes a tenth of a second.
    django.apps.apps.populate(django.conf.settings.INSTALLED_APPS)
