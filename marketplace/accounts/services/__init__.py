"""Verbs of the accounts slice; each told who acts and what time it is."""
