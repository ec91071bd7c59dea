"""The hosts of each Kaleyra region, which the options of every command name."""

from __future__ import annotations

# region -> (host of profiles and the V1 number API, host of the V2 number API)
REGIONS = {
    "in": ("https://api.in.kaleyra.io", "https://api.in.kaleyra.io"),
    "sg": ("https://api.kaleyra.io", "https://api.ap.kaleyra.io"),
    "eu": ("https://api.eu.kaleyra.io", "https://api.eu.kaleyra.io"),
    "na": ("https://api.na.kaleyra.ai", "https://api.na.kaleyra.io"),
}
