"""Audited data → documents as plain data; the writers give them their form."""
