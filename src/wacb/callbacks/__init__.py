"""Callbacks: make sample messages, send, receive, decrypt and decode them."""
