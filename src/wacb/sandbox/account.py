"""The only account of the emulator."""

from __future__ import annotations

SID = "HXSANDBOX01IN"
API_KEY = "sandbox-key"
WABA_ID = "100000000000001"
OTP = "123456"
APPROVED = "approved"
PENDING = "pending"
NUMBERS = (
    ("+15550100001", "Sandbox One", APPROVED),
    ("+15550100002", "Sandbox Two", APPROVED),
    ("+15550100003", "Sandbox Three", APPROVED),
    ("+15550100009", "Sandbox Nine", PENDING),
)
