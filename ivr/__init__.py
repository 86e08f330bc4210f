"""The controller process: Asterisk's events in, decisions of flows and routing, AMI actions out."""
