"""One file a connector: see `jobpipe.definition.connectors`, and docs/how-to/add-a-connector.md."""
