"""Transactions, and what their errors ask of a program."""
