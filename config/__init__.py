"""What every other room stands on: settings, database and tables, ids, clocks, logging, Asterisk's files."""
