"""The web process: the REST interface and the console, for those who look after the line rather than dial it."""
