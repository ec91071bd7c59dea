"""The emulator of the Kaleyra API, written from its documentation (api.md).

It shares no knowledge of the API with the client, so it rejects a field that the client misspells.
"""
