"""Rules of clients and decisions over single postings, above the definitions: kept, compiled, in force at once."""
