"""Numbers, dates and times as words, because Asterisk has no Hindi grammar and each language counts in its own way.

There is one grammar over the data of a language (`language.yaml` of its catalogue), and no code for any one language:
`pattern` reads sentences with gaps, `reading` the data, `generated` makes the prompts, `speaking` chooses among them.
"""
