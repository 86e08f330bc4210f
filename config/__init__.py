"""What every other room stands on: settings, the database and its tables, ids, clocks, logging, rule data, Asterisk's files."""
