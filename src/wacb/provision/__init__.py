"""What commands do with the client: create, update and delete profiles, change numbers."""
