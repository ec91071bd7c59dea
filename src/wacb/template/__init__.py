"""Templates of callback profiles: build, check, repair, move and fill them."""
