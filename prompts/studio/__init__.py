"""What passes between the department and its recording studio: a sheet of sentences out, recordings back.

A voice artist's recording is worth a hundred synthesised ones, if it says what its prompt says and can be heard on a
telephone: `takes` reads what a studio delivers, `judgement` says in words what is wrong with it, `importing` keeps what
is good with the text it was recorded for, `sheet` and `pdf` make what is read in the studio.
"""
