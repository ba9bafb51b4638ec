"""Drafts definitions for web pages: a saved page, a page of the web, a career site."""
