"""A benchmark of versioning bugs: workflows as recorded and as changed, each pair with its real history."""
