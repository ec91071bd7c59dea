"""HTTP at the edge, asked and answered: connections, limits, a library's failures made ours."""
