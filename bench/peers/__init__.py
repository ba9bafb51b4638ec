"""The other ways to import the same feed, each as its own users would write it."""
