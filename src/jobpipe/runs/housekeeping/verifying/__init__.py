"""Whether ledger, documents and archive agree, and bringing them to it: `jobpipe verify`."""
