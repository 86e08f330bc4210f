"""The wordings of messages: which there are, which are registered with the operators, how one looks, and a trial."""
