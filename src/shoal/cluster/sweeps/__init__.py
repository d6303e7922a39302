"""Sweep files: what they may say, and their reading into pubs."""
