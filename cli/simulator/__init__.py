"""`./helpline flows simulate`: a voice menu in the terminal, because who must call it to try it tries once."""
