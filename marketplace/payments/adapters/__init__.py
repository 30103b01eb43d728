"""Adapters of the gateway protocol to real wire formats."""
