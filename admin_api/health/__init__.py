"""Whether this process, the database and the controller are well."""
